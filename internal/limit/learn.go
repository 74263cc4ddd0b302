package limit

import (
	"math"
	"time"
)

const (
	probeEvery    = 14 * time.Second
	probeLate     = 20 * time.Second // at low rates, where one refusal more is a large share
	probeCalls    = 100
	probeHeadroom = 60 * time.Second // where a share is left to others, they are disturbed less often
	probeSoon     = 3 * time.Second  // after a refusal that no probe provoked
	cut           = 0.7              // of the rate, at such a refusal
	telling       = 4                // calls let through since the bucket was empty: fewer say nothing of a rate
	holdless      = time.Second      // Retry-After where the server sends none
	jump          = 1.4              // an estimate that contradicts the one before
	jumps         = 2                // so many up, and as many down, are chance
	strange       = 3                // so many refusals outside probes too: a changed rate takes two
	agreement     = 3                // estimates in a row that confirm each other
	noiseTick     = 4 * time.Second
	noiseAgain    = 20 * time.Second
	noiseQuiet    = 15 * time.Second
	creep         = 1.015
	maxMarks      = 8
	// Once more calls made answers slow, the rate goes down by steps while they stay so.
	slower         = 0.85
	slowSteps      = 8
	raiseThreshold = 1.15
)

// advance ends the running tick when it is over and moves the rate on.
// suffers tells that answers take much longer than they did.
func (s *state) advance(at int64, t terms, suffers bool) {
	rate := s.pace(t)
	length := max(int64(tickTime), int64(3/rate*float64(time.Second)))
	switch s.Phase {
	case grow:
		length /= 2
	case noise:
		length = int64(noiseTick)
	}
	lasted := at - s.TickAt
	if lasted < length {
		return
	}
	effective := max(float64(lasted-s.TickOff), 1) / float64(time.Second)
	busy := s.TickUsed >= 0.85*rate*effective-1
	through := (s.TickUsed - s.Refused) / (float64(lasted) / float64(time.Second))
	s.TickAt, s.TickUsed, s.TickOff, s.Refused = at, 0, 0, 0
	atCeiling := t.ceiling > 0 && s.Rate >= t.ceiling
	switch s.Phase {
	case grow:
		s.growOn(at, busy, suffers)
	case steady:
		s.holdSteady(at, t, busy, suffers)
	case probe:
		s.probeOn(at, busy, suffers, atCeiling)
	case noise:
		s.climb(at, busy, through)
	}
}

func (s *state) enter(phase string, at int64, rate float64) {
	s.Phase, s.PhaseAt, s.InPhase, s.Marks = phase, at, 0, nil
	s.Rate = min(max(rate, minRate), maxRate)
}

func (s *state) growOn(at int64, busy, suffers bool) {
	switch {
	case busy && suffers:
		s.Base, s.Slow = s.Rate*cut, slowSteps
		s.enter(steady, at, s.Base*share)
	case busy:
		s.mark(at)
		s.Rate = min(2*s.Rate, maxRate)
	default:
		s.Since, s.Used, s.Lost = at, 0, 0
	}
}

func (s *state) holdSteady(at int64, t terms, busy, suffers bool) {
	if s.Base == 0 || !busy {
		return // at the ceiling, or no use for more
	}
	if suffers && s.Slow > 0 {
		s.Slow--
		s.Base *= slower
		s.enter(steady, at, s.Base*share)
		return
	}
	every := max(probeEvery, min(time.Duration(probeCalls/s.Base*float64(time.Second)), probeLate))
	if t.headroom > 0 {
		every = probeHeadroom
	}
	if s.Soon {
		every = probeSoon
	}
	if at-s.PhaseAt >= int64(every) {
		s.Step, s.Soon = 0, false
		s.enter(probe, at, s.Base*s.factor())
	}
}

// factor is 1.1, 1.2, 1.4, 1.8, ... of the learnt rate: gentle at first, for
// most probes find the rate unchanged, and soon at the double.
func (s *state) factor() float64 { return 1 + 0.1*math.Pow(2, float64(s.Step)) }

