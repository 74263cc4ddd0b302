package undo

import (
	"context"
	"fmt"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/report"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/target"
)

// Crawls are the three looks at the account that a proof compares; 0 = there is none.
type Crawls struct {
	First  int // before the migration wrote anything
	Before int // before the rollback
	Now    int // after it
}

// prover sums the account up after a rollback.
type prover struct {
	*Undoer
	turn *step.Turn
	at   Crawls
	rep  report.Rollback
}

// Prove reads the account again and holds it against the journal and the first crawl: what went, what is restored, what stays and why, and
// that nothing else carries a trace of ours. It ends the attempt's proof crawl; a comparison that is asked for again makes a new one.
func (u *Undoer) Prove(ctx context.Context, turn *step.Turn, r Rollback, first int) (report.Rollback, error) {
	if err := u.Rest(ctx, turn); err != nil {
		return report.Rollback{}, err
	}
	if err := u.proofCrawl(ctx, turn, r, first); err != nil {
		return report.Rollback{}, err
	}
	before, err := Before(ctx, u.Run)
	if err != nil {
		return report.Rollback{}, err
	}
	p := &prover{Undoer: u, turn: turn, at: Crawls{First: first, Before: before, Now: r.Proof()}}
	if err := u.eachRecordPage(ctx, p.sum); err != nil {
		return p.rep, fmt.Errorf("sum up what was undone: %w", err)
	}
	for _, t := range allTypes {
		if err := p.untouched(ctx, t); err != nil {
			return p.rep, fmt.Errorf("compare %s with the first crawl: %w", t, err)
		}
	}
	if err := p.fields(ctx); err != nil {
		return p.rep, err
	}
	if r, _, err = Current(ctx, u.Run); err != nil {
		return p.rep, err
	}
	r.Proofs++
	return p.rep, u.Run.PutValue(ctx, keyRollback, r)
}

// keyProofs counts the proofs whose crawl was begun.
const keyProofs = "undo/proofs"

// proofCrawl reads the account anew for every proof. Records of ours that were carried out so late that only this crawl sees them are
// undone too.
func (u *Undoer) proofCrawl(ctx context.Context, turn *step.Turn, r Rollback, first int) error {
	var begun int
	if _, err := u.Run.Value(ctx, keyProofs, &begun); err != nil {
		return err
	}
	if this := r.Number<<16 + r.Proofs + 1; begun != this {
		if err := u.Run.DropDest(ctx, r.Proof()); err != nil {
			return err
		}
		if err := u.Run.PutValue(ctx, keyProofs, this); err != nil {
			return err
		}
	}
	if err := u.crawl(ctx, turn, r.Proof()); err != nil {
		return err
	}
	n, err := u.PlanStrays(ctx, r.Proof(), first)
	if err != nil || n == 0 {
		return err
	}
	late := *u
	late.Crawl = r.Proof()
	if late.CrawledAt, err = u.Run.StoreNow(ctx); err != nil {
		return err
	}
	return late.Rest(ctx, turn)
}

// sum counts the records that some effects stand for.
func (p *prover) sum(ctx context.Context, typ nutshell.EntityType, page []ledger.Effect) error {
	p.turn.Add(int64(len(page)))
	ids, err := p.ownedBy(ctx, typ, page)
	if err != nil || len(ids) == 0 {
		return err
	}
	units, err := p.units(ctx, typ, ids)
	if err != nil {
		return err
	}
	now, err := p.standingNow(ctx, typ, units)
	if err != nil {
		return err
	}
	for _, x := range units {
		if x.probe() {
			continue
		}
		s, live := now[x.id]
		if x.made() {
			p.created(x, live)
		} else if err := p.updated(x, s, live); err != nil {
			return err
		}
	}
	return nil
}

