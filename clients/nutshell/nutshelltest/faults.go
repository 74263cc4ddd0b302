package nutshelltest

import (
	"fmt"
	"math"
	"math/rand"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault kinds of nutshell contract 6.3. The first group acts before anything is
// processed, the second replaces the answer of a call that succeeded.
const (
	HTTP429     = "http429"
	HTTP500     = "http500"
	HTTP502     = "http502"
	HTTP503     = "http503"
	HTTP504     = "http504"
	CloseBefore = "closeBefore"
	LateCommit  = "lateCommit"

	CloseAfter    = "closeAfter"
	Error500After = "error500After"
	Empty200      = "empty200"
	Truncated     = "truncated"
	Slow          = "slow"
)

var (
	beforeKinds = []string{HTTP429, HTTP500, HTTP502, HTTP503, HTTP504, CloseBefore, LateCommit}
	afterKinds  = []string{CloseAfter, Error500After, Empty200, Truncated, Slow}
)

// Fault is one rule. Match is a method name, "rest:<VERB> <path glob>", a prefix
// that ends in "*", or "*" for every call.
type Fault struct {
	Match      string   `json:"match" yaml:"match"`
	Kind       string   `json:"kind" yaml:"kind"`
	Rate       *float64 `json:"rate,omitempty" yaml:"rate,omitempty"`             // 0-1; nil is 1
	Skip       int      `json:"skip,omitempty" yaml:"skip,omitempty"`             // matches let pass first
	Times      int      `json:"times,omitempty" yaml:"times,omitempty"`           // fires at most; 0 is no end
	DelayMs    int      `json:"delayMs,omitempty" yaml:"delayMs,omitempty"`       // slow, lateCommit
	RetryAfter int      `json:"retryAfter,omitempty" yaml:"retryAfter,omitempty"` // seconds; 0 is 1
}

// Rate is a Fault.Rate literal.
func Rate(r float64) *float64 { return &r }

// Latency delays each answer. P50ms and P99ms are milliseconds.
type Latency struct {
	Dist  string  `json:"dist" yaml:"dist"` // none fixed uniform lognormal
	P50ms float64 `json:"p50ms" yaml:"p50ms"`
	P99ms float64 `json:"p99ms" yaml:"p99ms"`
}

func (l Latency) validate() error {
	switch l.Dist {
	case "", "none", "fixed", "uniform", "lognormal":
	default:
		return fmt.Errorf("simulator switch latency: unknown dist %q", l.Dist)
	}
	if l.P50ms < 0 || l.P99ms < 0 || (l.Dist == "lognormal" && (l.P50ms <= 0 || l.P99ms < l.P50ms)) {
		return fmt.Errorf("simulator switch latency: p50ms %v, p99ms %v do not fit", l.P50ms, l.P99ms)
	}
	return nil
}

// z99 is the 99th percentile of the standard normal distribution.
const z99 = 2.3263478740408408

func (l Latency) draw(r *rand.Rand) time.Duration {
	ms := 0.0
	switch l.Dist {
	case "fixed":
		ms = l.P50ms
	case "uniform":
		ms = 2 * l.P50ms * r.Float64()
	case "lognormal":
		ms = l.P50ms * math.Exp(r.NormFloat64()*math.Log(l.P99ms/l.P50ms)/z99)
	}
	return time.Duration(ms * float64(time.Millisecond))
}

func validateFaults(list []Fault) error {
	for i, f := range list {
		switch {
		case !slices.Contains(beforeKinds, f.Kind) && !slices.Contains(afterKinds, f.Kind):
			return fmt.Errorf("simulator switch faults: rule %d: unknown kind %q", i, f.Kind)
		case f.Match == "":
			return fmt.Errorf("simulator switch faults: rule %d: no match", i)
		case f.Rate != nil && (*f.Rate < 0 || *f.Rate > 1):
			return fmt.Errorf("simulator switch faults: rule %d: rate %v is not in 0-1", i, *f.Rate)
		case f.Skip < 0 || f.Times < 0 || f.DelayMs < 0 || f.RetryAfter < 0:
			return fmt.Errorf("simulator switch faults: rule %d: negative number", i)
		}
	}
	return nil
}

// matches tells whether the rule is about the call named name: a JSON-RPC
// method, or "rest:VERB /path". An unreadable request has the name "".
func (f *Fault) matches(name string) bool {
	if f.Match == "*" {
		return true
	}
	if rule, isREST := strings.CutPrefix(f.Match, "rest:"); isREST {
		call, ok := strings.CutPrefix(name, "rest:")
		return ok && glob(rule, call)
	}
	if strings.HasPrefix(name, "rest:") {
		return false
	}
	if prefix, cut := strings.CutSuffix(f.Match, "*"); cut {
		return name != "" && strings.HasPrefix(name, prefix)
	}
	return name == f.Match
}

// glob matches the whole of s; a "*" stands for any run of characters.
func glob(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	rest, ok := strings.CutPrefix(s, parts[0])
	if !ok {
		return false
	}
	for _, mid := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, mid)
		if i < 0 {
			return false
		}
		rest = rest[i+len(mid):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}

type armedFault struct {
	Fault
	seen, fired int
}

// injector decides which fault a call meets. Its random source is its own, so
// one seed gives one sequence.
type injector struct {
	mu      sync.Mutex
	rand    *rand.Rand
	rules   []*armedFault
	latency Latency
	fired   map[string]int
}

func newInjector(seed int64) *injector {
	return &injector{rand: rand.New(rand.NewSource(seed)), fired: map[string]int{}}
}

func (in *injector) setFaults(list []Fault) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.rules = in.rules[:0:0]
	for _, f := range list {
		in.rules = append(in.rules, &armedFault{Fault: f})
	}
}

func (in *injector) faults() []Fault {
	in.mu.Lock()
	defer in.mu.Unlock()
	list := make([]Fault, len(in.rules))
	for i, r := range in.rules {
		list[i] = r.Fault
	}
	return list
}

func (in *injector) setLatency(l Latency) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.latency = l
}

func (in *injector) delay() time.Duration {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.latency.draw(in.rand)
}

// pick returns the first rule of the given kinds that matches and fires, or nil.
func (in *injector) pick(name string, kinds []string) *Fault {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, r := range in.rules {
		if !slices.Contains(kinds, r.Kind) || !r.matches(name) {
			continue
		}
		r.seen++
		if r.seen <= r.Skip || (r.Times > 0 && r.fired >= r.Times) {
			continue
		}
		if r.Rate != nil && in.rand.Float64() >= *r.Rate {
			continue
		}
		r.fired++
		in.fired[r.Kind]++
		f := r.Fault
		return &f
	}
	return nil
}
