package activities

import (
	"context"
	"fmt"

	"rezora2nutshell/internal/decide"
	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/projection"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/target"
)

// PlanDelta plans one round of the delta under the approved map: what is new is created, what changed is merged three ways, what was
// deleted is flagged or, by policy, deleted. Rounds before the last look at records whose own row changed; the last looks at the whole
// union, so that everything a record takes from other rows is carried once. An unchanged source plans nothing.
func (a *Activities) PlanDelta(ctx context.Context, in step.DeltaIn) (step.DeltaOut, error) {
	return guard(ctx, a, in.Ref, func(ctx context.Context, w *work) (step.DeltaOut, error) {
		var out step.DeltaOut
		if err := w.meetAgents(ctx); err != nil {
			return out, err
		}
		as, err := w.assembler(ctx)
		if err != nil {
			return out, err
		}
		d := w.decider(as)
		d.Round, d.Written, d.Whole, d.Anew = in.Round, w.written, in.Last, in.Last
		if err := d.All(ctx, w.turn); err != nil {
			return out, err
		}
		p := &deltaPlan{work: w, as: as, round: in.Round, step: fmt.Sprintf("delta/%d", in.Round)}
		for _, kind := range planKinds {
			if err := p.kind(ctx, kind, in.Last); err != nil {
				return out, fmt.Errorf("plan round %d of %s: %w", in.Round, kind, err)
			}
		}
		if out.Deferred, err = w.deferred(ctx, in.Round, in.Last); err != nil {
			return out, err
		}
		rate, err := w.Limiter.Rate(ctx, "all")
		if err == nil && rate > 0 {
			out.Seconds = int64(float64(2*out.Deferred) / rate) // a read and an edit each
		}
		n, _, err := w.run.StepSize(ctx, p.step)
		if err != nil {
			return out, err
		}
		if n > 0 {
			out.Steps = []step.Size{{Step: p.step, N: n}}
		}
		out.Counters, err = w.counters(ctx)
		return out, err
	})
}

// deltaPlan plans the effects of one round.
type deltaPlan struct {
	*work
	as    *projection.Assembler
	round int
	step  string
}

func (p *deltaPlan) kind(ctx context.Context, kind record.Kind, whole bool) error {
	if err := p.deletions(ctx, kind); err != nil {
		return err
	}
	if !whole {
		return p.sealed(ctx, kind, func(page []ledger.Staged) error { return p.page(ctx, kind, page) })
	}
	var page []ledger.Staged
	err := p.run.Each(ctx, kind, true, func(s ledger.Staged) error {
		if page = append(page, s); len(page) < planPage {
			return nil
		}
		err := p.page(ctx, kind, page)
		page = page[:0]
		p.turn.Add(planPage)
		return err
	})
	if err != nil {
		return err
	}
	return p.page(ctx, kind, page)
}

func (p *deltaPlan) sealed(ctx context.Context, kind record.Kind, fn func([]ledger.Staged) error) error {
	set, _, err := p.run.SealedSet(ctx, p.round, kind)
	if err != nil {
		return err
	}
	for from := int64(1); from <= set.Count; from += planPage {
		page, err := p.run.SealedPage(ctx, p.round, kind, from, from+planPage-1)
		if err != nil {
			return err
		}
		if err := fn(page); err != nil {
			return err
		}
	}
	return nil
}

// page plans what the records of a page need now.
func (p *deltaPlan) page(ctx context.Context, kind record.Kind, page []ledger.Staged) error {
	live := ledger.Live(page)
	if len(live) == 0 {
		return nil
	}
	ids := make([]string, len(live))
	for i, s := range live {
		ids[i] = s.ID
	}
	projections, err := p.as.Page(ctx, kind, live)
	if err != nil {
		return err
	}
	effects, err := p.run.EffectsOf(ctx, objectOfKind(kind), ids)
	if err != nil {
		return err
	}
	targets, err := p.targets(ctx, projections)
	if err != nil {
		return err
	}
	existing, err := p.existingOf(ctx, kind, live)
	if err != nil {
		return err
	}
	var planned []ledger.Effect
	var flags []ledger.FlagRow
	for _, s := range live {
		for _, proj := range projections[s.ID] {
			e, flag := p.next(s, proj, effects[s.ID], projections[s.ID], targets)
			if flag != nil {
				flags = append(flags, *flag)
			}
			if e == nil {
				continue
			}
			if e.Epoch == 0 && e.Verb == ledger.Create && proj.Role == mapping.RoleRecord {
				made := p.effectOf(proj, existing[s.ID], p.round)
				made.Step = p.step
				e = &made
			}
			planned = append(planned, *e)
		}
	}
	if err := p.run.Plan(ctx, planned); err != nil {
		return err
	}
	return p.run.Flag(ctx, flags)
}

