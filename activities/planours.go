package activities

import (
	"context"
	"fmt"
	"slices"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/decide"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/target"
)

// itemTypes carry no custom field: a header line says which source record they are of.
var itemTypes = []nutshell.EntityType{nutshell.Notes, nutshell.Tasks, nutshell.Activities}

// noteParents are the types of record that notes hang on.
var noteParents = map[string]nutshell.EntityType{mapping.Companies: nutshell.Accounts, mapping.People: nutshell.Contacts, mapping.LeadObjects: nutshell.Leads}

// there finds the notes, tasks and activities of the account that carry the header of what is about to be planned, whichever migration wrote
// them: they are ours, and never made twice (mapping, section 3). Of several the lowest id counts. A note must hang on the same record.
func (w *work) there(ctx context.Context, crawled int, projections []mapping.Projection) (map[ledger.EffectKey]ledger.DestRecord, error) {
	headers, wanted := map[ledger.EffectKey]crawl.Header{}, map[nutshell.EntityType][]string{}
	for _, p := range projections {
		t := nutshell.EntityType(p.Type)
		if h, ok := crawl.ParseHeader(p.Text); ok && p.Verb == mapping.VerbCreate && slices.Contains(itemTypes, t) {
			headers[keyOf(p)], wanted[t] = h, append(wanted[t], h.Key())
		}
	}
	out := map[ledger.EffectKey]ledger.DestRecord{}
	for _, t := range itemTypes {
		found, err := w.run.DestBySource(ctx, crawled, string(t), wanted[t])
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			continue
		}
		var ids []int64
		for _, list := range found {
			ids = append(ids, list...)
		}
		records, err := w.run.DestGetMany(ctx, crawled, string(t), ids)
		if err != nil {
			return nil, err
		}
		for _, p := range projections {
			h, ok := headers[keyOf(p)]
			if !ok || p.Type != string(t) {
				continue
			}
			for _, id := range found[h.Key()] {
				same, err := w.sameItem(ctx, p, h, records[id])
				if err != nil {
					return nil, err
				}
				if same {
					out[keyOf(p)] = records[id]
					break
				}
			}
		}
	}
	return out, w.beyondLists(ctx, projections, headers, out)
}

// beyondLists looks for notes that an account has and does not list (nutshell contract 7.15), on records that a migration wrote before.
func (w *work) beyondLists(ctx context.Context, projections []mapping.Projection, headers map[ledger.EffectKey]crawl.Header, found map[ledger.EffectKey]ledger.DestRecord) error {
	wanted, ids := map[mapping.Ref][]mapping.Projection{}, map[string][]string{}
	for _, p := range projections {
		_, ours := headers[keyOf(p)]
		if _, known := found[keyOf(p)]; !ours || known || p.Type != string(nutshell.Notes) || p.NoteOn.SourceID == "" {
			continue
		}
		if wanted[p.NoteOn] == nil {
			ids[p.NoteOn.Object] = append(ids[p.NoteOn.Object], p.NoteOn.SourceID)
		}
		wanted[p.NoteOn] = append(wanted[p.NoteOn], p)
	}
	for _, object := range []string{mapping.Companies, mapping.People, mapping.LeadObjects} {
		decided, err := decide.Read[decide.Existing](ctx, w.run, kindOfObject(object), ids[object])
		if err != nil {
			return err
		}
		for _, id := range ids[object] {
			d := decided[id]
			if d.How != decide.Ours {
				continue
			}
			notes, err := w.ourNotes(ctx, noteParents[object], d.ID)
			if err != nil {
				return err
			}
			for _, p := range wanted[mapping.Ref{Object: object, SourceID: id}] {
				if n, ok := notes[headers[keyOf(p)]]; ok {
					found[keyOf(p)] = n
				}
			}
		}
	}
	return nil
}

// ourNotes are the notes with our header on a record, by what their headers say. Of several the lowest id counts.
func (w *work) ourNotes(ctx context.Context, t nutshell.EntityType, id int64) (map[crawl.Header]ledger.DestRecord, error) {
	notes, err := crawl.NotesOn(ctx, w.Nutshell, t, id)
	if err != nil {
		return nil, fmt.Errorf("read the notes of %s %d: %w", t, id, err)
	}
	out := map[crawl.Header]ledger.DestRecord{}
	for _, n := range notes {
		h, ok := crawl.ParseHeader(crawl.NoteText(n.Raw))
		if had, twice := out[h]; ok && (!twice || n.ID < had.ID) {
			out[h] = ledger.DestRecord{Type: string(nutshell.Notes), ID: n.ID, Rev: n.Rev}
		}
	}
	return out, nil
}

func keyOf(p mapping.Projection) ledger.EffectKey {
	return ledger.EffectKey{Object: p.Object, SourceID: p.SourceID, Role: p.Role, Parent: p.Parent, Part: max(1, p.Part)}
}

// sameItem compares the part of a split text, and for a note the record that it hangs on.
func (w *work) sameItem(ctx context.Context, p mapping.Projection, want crawl.Header, have ledger.DestRecord) (bool, error) {
	if have.Type != string(nutshell.Notes) {
		return true, nil
	}
	raw, err := target.DecodeJSON(have.Body)
	if err != nil {
		return false, fmt.Errorf("read crawled note %d: %w", have.ID, err)
	}
	h, ok := crawl.ParseHeader(crawl.NoteText(raw))
	if !ok || h.Part != want.Part {
		return false, nil
	}
	t, id, err := w.hangsOn(ctx, p.NoteOn)
	if err != nil || id == 0 {
		return false, err
	}
	parent, parentID := crawl.ParentOf(raw)
	return parent == t && parentID == id, nil
}

// hangsOn is the record of the account that something is written on; 0 when it is not there yet.
func (w *work) hangsOn(ctx context.Context, on mapping.Ref) (nutshell.EntityType, int64, error) {
	t := noteParents[on.Object]
	if on.ID != 0 || on.SourceID == "" {
		return t, on.ID, nil
	}
	decided, err := decide.Read[decide.Existing](ctx, w.run, kindOfObject(on.Object), []string{on.SourceID})
	return t, decided[on.SourceID].ID, err
}

// isThere makes of a planned effect one that goes on from the record that is there. A file is not sent to a note that has one.
func (w *work) isThere(ctx context.Context, e ledger.Effect, records map[ledger.EffectKey]ledger.DestRecord) (ledger.Effect, error) {
	if e.State != ledger.Planned {
		return e, nil
	}
	if have, ok := records[e.EffectKey]; ok {
		e.TargetID, e.How, e.Verb = have.ID, decide.Ours, ledger.Edit
		return e, nil
	}
	note := e.EffectKey
	note.Role = mapping.RoleNote
	if have, ok := records[note]; ok && e.Verb == ledger.Upload {
		record, err := w.Nutshell.Get(ctx, nutshell.Notes, have.ID) // lists of notes need not show files
		if err != nil && !nutshell.IsNotFound(err) {
			return e, fmt.Errorf("read the files of note %d: %w", have.ID, err)
		}
		if len(target.ListedFiles(record.Raw)) > 0 {
			e.State, e.How = ledger.Skipped, decide.Ours
		}
	}
	return e, nil
}
