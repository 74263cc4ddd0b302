// Package account reads what a Nutshell account offers, before anything is written: users, activity types, outcomes, pipelines, custom
// fields, filter keys, and what the probes that write found out. The result is stored with the migration and read from there by all.
package account

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/target"
)

// Facts are what the reading probes found (nutshell contract 8, P1 to P6).
type Facts struct {
	Instance string                                      `json:"instance"`
	Currency string                                      `json:"currency"`
	Me       nutshell.User                               `json:"me"`
	Users    []nutshell.User                             `json:"users"`
	Types    []nutshell.Ref                              `json:"types"`
	Outcomes []nutshell.LeadOutcome                      `json:"outcomes"`
	Pipes    []nutshell.Pipeline                         `json:"pipelines"`
	Stages   []nutshell.Stage                            `json:"stages"`
	Fields   map[nutshell.EntityType][]nutshell.FieldDef `json:"fields"`
	Filters  map[nutshell.EntityType]nutshell.FilterKeys `json:"filters"`
	RESTOff  bool                                        `json:"rest_off,omitempty"` // no REST routes for custom fields: they are made by hand
	Findings []Finding                                   `json:"findings,omitempty"`
}

// Finding is a line of the capability list in the reports; it holds no record data.
type Finding struct {
	Probe string `json:"probe"`
	Text  string `json:"text"`
}

// entities carry custom fields.
var entities = []nutshell.EntityType{nutshell.Contacts, nutshell.Accounts, nutshell.Leads}

// Read runs the reading probes.
func Read(ctx context.Context, c *nutshell.Client) (Facts, error) {
	var f Facts
	if _, err := c.UpdateTimes(ctx); err != nil {
		return f, fmt.Errorf("probe P1, update times: %w", err)
	}
	me, err := c.Me(ctx, "")
	if err != nil {
		return f, fmt.Errorf("probe P1, acting user: %w", err)
	}
	f.Me = me
	inst, err := c.Instance(ctx)
	if err != nil {
		return f, fmt.Errorf("read the instance: %w", err)
	}
	f.Instance, f.Currency = inst.ID, inst.Currency
	if f.Fields, err = c.CustomFields(ctx); err != nil {
		return f, fmt.Errorf("probe P3, custom fields: %w", err)
	}
	if f.Users, err = c.Users(ctx); err != nil {
		return f, fmt.Errorf("probe P6, users: %w", err)
	}
	if f.Types, err = c.ActivityTypes(ctx); err != nil {
		return f, fmt.Errorf("probe P6, activity types: %w", err)
	}
	if f.Outcomes, err = c.Outcomes(ctx); err != nil {
		return f, fmt.Errorf("probe P6, outcomes: %w", err)
	}
	if f.Pipes, err = c.Stagesets(ctx); err != nil {
		return f, fmt.Errorf("probe P6, pipelines: %w", err)
	}
	if f.Stages, err = c.Milestones(ctx); err != nil {
		return f, fmt.Errorf("probe P6, stages: %w", err)
	}
	return f, f.readREST(ctx, c)
}

// readREST is probe P4: without the attribute routes fields must be made by hand.
func (f *Facts) readREST(ctx context.Context, c *nutshell.Client) error {
	for _, t := range entities {
		if _, err := c.FieldAttributes(ctx, t); nutshell.IsNotFound(err) || nutshell.IsNotOffered(err) {
			f.RESTOff = true
			f.add("P4", "the account offers no REST routes for custom fields: they have to be made by hand")
		} else if err != nil {
			return fmt.Errorf("probe P4, attributes of %s: %w", t, err)
		}
	}
	return nil
}

func (f *Facts) add(probe, text string) {
	line := Finding{probe, text}
	if !slices.Contains(f.Findings, line) {
		f.Findings = append(f.Findings, line)
	}
}

// Defs are the types of the custom fields of each entity, as comparisons need them.
func (f Facts) Defs() map[nutshell.EntityType]target.Defs {
	out := map[nutshell.EntityType]target.Defs{}
	for t, defs := range f.Fields {
		d := target.Defs{}
		for _, x := range defs {
			d[x.Name] = target.FieldDef{Type: target.KindOf(string(x.Type)), Multiple: x.Multiple}
		}
		out[t] = d
	}
	return out
}

// Existing are the custom fields as planning sees them, by entity.
func (f Facts) Existing() map[string][]mapping.ExistingField {
	out := map[string][]mapping.ExistingField{}
	for t, defs := range f.Fields {
		for _, x := range defs {
			out[string(t)] = append(out[string(t)], mapping.ExistingField{Name: x.Name, Type: string(x.Type), Multiple: x.Multiple, Choices: x.Choices})
		}
	}
	return out
}

// User finds the enabled user who has an address, case ignored; disabled reports that only a disabled one has it.
func (f Facts) User(email string) (u nutshell.User, ok, disabled bool) {
	for _, x := range f.Users {
		for _, e := range x.Emails {
			if !strings.EqualFold(strings.TrimSpace(e), strings.TrimSpace(email)) || email == "" {
				continue
			}
			if x.Enabled {
				return x, true, false
			}
			disabled = true
		}
	}
	return nutshell.User{}, false, disabled
}

// ActivityType finds a type by name, case ignored.
func (f Facts) ActivityType(name string) (int64, bool) {
	for _, t := range f.Types {
		if strings.EqualFold(strings.TrimSpace(t.Name), strings.TrimSpace(name)) {
			return t.ID, true
		}
	}
	return 0, false
}

// Outcome finds a lead outcome by its description, case ignored.
func (f Facts) Outcome(name string) (int64, bool) {
	for _, o := range f.Outcomes {
		if strings.EqualFold(strings.TrimSpace(o.Description), strings.TrimSpace(name)) {
			return o.ID, true
		}
	}
	return 0, false
}

// FirstStage is the first stage of a pipeline found by name, case ignored.
func (f Facts) FirstStage(pipeline string) (id int64, ok bool) {
	for _, p := range f.Pipes {
		if !strings.EqualFold(strings.TrimSpace(p.Name), strings.TrimSpace(pipeline)) {
			continue
		}
		first := nutshell.Stage{}
		for _, s := range f.Stages {
			if s.PipelineID == p.ID && (first.ID == 0 || s.Position < first.Position) {
				first = s
			}
		}
		return first.ID, first.ID != 0
	}
	return 0, false
}
