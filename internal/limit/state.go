package limit

import (
	"encoding/json"
	"time"
)

// Phases of a class.
const (
	grow   = "grow"   // nothing is known yet: double while permits are used up
	steady = "steady" // just below the learnt rate
	probe  = "probe"  // above it, to see whether it was raised
	noise  = "noise"  // refusals that no rate explains: climb by what gets through
)

const (
	batchTime = 100 * time.Millisecond // permits granted at once, and lateness forgiven; more where the store is slow
	batchMost = 400 * time.Millisecond
	batchOf   = 2 * time.Millisecond  // a batch holds at least the permits of so long: where many are free, few questions are asked
	horizon   = 50 * time.Millisecond // how far ahead permits are granted
	tickTime  = time.Second
	maxRate   = 50_000
	minRate   = 0.2
	// share is what is used of a rate: the rest covers clocks and late wake-ups.
	share = 0.985
)

// terms are the settings of a class. All workers must have the same.
type terms struct {
	start    float64 // permits a second to begin with
	ceiling  float64 // 0: none
	headroom float64 // share left to others
}

// state is what all workers know of a class. Times are Unix nanoseconds.
type state struct {
	Phase   string  `json:"phase"`
	Rate    float64 `json:"rate"`           // now, before ceiling and head-room
	Base    float64 `json:"base,omitempty"` // learnt rate of the server; 0: none
	Step    int     `json:"step,omitempty"` // of a probe
	Next    int64   `json:"next"`           // when the next permit is free
	Hold    int64   `json:"hold,omitempty"` // no permit before
	Held    int64   `json:"held,omitempty"` // length of the last hold
	PhaseAt int64   `json:"phase_at"`
	InPhase float64 `json:"in_phase"` // permits granted in this phase
	// Marks are the starts of the last ticks of a climb, Burst is how many
	// seconds' worth the server's bucket seems to hold, Seen the drain that
	// the learnt rate was read from.
	Marks []mark  `json:"marks,omitempty"`
	Burst float64 `json:"burst"`
	Seen  drain   `json:"seen"`
	// At the moment Since the server's bucket was known to be empty: what it
	// let through since then cannot exceed rate x time, and equals it when it
	// is refused again without a pause of ours in between.
	Since int64   `json:"since,omitempty"`
	Used  float64 `json:"used"` // permits granted since then
	Lost  int64   `json:"lost"` // time in which nobody asked for permits
	// The running tick.
	TickAt   int64   `json:"tick_at"`
	TickUsed float64 `json:"tick_used"`
	TickOff  int64   `json:"tick_off"`       // time on hold in it
	Soon     bool    `json:"soon,omitempty"` // the next probe is due early
	Slow     int     `json:"slow,omitempty"` // steps down that latency may still cause
	// What the refusals so far say of the rate: the last estimate, how often in
	// a row it was confirmed, and how often it jumped up and down.
	Last   float64 `json:"last,omitempty"`
	Agreed int     `json:"agreed,omitempty"`
	Ups    int     `json:"ups,omitempty"`
	Downs  int     `json:"downs,omitempty"`
	// Refusals outside a probe less those of probes, and the rate before them.
	Strange int     `json:"strange,omitempty"`
	Before  float64 `json:"before,omitempty"`
	Refused float64 `json:"refused,omitempty"`
	Good    float64 `json:"good,omitempty"` // best throughput seen in noise
}

// mark is a moment of a phase, and what was granted in the phase until then.
type mark struct {
	At   int64   `json:"at"`
	Used float64 `json:"used"`
}

// drain is what a full bucket let through before it refused, and how long it took.
type drain struct {
	Calls   float64 `json:"calls"`
	Seconds float64 `json:"seconds"`
}

func newState(now time.Time, t terms) state {
	at := now.UnixNano()
	s := state{Phase: grow, Rate: t.start, Next: at, PhaseAt: at, TickAt: at, Since: at, Burst: 1}
	if t.ceiling > 0 {
		s.Phase, s.Rate = steady, t.ceiling
	}
	return s
}

func decodeState(text string, now time.Time, t terms) state {
	var s state
	if text == "" || json.Unmarshal([]byte(text), &s) != nil || s.Rate <= 0 {
		return newState(now, t)
	}
	at := now.UnixNano()
	// A clock that went back, or another worker's far ahead, must not stop all.
	s.Hold = min(s.Hold, at+int64(maxHold))
	s.Next = min(s.Next, max(at, s.Hold)+int64(maxLead))
	s.TickAt, s.PhaseAt = min(s.TickAt, at), min(s.PhaseAt, at)
	if s.Phase == steady && s.Base == 0 { // at the ceiling of that time
		s.Rate = t.ceiling
		if t.ceiling == 0 {
			return newState(now, t)
		}
	}
	return s
}

const (
	maxHold = 2 * time.Minute
	maxLead = 10 * time.Second
)

func (s *state) encode() string {
	b, _ := json.Marshal(s) // numbers and strings only
	return string(b)
}

// pace is the rate of permits that is granted now.
func (s *state) pace(t terms) float64 {
	r := s.Rate
	if t.ceiling > 0 {
		r = min(r, t.ceiling*share)
	}
	return min(max(r*(1-t.headroom), minRate), maxRate)
}

// grant gives out about want permits, and at most those of a batch. The first
// is good from start on, the others follow a gap apart. None granted: ask
// again after wait.
func (s *state) grant(now time.Time, want int, batch time.Duration, t terms, suffers bool) (n int, start int64, gap, wait time.Duration) {
	at := now.UnixNano()
	if at < s.Hold {
		return 0, 0, 0, time.Duration(s.Hold - at)
	}
	s.advance(at, t, suffers)
	rate := s.pace(t)
	gap = time.Duration(float64(time.Second) / rate)
	if late := at - int64(batch) - s.Next; late > 0 {
		s.Lost += late
		s.Next += late
	}
	if ahead := time.Duration(s.Next - at); ahead > horizon {
		return 0, 0, gap, ahead - horizon/2
	}
	n = max(1, min(max(want, int(rate*batchOf.Seconds())), int(rate*batch.Seconds())))
	start = s.Next
	s.Next += int64(n) * int64(gap)
	s.Used += float64(n)
	s.InPhase += float64(n)
	s.TickUsed += float64(n)
	return n, start, gap, 0
}

// hold stops all permits until then.
func (s *state) hold(at int64, d time.Duration) {
	until := at + int64(d)
	if until <= s.Hold {
		return
	}
	s.TickOff += until - max(at, s.Hold)
	s.Hold, s.Next = until, max(s.Next, until)
}