// standingNow are the records of some units that live. One that should live and that the crawl does not show is asked for, since a crawl may
// miss one and does not see the notes of a record that is gone; so is one that should be gone and that it shows.
func (p *prover) standingNow(ctx context.Context, typ nutshell.EntityType, units []*unit) (map[int64]seen, error) {
	all := make([]int64, len(units))
	for i, x := range units {
		all[i] = x.id
	}
	rows, err := p.Run.DestGetMany(ctx, p.at.Now, string(typ), all)
	if err != nil {
		return nil, err
	}
	var ask []ledger.DestRecord
	for _, x := range units {
		state, _ := x.standing()
		_, shown := rows[x.id]
		if shouldLive := state != ledger.Reverted || !x.made(); state != "" && shown != shouldLive {
			delete(rows, x.id)
			ask = append(ask, ledger.DestRecord{ID: x.id})
		}
	}
	if err := p.missing(ctx, typ, ask, rows); err != nil {
		return nil, err
	}
	out := make(map[int64]seen, len(rows))
	for id, row := range rows {
		s, err := p.fromCrawl(row)
		if err != nil {
			return nil, err
		}
		if !s.gone {
			out[id] = s
		}
	}
	return out, nil
}

// created counts one record that the migration made. A person's deletion counts as deleted.
func (p *prover) created(x *unit, live bool) {
	state, reason := x.standing()
	switch {
	case state == "":
	case !live && state != ledger.Done && state != ledger.Reverting:
		p.rep.Created.Deleted++
	case state == ledger.Kept:
		p.rep.Created.Kept++
		p.keep(x, reason)
	case state == ledger.Reverted: // its deletion was answered, or it was gone
		p.rep.Created.Kept++
		p.keep(x, "it was deleted, and a person brought it back")
	default:
		p.rep.Created.Failed++
	}
}

// updated counts one record that was there before.
func (p *prover) updated(x *unit, s seen, live bool) error {
	state, reason := x.standing()
	if state == "" {
		return nil // linked, or already as the map demands: nothing was changed
	}
	equal := false
	if live {
		var err error
		if equal, err = p.restoredEqual(x, s.view); err != nil {
			return err
		}
	}
	switch {
	case state == ledger.Kept:
		p.rep.Updated.Kept++
		p.keep(x, reason)
	case state == ledger.Reverted && !live:
		p.rep.Updated.Kept++
		p.keep(x, "a person deleted it in Nutshell; it stays deleted")
	case state == ledger.Reverted && equal:
		p.rep.Updated.Restored++
	default:
		p.rep.Updated.Failed++
	}
	if equal && (state == ledger.Kept || state == ledger.Reverted) {
		p.rep.Proof.RestoredEqual++
	}
	return nil
}

// standing is the state of a record over all effects on it that were carried out: the one that is furthest from undone. It is empty when
// none was.
func (x *unit) standing() (ledger.State, string) {
	order := map[ledger.State]int{ledger.Reverted: 1, ledger.Kept: 2, ledger.Reverting: 3, ledger.Done: 4}
	var state ledger.State
	var reason string
	for _, e := range x.rows {
		if e.Verb != ledger.Create && e.Verb != ledger.Edit {
			continue
		}
		s := e.State
		if s == ledger.Planned && isStray(e) {
			s = ledger.Done
		}
		if order[s] > order[state] {
			state, reason = s, e.Reason
		}
	}
	return state, reason
}

// restoredEqual compares a record with its pre-image: it is equal when no field still holds our value where the pre-image holds another.
// Every other difference is a person's.
func (p *prover) restoredEqual(x *unit, now target.View) (bool, error) {
	pre, known, err := x.pre(p.Defs[x.typ])
	last := x.last()
	if err != nil || !known || last == nil {
		return false, err
	}
	owned := target.Owned(last.Shown, target.Paths(last.Ours))
	for _, path := range target.Differ(pre, now) {
		ours, was := owned[string(path)]
		if was && now.Has(path) && p.Run.ShortHash(now.Get(path)) == ours {
			return false, nil
		}
	}
	return true, nil
}

// keepMost bounds the list of what stays: a report is for people.
const keepMost = 10_000

func (p *prover) keep(x *unit, reason string) {
	if len(p.rep.Kept) < keepMost {
		p.rep.Kept = append(p.rep.Kept, report.KeptRecord{
			Object: x.object(), SourceID: x.first.SourceID, TargetType: string(x.typ), TargetID: x.id, Reason: reason,
		})
	}
}

// fields lists the custom fields that the migration defined; no call removes a definition.
func (p *prover) fields(ctx context.Context) error {
	return p.Run.EachEffect(ctx, ledger.EffectFilter{Verbs: []ledger.Verb{ledger.Define}}, func(e ledger.Effect) error {
		if e.State == ledger.Done {
			p.rep.CustomFields = append(p.rep.CustomFields, e.SourceID)
		}
		return nil
	})
}
