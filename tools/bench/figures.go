package main

import (
	"fmt"
	"strconv"
	"strings"
)

// measurement is one benchmark run and the figures it yields.
type measurement struct {
	part    string // as it is asked for on the command line
	pkg     string
	bench   string
	env     []string
	million bool // only when asked for
	figures []figure
}

// figure is one line of the table: a metric of a (sub-)benchmark, held against a goal.
type figure struct {
	what   string
	sub    string // sub-benchmark, "" for none
	metric string
	form   string // of the figure, for fmt
	least  float64
	most   float64 // both 0: no goal, only told
}

const e2e = "./internal/e2e"

var measurements = []measurement{
	{part: "engine", pkg: e2e, bench: "Engine", env: []string{"PEOPLE=6000"}, figures: []figure{
		{what: "engine: a load, of a bare loop that posts the same, one call after the other", metric: "share-of-lone", form: "%.2f", least: 0.5},
		{what: "engine: the same, of a loop with as many calls in flight as the engine, 16", metric: "share", form: "%.2f", least: 0.5},
		{what: "engine: records a second", metric: "records/s", form: "%.0f"},
		{what: "engine: the lone loop, records a second", metric: "lone-loop/s", form: "%.0f"},
		{what: "engine: the loop with 16 in flight, records a second", metric: "loop/s", form: "%.0f"},
		{what: "engine: processor time of the worker a record, µs", metric: "worker-µs/record", form: "%.0f"},
	}},
	{part: "calls", pkg: e2e, bench: "Account", env: []string{"PEOPLE=1500"}, figures: []figure{
		{what: "calls an effect, everything included: 1,500 people", sub: "1500", metric: "calls/effect", form: "%.3f", most: 1.05},
		{what: "events of Temporal a row or effect: 1,500 people", sub: "1500", metric: "events/row", form: "%.4f", most: 0.01},
	}},
	{part: "large", pkg: e2e, bench: "Account", env: []string{"PEOPLE=60000"}, figures: []figure{
		{what: "calls an effect, everything included: 60,000 people", sub: "60000", metric: "calls/effect", form: "%.3f", most: 1.03},
		{what: "events of Temporal a row or effect: 60,000 people", sub: "60000", metric: "events/row", form: "%.4f", most: 0.01},
		{what: "effects a second over all phases: 60,000 people", sub: "60000", metric: "effects/s", form: "%.0f"},
		{what: "fields that are not as the map says: 60,000 people", sub: "60000", metric: "faults", form: "%.0f", most: 0.5},
	}},
	{part: "large", pkg: e2e, bench: "Account", env: []string{"PEOPLE=60000", "WORKERS=3"}, figures: []figure{
		{what: "the same by three workers on PostgreSQL: calls an effect", sub: "60000", metric: "calls/effect", form: "%.3f", most: 1.03},
		{what: "events of Temporal a row or effect", sub: "60000", metric: "events/row", form: "%.4f", most: 0.01},
		{what: "effects a second over all phases", sub: "60000", metric: "effects/s", form: "%.0f"},
		{what: "fields that are not as the map says", sub: "60000", metric: "faults", form: "%.0f", most: 0.5},
	}},
	{part: "quota", pkg: e2e, bench: "Quota", figures: []figure{
		{what: "share of a quota that is told", sub: "known", metric: "share", form: "%.3f", least: 0.97},
		{what: "calls refused, %", sub: "known", metric: "%refused", form: "%.2f", most: 0.1},
		{what: "share of a hidden quota", sub: "hidden", metric: "share", form: "%.3f", least: 0.93},
		{what: "calls refused, %", sub: "hidden", metric: "%refused", form: "%.2f", most: 1},
		{what: "share of a hidden quota that is halved, then doubled", sub: "changed", metric: "share", form: "%.3f", least: 0.85},
		{what: "calls refused, %", sub: "changed", metric: "%refused", form: "%.2f", most: 1},
		{what: "share of a quota 30 s after it was doubled", sub: "raised", metric: "share", form: "%.3f", least: 0.85},
	}},
	{part: "workers", pkg: e2e, bench: "Workers", figures: []figure{
		{what: "one worker on PostgreSQL: records a second, nothing limits", sub: "1", metric: "records/s", form: "%.0f"},
		{what: "two workers", sub: "2", metric: "records/s", form: "%.0f"},
		{what: "four workers", sub: "4", metric: "records/s", form: "%.0f"},
		{what: "one worker on PostgreSQL: share of a told quota", sub: "quota-1", metric: "share", form: "%.3f", least: 0.97},
		{what: "four workers", sub: "quota-4", metric: "share", form: "%.3f", least: 0.97},
	}},
	{part: "memory", pkg: e2e, bench: "Memory", env: []string{"PEOPLE=10000", "EVENTS=10"}, figures: []figure{
		{what: "resident memory of a worker, MB: 10,000 people, 100,000 events", metric: "MiB", form: "%.0f", most: 300}}},
	{part: "memory", pkg: e2e, bench: "Memory", env: []string{"PEOPLE=100000", "EVENTS=10"}, figures: []figure{
		{what: "100,000 people, a million events", metric: "MiB", form: "%.0f", most: 300}}},
	{part: "memory", pkg: e2e, bench: "Memory", env: []string{"PEOPLE=1000000", "EVENTS=1"}, million: true, figures: []figure{
		{what: "a million people, a million events", metric: "MiB", form: "%.0f", most: 300}}},
}

func partNames() (out []string) {
	for _, m := range measurements {
		if len(out) == 0 || out[len(out)-1] != m.part {
			out = append(out, m.part)
		}
	}
	return out
}

// metrics are figures by "sub metric".
type metrics map[string]float64

// read takes the figures of a benchmark's output: name, repetitions, then pairs of value and unit.
func read(output string) metrics {
	out := metrics{}
	for line := range strings.Lines(output) {
		words := strings.Fields(line)
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		_, sub, _ := strings.Cut(words[0], "/")
		if i := strings.LastIndex(sub, "-"); i >= 0 { // the number of processors
			sub = sub[:i]
		}
		for i := 2; i+1 < len(words); i += 2 {
			if v, err := strconv.ParseFloat(words[i], 64); err == nil {
				out[sub+" "+words[i+1]] = v
			}
		}
	}
	return out
}

// row is a line of the table.
type row struct{ what, goal, got, met string }

func (m measurement) rows(got metrics) (out []row) {
	for _, f := range m.figures {
		r := row{what: f.what, goal: f.goal(), got: "not run"}
		if v, ok := got[f.sub+" "+f.metric]; ok {
			if f.metric == "MiB" {
				v *= 1.048576 // the goals are in MB
			}
			r.got, r.met = fmt.Sprintf(f.form, v), f.met(v)
		}
		out = append(out, r)
	}
	return out
}

func (f figure) goal() string {
	switch {
	case f.least > 0:
		return fmt.Sprintf("at least %v", f.least)
	case f.most > 0:
		return fmt.Sprintf("at most %v", f.most)
	}
	return ""
}

func (f figure) met(v float64) string {
	switch {
	case f.least > 0 && v < f.least, f.most > 0 && v > f.most:
		return "**no**"
	case f.least > 0, f.most > 0:
		return "yes"
	}
	return ""
}

func table(rows []row) string {
	var b strings.Builder
	b.WriteString("| what | goal | measured | met |\n|---|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.what, r.goal, r.got, r.met)
	}
	return b.String()
}
