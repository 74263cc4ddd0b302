package limit

import (
	"slices"
	"time"
)

// latencies tells whether answers take much longer than they did. It keeps
// the last answers of one class in one worker.
type latencies struct {
	last [33]time.Duration
	n    int // answers seen
	base time.Duration
	at   int64
}

const (
	// sufferTimes and sufferLeast: how much slower, and by how much at least.
	sufferTimes = 2.5
	sufferLeast = 150 * time.Millisecond
)

func (ln *lane) answered(d time.Duration) {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	ln.latency.last[ln.latency.n%len(ln.latency.last)] = d
	ln.latency.n++
}

// suffers compares the median of the last answers with the best median so far.
// That one rises by 1 % a second, so that a lasting change is taken as it is.
func (ln *lane) suffers() bool {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	l := &ln.latency
	if l.n < 8 {
		return false
	}
	recent := slices.Clone(l.last[:min(l.n, len(l.last))])
	slices.Sort(recent)
	median := recent[len(recent)/2]
	now := time.Now().UnixNano()
	if l.base > 0 && now-l.at >= int64(time.Second) {
		l.base += l.base / 100
		l.at = now
	}
	if l.base == 0 || median < l.base {
		l.base, l.at = median, now
	}
	return median > time.Duration(sufferTimes*float64(l.base)) && median > l.base+sufferLeast
}
