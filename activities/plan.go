package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/decide"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/projection"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/report"
	"rezora2nutshell/internal/step"
)

// Plan crawls the account once, decides over the whole sealed set and plans every effect. Statuses without a line in the map and fields
// that cannot be used park here, before anything is written.
func (a *Activities) Plan(ctx context.Context, in step.In) (step.PlanOut, error) {
	return plain(ctx, a, in, func(ctx context.Context, w *work) (step.PlanOut, error) {
		var out step.PlanOut
		if _, err := w.matchOwners(ctx, in.Accepted); err != nil { // resume reads the users and the mapping file again
			return out, err
		}
		if err := w.planFields(ctx); err != nil {
			return out, err
		}
		if err := w.crawlAll(ctx, firstCrawl); err != nil {
			return out, err
		}
		as, err := w.assembler(ctx)
		if err != nil {
			return out, err
		}
		if err := w.decider(as).All(ctx, w.turn); err != nil {
			return out, err
		}
		if err := w.planRecords(ctx, as); err != nil {
			return out, err
		}
		if err := w.forecastBeside(ctx, as); err != nil {
			return out, err
		}
		if err := w.conserved(ctx, 0); err != nil {
			return out, err
		}
		return w.planned0(ctx)
	})
}

// conserved proves that every sealed record of a round is accounted for by an effect (I3).
func (w *work) conserved(ctx context.Context, round int) error {
	gaps, err := w.run.Conservation(ctx, round)
	if err != nil {
		return err
	}
	for _, g := range gaps {
		if g.Sealed != g.Accounted {
			return fmt.Errorf("conservation of %s in round %d: %d records sealed, %d accounted for", g.Kind, round, g.Sealed, g.Accounted)
		}
	}
	return nil
}

// The crawls of a migration: one before the load, one right after the approval; later ones count on.
const (
	firstCrawl  = 1
	secondCrawl = 2
)

func (w *work) crawlAll(ctx context.Context, number int) error {
	facts, err := value[account.Facts](ctx, w.run, keyFacts)
	if err != nil {
		return err
	}
	c := crawl.Crawler{Client: w.Nutshell, Run: w.run, Defs: facts.Defs(), Number: number}
	if err := c.Do(ctx, w.turn, crawl.All...); err != nil {
		return err
	}
	return w.run.PutValue(ctx, keyCrawl, number)
}

func (w *work) decider(as *projection.Assembler) *decide.Decider {
	return &decide.Decider{Run: w.run, Map: as.Map, Env: as.Env, Crawl: as.Crawl, Policy: as.Map.Policies.Existing}
}

// planKinds are planned in this order, which is also that of the load.
var planKinds = []record.Kind{record.Companies, record.Contacts, record.Leads, record.Notes, record.Tasks, record.Interactions, record.Attachments}

const planPage = 500

// planRecords plans the effects of every sealed record, and forecasts what becomes of every value (I3).
func (w *work) planRecords(ctx context.Context, as *projection.Assembler) error {
	for _, kind := range planKinds {
		if err := w.planKind(ctx, as, kind); err != nil {
			return fmt.Errorf("plan %s: %w", kind, err)
		}
	}
	return nil
}

// planCursor is how far a kind is planned; kept with the fidelity forecast of the rows before it, and what they take from shared rows.
type planCursor struct {
	Next     int64           `json:"next"`
	Fidelity report.Fidelity `json:"fidelity"`
	Used     projection.Used `json:"used,omitempty"`
	// Dangling are the references that lead nowhere.
	Dangling report.Danglings `json:"dangling,omitzero"`
}

func planKey(kind record.Kind) string { return "plan/" + string(kind) }

func (w *work) planKind(ctx context.Context, as *projection.Assembler, kind record.Kind) error {
	order, n, err := w.planOrder(ctx, kind)
	if err != nil {
		return err
	}
	cur := planCursor{Next: 1}
	if _, err := w.run.Value(ctx, planKey(kind), &cur); err != nil {
		return err
	}
	if cur.Used == nil {
		cur.Used = projection.Used{}
	}
	for from := cur.Next; from <= n; from = cur.Next {
		if err := w.turn.Over(); err != nil {
			return err
		}
		to := min(from+planPage-1, n)
		page, err := order(ctx, from, to)
		if err != nil {
			return err
		}
		if err := w.planPage(ctx, as, kind, page, 0, &cur); err != nil {
			return err
		}
		cur.Next = to + 1
		if err := w.run.PutValue(ctx, planKey(kind), cur); err != nil {
			return err
		}
		w.turn.At("plan "+string(kind), to, n)
	}
	return nil
}

// planOrder gives the records of a kind in the order in which they are written: by id, companies with parents first.
func (w *work) planOrder(ctx context.Context, kind record.Kind) (page func(context.Context, int64, int64) ([]ledger.Staged, error), n int64, err error) {
	set, _, err := w.run.SealedSet(ctx, 0, kind)
	if err != nil {
		return nil, 0, err
	}
	if kind != record.Companies {
		return func(ctx context.Context, from, to int64) ([]ledger.Staged, error) {
			return w.run.SealedPage(ctx, 0, kind, from, to)
		}, set.Count, nil
	}
	byDepth := map[int][]string{}
	deepest := 0
	err = w.run.EachDecision(ctx, kind, func(d ledger.Decision) error {
		var c decide.Company
		if err := json.Unmarshal(d.Data, &c); err != nil {
			return err
		}
		byDepth[c.Depth] = append(byDepth[c.Depth], d.ID)
		deepest = max(deepest, c.Depth)
		return nil
	})
	var ids []string
	for depth := 0; depth <= deepest; depth++ {
		ids = append(ids, byDepth[depth]...)
	}
	return func(ctx context.Context, from, to int64) ([]ledger.Staged, error) {
		want := ids[from-1 : to]
		got, err := w.run.GetMany(ctx, kind, want)
		if err != nil {
			return nil, err
		}
		out := make([]ledger.Staged, 0, len(want))
		for _, id := range want {
			if s, ok := got[id]; ok {
				out = append(out, s)
			}
		}
		return out, nil
	}, int64(len(ids)), err
}

