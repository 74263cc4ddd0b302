package effect

import (
	"context"
	"fmt"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
)

// twice is the role of the deletion of a note that held its file twice.
const twice = "twice"

// sweepFiles makes a note again that holds its file twice: a single file cannot be removed, its note dies with all of them. A note that
// was deleted for it by a worker that died since is made again, too.
func (w *Writer) sweepFiles(ctx context.Context, j *job) error {
	note := noteOf(j)
	if j.row.State != ledger.Done || note == 0 {
		return nil
	}
	if row, ok, err := w.Run.Effect(ctx, deletionKey(j, twice, note)); err != nil || ok && row.State == ledger.Done {
		if err == nil {
			err = w.remake(ctx, j)
		}
		return err
	}
	same, all, err := w.countFiles(ctx, j, note)
	if nutshell.IsNotFound(err) || err == nil && same < 2 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sweep %s: %w", name(j.row.EffectKey), err)
	}
	e, err := w.Client.Get(ctx, nutshell.Notes, note)
	if nutshell.IsNotFound(err) || err == nil && e.Deleted {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sweep %s: %w", name(j.row.EffectKey), err)
	}
	hands := func(_ context.Context, _ *job, now nutshell.Entity) (bool, error) {
		return all > same || j.own != nil && !sameText(w, j.own, now), nil
	}
	gone, err := w.deleteNow(ctx, j, twice, e, hands)
	if err != nil || !gone {
		return err
	}
	return w.remake(ctx, j)
}

// countFiles counts the files of a note that are the one of the job, and all.
func (w *Writer) countFiles(ctx context.Context, j *job, note int64) (same, all int, err error) {
	files, err := w.Client.NoteFiles(ctx, note)
	if err != nil || len(files) < 2 {
		return 0, len(files), err
	}
	for _, f := range files {
		ok, err := w.sameFile(ctx, j, f)
		if err != nil {
			return same, len(files), err
		}
		if ok {
			same++
		}
	}
	return same, len(files), nil
}

// sameText tells that a note still shows what we wrote.
func sameText(w *Writer, note *ledger.Effect, now nutshell.Entity) bool {
	want, ok := note.Shown["note"]
	return !ok || want == w.Run.ShortHash(nutshell.Text(now.Raw["note"])) || want == w.Run.ShortHash(crawl.NoteText(now.Raw))
}

// remake plans the note and its file again.
func (w *Writer) remake(ctx context.Context, j *job) error {
	note := j.row.EffectKey
	note.Role = mapping.RoleNote
	if _, err := w.Run.Remake(ctx, []ledger.EffectKey{note, j.row.EffectKey}); err != nil {
		return fmt.Errorf("plan %s again: %w", name(note), err)
	}
	return nil
}
