package e2e

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/devstack"
)

// resident watches the resident memory of a process, phase by phase. The kernel keeps the peak (VmHWM), so no short one is missed.
type resident struct {
	tb   testing.TB
	path string // /proc/<pid>

	mu     sync.Mutex
	phase  string
	began  time.Time
	phases []phasePeak
}

type phasePeak struct {
	phase string
	mib   float64
	took  time.Duration
}

func watchResident(tb testing.TB, p *devstack.Process) *resident {
	r := &resident{tb: tb, path: fmt.Sprintf("/proc/%d", p.PID())}
	if _, err := r.read("VmHWM:"); err != nil {
		tb.Skipf("the resident memory of a process is read from /proc: %s", err)
	}
	return r
}

// enter ends the phase before and begins another; the same one again changes nothing.
func (r *resident) enter(phase string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if phase == r.phase {
		return
	}
	now := time.Now()
	if r.phase != "" {
		mib, err := r.read("VmHWM:")
		require.NoError(r.tb, err)
		r.phases = append(r.phases, phasePeak{r.phase, mib, now.Sub(r.began)})
		fmt.Fprintf(os.Stderr, "%-16s %7.1f MiB at most, %s\n", r.phase, mib, now.Sub(r.began).Round(time.Millisecond)) // a large one takes hours
	}
	// "5" makes the peak start anew at what is resident now (proc(5)).
	require.NoError(r.tb, os.WriteFile(r.path+"/clear_refs", []byte("5"), 0))
	r.phase, r.began = phase, now
}

// report gives the peak and the time of each phase that has ended, and returns the peak of all.
func (r *resident) report(b *testing.B) float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	most := 0.0
	for _, p := range r.phases {
		most = max(most, p.mib)
		b.ReportMetric(p.mib, p.phase+"-MiB")
		b.ReportMetric(p.took.Seconds(), p.phase+"-s")
	}
	b.ReportMetric(most, "MiB")
	return most
}

// processorTime is what a process has used of the processors.
func processorTime(tb testing.TB, p *devstack.Process) time.Duration {
	tb.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
	require.NoError(tb, err)
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	var ticks int
	for _, f := range fields[11:13] { // utime and stime, in hundredths of a second (proc(5))
		n, err := strconv.Atoi(string(f))
		require.NoError(tb, err)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// read gives a field of the process's status in MiB.
func (r *resident) read(field string) (float64, error) {
	status, err := os.ReadFile(r.path + "/status")
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte(field)); ok {
			kib, err := strconv.ParseFloat(string(bytes.Fields(rest)[0]), 64)
			return kib / 1024, err
		}
	}
	return 0, fmt.Errorf("%s/status has no %s", r.path, field)
}