// planPage plans one page of records; what the map quarantines is so from the start, with its reason.
func (w *work) planPage(ctx context.Context, as *projection.Assembler, kind record.Kind, page []ledger.Staged, round int, cur *planCursor) error {
	live := ledger.Live(page)
	projections, err := as.Page(ctx, kind, live)
	if err != nil {
		return err
	}
	existing, err := w.existingOf(ctx, kind, live)
	if err != nil {
		return err
	}
	var all []mapping.Projection
	for _, s := range live {
		all = append(all, projections[s.ID]...)
	}
	there, err := w.there(ctx, as.Crawl, all)
	if err != nil {
		return err
	}
	var effects []ledger.Effect
	var flags []ledger.FlagRow
	for _, s := range live {
		var own []ledger.Effect
		for _, p := range projections[s.ID] {
			e, err := w.isThere(ctx, w.effectOf(p, existing[s.ID], round), there)
			if err != nil {
				return err
			}
			own = append(own, e)
		}
		effects = append(effects, own...)
		flags = append(flags, flagRows(projections[s.ID])...)
		flags = append(flags, existingFlags(kind, s.ID, existing[s.ID])...)
		count(&cur.Fidelity, cur.Used, s, projections[s.ID], own)
	}
	if err := w.dangling(ctx, live, &cur.Dangling); err != nil {
		return err
	}
	if err := w.run.Plan(ctx, effects); err != nil {
		return err
	}
	return w.run.Flag(ctx, flags)
}

// flagRows are the remarks on one record; several of one code share a row.
func flagRows(projections []mapping.Projection) []ledger.FlagRow {
	var out []ledger.FlagRow
	at := map[string]int{}
	for _, p := range projections {
		for _, f := range p.Flags {
			i, known := at[f.Code]
			switch {
			case !known:
				at[f.Code] = len(out)
				out = append(out, ledger.FlagRow{Object: p.Object, SourceID: p.SourceID, Code: f.Code, Reason: f.Text})
			case !strings.Contains(out[i].Reason, f.Text):
				out[i].Reason += "; " + f.Text
			}
		}
	}
	return out
}

// effectOf is the planned effect behind a projection.
func (w *work) effectOf(p mapping.Projection, x decide.Existing, round int) ledger.Effect {
	e := ledger.Effect{
		EffectKey: ledger.EffectKey{Object: p.Object, SourceID: p.SourceID, Role: p.Role, Parent: p.Parent, Part: max(1, p.Part)},
		Step:      stepOf(p.Object), Round: round, Verb: ledger.Verb(p.Verb), State: ledger.Planned, How: decide.Created, TargetType: p.Type,
	}
	if p.Role == mapping.RoleRecord && x.ID != 0 {
		e.TargetID, e.How, e.Verb = x.ID, x.How, ledger.Edit
		if x.How == decide.Linked && !x.Link {
			e.State = ledger.Skipped
		}
	}
	if p.Quarantine != nil {
		e.State, e.Code, e.Reason, e.TargetID = ledger.Quarantined, p.Quarantine.Code, p.Quarantine.Text, 0
	}
	return e
}

// stepOf is the page sequence of an object.
func stepOf(object string) string { return object }

// existingOf reads which records of the account the records of a page are.
func (w *work) existingOf(ctx context.Context, kind record.Kind, page []ledger.Staged) (map[string]decide.Existing, error) {
	ids := make([]string, len(page))
	for i, s := range page {
		ids[i] = s.ID
	}
	switch kind {
	case record.Companies, record.Contacts, record.Leads:
		return decide.Read[decide.Existing](ctx, w.run, kind, ids)
	}
	return nil, nil
}

func existingFlags(kind record.Kind, id string, x decide.Existing) []ledger.FlagRow {
	object := map[record.Kind]string{record.Companies: mapping.Companies, record.Contacts: mapping.People, record.Leads: mapping.LeadObjects}[kind]
	switch {
	case x.Several > 0:
		return []ledger.FlagRow{{Object: object, SourceID: id, Code: "several_matches", Reason: fmt.Sprintf("%d records of the account match: a new one is created", x.Several)}}
	case x.Taken != "":
		return []ledger.FlagRow{{Object: object, SourceID: id, Code: "match_taken", Reason: "the matching record of the account goes to source record " + x.Taken + ": a new one is created"}}
	}
	return nil
}

// planned0 answers the totals.
func (w *work) planned0(ctx context.Context) (step.PlanOut, error) {
	var out step.PlanOut
	var err error
	if out.Counters, err = w.counters(ctx); err != nil {
		return out, err
	}
	for _, object := range loadObjects {
		n, sample, err := w.run.StepSize(ctx, object)
		if err != nil {
			return out, err
		}
		out.Steps = append(out.Steps, step.Size{Step: object, N: n, Sample: sample})
	}
	return out, nil
}

var loadObjects = []string{mapping.Companies, mapping.People, mapping.LeadObjects, mapping.NoteObjects, mapping.TaskObjects, mapping.Activities, mapping.Attachments}
