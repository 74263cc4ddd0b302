package activities

import (
	"context"
	"strconv"
	"strings"

	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/step"
)

// planFields decides into which custom field every value goes.
func (w *work) planFields(ctx context.Context) error {
	m, err := w.effectiveMap(ctx)
	if err != nil {
		return err
	}
	inv, err := value[mapping.Inventory](ctx, w.run, keyInventory)
	if err != nil {
		return err
	}
	facts, err := value[account.Facts](ctx, w.run, keyFacts)
	if err != nil {
		return err
	}
	rows := map[record.Kind]bool{}
	for _, kind := range []record.Kind{record.Contacts, record.Companies, record.Leads} {
		live, _, err := w.run.Count(ctx, kind)
		if err != nil {
			return err
		}
		rows[kind] = live > 0
	}
	var probes account.Probes
	if _, err := w.run.Value(ctx, keyProbes, &probes); err != nil {
		return err
	}
	plan, findings := mapping.PlanFields(m, &inv, rows, mapping.FieldsOf{
		Existing: facts.Existing(), Definable: probes.Definable, Limit: w.Config.Nutshell.Plan.CustomFields, ClosesNow: probes.ClosesNow,
	})
	if len(plan.Blocked) > 0 {
		b := plan.Blocked[0]
		return step.Stuck("field_blocked", false, "custom field %s of %s cannot be used: %s; rename it in the mapping file or in Nutshell, then resume", b.Name, b.Entity, b.Reason)
	}
	findings = append(findings, m.Unmapped(&inv)...)
	if err := unmappedStatuses(findings); err != nil {
		return err
	}
	for _, f := range findings {
		if f.Code == mapping.FindingLimit {
			return step.Stuck("field_limit", false, "%s; upgrade the plan or switch fields off in the mapping file, then resume", f.Text)
		}
	}
	if err := w.run.PutValue(ctx, keyFindings, findings); err != nil {
		return err
	}
	return w.run.PutValue(ctx, keyPlan, plan)
}

// unmappedStatuses parks on lead statuses without a line in the map, all of them at once.
func unmappedStatuses(findings []mapping.Finding) error {
	var statuses []string
	for _, f := range findings {
		switch {
		case f.Code != mapping.FindingStatusUnmapped:
		case f.Name == "":
			statuses = append(statuses, f.Text)
		default:
			statuses = append(statuses, strconv.Quote(f.Name))
		}
	}
	if len(statuses) == 0 {
		return nil
	}
	return step.Stuck("status_unmapped", false, "lead statuses without a line in the map: %s; add them under the lead statuses of the mapping file, then resume",
		strings.Join(statuses, ", "))
}
