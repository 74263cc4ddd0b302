package effect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/target"
)

// errTouched ends the deletion of a record that a person has touched (I7).
var errTouched = errors.New("a person touched the record")

// readForDelete reads a record that was deleted at the source, and looks for a person's doing before it is deleted here.
func (w *Writer) readForDelete(ctx context.Context, j *job) error {
	t := nutshell.EntityType(j.p.Type)
	e, err := w.Client.Get(ctx, t, j.row.TargetID)
	if err != nil {
		return fmt.Errorf("read %s %d before its deletion: %w", t, j.row.TargetID, err)
	}
	if e.Deleted {
		return errDeleted
	}
	view, err := target.FromWire(j.p.Type, e.Raw, w.Defs[t])
	if err != nil {
		return fmt.Errorf("read %s: %w", name(j.row.EffectKey), err)
	}
	touched, err := w.touched(ctx, j, view, e)
	if err != nil {
		return err
	}
	if touched {
		return errTouched
	}
	pre, err := json.Marshal(e.Raw)
	if err != nil {
		return fmt.Errorf("keep the pre-image of %s: %w", name(j.row.EffectKey), err)
	}
	j.edit = &edit{view: view, pre: pre}
	return nil
}

// touched compares by content, not by rev: a field differs from what Nutshell showed after our last write, or something that is not ours
// hangs on the record.
func (w *Writer) touched(ctx context.Context, j *job, view target.View, e nutshell.Entity) (bool, error) {
	all, err := w.Run.EffectsOf(ctx, j.row.Object, []string{j.row.SourceID})
	if err != nil {
		return false, fmt.Errorf("read effects of %s %s: %w", j.row.Object, j.row.SourceID, err)
	}
	made := j.row.EffectKey
	made.Role = strings.TrimPrefix(made.Role, GonePrefix)
	last := Latest(all[j.row.SourceID], made)
	if last == nil {
		return true, nil // what it showed after our write is not known, so nobody can say that it is untouched
	}
	paths := target.Touched(last.Shown, view, w.Run.ShortHash, func(p target.Path) bool {
		typ, id, ok := p.Linked()
		if !ok {
			return false
		}
		known, err := w.Run.ByTarget(ctx, typ, []int64{id})
		switch {
		case err != nil:
			return false
		case len(known[id]) > 0:
			return madeByUs(known[id])
		}
		return w.isCopy(ctx, nutshell.EntityType(typ), id)
	})
	if len(paths) > 0 {
		return true, nil
	}
	return w.foreignOn(ctx, e)
}

// isCopy tells that a record which the journal does not point to carries our key: a request of ours that was carried out late, for the sweep.
func (w *Writer) isCopy(ctx context.Context, t nutshell.EntityType, id int64) bool {
	e, err := w.Client.Get(ctx, t, id)
	return err == nil && crawl.SourceOf(t, e.Raw) != "" // whoever cannot say keeps the record
}

// GonePrefix stands before the role of an effect that deletes what the source deleted.
const GonePrefix = "gone/"

func madeByUs(effects []ledger.Effect) bool {
	for _, e := range effects {
		if e.Verb == ledger.Create {
			return true
		}
	}
	return false
}

// foreignOn looks for notes, tasks, activities and leads of people's own on a record.
func (w *Writer) foreignOn(ctx context.Context, e nutshell.Entity) (bool, error) {
	if e.Type != nutshell.Contacts && e.Type != nutshell.Accounts && e.Type != nutshell.Leads {
		return false, nil // nothing hangs on a note, a task or an activity
	}
	notes, err := crawl.NotesOn(ctx, w.Client, e.Type, e.ID)
	if err != nil {
		return false, err
	}
	for _, n := range notes {
		if crawl.SourceOf(nutshell.Notes, n.Raw) == "" {
			return true, nil
		}
	}
	link := map[string]any{"entityType": string(e.Type), "id": e.ID}
	queries := map[nutshell.EntityType]map[string]any{nutshell.Tasks: {"entity": link}}
	switch e.Type {
	case nutshell.Contacts:
		queries[nutshell.Activities], queries[nutshell.Leads] = map[string]any{"contactId": e.ID}, map[string]any{"contactId": e.ID}
	case nutshell.Accounts:
		queries[nutshell.Leads] = map[string]any{"accountId": e.ID}
	case nutshell.Leads:
		queries[nutshell.Activities] = map[string]any{"leadId": e.ID}
	}
	for _, t := range crawl.All {
		filter, ask := queries[t]
		for page := 1; ask; page++ {
			list, err := w.Client.Find(ctx, t, nutshell.Query{Filter: filter, Page: page})
			if err != nil {
				return false, fmt.Errorf("look for %s on %s %d: %w", t, e.Type, e.ID, err)
			}
			for _, x := range list {
				if crawl.SourceOf(t, x.Raw) == "" {
					return true, nil
				}
			}
			ask = len(list) == 100
		}
	}
	return false, nil
}

// keep settles the deletion of a touched record: it stays, and is listed.
func (w *Writer) keep(ctx context.Context, j *job) error {
	out := ledger.Outcome{Claim: ledger.Claim{Key: j.row.EffectKey}, State: ledger.Skipped, Code: "touched",
		Reason: "deleted at the source; a person touched it in Nutshell, so it stays"}
	if err := w.dismiss(ctx, map[ledger.EffectKey]ledger.Effect{j.row.EffectKey: j.row}, []ledger.Outcome{out}); err != nil {
		return err
	}
	return w.Run.Flag(ctx, []ledger.FlagRow{{Object: j.row.Object, SourceID: j.row.SourceID, Code: "kept_touched", Reason: out.Reason}})
}
