package extract

import (
	"context"
	"encoding/json"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
)

// KeyInventory is where the inventory of round 0 lies: a mapping.Inventory.
const KeyInventory = "inventory"

// inventory streams the live records of the union once and notes every custom property and the words that the map decides on.
func (r *round) inventory(ctx context.Context) error {
	var inv mapping.Inventory
	for _, part := range []struct {
		kind   record.Kind
		object string
		take   func(ledger.Staged) error
	}{
		{record.CustomProperties, "", func(s ledger.Staged) error {
			var d record.CustomProperty
			err := s.Decode(&d)
			if err == nil {
				inv.Define(d)
			}
			return err
		}},
		{record.Companies, "company", func(s ledger.Staged) error { return properties(&inv, "company", s) }},
		{record.Contacts, "contact", func(s ledger.Staged) error { return properties(&inv, "contact", s) }},
		{record.Leads, "lead", func(s ledger.Staged) error { return word(&inv, mapping.WordsLeadStatus, "status", s) }},
		{record.Interactions, "interaction", func(s ledger.Staged) error { return word(&inv, mapping.WordsInteraction, "type", s) }},
	} {
		live, _, err := r.Run.Count(ctx, part.kind)
		if err != nil {
			return err
		}
		n := int64(0)
		err = r.Run.Each(ctx, part.kind, true, func(s ledger.Staged) error {
			if n++; n%500 == 0 {
				r.turn.At("take stock of "+string(part.kind), n, live)
				if err := r.pausedOnly(ctx); err != nil {
					return err
				}
			}
			return part.take(s)
		})
		if err != nil {
			return err
		}
		if part.object != "" {
			inv.Rows(part.object, n)
		}
	}
	return r.Run.PutValue(ctx, KeyInventory, &inv)
}

func properties(inv *mapping.Inventory, object string, s ledger.Staged) error {
	var item struct {
		Properties record.Properties `json:"custom_properties"`
	}
	if err := s.Decode(&item); err != nil {
		return err
	}
	for name, value := range item.Properties {
		inv.Add(object, name, value)
	}
	return nil
}

func word(inv *mapping.Inventory, list, field string, s ledger.Staged) error {
	var item map[string]json.RawMessage
	if err := s.Decode(&item); err != nil {
		return err
	}
	var w string
	if len(item[field]) > 0 && json.Unmarshal(item[field], &w) == nil {
		inv.Word(list, w)
	}
	return nil
}
