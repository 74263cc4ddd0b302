package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/ledger"
)

// act is one call that writes, as the journal sees it.
type act struct {
	marker string
	role   string
	verb   ledger.Verb
	t      nutshell.EntityType
	parent recordKey       // of a note or file
	on     nutshell.Entity // of an edit or delete: the record as last shown, its pre-image and rev
	send   func(context.Context) (nutshell.Entity, error)
	// find looks for the outcome of a call without an answer.
	find func(context.Context) (nutshell.Entity, bool, error)
	lags bool // find may miss a new record for the read lag
}

// tries bounds how often one call is made, each time with proof that the one before did nothing.
const tries = 3

// seenTwice is how many looks after the deadline and the lag must not show a record before it counts as not made.
const seenTwice = 2

// perform carries out one act under an intent (I2). A definite refusal comes back as the client's error; what stays unclear after all
// tries as errUnclear, or as the last error of a call that was not carried out.
func (p *Prober) perform(ctx context.Context, a act) (nutshell.Entity, error) {
	key, err := p.plan(ctx, a)
	if err != nil {
		return nutshell.Entity{}, err
	}
	last := errUnclear
	for range tries {
		if p.Host != nil {
			if err := p.Host.Pass(ctx, p.Client); err != nil {
				return nutshell.Entity{}, err
			}
		}
		e, again, err := p.attempt(ctx, key, a)
		if !again {
			return e, err
		}
		last = err
		if err := p.wait(ctx); err != nil {
			return nutshell.Entity{}, err
		}
	}
	gaveUp := ledger.Outcome{Claim: ledger.Claim{Key: key}, State: ledger.Quarantined, Code: "gave_up", Reason: "the probe had no definite answer after several tries"}
	if _, err := p.Run.Dismiss(ctx, []ledger.Outcome{gaveUp}); err != nil {
		return nutshell.Entity{}, err
	}
	return nutshell.Entity{}, last
}

// plan journals an act under a key of its own.
func (p *Prober) plan(ctx context.Context, a act) (ledger.EffectKey, error) {
	key := ledger.EffectKey{Object: ObjectProbes, SourceID: a.marker, Role: a.role, Parent: a.parent.String(), Part: 1}
	rows, err := p.Run.EffectsOf(ctx, ObjectProbes, []string{a.marker})
	if err != nil {
		return key, err
	}
	for _, r := range rows[a.marker] {
		if r.Role == key.Role && r.Parent == key.Parent {
			key.Epoch = max(key.Epoch, r.EffectKey.Epoch+1)
		}
	}
	err = p.Run.Plan(ctx, []ledger.Effect{{EffectKey: key, Step: StepProbes, Verb: a.verb, State: ledger.Planned, TargetType: string(a.t), TargetID: a.on.ID}})
	return key, err
}

func (k recordKey) String() string {
	if k.id == 0 {
		return ""
	}
	return string(k.t) + "/" + strconv.FormatInt(k.id, 10)
}

// attempt claims and sends once. again tells that it is proved that nothing was done, err then says why.
func (p *Prober) attempt(ctx context.Context, key ledger.EffectKey, a act) (e nutshell.Entity, again bool, err error) {
	request := ledger.ClaimRequest{Key: key, TargetType: string(a.t), TargetID: a.on.ID, Rev: a.on.Rev, HighWater: p.Marks[a.t]}
	if a.on.ID != 0 {
		if request.PreImage, err = json.Marshal(a.on.Raw); err != nil {
			return e, false, fmt.Errorf("keep the pre-image of %s %d: %w", a.t, a.on.ID, err)
		}
	}
	ttl := p.Timeout + p.margin()
	until := time.Now().Add(ttl)
	claims, err := p.Run.Claim(ctx, []ledger.ClaimRequest{request}, ttl)
	if err != nil {
		return e, false, err
	}
	if claims[0] == nil {
		return e, false, errTaken
	}
	detached := context.WithoutCancel(ctx) // a call that has begun ends by its deadline, and its outcome is kept
	callCtx, cancel := context.WithDeadline(detached, until.Add(-p.margin()/2))
	defer cancel()
	e, err = a.send(callCtx)
	out := p.judge(*claims[0], a, e, err)
	if ok, serr := p.Run.Settle(detached, []ledger.Outcome{out}); serr != nil || !ok[0] {
		return e, false, errors.Join(serr, orTaken(serr))
	}
	switch out.State {
	case ledger.Done, ledger.Quarantined:
		return e, false, err
	case ledger.Planned:
		return e, !isPaused(err) && !nutshell.IsUnauthorized(err), err
	}
	row, _, err := p.Run.Effect(ctx, key)
	if err != nil {
		return e, false, fmt.Errorf("read the deadline of %s %s: %w", a.role, a.marker, err)
	}
	return p.lookUp(ctx, *claims[0], a, row.Deadline)
}

