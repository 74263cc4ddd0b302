package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/step"
)

// CleanUp deletes every probe record that is left, whoever made it, and proves each deletion by a read. It first brings what a dead worker
// left in doubt to a definite state, which waits for deadlines. A create that was sent more than once, or was counted as not made, is
// looked for again each time: its request may have been carried out late.
func (p *Prober) CleanUp(ctx context.Context) error { return p.cleanUp(ctx, nil) }

func (p *Prober) cleanUp(ctx context.Context, seen map[recordKey]nutshell.Entity) error {
	if err := p.settleOpen(ctx); err != nil {
		return err
	}
	var rows []ledger.Effect
	err := p.Run.EachEffect(ctx, ledger.EffectFilter{Object: ObjectProbes}, func(e ledger.Effect) error {
		rows = append(rows, e)
		return nil
	})
	if err != nil {
		return fmt.Errorf("list probe effects: %w", err)
	}
	left, err := p.left(ctx, rows)
	if err != nil {
		return err
	}
	for _, l := range left {
		if err := p.remove(ctx, l, seen[l.key]); err != nil {
			return err
		}
	}
	return p.close(ctx, rows)
}

// leftover is a record to delete.
type leftover struct {
	key    recordKey
	marker string
	role   string
}

// removal is the order in which types go: what hangs on others first.
var removal = map[nutshell.EntityType]int{nutshell.Notes: 1, nutshell.Tasks: 1, nutshell.Leads: 2, nutshell.Contacts: 3, nutshell.Accounts: 4}