// next is the effect that one projection needs after what was done before; nil for none.
func (p *deltaPlan) next(s ledger.Staged, proj mapping.Projection, before []ledger.Effect, all []mapping.Projection, targets targets) (*ledger.Effect, *ledger.FlagRow) {
	key := ledger.EffectKey{Object: proj.Object, SourceID: proj.SourceID, Role: proj.Role, Parent: proj.Parent, Part: max(1, proj.Part)}
	newest := newestAt(before, key)
	if newest == nil {
		if second(proj.Role) && made(before) {
			return nil, nil // the edit of the record carries it
		}
		e := p.effectOf(proj, decide.Existing{How: decide.Created}, p.round)
		e.Step = p.step
		return &e, nil
	}
	if proj.Quarantine != nil || second(proj.Role) || proj.Role == mapping.RoleFile {
		return nil, nil
	}
	if newest.Round == p.round && !settled(newest.State) {
		return nil, nil // an earlier attempt of this step, that died, has planned it (I9)
	}
	last := effect.Latest(before, key)
	if last == nil {
		if newest.How == decide.Linked && newest.State == ledger.Skipped && len(proj.Wants) > 0 {
			return p.edit(key, newest.Epoch+1, newest), nil
		}
		if newest.State != ledger.Quarantined || newest.TargetID != 0 || final(*newest, s, proj, targets) {
			return nil, nil
		}
		e := p.effectOf(proj, decide.Existing{How: decide.Created}, p.round)
		e.Step, e.Epoch = p.step, newest.Epoch+1
		return &e, nil
	}
	if !demandsChanged(p.run.ShortHash, last, wantsOf(proj, all), targets.where) {
		return nil, nil
	}
	if proj.Object == mapping.Attachments {
		return nil, &ledger.FlagRow{Object: proj.Object, SourceID: proj.SourceID, Code: "attachment_changed", Reason: "the attachment changed at the source after its transfer; look at both"}
	}
	return p.edit(key, newest.Epoch+1, last), nil
}

// edit is the next edit of a record that the effect last left as it is.
func (p *deltaPlan) edit(key ledger.EffectKey, epoch int, last *ledger.Effect) *ledger.Effect {
	key.Epoch = epoch
	return &ledger.Effect{
		EffectKey: key, Step: p.step, Round: p.round, Verb: ledger.Edit, State: ledger.Planned, How: last.How, TargetType: last.TargetType, TargetID: last.TargetID,
	}
}

// settled tells that an effect has its outcome. What is sent of one that has none is worked out when it is sent.
func settled(s ledger.State) bool {
	return s != ledger.Planned && s != ledger.Intent && s != ledger.InDoubt
}

// second tells the further calls of a record, whose demands an edit of the delta carries along.
func second(role string) bool { return role == mapping.RoleClose || role == mapping.RoleComplete }

func newestAt(effects []ledger.Effect, key ledger.EffectKey) *ledger.Effect {
	var newest *ledger.Effect
	for i := range effects {
		e := &effects[i]
		if e.Role == key.Role && e.Parent == key.Parent && e.Part == key.Part && (newest == nil || e.Epoch > newest.Epoch) {
			newest = e
		}
	}
	return newest
}

