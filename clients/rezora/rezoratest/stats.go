package rezoratest

import (
	"maps"
	"slices"
	"sync"
)

// Stats is what the server has seen so far.
type Stats struct {
	// Requests counts by API and path class, such as "dv1 /contacts/{id}".
	Requests map[string]int `json:"requests"`
	// Statuses counts answers by API and status, such as "legacy 200".
	// A connection closed without answer counts as status 0.
	Statuses map[string]int `json:"statuses"`
	// Faults counts what the fault switches did, by switch name.
	Faults map[string]int `json:"faults"`
	// Violations are requests no client may send; tests assert none.
	Violations []Violation `json:"violations"`
	// LeakedCredentials counts credentials that reached the other file host.
	LeakedCredentials int `json:"leaked_credentials"`
	// MaxInFlight is the highest number of requests at once, by API.
	MaxInFlight map[string]int `json:"max_in_flight"`
}

// Violation is one forbidden request.
type Violation struct {
	API    string `json:"api"`
	Method string `json:"method"`
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Total is the number of requests to an API (dv1, legacy, prototype, files).
func (s Stats) Total(api string) int {
	n := 0
	for class, count := range s.Requests {
		if len(class) > len(api) && class[:len(api)] == api && class[len(api)] == ' ' {
			n += count
		}
	}
	return n
}

type statsBook struct {
	mu       sync.Mutex
	seen     Stats
	inFlight map[string]int
}

func (b *statsBook) enter(api string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.prepare()
	b.inFlight[api]++
	b.seen.MaxInFlight[api] = max(b.seen.MaxInFlight[api], b.inFlight[api])
}

func (b *statsBook) leave(api, class, status string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inFlight[api]--
	b.seen.Requests[api+" "+class]++
	b.seen.Statuses[api+" "+status]++
}

func (b *statsBook) fault(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.prepare()
	b.seen.Faults[name]++
}

func (b *statsBook) violate(v Violation, leaked bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.prepare()
	b.seen.Violations = append(b.seen.Violations, v)
	if leaked {
		b.seen.LeakedCredentials++
	}
}

func (b *statsBook) prepare() {
	if b.inFlight == nil {
		b.inFlight = map[string]int{}
		b.seen = Stats{Requests: map[string]int{}, Statuses: map[string]int{}, Faults: map[string]int{}, MaxInFlight: map[string]int{}}
	}
}

// Stats returns a copy of the counters.
func (s *Server) Stats() Stats {
	b := &s.stats
	b.mu.Lock()
	defer b.mu.Unlock()
	b.prepare()
	c := b.seen
	c.Requests, c.Statuses = maps.Clone(c.Requests), maps.Clone(c.Statuses)
	c.Faults, c.MaxInFlight = maps.Clone(c.Faults), maps.Clone(c.MaxInFlight)
	c.Violations = slices.Clone(c.Violations)
	return c
}

// ResetStats sets the counters back to zero; the counters behind "every n"
// switches go on.
func (s *Server) ResetStats() {
	b := &s.stats
	b.mu.Lock()
	defer b.mu.Unlock()
	b.prepare()
	b.seen = Stats{Requests: map[string]int{}, Statuses: map[string]int{}, Faults: map[string]int{}, MaxInFlight: map[string]int{}}
}
