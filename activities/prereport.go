package activities

import (
	"context"
	"fmt"
	"slices"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/decide"
	"rezora2nutshell/internal/extract"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/report"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/union"
)

// PreReport writes what is known before anything is written: what will move, what will not and why, and what it takes.
func (a *Activities) PreReport(ctx context.Context, in step.In) (step.ReportOut, error) {
	return plain(ctx, a, in, func(ctx context.Context, w *work) (step.ReportOut, error) {
		var out step.ReportOut
		rep, err := w.preMigration(ctx)
		if err != nil {
			return out, err
		}
		if err := rep.Fidelity.Check(); err != nil {
			return out, err
		}
		if err := w.digest(ctx, &rep); err != nil {
			return out, err
		}
		out.Digest = rep.Digest
		if out.URL, err = w.writeReport(ctx, filePreMigration, rep); err != nil {
			return out, err
		}
		if w.in.MapGate == "confirm" {
			out.AuditHead, err = w.exportAudit(ctx)
		}
		return out, err
	})
}

func (w *work) preMigration(ctx context.Context) (report.PreMigration, error) {
	rep := report.PreMigration{Migration: w.ref.Migration, Gate: w.in.MapGate == "confirm", Approvers: w.in.Approvers}
	for _, fill := range []func(context.Context, *report.PreMigration) error{
		w.preMap, w.preOwners, w.preSource, w.preObjects, w.preRemarks, w.preDuplicates, w.preCalls,
	} {
		if err := fill(ctx, &rep); err != nil {
			return rep, err
		}
	}
	return rep, nil
}

func (w *work) preMap(ctx context.Context, rep *report.PreMigration) error {
	m, err := w.effectiveMap(ctx)
	if err != nil {
		return err
	}
	rep.MapDigest = m.Digest()
	plan, err := value[mapping.FieldPlan](ctx, w.run, keyPlan)
	if err != nil {
		return err
	}
	rep.Fields, rep.Blocked = plan.Fields, plan.Blocked
	inv, err := value[mapping.Inventory](ctx, w.run, keyInventory)
	if err != nil {
		return err
	}
	rep.Properties = report.Properties(inv, plan)
	if _, err := w.run.Value(ctx, keyFindings, &rep.Findings); err != nil {
		return err
	}
	limits := w.Config.Nutshell.Plan
	rep.Plan.Name = limits.Name
	for _, entity := range []string{mapping.Contacts, mapping.Accounts, mapping.Leads} {
		needed := 0
		for _, f := range plan.Fields {
			if f.Entity == entity {
				needed++
			}
		}
		rep.Plan.Limits = append(rep.Plan.Limits, report.PlanLine{What: "custom fields of " + entity, Needed: int64(needed), Allowed: int64(limits.CustomFields)})
	}
	people, _, err := w.run.Count(ctx, record.Contacts)
	if err != nil {
		return err
	}
	leads, _, err := w.run.Count(ctx, record.Leads)
	rep.Plan.Limits = append(rep.Plan.Limits,
		report.PlanLine{What: "contacts", Needed: people, Allowed: int64(limits.Contacts)},
		report.PlanLine{What: "open leads (at most)", Needed: leads, Allowed: int64(limits.OpenLeads)})
	return err
}

func (w *work) preOwners(ctx context.Context, rep *report.PreMigration) error {
	own, err := value[owners](ctx, w.run, keyOwners)
	if err != nil {
		return err
	}
	facts, err := value[account.Facts](ctx, w.run, keyFacts)
	if err != nil {
		return err
	}
	m, err := w.effectiveMap(ctx)
	if err != nil {
		return err
	}
	rep.Owners = report.Owners{Agents: len(own.Users), Matched: len(own.Users) - len(own.Orphans), Fallback: own.Fallback != 0, Policy: m.Policies.OnOrphans}
	agents, err := w.agents(ctx)
	if err != nil {
		return err
	}
	for _, id := range own.Orphans {
		agent := agents[id]
		_, _, disabled := facts.User(agent.Email)
		owned, err := w.run.RefCount(ctx, record.Contacts, "owner", id)
		if err != nil {
			return err
		}
		rep.Owners.Orphans = append(rep.Owners.Orphans, report.Orphan{AgentID: id, Name: mapping.AgentName(agent), Email: agent.Email, Disabled: disabled, Records: int64(owned)})
	}
	for _, f := range facts.Findings {
		rep.Capabilities = append(rep.Capabilities, report.Capability(f))
	}
	return nil
}

func (w *work) preSource(ctx context.Context, rep *report.PreMigration) error {
	caps, err := value[rezora.Capabilities](ctx, w.run, keyCaps)
	if err != nil {
		return err
	}
	rep.Source, rep.Profile = caps.Source, caps.Profile
	records := map[record.Kind]int64{}
	for _, kind := range record.Kinds {
		if records[kind], _, err = w.run.Count(ctx, kind); err != nil {
			return err
		}
	}
	rep.Resources = report.Resources(caps, records)
	read, _, err := extract.ReadReport(ctx, w.run, 0)
	if err != nil {
		return err
	}
	for i := range rep.Resources {
		r, got := &rep.Resources[i], read.Resources[record.Kind(rep.Resources[i].Kind)]
		r.Read, r.Count, r.Counted = got.Status, got.Count, got.Counted
	}
	joined, ok, err := extract.ReadUnion(ctx, w.run)
	if err != nil || !ok {
		return err
	}
	rep.Coverage = joined.Coverage
	rep.Discrepancies = report.Walk(func(fn func(union.Discrepancy) error) error { return extract.EachDiscrepancy(ctx, w.run, fn) },
		func(d union.Discrepancy) (union.Discrepancy, error) { return d, nil })
	return nil
}

