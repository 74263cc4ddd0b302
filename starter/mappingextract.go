package main

import (
	"context"
	"fmt"

	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
)

// What the steps keep in the ledger of a map and of what it has to decide on.
const (
	keyMap       = "map"
	keyInventory = "inventory"
	keyFieldPlan = "fieldplan"
)

// extract is what a map decides on: what extraction found, and what the account has.
type extract struct {
	inv   mapping.Inventory
	facts account.Facts
	rows  map[record.Kind]bool
}

func readExtract(ctx context.Context, run *ledger.Run) (extract, account.Probes, error) {
	x, probes := extract{rows: map[record.Kind]bool{}}, account.Probes{}
	found, err := run.Value(ctx, keyInventory, &x.inv)
	if err != nil {
		return x, probes, fmt.Errorf("read what extraction found: %w", err)
	}
	if !found {
		return x, probes, fmt.Errorf("%s has not been extracted yet; what a map does shows only on what extraction finds", run.Info().Name)
	}
	for key, into := range map[string]any{keyFacts: &x.facts, keyProbes: &probes} {
		if _, err := run.Value(ctx, key, into); err != nil {
			return x, probes, fmt.Errorf("read the account's facts: %w", err)
		}
	}
	for _, kind := range []record.Kind{record.Contacts, record.Companies, record.Leads} {
		live, _, err := run.Count(ctx, kind)
		if err != nil {
			return x, probes, fmt.Errorf("count %s: %w", kind, err)
		}
		x.rows[kind] = live > 0
	}
	return x, probes, nil
}

// tryMapping says what each line of a map would do to the extract of a migration.
func (c console) tryMapping(ctx context.Context, m *mapping.Map, migration string) error {
	return c.withRun(ctx, migration, func(_ *book, run *ledger.Run) error {
		x, probes, err := readExtract(ctx, run)
		if err != nil {
			return err
		}
		limit := 0
		if s, err := config.LoadParts(c.environ, config.PartNutshell); err == nil {
			limit = s.Nutshell.Plan.CustomFields
		}
		plan, findings := mapping.PlanFields(m, &x.inv, x.rows, mapping.FieldsOf{
			Existing: x.facts.Existing(), Definable: probes.Definable, Limit: limit, ClosesNow: probes.ClosesNow,
		})
		findings = append(findings, m.Unmapped(&x.inv)...)
		c.printf("\nOn the extract of %s:\n", migration)
		stops := 0
		for _, l := range m.Trial(&x.inv, plan, findings) {
			mark, n := " ", ""
			if l.Stops {
				mark = "!"
				stops++
			}
			if l.N > 0 {
				n = fmt.Sprintf(" (%s)", count(l.N))
			}
			c.printf("%s %s%s: %s\n", mark, l.What, n, l.Does)
		}
		if stops > 0 {
			return fmt.Errorf("a run with this map would park: %d lines of the trial say why", stops)
		}
		return nil
	})
}

func (c console) proposeMapping(ctx context.Context, name, file string) error {
	return c.withRun(ctx, name, func(_ *book, run *ledger.Run) error {
		m, err := storedMap(ctx, run)
		if err != nil {
			return err
		}
		x, _, err := readExtract(ctx, run)
		if err != nil {
			return err
		}
		var plan mapping.FieldPlan
		if _, err := run.Value(ctx, keyFieldPlan, &plan); err != nil {
			return fmt.Errorf("read the plan of custom fields: %w", err)
		}
		proposal := m.Propose(&x.inv, plan, x.facts.Existing())
		if file == "" {
			_, err := c.out.Write(proposal)
			return err
		}
		return writeNew(file, proposal)
	})
}
