package activities

import (
	"context"
	"fmt"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
)

// unexpected counts live records that carry our key and that no effect accounts for; a second copy of a record is duplicated.
func (r *reconciler) unexpected(ctx context.Context) error {
	for _, t := range append(crawlTypes(), nutshell.Notes) {
		after := int64(0)
		for {
			rows, err := r.run0().DestEach(ctx, r.crawl, string(t), after, reconcilePage)
			if err != nil {
				return fmt.Errorf("read crawl %d of %s: %w", r.crawl, t, err)
			}
			if len(rows) == 0 {
				break
			}
			after = rows[len(rows)-1].ID
			if err := r.unaccounted(ctx, t, rows); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *reconciler) unaccounted(ctx context.Context, t nutshell.EntityType, rows []ledger.DestRecord) error {
	var ids []int64
	for _, row := range rows {
		if row.SourceID != "" && !row.Deleted {
			ids = append(ids, row.ID)
		}
	}
	known, err := r.run0().ByTarget(ctx, string(t), ids)
	if err != nil {
		return fmt.Errorf("look up %s: %w", t, err)
	}
	for _, row := range rows {
		if row.SourceID == "" || row.Deleted || len(known[row.ID]) > 0 {
			continue
		}
		object, id := objectOfKey(t, row.SourceID)
		o := r.by[object]
		if o == nil {
			continue
		}
		mine, err := r.run0().EffectsOf(ctx, object, []string{id})
		if err != nil {
			return err
		}
		if gone, err := r.writer.SweepStray(ctx, t, row.ID, mine[id]); err != nil || gone {
			if err != nil {
				return err
			}
			continue
		}
		if made(mine[id]) {
			o.Duplicated++
			r.rep.Fault(object, id, fmt.Sprintf("record %d", row.ID), "duplicated")
		} else {
			o.Unexpected++
			r.rep.Fault(object, id, fmt.Sprintf("record %d", row.ID), "unexpected")
		}
	}
	return nil
}

func made(effects []ledger.Effect) bool {
	for _, e := range effects {
		if e.TargetID != 0 {
			return true
		}
	}
	return false
}

func crawlTypes() []nutshell.EntityType { return append([]nutshell.EntityType(nil), crawl.All...) }

func kindOfObject(object string) record.Kind { return objectKinds[object] }

var objectKinds = map[string]record.Kind{
	mapping.Companies: record.Companies, mapping.People: record.Contacts, mapping.LeadObjects: record.Leads, mapping.NoteObjects: record.Notes,
	mapping.TaskObjects: record.Tasks, mapping.Activities: record.Interactions, mapping.Attachments: record.Attachments,
}

var typeObjects = map[nutshell.EntityType]string{
	nutshell.Accounts: mapping.Companies, nutshell.Contacts: mapping.People, nutshell.Leads: mapping.LeadObjects,
}

// objectOfKey reads our key on a record: the source id, or "<object>/<id>" of a header line.
func objectOfKey(t nutshell.EntityType, key string) (object, id string) {
	if o, ok := typeObjects[t]; ok {
		return o, key
	}
	for i := range key {
		if key[i] == '/' {
			return key[:i], key[i+1:]
		}
	}
	return "", key
}