// left lists the records that stand, or may.
func (p *Prober) left(ctx context.Context, rows []ledger.Effect) ([]leftover, error) {
	var out []leftover
	known := map[recordKey]bool{}
	parents := map[string][]recordKey{}
	for _, r := range rows {
		k := recordKey{nutshell.EntityType(r.TargetType), r.TargetID}
		if r.Verb != ledger.Create || r.TargetID == 0 {
			continue
		}
		if k.t.TakesNotes() {
			parents[r.SourceID] = append(parents[r.SourceID], k)
		}
		if r.State == ledger.Done && !known[k] {
			out = append(out, leftover{k, r.SourceID, r.Role})
		}
		known[k] = true
	}
	asked := map[string]bool{}
	for _, r := range rows {
		if r.Verb != ledger.Create || r.Attempts < 2 && r.Code != notMade || asked[r.SourceID+r.TargetType] {
			continue
		}
		t := nutshell.EntityType(r.TargetType)
		asked[r.SourceID+r.TargetType] = true
		copies, err := p.lookup(ctx, t, r.SourceID, parents[r.SourceID])
		if err != nil {
			return nil, fmt.Errorf("look for probe records: %w", err)
		}
		for _, e := range copies {
			k := recordKey{t, e.ID}
			if !known[k] {
				known[k] = true
				out = append(out, leftover{k, r.SourceID, "late"})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b leftover) int { return removal[a.key.t] - removal[b.key.t] })
	return out, nil
}

// removals bounds how often a deletion meets a moved rev, or a record that is still shown.
const removals = 6

// remove deletes a record until a read proves that it is gone. shown is the record as last seen, if it was.
func (p *Prober) remove(ctx context.Context, l leftover, shown nutshell.Entity) error {
	for range removals {
		if shown.Rev == "" {
			now, err := p.Client.Get(ctx, l.key.t, l.key.id)
			if nutshell.IsNotFound(err) || err == nil && now.Deleted {
				return nil
			}
			if err != nil {
				return fmt.Errorf("read probe record %s: %w", l.key, err)
			}
			shown = now
		}
		err := p.removeOnce(ctx, l.marker, l.role, shown, shown.Rev)
		shown = nutshell.Entity{}
		switch {
		case err == nil, nutshell.IsStale(err), nutshell.IsNotFound(err), errors.Is(err, errUnclear):
		case nutshell.IsForbidden(err):
			return step.Stuck("probe_cleanup", false, "Nutshell forbids to delete the probe record %s; give the key the right to delete, or delete %q by hand, then resume",
				l.key, marking+l.marker)
		default:
			return fmt.Errorf("delete probe record %s: %w", l.key, err)
		}
	}
	return step.Stuck("probe_cleanup", false, "the probe record %s is still shown after its deletion; delete %q by hand, then resume", l.key, marking+l.marker)
}

// notMade is the code of a create that two looks after its deadline did not show.
const notMade = "not_made"

// settleOpen brings acts of a dead worker to a definite state. It waits for the deadlines of those that may still be under way.
func (p *Prober) settleOpen(ctx context.Context) error {
	absent := map[ledger.EffectKey]int{}
	for {
		if _, err := p.Run.Expire(ctx, StepProbes); err != nil {
			return err
		}
		rows, err := p.Run.Doubts(ctx, StepProbes, 1000)
		if err != nil {
			return err
		}
		if err := p.settleDoubts(ctx, rows, absent); err != nil {
			return err
		}
		moving, _, err := p.Run.Claimed(ctx, StepProbes)
		if err != nil {
			return err
		}
		if rows, err = p.Run.Doubts(ctx, StepProbes, 1); err != nil {
			return err
		}
		if moving == 0 && len(rows) == 0 {
			return p.dropPlanned(ctx)
		}
		if err := p.wait(ctx); err != nil {
			return err
		}
	}
}

func (p *Prober) settleDoubts(ctx context.Context, rows []ledger.Effect, absent map[ledger.EffectKey]int) error {
	var changes []ledger.Resolution
	add := func(r ledger.Effect, out ledger.Outcome) {
		changes = append(changes, ledger.Resolution{Key: r.EffectKey, From: ledger.InDoubt, Token: r.Token, Outcome: out})
	}
	now, err := p.Run.StoreNow(ctx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r.Verb != ledger.Create {
			// The record itself is deleted next, with the rev it then has.
			add(r, ledger.Outcome{State: ledger.Quarantined, Code: "abandoned", Reason: "the worker died before the outcome was known; the probe record is deleted"})
			continue
		}
		found, err := p.unknownOf(ctx, r)
		if err != nil {
			return fmt.Errorf("look for a probe record in doubt: %w", err)
		}
		switch {
		case found.ID != 0:
			add(r, ledger.Outcome{State: ledger.Done, How: "adopted", Type: r.TargetType, ID: found.ID, Rev: found.Rev})
			// One record may be the answer to one row only: the next row is judged in the next round.
			_, err := p.Run.Resolve(ctx, changes)
			return err
		case !now.After(r.Deadline.Add(p.ReadLag)):
		case absent[r.EffectKey]+1 < seenTwice:
			absent[r.EffectKey]++
		default:
			add(r, ledger.Outcome{State: ledger.Quarantined, Code: notMade, Reason: "two look-ups after its deadline did not show the probe record"})
		}
	}
	_, err = p.Run.Resolve(ctx, changes)
	return err
}

// unknownOf finds a marked record of the row's type that no row of its marker has yet.
func (p *Prober) unknownOf(ctx context.Context, r ledger.Effect) (nutshell.Entity, error) {
	rows, err := p.Run.EffectsOf(ctx, ObjectProbes, []string{r.SourceID})
	if err != nil {
		return nutshell.Entity{}, err
	}
	known := map[recordKey]bool{}
	var parents []recordKey
	for _, x := range rows[r.SourceID] {
		k := recordKey{nutshell.EntityType(x.TargetType), x.TargetID}
		if x.Verb != ledger.Create || x.TargetID == 0 {
			continue
		}
		known[k] = true
		if k.t.TakesNotes() {
			parents = append(parents, k)
		}
	}
	list, err := p.lookup(ctx, nutshell.EntityType(r.TargetType), r.SourceID, parents)
	if err != nil {
		return nutshell.Entity{}, err
	}
	for _, e := range list {
		if !known[recordKey{nutshell.EntityType(r.TargetType), e.ID}] {
			return e, nil
		}
	}
	return nutshell.Entity{}, nil
}

// dropPlanned closes what was never sent.
func (p *Prober) dropPlanned(ctx context.Context) error {
	var drop []ledger.Outcome
	err := p.Run.EachEffect(ctx, ledger.EffectFilter{Object: ObjectProbes, States: []ledger.State{ledger.Planned}}, func(e ledger.Effect) error {
		drop = append(drop, ledger.Outcome{Claim: ledger.Claim{Key: e.EffectKey}, State: ledger.Skipped, How: "abandoned"})
		return nil
	})
	if err != nil || len(drop) == 0 {
		return err
	}
	_, err = p.Run.Dismiss(ctx, drop)
	return err
}

// closing is the life of the claims under which finished rows are closed; nothing is sent under them.
const closing = 100 * time.Millisecond

// close marks what the probes made as taken back, and their deletions as lasting, so that an undo finds nothing left to do.
// Only of the creates in gone is it proved.
func (p *Prober) close(ctx context.Context, gone []ledger.Effect) error {
	proved := map[ledger.EffectKey]bool{}
	for _, r := range gone {
		proved[r.EffectKey] = true
	}
	for {
		var requests []ledger.RevertRequest
		verbs := map[ledger.EffectKey]ledger.Verb{}
		waiting := false
		err := p.Run.EachEffect(ctx, ledger.EffectFilter{Object: ObjectProbes, States: []ledger.State{ledger.Done, ledger.Reverting}}, func(e ledger.Effect) error {
			if e.Verb == ledger.Create && !proved[e.EffectKey] {
				return nil
			}
			requests = append(requests, ledger.RevertRequest{Key: e.EffectKey, From: e.State})
			verbs[e.EffectKey] = e.Verb
			waiting = waiting || e.State == ledger.Reverting
			return nil
		})
		if err != nil {
			return err
		}
		claims, err := p.Run.BeginRevert(ctx, requests, closing)
		if err != nil {
			return fmt.Errorf("close the probes: %w", err)
		}
		var outcomes []ledger.Outcome
		for _, c := range claims {
			if c == nil {
				continue
			}
			out := ledger.Outcome{Claim: *c, State: ledger.Reverted}
			if verbs[c.Key] == ledger.Delete {
				out.State, out.Code, out.Reason = ledger.Kept, "probe", "the deletion of a probe record stays"
			}
			outcomes = append(outcomes, out)
		}
		if _, err := p.Run.SettleRevert(ctx, outcomes); err != nil {
			return fmt.Errorf("close the probes: %w", err)
		}
		if !waiting || len(outcomes) == len(requests) {
			return nil
		}
		if err := p.wait(ctx); err != nil {
			return err
		}
	}
}