// preObjects counts what is planned, from the journal.
func (w *work) preObjects(ctx context.Context, rep *report.PreMigration) error {
	counts, err := w.run.Counts(ctx)
	if err != nil {
		return err
	}
	by := map[string]*report.Planned{}
	rep.Objects = make([]report.Planned, len(loadObjects))
	for i, o := range loadObjects {
		rep.Objects[i].Object = o
		by[o] = &rep.Objects[i]
	}
	for _, c := range counts {
		p := by[unitObject(c.Object, c.Role)]
		if p == nil || !counted(c) {
			continue
		}
		p.Source += c.N
		switch {
		case c.State == ledger.Quarantined:
			p.Quarantined += c.N
		case c.How == decide.Linked:
			p.Link += c.N
		case c.Verb == ledger.Edit:
			p.Merge += c.N
		default:
			p.Create += c.N
		}
	}
	for _, kind := range planKinds {
		var cur planCursor
		if _, err := w.run.Value(ctx, planKey(kind), &cur); err != nil {
			return err
		}
		rep.Fidelity.Merge(cur.Fidelity)
		rep.Dangling = append(rep.Dangling, cur.Dangling.List()...)
	}
	var beside besideCursor
	_, err = w.run.Value(ctx, keyBeside, &beside)
	rep.Fidelity.Merge(beside.Fidelity)
	rep.Dangling = append(rep.Dangling, beside.Dangling.List()...)
	return err
}

func (w *work) preRemarks(ctx context.Context, rep *report.PreMigration) error {
	err := w.run.EachEffect(ctx, ledger.EffectFilter{States: []ledger.State{ledger.Quarantined}}, func(e ledger.Effect) error {
		rep.Quarantined.Add(e.Object, e.SourceID, e.Code, e.Reason)
		return nil
	})
	if err != nil {
		return fmt.Errorf("list what is quarantined: %w", err)
	}
	return w.run.Flags(ctx, func(f ledger.FlagRow) error {
		rep.Remarks.Add(f.Object, f.SourceID, f.Code, f.Reason)
		return nil
	})
}

// duplicatesMost bounds the list of contacts that share an e-mail.
const duplicatesMost = 1000

// preDuplicates lists source contacts that share an e-mail among themselves; they stay separate people.
func (w *work) preDuplicates(ctx context.Context, rep *report.PreMigration) error {
	var page []string
	seen := map[string]bool{}
	flush := func() error {
		found, err := w.run.Lookup(ctx, record.Contacts, "email", page)
		page = page[:0]
		if err != nil {
			return err
		}
		for _, ids := range found {
			if len(ids) > 1 && !seen[ids[0]] && len(rep.Duplicates) < duplicatesMost {
				seen[ids[0]] = true
				rep.Duplicates = append(rep.Duplicates, report.Duplicate{ContactIDs: ids})
			}
		}
		return nil
	}
	err := w.run.Each(ctx, record.Contacts, true, func(s ledger.Staged) error {
		var c record.Contact
		if err := s.Decode(&c); err != nil {
			return err
		}
		if k := mapping.EmailKey(c.Email); k != "" {
			page = append(page, k)
		}
		if len(page) >= planPage {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return fmt.Errorf("look for contacts that share an e-mail: %w", err)
	}
	slices.SortFunc(rep.Duplicates, func(a, b report.Duplicate) int { return slices.Compare(a.ContactIDs, b.ContactIDs) })
	return nil
}

// findPage is how many records one find shows.
const findPage = 100

// preCalls computes the calls of the whole migration: each effect once, and the crawls before, after the approval and for the comparison.
func (w *work) preCalls(ctx context.Context, rep *report.PreMigration) error {
	counts, err := w.run.Counts(ctx)
	if err != nil {
		return err
	}
	var records int64
	for _, c := range counts {
		if c.State != ledger.Planned {
			continue
		}
		switch c.Verb {
		case ledger.Create:
			rep.Calls.Create += c.N
			if c.Object != mapping.NoteObjects && c.Role == mapping.RoleRecord {
				records += c.N
			}
		case ledger.Edit:
			rep.Calls.Edit += c.N
		case ledger.Upload:
			rep.Calls.Upload += c.N
		}
	}
	var existing int64
	for _, t := range crawlTypes() {
		n, err := w.run.DestCount(ctx, firstCrawl, string(t))
		if err != nil {
			return err
		}
		existing += n
	}
	for _, f := range rep.Fields {
		if !f.Exists {
			rep.Calls.Create++
		}
	}
	crawls := int64(len(crawlTypes()) + 3)
	rep.Calls.Read = 2*(existing/findPage+crawls) + (existing+records)/findPage + crawls + int64(w.in.SampleSize)/findPage
	rate, learned := float64(w.Config.Nutshell.Rate), false
	if rate == 0 {
		rate, learned = w.Config.Nutshell.Limits.StartRate, true
	}
	rep.Calls.Estimate(rate*(1-w.Config.Nutshell.Limits.Headroom), learned)
	return nil
}