// wantsOf are all demands on a record: its own, those of its closing or completing, a note's text.
func wantsOf(proj mapping.Projection, all []mapping.Projection) []target.Want {
	wants := append([]target.Want(nil), proj.Wants...)
	if proj.Type == "Notes" {
		wants = append(wants, target.Text("note", proj.Text))
	}
	if proj.Role == mapping.RoleRecord {
		for _, other := range all {
			if second(other.Role) {
				wants = append(wants, other.Wants...)
			}
		}
	}
	return wants
}

// demandsChanged compares what the map demands now with what it demanded when we last wrote, by hashes alone: no call is needed to see that
// there is nothing to do.
func demandsChanged(hash target.Hash, last *ledger.Effect, wants []target.Want, where target.Resolve) bool {
	return target.Changed(last.Shown, target.Paths(last.Ours), wants, hash, where)
}

// deletions flags records that were deleted at the source, or plans their deletion by policy: the record and what this migration wrote on
// it, unless a person touched them; a record that was there before is never deleted.
func (p *deltaPlan) deletions(ctx context.Context, kind record.Kind) error {
	object := objectOfKind(kind)
	return p.sealed(ctx, kind, func(page []ledger.Staged) error {
		var ids []string
		for _, s := range page {
			if s.Deleted {
				ids = append(ids, s.ID)
			}
		}
		if len(ids) == 0 {
			return nil
		}
		effects, err := p.run.EffectsOf(ctx, object, ids)
		if err != nil {
			return err
		}
		var planned []ledger.Effect
		var flags []ledger.FlagRow
		for _, id := range ids {
			e, reason := p.deletion(effects[id])
			flags = append(flags, ledger.FlagRow{Object: object, SourceID: id, Code: "deleted_at_source", Reason: reason})
			planned = append(planned, e...)
		}
		if err := p.run.Plan(ctx, planned); err != nil {
			return err
		}
		return p.run.Flag(ctx, flags)
	})
}

func (p *deltaPlan) deletion(effects []ledger.Effect) (planned []ledger.Effect, reason string) {
	if p.as.Map.Policies.SourceDeletes != "delete" {
		return nil, "deleted at the source; nothing changes in Nutshell (policy flag)"
	}
	for _, e := range effects {
		if e.TargetID == 0 || e.State != ledger.Done || e.Verb != ledger.Create {
			continue
		}
		if e.Role != mapping.RoleRecord && e.Role != mapping.RoleNote {
			continue
		}
		key := e.EffectKey
		key.Role, key.Epoch = effect.GonePrefix+e.Role, 0
		planned = append(planned, ledger.Effect{EffectKey: key, Step: p.step, Round: p.round, Verb: ledger.Delete, State: ledger.Planned, TargetType: e.TargetType, TargetID: e.TargetID})
	}
	if len(planned) == 0 {
		return nil, "deleted at the source; the record was in Nutshell before, so it stays"
	}
	return planned, "deleted at the source; deleted in Nutshell unless a person touched it (policy delete)"
}

// deferredKinds are the rows that change people without changing their own row, and how each names the person.
var deferredKinds = map[record.Kind]string{
	record.GroupMemberships: "contact_id", record.CampaignRecipients: "contact_id", record.Activities: "contact_id",
}

// deferred counts the people whom rows of earlier rounds will change in the last one. It is what a cut-over would have to carry.
func (w *work) deferred(ctx context.Context, round int, last bool) (int64, error) {
	if last {
		return 0, nil
	}
	dirty := map[string]bool{}
	if _, err := w.run.Value(ctx, keyDirty, &dirty); err != nil {
		return 0, err
	}
	p := &deltaPlan{work: w, round: round}
	for kind := range deferredKinds {
		err := p.sealed(ctx, kind, func(page []ledger.Staged) error {
			for _, s := range page {
				var row struct {
					ContactID string `json:"contact_id"`
				}
				if err := s.Decode(&row); err != nil {
					return err
				}
				if row.ContactID != "" && len(dirty) < dirtyMost {
					dirty[row.ContactID] = true
				}
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	return int64(len(dirty)), w.run.PutValue(ctx, keyDirty, dirty)
}

const (
	keyDirty  = "delta/dirty"
	dirtyMost = 20000 // more than any cut-over does unforced; beyond it the number is a lower bound
)
