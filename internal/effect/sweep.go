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
	"rezora2nutshell/internal/target"
)

// sameFile compares a listed file with the one that was to be sent.
func (w *Writer) sameFile(ctx context.Context, j *job, f nutshell.File) (bool, error) {
	if j.p.File == nil || f.Size != j.p.File.Size {
		return false, nil
	}
	h := sha256.New()
	if err := w.Client.Download(ctx, f.ID, h); err != nil {
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
	return swept, nil
}

func (w *Writer) sweepBatch(ctx context.Context, jobs []*job) (swept int, err error) {
	copies := map[ledger.EffectKey][]nutshell.Entity{}
	byType := map[nutshell.EntityType]map[string]*job{}
	lowest := map[nutshell.EntityType]int64{}
	for _, j := range jobs {
		switch t := nutshell.EntityType(j.p.Type); {
		case j.row.Verb == ledger.Upload:
			if err := w.sweepFiles(ctx, j); err != nil {
				return swept, err
			}
		case j.row.Verb != ledger.Create:
		case t == nutshell.Notes:
			notes, err := w.notesOf(ctx, parentType(j.p), j.on)
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

func (w *Writer) listCopies(ctx context.Context, t nutshell.EntityType, wanted map[string]*job, lowest int64, copies map[ledger.EffectKey][]nutshell.Entity) error {
	if len(wanted) == 0 {
		return nil
	}
	for page := 1; ; page++ {
		list, err := w.Client.Find(ctx, t, nutshell.Query{Page: page, Desc: true})
		if err != nil {
			return fmt.Errorf("sweep %s, page %d: %w", t, page, err)
		}
		for _, e := range list {
			if w.IDsGrow && e.ID <= lowest {
				return nil
			}
			if j := wanted[crawl.SourceOf(t, e.Raw)]; j != nil {
				copies[j.row.EffectKey] = append(copies[j.row.EffectKey], e)
			}
		}
		if len(list) < 100 {
			return nil
		}
	}
}

// sweepCopies deletes every copy but the one in the journal.
func (w *Writer) sweepCopies(ctx context.Context, j *job, copies []nutshell.Entity) (int, error) {
	swept := 0
	for _, e := range copies {
		if e.ID == j.row.TargetID || e.Deleted {
			continue
		}
		ok, err := w.DeleteCopy(ctx, j, e)
		if err != nil {
			return swept, err
		}
		if ok {
			swept++
		}
	}
	return swept, nil
}

// DeleteCopy deletes one surplus record under an intent of its own (I2), unless a person has touched it; then it is flagged.
func (w *Writer) DeleteCopy(ctx context.Context, j *job, e nutshell.Entity) (bool, error) {
	view, err := target.FromWire(j.p.Type, e.Raw, w.Defs[nutshell.EntityType(j.p.Type)])
	if err != nil {
		return false, fmt.Errorf("read copy %d of %s: %w", e.ID, name(j.row.EffectKey), err)
	}
	for _, f := range target.Compare(j.wants, view, j.where) {
		if f.Verdict == target.Mismatch {
			return false, w.Run.Flag(ctx, []ledger.FlagRow{{Object: j.row.Object, SourceID: j.row.SourceID, Code: "copy_touched",
				Reason: fmt.Sprintf("%s %d is a second copy that a person has edited; merge it by hand", e.Type, e.ID)}})
		}
	}
	return true, w.deleteNow(ctx, j.row.Object, j.row.SourceID, "copy", e, view)
}

// FileHolds downloads the file that an upload sent and compares it, byte for byte by hash, with what was fetched from the source.
func (w *Writer) FileHolds(ctx context.Context, row ledger.Effect) (same bool, fileName string, err error) {
	jobs, err := w.jobsOf(ctx, []ledger.Effect{row})
	if err != nil || len(jobs) == 0 || jobs[0].p.File == nil {
		return false, "", err
	}
	j := jobs[0]
	same, err = w.sameFile(ctx, j, nutshell.File{ID: row.TargetID, Size: j.p.File.Size})
	if nutshell.IsNotFound(err) {
		return false, j.p.File.Name, nil
	}
	return same, j.p.File.Name, err
}
