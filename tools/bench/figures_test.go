package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTheTableHoldsFiguresAgainstGoals(t *testing.T) {
	got := read("goos: linux\nBenchmarkQuota/known-2 \t 1\t 64 ns/op\t 0.05 %refused\t 0.981 share\nBenchmarkQuota/hidden-2 1 64 ns/op 1.2 %refused\nPASS\n")
	assert.Equal(t, metrics{"known ns/op": 64, "known %refused": 0.05, "known share": 0.981, "hidden ns/op": 64, "hidden %refused": 1.2}, got)
	m := measurement{figures: []figure{
		{what: "told", sub: "known", metric: "share", form: "%.2f", least: 0.97}, {what: "refused", sub: "hidden", metric: "%refused", form: "%.2f", most: 1},
		{what: "hidden", sub: "hidden", metric: "share", form: "%.2f", least: 0.93}, {what: "time", sub: "known", metric: "ns/op", form: "%.0f"},
	}}
	assert.Equal(t, []row{{"told", "at least 0.97", "0.98", "yes"}, {"refused", "at most 1", "1.20", "**no**"}, {"hidden", "at least 0.93", "not run", ""}, {"time", "", "64", ""}}, m.rows(got))
	assert.Contains(t, table(m.rows(got)), "| refused | at most 1 | 1.20 | **no** |\n")
	assert.Equal(t, row{"memory", "at most 300", "283", "yes"}, measurement{figures: []figure{{what: "memory", metric: "MiB", form: "%.0f", most: 300}}}.rows(metrics{" MiB": 270})[0])
}

func TestSubBenchmarkNamesKeepTheirDashes(t *testing.T) {
	assert.Equal(t, metrics{"quota-4 share": 0.9, " records/s": 5}, read("BenchmarkWorkers/quota-4-2 1 0.9 share\nBenchmarkEngine-2 1 5 records/s\n"))
}
