package effect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/step"
)

// sameFile compares a listed file with the one that was to be sent.
func (w *Writer) sameFile(ctx context.Context, j *job, f nutshell.File) (bool, error) {
	if j.p.File == nil || f.Size != j.p.File.Size {
		return false, nil
	}
	h := sha256.New()
	if err := w.Client.Download(ctx, f.ID, f.Size, h); err != nil {
		return false, fmt.Errorf("compare %s: %w", name(j.row.EffectKey), err)
	}
	return hex.EncodeToString(h.Sum(nil)) == j.p.File.SHA256, nil
}

// Sweep looks for second copies of everything that was claimed more than once in a step: a commit can come later than any number of
// listings. The copy that the journal points to stays, since children may hang on it; the others are deleted when untouched, else
// flagged. It returns how many copies it deleted.
func (w *Writer) Sweep(ctx context.Context, turn *step.Turn, stepName string) (int, error) {
	rows, err := w.Run.ClaimedTwice(ctx, stepName)
	if err != nil {
		return 0, fmt.Errorf("list rows claimed twice in %q: %w", stepName, err)
	}
	swept := 0
	for start := 0; start < len(rows); start += doubtBatch {
		if err := turn.Over(); err != nil {
			return swept, err
		}
		jobs, err := w.jobsOf(ctx, rows[start:min(start+doubtBatch, len(rows))])
		if err != nil {
			return swept, err
		}
		n, err := w.sweepBatch(ctx, jobs)
		swept += n
		if err != nil {
			return swept, err
		}
	}
	if len(rows) == 0 {
		return swept, nil
	}
	// A deletion without an answer is looked up at once; it is sent again with the next sweep, should it not be done.
	_, err = w.Resolve(ctx, turn, stepSweep)
	return swept, err
}

func (w *Writer) sweepBatch(ctx context.Context, jobs []*job) (swept int, err error) {
	copies := map[ledger.EffectKey][]nutshell.Entity{}
	byType := map[nutshell.EntityType]map[string]*job{}
	lowest := map[nutshell.EntityType]int64{}
	for _, j := range jobs {
		switch t := nutshell.EntityType(j.p.Type); {
		case !w.sweeps(j.row):
		case j.row.Verb == ledger.Upload:
			if err := w.sweepFiles(ctx, j); err != nil {
				return swept, err
			}
		case j.row.Verb != ledger.Create:
		case t == nutshell.Notes:
			notes, err := crawl.NotesOn(ctx, w.Client, parentType(j.p), j.on)
			if err != nil {
				return swept, fmt.Errorf("sweep %s: %w", name(j.row.EffectKey), err)
			}
			for _, n := range notes {
				if isNoteOf(j, n) {
					copies[j.row.EffectKey] = append(copies[j.row.EffectKey], n)
				}
			}
		default:
			if byType[t] == nil {
				byType[t] = map[string]*job{}
				lowest[t] = j.row.HighWater
			}
			byType[t][markerOf(j)] = j
			lowest[t] = min(lowest[t], j.row.HighWater)
		}
	}
	for _, t := range crawl.All {
		if err := w.listCopies(ctx, t, byType[t], lowest[t], copies); err != nil {
			return swept, err
		}
	}
	for _, j := range jobs {
		n, err := w.sweepCopies(ctx, j, copies[j.row.EffectKey])
		swept += n
		if err != nil {
			return swept, err
		}
	}
	return swept, nil
}

// sweeps tells whether the journal says which record of a row is the right one. That of a row under way may be the only one there is.
func (w *Writer) sweeps(row ledger.Effect) bool {
	switch row.State {
	case ledger.Intent, ledger.InDoubt:
		return false
	case ledger.Planned:
		return w.Undoing
	}
	return true
}

func (w *Writer) listCopies(ctx context.Context, t nutshell.EntityType, wanted map[string]*job, lowest int64, copies map[ledger.EffectKey][]nutshell.Entity) error {
	if len(wanted) == 0 {
		return nil
	}
	return w.newest(ctx, t, lowest, func(e nutshell.Entity) {
		if j := wanted[crawl.SourceOf(t, e.Raw)]; j != nil {
			copies[j.row.EffectKey] = append(copies[j.row.EffectKey], e)
		}
	})
}

// sweepCopies deletes every copy but the one in the journal.
func (w *Writer) sweepCopies(ctx context.Context, j *job, copies []nutshell.Entity) (int, error) {
	swept := 0
	for _, e := range copies {
		if e.ID == j.row.TargetID || e.Deleted {
			continue
		}
		ok, err := w.deleteNow(ctx, j, "copy", e, w.copyTouched)
		if err != nil {
			return swept, err
		}
		if ok {
			swept++
		}
	}
	return swept, nil
}

// FileHolds downloads the file that an upload sent and compares it, byte for byte by hash, with what was fetched from the source.
func (w *Writer) FileHolds(ctx context.Context, row ledger.Effect) (same bool, fileName string, err error) {
	jobs, err := w.jobsOf(ctx, []ledger.Effect{row})
	if err != nil || len(jobs) == 0 || jobs[0].p.File == nil {
		return false, "", err
	}
	j := jobs[0]
	same, err = w.sameFile(ctx, j, nutshell.File{ID: row.TargetID, Size: j.p.File.Size})
	if nutshell.IsNotFound(err) || nutshell.IsCut(err) { // it is not there, or shorter
		return false, j.p.File.Name, nil
	}
	return same, j.p.File.Name, err
}
