package nutshelltest

import (
	"maps"
	"sync"
)

// CallStats counts what became of calls. Faulted ones were answered by a fault
// before anything was processed.
type CallStats struct {
	Accepted int64 `json:"accepted"`
	Refused  int64 `json:"refused"`
	Faulted  int64 `json:"faulted"`
}

// Total is every call that arrived.
func (c CallStats) Total() int64 { return c.Accepted + c.Refused + c.Faulted }

// Stats is what a simulator saw since it was made or since ResetStats.
type Stats struct {
	// Methods is by JSON-RPC method, or "rest:VERB /path" with {id} for ids.
	Methods map[string]CallStats `json:"methods"`
	// Kinds is by create, edit, delete, read, upload; an undelete is an edit.
	Kinds map[string]CallStats `json:"kinds"`
	Find  LimiterStats         `json:"find"`
	Get   LimiterStats         `json:"get"`
	Quota LimiterStats         `json:"quota"`
	// Faults is how often each kind of fault fired.
	Faults      map[string]int `json:"faults"`
	InFlight    int            `json:"inFlight"`
	MaxInFlight int            `json:"maxInFlight"`
}

// Calls is the number of calls of all kinds.
func (s Stats) Calls() int64 {
	n := int64(0)
	for _, c := range s.Kinds {
		n += c.Total()
	}
	return n
}

type callOutcome int

const (
	accepted callOutcome = iota
	refused
	faulted
)

type counters struct {
	mu          sync.Mutex
	methods     map[string]*CallStats
	kinds       map[string]*CallStats
	inFlight    int
	maxInFlight int
}

func newCounters() *counters {
	return &counters{methods: map[string]*CallStats{}, kinds: map[string]*CallStats{}}
}

func (c *counters) enter() {
	c.mu.Lock()
	c.inFlight++
	c.maxInFlight = max(c.maxInFlight, c.inFlight)
	c.mu.Unlock()
}

func (c *counters) leave() {
	c.mu.Lock()
	c.inFlight--
	c.mu.Unlock()
}

func (c *counters) count(method, kind string, o callOutcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tally(c.methods, statName(method), o)
	tally(c.kinds, kind, o)
}

func tally(in map[string]*CallStats, name string, o callOutcome) {
	s := in[name]
	if s == nil {
		s = &CallStats{}
		in[name] = s
	}
	switch o {
	case accepted:
		s.Accepted++
	case refused:
		s.Refused++
	case faulted:
		s.Faulted++
	}
}

// Stats returns the counts so far.
func (s *Server) Stats() Stats {
	c := s.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	out := Stats{Methods: map[string]CallStats{}, Kinds: map[string]CallStats{}, Find: s.find.stats(), Get: s.get.stats(),
		Quota: s.quota.stats(), InFlight: c.inFlight, MaxInFlight: c.maxInFlight}
	for k, v := range c.methods {
		out.Methods[k] = *v
	}
	for k, v := range c.kinds {
		out.Kinds[k] = *v
	}
	s.inject.mu.Lock()
	out.Faults = maps.Clone(s.inject.fired)
	s.inject.mu.Unlock()
	return out
}

// ResetStats sets the call counts to zero; limiter and fault counts stay.
func (s *Server) ResetStats() {
	c := s.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.methods)
	clear(c.kinds)
	c.maxInFlight = c.inFlight
}
