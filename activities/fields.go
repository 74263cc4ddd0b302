package activities

import (
	"context"
	"fmt"
	"time"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/target"
)

// Fields defines the custom fields that are missing, and reads them back: a field exists when findCustomFields shows it with a fitting
// type, whatever the create answered (nutshell contract 5.1). Names are unique, so a repeated definition makes no second field.
func (a *Activities) Fields(ctx context.Context, in step.In) (step.ReportOut, error) {
	return plain(ctx, a, in, func(ctx context.Context, w *work) (step.ReportOut, error) {
		var out step.ReportOut
		plan, err := value[mapping.FieldPlan](ctx, w.run, keyPlan)
		if err != nil {
			return out, err
		}
		if err := w.planDefinitions(ctx, plan); err != nil {
			return out, err
		}
		refusals := map[ledger.EffectKey]int{}
		for try := 0; ; try++ {
			if err := w.reclaimFields(ctx); err != nil {
				return out, err
			}
			facts, missing, err := w.missingFields(ctx, plan)
			if err != nil {
				return out, err
			}
			if len(missing) == 0 {
				if err := w.settleFields(ctx, plan); err != nil {
					return out, err
				}
				if err := w.run.PutValue(ctx, keyFacts, facts); err != nil {
					return out, err
				}
				return out, w.probeFilter(ctx)
			}
			if types := refusedTypes(plan, missing, refusals); len(types) > 0 {
				if plan, err = w.withoutTypes(ctx, types); err != nil {
					return out, err
				}
				clear(refusals)
				try = -1
				continue
			}
			if try >= fieldTries {
				return out, step.Stuck("fields_missing", false, "%d custom fields could not be defined (%s); define them by hand in Nutshell, or change their type in the mapping file, then resume",
					len(missing), shortList(names(missing)))
			}
			if err := w.define(ctx, missing, try, facts, refusals); err != nil {
				return out, err
			}
		}
	})
}

// refusedTypes are the types of which the account takes no definition: each word was refused, and no field of the plan has the type.
// Where one has, the fault is the field's own. Text is what the others become, so nothing stands in for it.
func refusedTypes(plan mapping.FieldPlan, missing []mapping.PlannedField, refusals map[ledger.EffectKey]int) []string {
	lacks, refused := map[string]int{}, map[string]int{}
	for _, f := range missing {
		lacks[f.Type]++
		if refusals[fieldKey(f)] >= len(nutshell.FieldType(f.Type).Words()) {
			refused[f.Type]++
		}
	}
	planned := map[string]int{}
	for _, f := range plan.Fields {
		if !f.Exists {
			planned[f.Type]++
		}
	}
	var out []string
	for t, n := range refused {
		if t != mapping.Text && n == lacks[t] && n == planned[t] {
			out = append(out, t)
		}
	}
	return out
}

// withoutTypes plans the fields again for an account that defines no fields of these types (probe P7): their values become text.
func (w *work) withoutTypes(ctx context.Context, types []string) (mapping.FieldPlan, error) {
	var probes account.Probes
	if _, err := w.run.Value(ctx, keyProbes, &probes); err != nil {
		return mapping.FieldPlan{}, err
	}
	for _, t := range types {
		probes.Refuse(t)
	}
	if err := w.run.PutValue(ctx, keyProbes, probes); err != nil {
		return mapping.FieldPlan{}, err
	}
	if err := w.planFields(ctx); err != nil {
		return mapping.FieldPlan{}, err
	}
	plan, err := value[mapping.FieldPlan](ctx, w.run, keyPlan)
	if err != nil {
		return plan, err
	}
	return plan, w.planDefinitions(ctx, plan)
}

// fieldTries is how many words of a type are tried before a person is asked (nutshell contract 4.5 has at most three a type).
const fieldTries = 4

const stepFields = "fields"

func fieldKey(f mapping.PlannedField) ledger.EffectKey {
	return ledger.EffectKey{Object: "fields", SourceID: f.Entity + "/" + f.Name, Role: mapping.RoleRecord, Part: 1}
}

// planDefinitions journals the fields that do not exist yet (I2).
func (w *work) planDefinitions(ctx context.Context, plan mapping.FieldPlan) error {
	var effects []ledger.Effect
	for _, f := range plan.Fields {
		if !f.Exists {
			effects = append(effects, ledger.Effect{EffectKey: fieldKey(f), Step: stepFields, Verb: ledger.Define, State: ledger.Planned, TargetType: f.Entity})
		}
	}
	return w.run.Plan(ctx, effects)
}

// missingFields compares the plan with what the account shows now.
func (w *work) missingFields(ctx context.Context, plan mapping.FieldPlan) (account.Facts, []mapping.PlannedField, error) {
	facts, err := value[account.Facts](ctx, w.run, keyFacts)
	if err != nil {
		return facts, nil, err
	}
	if facts.Fields, err = w.Nutshell.CustomFields(ctx); err != nil {
		return facts, nil, fmt.Errorf("read custom fields: %w", err)
	}
	var missing []mapping.PlannedField
	for _, f := range plan.Fields {
		def, ok := fieldOf(facts, f)
		if !ok {
			missing = append(missing, f)
			continue
		}
		if target.KindOf(string(def.Type)) != target.KindOf(f.Type) && !f.Exists {
			return facts, nil, step.Stuck("field_type", false, "custom field %s of %s was made with another type; correct it in Nutshell or rename it in the mapping file, then resume", f.Name, f.Entity)
		}
	}
	return facts, missing, nil
}