func (s *state) probeOn(at int64, busy, suffers, atCeiling bool) {
	switch {
	case suffers && busy:
		s.Slow = slowSteps
		s.enter(steady, at, s.Base*share)
	case !busy:
		shown, _ := s.drained(at) // and not refused
		s.Base = max(s.Base, s.floor(at), shown)
		s.enter(steady, at, s.Base*share)
	case atCeiling && s.Step > 3:
		s.Base = 0
		s.enter(steady, at, s.Rate)
	default:
		s.mark(at)
		s.Step++
		s.Rate = min(s.Base*s.factor(), maxRate)
	}
}

// climb doubles the rate as long as more gets through, and halves it back.
func (s *state) climb(at int64, busy bool, through float64) {
	switch {
	case at-s.Since >= int64(noiseQuiet):
		s.Base = 0
		s.forget()
		s.Since, s.Used, s.Lost = at, 0, 0
		s.enter(grow, at, s.Rate)
	case !busy:
	case through > raiseThreshold*s.Good:
		s.Good = through
		s.Rate = min(2*s.Rate, maxRate)
	case s.Step == 0:
		s.Step = 1
		s.enter(noise, at, s.Rate/2)
	case at-s.PhaseAt >= int64(noiseAgain):
		s.Step, s.Good = 0, through
		s.enter(noise, at, 2*s.Rate)
	}
}

// weigh sets the estimate that this refusal gives against those before it.
// A bucket lets the same through between any two refusals, but for the one
// time that its rate is changed; with chance the estimates jump to and fro.
func (s *state) weigh(at int64) {
	got := s.floor(at)
	if got <= 0 || !s.gapless(at) {
		return
	}
	switch {
	case s.Last == 0:
	case got > jump*s.Last:
		s.Ups++
		s.Agreed = 0
	case got*jump < s.Last:
		s.Downs++
		s.Agreed = 0
	default:
		if s.Agreed++; s.Agreed >= agreement {
			s.Ups, s.Downs = 0, 0
		}
	}
	s.Last = got
	switch {
	case s.Phase != noise && s.Base > 0 && (s.Strange >= strange || s.Ups >= jumps && s.Downs >= jumps):
		s.Step, s.Good, s.Agreed = 0, 0, 0
		s.enter(noise, at, max(s.Base, s.Before))
	case s.Phase == noise && s.Agreed >= 2*agreement:
		s.Base = got
		s.forget()
		s.enter(steady, at, s.Base*share)
	}
}

func (s *state) forget() {
	s.Last, s.Agreed, s.Ups, s.Downs, s.Strange, s.Before = 0, 0, 0, 0, 0, 0
}

// floor is a rate that the server has shown to allow since its bucket was empty.
func (s *state) floor(at int64) float64 {
	if s.Since == 0 || at-s.Since < int64(tickTime) {
		return 0
	}
	return s.Used / (float64(at-s.Since) / float64(time.Second))
}

// gapless tells that permits were used up all the time since the bucket was empty.
func (s *state) gapless(at int64) bool {
	return s.Since != 0 && s.Lost*25 < at-s.Since && at-s.Since >= int64(tickTime)
}

// drained estimates the rate from a climb that ended in a refusal: a full
// bucket let through its content and what flowed in meanwhile. It was full
// until the climb passed its rate. Counting from before that gives too little,
// and so does counting from after it: the largest of all counts is the rate.
func (s *state) drained(at int64) (rate float64, by drain) {
	for _, m := range append([]mark{{At: s.PhaseAt}}, s.Marks...) {
		d := drain{Calls: s.InPhase - m.Used, Seconds: float64(at-m.At) / float64(time.Second)}
		if got := d.Calls / (d.Seconds + s.Burst); got > rate {
			rate, by = got, d
		}
	}
	return rate, by
}

