package effect

import (
	"context"
	"fmt"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/ledger"
)

// filterMost is up to how many records are looked up one by one through the REST filter; for more, one listing is cheaper.
const filterMost = 5

// search finds the records of jobs in doubt, each by the way its kind has (nutshell contract 4.6).
func (w *Writer) search(ctx context.Context, jobs []*job) (map[ledger.EffectKey]found, error) {
	hits := map[ledger.EffectKey]found{}
	creates := map[nutshell.EntityType][]*job{}
	for _, j := range jobs {
		var err error
		switch {
		case j.row.Verb == ledger.Upload:
			err = w.searchFile(ctx, j, hits)
		case j.row.Verb == ledger.Edit, j.row.Verb == ledger.Delete:
			err = w.searchChange(ctx, j, hits)
		case j.p.Type == string(nutshell.Notes):
			err = w.searchNote(ctx, j, hits)
		default:
			t := nutshell.EntityType(j.p.Type)
			creates[t] = append(creates[t], j)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, t := range crawl.All {
		if err := w.searchCreated(ctx, t, creates[t], hits); err != nil {
			return nil, err
		}
	}
	return hits, nil
}

func (w *Writer) searchCreated(ctx context.Context, t nutshell.EntityType, jobs []*job, hits map[ledger.EffectKey]found) error {
	if len(jobs) == 0 {
		return nil
	}
	if !w.Filters || t == nutshell.Tasks || t == nutshell.Activities || len(jobs) > filterMost && w.IDsGrow {
		return w.searchNewest(ctx, t, jobs, hits)
	}
	keys, err := w.Client.FilterKeys(ctx, t)
	if err != nil {
		return fmt.Errorf("read the filter keys of %s: %w", t, err)
	}
	key, ok := keys.Key(crawl.SourceField)
	if !ok {
		return w.searchNewest(ctx, t, jobs, hits)
	}
	err = w.searchFilter(ctx, t, key, jobs, hits)
	if nutshell.IsRefused(err) || nutshell.IsNotOffered(err) {
		return w.searchNewest(ctx, t, jobs, hits) // the route is gone, or the key (nutshell contract 8, P10)
	}
	return err
}

// searchFilter asks for each source key; a hit is confirmed by a get, since a server may ignore the filter (nutshell contract 7.13).
func (w *Writer) searchFilter(ctx context.Context, t nutshell.EntityType, key string, jobs []*job, hits map[ledger.EffectKey]found) error {
	for _, j := range jobs {
		ids, err := w.Client.RestFilter(ctx, t, key, j.row.SourceID, 0)
		if err != nil {
			return fmt.Errorf("look up %s: %w", name(j.row.EffectKey), err)
		}
		for _, id := range ids {
			e, err := w.Client.Get(ctx, t, id)
			switch {
			case nutshell.IsNotFound(err):
				continue
			case err != nil:
				return fmt.Errorf("confirm %s: %w", name(j.row.EffectKey), err)
			}
			w.hit(j, e, hits)
		}
	}
	return nil
}

// searchNewest lists the newest records down to the lowest mark of the jobs; the whole type where ids do not grow.
func (w *Writer) searchNewest(ctx context.Context, t nutshell.EntityType, jobs []*job, hits map[ledger.EffectKey]found) error {
	wanted := map[string]*job{}
	lowest := jobs[0].row.HighWater
	for _, j := range jobs {
		wanted[markerOf(j)] = j
		lowest = min(lowest, j.row.HighWater)
	}
	return w.newest(ctx, t, lowest, func(e nutshell.Entity) {
		if j := wanted[crawl.SourceOf(t, e.Raw)]; j != nil {
			w.hit(j, e, hits)
		}
	})
}

// newest hands out the records of a type, the newest first, down to a mark; all of them where ids do not grow. Leads are listed status by
// status, as a crawl lists them.
func (w *Writer) newest(ctx context.Context, t nutshell.EntityType, lowest int64, take func(nutshell.Entity)) error {
	for _, filter := range crawl.Filters(t) {
		for page, more := 1, true; more; page++ {
			list, err := w.Client.Find(ctx, t, nutshell.Query{Filter: filter, Page: page, Desc: true})
			if err != nil {
				return fmt.Errorf("list the newest %s, page %d: %w", t, page, err)
			}
			more = len(list) == 100
			for _, e := range list {
				if w.IDsGrow && e.ID <= lowest {
					more = false
					break
				}
				take(e)
			}
		}
	}
	return nil
}

// hit takes the lowest id of several; the others are the sweep's.
func (w *Writer) hit(j *job, e nutshell.Entity, hits map[ledger.EffectKey]found) {
	if e.Deleted || crawl.SourceOf(nutshell.EntityType(j.p.Type), e.Raw) != markerOf(j) {
		return
	}
	if before, ok := hits[j.row.EffectKey]; !ok || e.ID < before.id {
		hits[j.row.EffectKey] = found{e.ID, e}
	}
}

// searchNote looks through the parent's notes and, since that list may be capped, through its timeline (nutshell contract 7.15).
func (w *Writer) searchNote(ctx context.Context, j *job, hits map[ledger.EffectKey]found) error {
	notes, err := crawl.NotesOn(ctx, w.Client, parentType(j.p), j.on)
	if err != nil {
		return fmt.Errorf("look up %s: %w", name(j.row.EffectKey), err)
	}
	for _, n := range notes {
		if isNoteOf(j, n) {
			w.keepLowest(j, n, hits)
		}
	}
	return nil
}

func (w *Writer) keepLowest(j *job, e nutshell.Entity, hits map[ledger.EffectKey]found) {
	if before, ok := hits[j.row.EffectKey]; !ok || e.ID < before.id {
		hits[j.row.EffectKey] = found{e.ID, e}
	}
}

// isNoteOf compares the marker line: the key, and the part of a split text.
func isNoteOf(j *job, n nutshell.Entity) bool {
	have, mine := crawl.ParseHeader(crawl.NoteText(n.Raw))
	if !mine || n.Deleted {
		return false
	}
	want, ok := crawl.ParseHeader(j.p.Text)
	if !ok { // the source deleted the record, and its text went with it
		want = crawl.Header{Object: j.row.Object, ID: j.row.SourceID, Part: j.row.Part, Parts: have.Parts}
	}
	return want == have
}

// searchChange looks whether an edit or delete in doubt was carried out: the record itself tells.
func (w *Writer) searchChange(ctx context.Context, j *job, hits map[ledger.EffectKey]found) error {
	if j.row.Verb == ledger.Edit {
		return w.searchEdit(ctx, j, hits)
	}
	e, err := w.Client.Get(ctx, nutshell.EntityType(j.row.TargetType), j.row.TargetID)
	switch gone := nutshell.IsNotFound(err) || err == nil && e.Deleted; {
	case err != nil && !gone:
		return fmt.Errorf("look up %s: %w", name(j.row.EffectKey), err)
	case gone:
		hits[j.row.EffectKey] = found{j.row.TargetID, e}
	}
	return nil
}

// searchEdit counts an edit as carried out when its record has moved since and nothing is left to send.
func (w *Writer) searchEdit(ctx context.Context, j *job, hits map[ledger.EffectKey]found) error {
	id, prior, err := w.editTarget(ctx, j)
	if err != nil {
		return err
	}
	e, err := w.Client.Get(ctx, nutshell.EntityType(j.p.Type), id)
	switch {
	case nutshell.IsNotFound(err), err == nil && (e.Deleted || e.Rev == j.row.Rev):
		return nil
	case err != nil:
		return fmt.Errorf("look up %s: %w", name(j.row.EffectKey), err)
	}
	if err := w.plan(j, e.Raw, prior); err != nil {
		return err
	}
	if j.edit.body == nil && j.edit.made {
		hits[j.row.EffectKey] = found{id, e}
	}
	return nil
}

// noteOf is the note that a file hangs on. A row in doubt has the note as its target, a settled one the file.
func noteOf(j *job) int64 {
	switch {
	case j.own != nil:
		return j.own.TargetID
	case j.row.State == ledger.InDoubt:
		return j.row.TargetID
	}
	return 0
}

// searchFile looks for the upload in the note's list: name and size first, then the bytes.
func (w *Writer) searchFile(ctx context.Context, j *job, hits map[ledger.EffectKey]found) error {
	files, err := w.Client.NoteFiles(ctx, noteOf(j))
	if err != nil && !nutshell.IsNotFound(err) {
		return fmt.Errorf("look up %s: %w", name(j.row.EffectKey), err)
	}
	for _, f := range files {
		same, err := w.sameFile(ctx, j, f)
		if err != nil {
			return err
		}
		if before, ok := hits[j.row.EffectKey]; same && (!ok || f.ID < before.id) {
			hits[j.row.EffectKey] = found{id: f.ID}
		}
	}
	return nil
}
