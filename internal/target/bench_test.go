package target_test

import (
	"syscall"
	"testing"
	"time"

	"rezora2nutshell/internal/target"
)

// One contact with every sort of value; the engine needs more than 30,000 a second.
func BenchmarkFromWireAndCompare(b *testing.B) {
	s := newServer(b)
	wants := person()
	body, err := target.CreateBody("Contacts", wants, migrated.resolve)
	if err != nil {
		b.Fatal(err)
	}
	id, _ := s.create("Contacts", body)
	raw := s.raw("Contacts", id)
	b.ReportAllocs()
	before := cpu()
	for b.Loop() {
		v, err := target.FromWire("Contacts", raw, s.defs)
		if err != nil {
			b.Fatal(err)
		}
		for _, f := range target.Compare(wants, v, migrated.resolve) {
			if f.Fault() {
				b.Fatal(f.Path)
			}
		}
	}
	b.ReportMetric(float64(b.N)/(cpu()-before).Seconds(), "records/cpu-s")
}

// cpu is the processor time used so far: a busy machine does not change it.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkWants(b *testing.B) {
	for b.Loop() {
		_ = person()
	}
}

func BenchmarkMerge3(b *testing.B) {
	l := load(newServer(b), person())
	wants := person()
	for b.Loop() {
		if set, _, _ := target.Merge3(l.base, l.ours, wants, l.v, plain, migrated.resolve); set != nil {
			b.Fatal("nothing changed")
		}
	}
}