func fieldOf(facts account.Facts, f mapping.PlannedField) (nutshell.FieldDef, bool) {
	for _, d := range facts.Fields[nutshell.EntityType(f.Entity)] {
		if d.Name == f.Name {
			return d, true
		}
	}
	return nutshell.FieldDef{}, false
}

// define sends one definition for each missing field; the try-th word of its type is used.
func (w *work) define(ctx context.Context, missing []mapping.PlannedField, try int, facts account.Facts, refusals map[ledger.EffectKey]int) error {
	if facts.RESTOff {
		return step.Stuck("fields_by_hand", false, "the account has no route to define custom fields; make these by hand in Nutshell and resume: %s", shortList(names(missing)))
	}
	ttl := w.Config.Nutshell.Limits.CallTimeout.Duration() + fieldMargin
	for i, f := range missing {
		key := fieldKey(f)
		claims, err := w.run.Claim(ctx, []ledger.ClaimRequest{{Key: key, TargetType: f.Entity}}, ttl)
		if err != nil {
			return err
		}
		if claims[0] == nil {
			continue
		}
		words := nutshell.FieldType(f.Type).Words()
		def := nutshell.FieldDef{Name: f.Name, Type: nutshell.FieldType(f.Type), Multiple: f.Multiple, Choices: f.Choices}
		if try < len(words) {
			def.Word = words[try]
		}
		err = w.Nutshell.CreateCustomField(ctx, nutshell.EntityType(f.Entity), def)
		if nutshell.IsRefused(err) && !nutshell.IsExists(err) {
			refusals[key]++
		}
		w.turn.At("define custom fields", int64(i+1), int64(len(missing)))
		outcome := ledger.Outcome{Claim: *claims[0], State: ledger.Done, How: "created", Type: f.Entity}
		if err != nil && !nutshell.IsExists(err) {
			outcome = ledger.Outcome{Claim: *claims[0], State: ledger.Planned}
		}
		if _, serr := w.run.Settle(context.WithoutCancel(ctx), []ledger.Outcome{outcome}); serr != nil {
			return serr
		}
		if stop := fieldError(err, f); stop != nil {
			return stop
		}
	}
	return nil
}

const fieldMargin = 5 * time.Second

// fieldError tells what stops the step from what the next reading decides.
func fieldError(err error, f mapping.PlannedField) error {
	switch {
	case err == nil, nutshell.IsExists(err):
		return nil
	case nutshell.IsForbidden(err):
		return step.Stuck("field_limit", false, "the account's plan or the key does not allow custom field %s of %s; upgrade, give the right, or switch fields off in the mapping file, then resume", f.Name, f.Entity)
	case nutshell.IsUnauthorized(err):
		return err
	}
	if _, ok := nutshell.AsError(err); ok {
		return nil // refused for its type, or in doubt: the fields are read again
	}
	return err
}

// reclaimFields frees definitions that a dead worker had claimed, when their deadlines have passed. Defining a name twice is harmless, so
// nothing else has to be waited for.
func (w *work) reclaimFields(ctx context.Context) error {
	for {
		if _, err := w.run.Expire(ctx, stepFields); err != nil {
			return err
		}
		rows, err := w.run.Doubts(ctx, stepFields, 1000)
		if err != nil {
			return err
		}
		var back []ledger.Resolution
		for _, r := range rows {
			back = append(back, ledger.Resolution{Key: r.EffectKey, From: ledger.InDoubt, Token: r.Token, Outcome: ledger.Outcome{State: ledger.Planned}})
		}
		if _, err := w.run.Resolve(ctx, back); err != nil {
			return err
		}
		claimed, until, err := w.run.Claimed(ctx, stepFields)
		if err != nil || claimed == 0 {
			return err
		}
		now, err := w.run.StoreNow(ctx)
		if err != nil {
			return err
		}
		if err := w.sleep(ctx, until.Sub(now)+time.Millisecond); err != nil {
			return err
		}
	}
}

// settleFields closes the rows of fields that are there: made by an earlier life of this step, or by hand.
func (w *work) settleFields(ctx context.Context, plan mapping.FieldPlan) error {
	var open []ledger.Outcome
	for _, f := range plan.Fields {
		row, ok, err := w.run.Effect(ctx, fieldKey(f))
		if err != nil {
			return err
		}
		if ok && row.State == ledger.Planned {
			open = append(open, ledger.Outcome{Claim: ledger.Claim{Key: row.EffectKey}, State: ledger.Skipped, How: "adopted", Type: f.Entity})
		}
	}
	_, err := w.run.Dismiss(ctx, open)
	return err
}

func names(fields []mapping.PlannedField) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.Name + " of " + f.Entity
	}
	return out
}
