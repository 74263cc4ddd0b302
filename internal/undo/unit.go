package undo

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/target"
)

// unit is one record of Nutshell with everything the journal says of it. Undoing goes by records, not by effects.
type unit struct {
	typ   nutshell.EntityType
	id    int64
	rows  []ledger.Effect // all effects on the record; of a note also the uploads to it
	first ledger.Effect   // the effect that made the record, else its first change
}

// units groups the effects on records. Records without an effect are missing in the answer; it comes in the order of the ids.
func (u *Undoer) units(ctx context.Context, typ nutshell.EntityType, ids []int64) ([]*unit, error) {
	all, err := u.Run.ByTarget(ctx, string(typ), ids)
	if err != nil {
		return nil, err
	}
	out := make([]*unit, 0, len(all))
	for _, id := range slices.Sorted(maps.Keys(all)) {
		x := &unit{typ: typ, id: id, rows: all[id]}
		x.first = slices.MinFunc(x.rows, before)
		out = append(out, x)
	}
	if typ == nutshell.Notes {
		err = u.addUploads(ctx, out)
	}
	return out, err
}

// before orders the effects on one record: its making first, then as they were written.
func before(a, b ledger.Effect) int {
	return cmp.Or(rank(a)-rank(b), a.Epoch-b.Epoch, sequel(a)-sequel(b), a.Compare(b.EffectKey))
}

func rank(e ledger.Effect) int {
	switch e.Verb {
	case ledger.Create:
		return 0
	case ledger.Edit:
		return 1
	}
	return 2
}

// sequel tells closing and completing, which follow the record's own effect of the same epoch.
func sequel(e ledger.Effect) int {
	if e.Role == mapping.RoleClose || e.Role == mapping.RoleComplete {
		return 1
	}
	return 0
}

// addUploads gives notes the files that were sent to them: they die with their note.
func (u *Undoer) addUploads(ctx context.Context, notes []*unit) error {
	bySource := map[string]*unit{}
	for _, x := range notes {
		if x.first.Object == mapping.Attachments && x.first.Role == mapping.RoleNote {
			bySource[x.first.SourceID] = x
		}
	}
	if len(bySource) == 0 {
		return nil
	}
	effects, err := u.Run.EffectsOf(ctx, mapping.Attachments, slices.Collect(maps.Keys(bySource)))
	if err != nil {
		return err
	}
	for id, list := range effects {
		for _, e := range list {
			if e.Role == mapping.RoleFile {
				bySource[id].rows = append(bySource[id].rows, e)
			}
		}
	}
	return nil
}

// made tells a record that this migration made from one that was there before.
func (x *unit) made() bool { return x.first.Verb == ledger.Create }

// object is the object under which reports count the record: a lead's note is a note.
func (x *unit) object() string {
	if x.first.Object == mapping.LeadObjects && x.typ == nutshell.Notes {
		return mapping.NoteObjects
	}
	return x.first.Object
}

// stray tells a record that carries our key though no effect is known to have made it.
func (x *unit) stray() bool { return isStray(x.first) }

func isStray(e ledger.Effect) bool { return strings.HasPrefix(e.Role, strayRole) }

// probe tells a record of the write probes, which no person works with.
func (x *unit) probe() bool { return x.first.Object == objectProbes }

const objectProbes = "probes"

// removed tells that the migration itself deleted the record, for it was deleted at the source or was a second copy.
func (x *unit) removed() bool {
	return slices.ContainsFunc(x.rows, func(e ledger.Effect) bool { return e.Verb == ledger.Delete && e.State == ledger.Done })
}

// open are the effects that are still to be taken back. What an earlier rollback kept is looked at again only by force.
func (x *unit) open(force bool) []ledger.Effect {
	var out []ledger.Effect
	for _, e := range x.rows {
		if e.Verb != ledger.Create && e.Verb != ledger.Edit && e.Verb != ledger.Upload {
			continue
		}
		switch e.State {
		case ledger.Done, ledger.Reverting:
			out = append(out, e)
		case ledger.Kept:
			if force && x.made() {
				out = append(out, e)
			}
		case ledger.Planned:
			if isStray(e) {
				out = append(out, e)
			}
		}
	}
	return out
}

// last is the effect that says what Nutshell showed after our last write, nil when none does.
func (x *unit) last() *ledger.Effect {
	var last *ledger.Effect
	for i := range x.rows {
		e := &x.rows[i]
		if e.Shown != nil && e.Verb != ledger.Upload && (last == nil || cmp.Or(e.Epoch-last.Epoch, sequel(*e)-sequel(*last)) > 0) {
			last = e
		}
	}
	return last
}

// preImage is the record as it was before our first change, nil when no effect holds it whole.
func (x *unit) preImage() (map[string]any, error) {
	rows := slices.Clone(x.rows)
	slices.SortFunc(rows, before)
	for _, e := range rows {
		if e.Verb != ledger.Edit || len(e.PreImage) == 0 {
			continue
		}
		raw, err := target.DecodeJSON(e.PreImage)
		if err != nil {
			return nil, fmt.Errorf("pre-image of %s: %w", e.EffectKey, err)
		}
		if ours, _ := raw["ours"].(bool); !ours { // a marker in place of a record that only we had written to
			return raw, nil
		}
	}
	return nil, nil
}

// pre is the view of the pre-image.
func (x *unit) pre(defs target.Defs) (target.View, bool, error) {
	raw, err := x.preImage()
	if err != nil || raw == nil {
		return target.View{}, false, err
	}
	v, err := target.FromWire(string(x.typ), raw, defs)
	if err != nil {
		return v, false, fmt.Errorf("pre-image of %s %d: %w", x.typ, x.id, err)
	}
	return v, true, nil
}

func encode(raw map[string]any) ([]byte, error) {
	b, err := json.Marshal(raw)
	if err != nil {
		return nil, fmt.Errorf("keep a record: %w", err)
	}
	return b, nil
}

// eachRecordPage hands out the effects that made or changed records, some of one type at a time, in one pass over the journal.
func (u *Undoer) eachRecordPage(ctx context.Context, fn func(context.Context, nutshell.EntityType, []ledger.Effect) error) error {
	pages := map[nutshell.EntityType][]ledger.Effect{}
	filter := ledger.EffectFilter{Verbs: []ledger.Verb{ledger.Create, ledger.Edit}, HasTarget: true}
	err := u.Run.EachEffect(ctx, filter, func(e ledger.Effect) error {
		typ := nutshell.EntityType(e.TargetType)
		pages[typ] = append(pages[typ], e)
		if len(pages[typ]) < dealWith {
			return nil
		}
		err := fn(ctx, typ, pages[typ])
		pages[typ] = pages[typ][:0]
		return err
	})
	for _, p := range phases {
		if err == nil && len(pages[p.typ]) > 0 {
			err = fn(ctx, p.typ, pages[p.typ])
		}
	}
	return err
}
