package undo

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
)

// Strays are journalled like any create, under a role of their own and in a step of their own, so that they are undone like the others.
const (
	stepStrays = stepPrefix + "strays"
	strayRole  = "stray/"
	dealWith   = 500 // records that are looked at together
)

var allTypes = append(slices.Clone(crawl.All), nutshell.Notes)

// PlanStrays journals the records of a crawl that carry the key of a record this migration sent and that no effect accounts for: a create
// can be carried out later than any number of listings. What the first crawl saw, or what was never sent, is not ours.
func (u *Undoer) PlanStrays(ctx context.Context, number, first int) (int, error) {
	n := 0
	for _, t := range allTypes {
		err := u.eachCrawled(ctx, number, t, func(rows []ledger.DestRecord) error {
			found, err := u.straysAmong(ctx, t, first, rows)
			if err != nil {
				return err
			}
			n += len(found)
			return u.Run.Plan(ctx, found)
		})
		if err != nil {
			return n, fmt.Errorf("look for %s that no effect accounts for: %w", t, err)
		}
	}
	return n, nil
}

func (u *Undoer) straysAmong(ctx context.Context, t nutshell.EntityType, first int, rows []ledger.DestRecord) ([]ledger.Effect, error) {
	rows = slices.DeleteFunc(rows, func(r ledger.DestRecord) bool { return r.SourceID == "" || r.Deleted })
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	known, err := u.Run.ByTarget(ctx, string(t), ids)
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(r ledger.DestRecord) bool { return accounted(known[r.ID]) })
	if len(rows) == 0 {
		return nil, nil
	}
	earlier, err := u.Run.DestGetMany(ctx, first, string(t), ids)
	if err != nil {
		return nil, err
	}
	var out []ledger.Effect
	for _, r := range rows {
		if _, was := earlier[r.ID]; was {
			continue
		}
		object, id := objectOfKey(t, r.SourceID)
		sent, err := u.wasSent(ctx, object, id)
		if err != nil {
			return nil, err
		}
		if sent {
			out = append(out, ledger.Effect{
				EffectKey: ledger.EffectKey{Object: object, SourceID: id, Role: strayRole + string(t) + "/" + strconv.FormatInt(r.ID, 10), Part: 1},
				Step:      stepStrays, Verb: ledger.Create, How: "stray", State: ledger.Planned, TargetType: string(t), TargetID: r.ID,
			})
		}
	}
	return out, nil
}

// accounted tells whether an effect made or changed the record, or is to delete it as a second copy, and has done so.
func accounted(effects []ledger.Effect) bool {
	return slices.ContainsFunc(effects, func(e ledger.Effect) bool { return e.Verb != ledger.Delete })
}

// wasSent tells whether a create for a source record was ever claimed.
func (u *Undoer) wasSent(ctx context.Context, object, id string) (bool, error) {
	if object == "" || id == "" {
		return false, nil
	}
	effects, err := u.Run.EffectsOf(ctx, object, []string{id})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(effects[id], func(e ledger.Effect) bool { return e.Verb == ledger.Create && e.Attempts > 0 }), nil
}

// eachCrawled hands out the records of a crawl, some at a time.
func (u *Undoer) eachCrawled(ctx context.Context, number int, t nutshell.EntityType, fn func([]ledger.DestRecord) error) error {
	for after := int64(0); ; {
		rows, err := u.Run.DestEach(ctx, number, string(t), after, dealWith)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].ID
		if err := fn(rows); err != nil {
			return err
		}
	}
}

var objects = map[nutshell.EntityType]string{
	nutshell.Accounts: mapping.Companies, nutshell.Contacts: mapping.People, nutshell.Leads: mapping.LeadObjects,
}

// objectOfKey reads our key on a record: the source id, or "<object>/<source id>" of a header line.
func objectOfKey(t nutshell.EntityType, key string) (object, id string) {
	if o, ok := objects[t]; ok {
		return o, key
	}
	object, id, _ = strings.Cut(key, "/")
	return object, id
}