func orTaken(err error) error {
	if err == nil {
		return errTaken
	}
	return nil
}

// judge turns an answer into an outcome (nutshell contract 7.2).
func (p *Prober) judge(c ledger.Claim, a act, e nutshell.Entity, err error) ledger.Outcome {
	out := ledger.Outcome{Claim: c}
	switch answer, ok := nutshell.AsError(err); {
	case err == nil:
		p.told(true)
		out.State, out.How, out.Type, out.ID, out.Rev = ledger.Done, "created", string(a.t), e.ID, e.Rev
		if a.verb != ledger.Create && a.verb != ledger.Upload {
			out.How = "changed"
		}
	case isPaused(err), nutshell.IsUnauthorized(err):
		out.State = ledger.Planned
	case !ok:
		out.State, out.Wait, out.Code, out.Reason = ledger.InDoubt, p.Timeout, "no_answer", "no answer came to the call"
	case answer.Outcome == nutshell.NotSent, nutshell.IsRateLimited(err) && answer.HTTPStatus != 503:
		p.told(false)
		out.State = ledger.Planned
	case answer.Outcome == nutshell.Refused:
		p.told(true)
		out.State, out.Code = ledger.Quarantined, "refused"
		out.Reason = fmt.Sprintf("Nutshell refused the call (HTTP status %d)", answer.HTTPStatus)
	default:
		p.told(false)
		out.State, out.Wait, out.Code, out.Reason = ledger.InDoubt, p.Timeout, "no_answer", fmt.Sprintf("no definite answer came (HTTP status %d)", answer.HTTPStatus)
	}
	return out
}

func (p *Prober) told(well bool) {
	switch {
	case p.Host == nil:
	case well:
		p.Host.Succeeded()
	default:
		p.Host.Failed()
	}
}

// lookUp brings an act in doubt to a definite state, by looking and never by sending. Found: done. Not found counts only after the
// deadline, and the read lag where find is asked, and twice.
func (p *Prober) lookUp(ctx context.Context, c ledger.Claim, a act, deadline time.Time) (e nutshell.Entity, again bool, err error) {
	for absent := 0; ; {
		e, ok, err := a.find(ctx)
		if err != nil {
			return e, false, err
		}
		if ok {
			out := ledger.Outcome{State: ledger.Done, How: "adopted", Type: string(a.t), ID: e.ID, Rev: e.Rev}
			return e, false, p.resolve(ctx, c, out)
		}
		now, err := p.Run.StoreNow(ctx)
		if err != nil {
			return e, false, err
		}
		if now.After(p.judgedFrom(deadline, a.lags)) {
			absent++
		}
		if absent >= seenTwice {
			if err := p.resolve(ctx, c, ledger.Outcome{State: ledger.Planned}); err != nil {
				return e, false, err
			}
			return e, true, errUnclear
		}
		if err := p.wait(ctx); err != nil {
			return e, false, err
		}
	}
}

func (p *Prober) judgedFrom(deadline time.Time, lags bool) time.Time {
	if lags {
		return deadline.Add(p.ReadLag)
	}
	return deadline
}

func (p *Prober) resolve(ctx context.Context, c ledger.Claim, out ledger.Outcome) error {
	ok, err := p.Run.Resolve(ctx, []ledger.Resolution{{Key: c.Key, From: ledger.InDoubt, Token: c.Token, Outcome: out}})
	if err != nil {
		return err
	}
	if !ok[0] {
		return errTaken
	}
	return nil
}

func (p *Prober) margin() time.Duration {
	if p.Margin > 0 {
		return p.Margin
	}
	return 5 * time.Second
}

func (p *Prober) poll() time.Duration {
	if p.Poll > 0 {
		return p.Poll
	}
	return time.Second
}

func (p *Prober) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(p.poll()):
		return nil
	}
}