// drain takes in the rate and the drain that a refusal ended.
func (s *state) drain(at int64) float64 {
	rate, by := s.drained(at)
	if rate > 0 {
		s.Seen = by
	}
	return rate
}

// correctBurst takes the size of the bucket from a drain, now that the rate is
// known exactly.
func (s *state) correctBurst(rate float64) {
	if s.Seen.Calls > 0 {
		s.Burst = min(max(s.Seen.Calls/rate-s.Seen.Seconds, 0.1), 10)
		s.Seen = drain{}
	}
}

func (s *state) mark(at int64) {
	s.Marks = append(s.Marks, mark{At: at, Used: s.InPhase})
	if len(s.Marks) > maxMarks {
		s.Marks = s.Marks[1:]
	}
}

// first is the rate that the refusal which ends a climb reveals: where permits
// were used up, that of the drain; else nothing says that the rate was at fault.
// Below the start only the next refusals lead, which count from an empty bucket.
func (s *state) first(at int64, t terms) float64 {
	if !s.gapless(at) && t.headroom == 0 {
		return s.Rate
	}
	return min(max(s.drain(at), s.Rate/8, t.start), s.Rate)
}

// refused takes in a refusal of a call that was begun at started. It answers
// false when it teaches nothing: it belongs to a refusal that is known already,
// or too few calls came before it.
func (s *state) refused(now time.Time, started int64, retryAfter time.Duration, t terms) bool {
	at := now.UnixNano()
	s.Refused++
	if retryAfter <= 0 {
		retryAfter = holdless
	}
	if s.Phase != grow && started <= s.Since {
		s.hold(at, min(retryAfter, maxHold))
		return false
	}
	if s.Phase == steady && s.Used <= telling && t.headroom == 0 {
		s.Used = max(s.Used-1, 0) // counted on: two refusals in a row are chance, or the same one twice
		s.hold(at, min(retryAfter, maxHold))
		return false
	}
	switch s.Phase {
	case grow:
		s.Base = s.first(at, t)
		s.Soon = true
		s.enter(steady, at, s.Base*share)
	case probe:
		was := s.Base
		s.Strange = max(s.Strange-1, 0)
		s.Base = s.measured(at, t)
		s.Soon = s.Base > 1.2*was // it was raised, maybe further than seen so far
		s.enter(steady, at, s.Base*share)
	case steady:
		s.unexpected(at, t)
	}
	s.weigh(at)
	s.Since, s.Used, s.Lost = at, 0, 0
	s.Held = int64(min(retryAfter, maxHold))
	s.hold(at, time.Duration(s.Held))
	return true
}

// measured is the rate that a refused probe reveals. The time at the steady
// rate passed without refusal, so that rate holds; it may even creep up, until
// a refusal outside a probe measures it anew. Where a share is left to others
// no such refusal comes, and the probe alone decides.
func (s *state) measured(at int64, t terms) float64 {
	seen := s.drain(at)
	if t.headroom > 0 {
		if seen > 0.97*s.Base && seen < s.Base {
			return s.Base
		}
		return seen
	}
	return max(s.Base*creep, seen)
}

// unexpected takes in a refusal at a rate that was thought to be allowed: the
// rate was lowered, or the refusals have nothing to do with it.
func (s *state) unexpected(at int64, t terms) {
	if s.Base == 0 {
		s.Base = min(s.Rate, t.ceiling)
	}
	next := s.Base * cut
	if !s.gapless(at) {
		next = max(next, min(s.Base, t.start)) // only permits that were used up can show less
	}
	if low := s.floor(at); s.gapless(at) && t.headroom == 0 && low > 0 && low < s.Base {
		next = low
		s.correctBurst(low)
	}
	s.Soon = next < 0.8*s.Base
	if s.Strange == 0 {
		s.Before = s.Base
	}
	s.Strange++
	s.Base = max(next, minRate)
	s.enter(steady, at, s.Base*share)
}
