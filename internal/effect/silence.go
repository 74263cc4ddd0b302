package effect

import (
	"sync"
	"time"
)

// Silence tells how long a host has not answered anything, whoever asked it. The zero value is ready.
type Silence struct {
	mu    sync.Mutex
	heard map[string]time.Time
	since map[string]time.Time
}

// Heard ends the silence of a host.
func (s *Silence) Heard(host string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.heard == nil {
		s.heard, s.since = map[string]time.Time{}, map[string]time.Time{}
	}
	s.heard[host] = time.Now()
	delete(s.since, host)
}

// Lasts is how long a host has been silent, after something that began at a time found no answer.
func (s *Silence) Lasts(host string, began time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.heard == nil {
		s.heard, s.since = map[string]time.Time{}, map[string]time.Time{}
	}
	if s.since[host].IsZero() {
		s.since[host] = began
		if h := s.heard[host]; h.After(began) {
			s.since[host] = h
		}
	}
	return time.Since(s.since[host])
}
