package effect

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/target"
)

// Projector computes what Nutshell must show for effects of the journal, afresh from the ledger.
type Projector interface {
	Project(ctx context.Context, rows []ledger.Effect) (map[ledger.EffectKey]mapping.Projection, error)
}

// Files gives the bytes of attachments; the writer closes what it opens.
type Files interface {
	Open(ctx context.Context, attachmentID string) (Spooled, error)
	Done(attachmentID string)
}

// Writer carries out the effects of one migration.
type Writer struct {
	Run     *ledger.Run
	Client  *nutshell.Client
	Project Projector
	Files   Files
	Defs    map[nutshell.EntityType]target.Defs
	Breaker *Breaker
	Marks   *Marks
	Log     *zap.Logger

	Crawl         int           // the crawl that merges start from
	Timeout       time.Duration // of one call
	UploadTimeout time.Duration
	ReadLag       time.Duration // how long a record may exist before reads show it
	Concurrency   int           // calls in flight of this worker
	IDsGrow       bool          // newer records have higher ids
	Filters       bool          // the REST filter by our key was proved to work (probe P10)
	OwnerIsCaller bool          // a record without owner gets the key's user, unless an empty one is sent (probe P18)
	Undoing       bool
	Margin        time.Duration // what a deadline keeps free beyond the call itself: the time to commit its outcome; 0 = 5 s
	Poll          time.Duration // between two looks for what is in doubt; 0 = 1 s
	ChunkTime     time.Duration // how long the calls of one commit of claims should take; 0 = 1 s
	Repairing     bool          // edits set what the comparison found faulty, whatever the base says
}

// Result counts a page.
type Result struct {
	Done int64 // need nothing more
	Left int64 // set aside: in doubt, or waiting for a record that is
}

func (w *Writer) margin() time.Duration { return orElse(w.Margin, 5*time.Second) }

func (w *Writer) poll() time.Duration { return orElse(w.Poll, time.Second) }

func (w *Writer) chunkTime() time.Duration { return orElse(w.ChunkTime, time.Second) }

func orElse(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// passes bounds how often one page looks again for rows whose parents have arrived meanwhile.
const passes = 64

// Page writes the planned effects among rows. accepted is the code of a park that a person accepted.
func (w *Writer) Page(ctx context.Context, turn *step.Turn, rows []ledger.Effect, accepted string) (Result, error) {
	var res Result
	todo := make([]ledger.Effect, 0, len(rows))
	for _, row := range rows {
		switch row.State {
		case ledger.Planned:
			todo = append(todo, row)
		case ledger.Intent, ledger.InDoubt:
			res.Left++
		default:
			res.Done++
		}
	}
	turn.Add(res.Done)
	for pass := 0; len(todo) > 0 && pass < passes; pass++ {
		ready, waiting, err := w.prepare(ctx, todo)
		if err != nil {
			return res, err
		}
		settled, left, err := w.send(ctx, turn, ready, accepted)
		res.Done += settled
		if err != nil {
			return res, err
		}
		progress := settled > 0 || len(ready)+len(waiting) < len(todo)
		res.Done += int64(len(todo) - len(ready) - len(waiting))
		res.Left += left
		if todo = waiting; !progress {
			break
		}
		if todo, err = w.refresh(ctx, todo); err != nil {
			return res, err
		}
	}
	res.Left += int64(len(todo))
	return res, nil
}

// refresh reads waiting rows again: another page may have settled them.
func (w *Writer) refresh(ctx context.Context, rows []ledger.Effect) ([]ledger.Effect, error) {
	out := rows[:0]
	for _, row := range rows {
		now, ok, err := w.Run.Effect(ctx, row.EffectKey)
		if err != nil {
			return nil, fmt.Errorf("read effect %s: %w", name(row.EffectKey), err)
		}
		if ok && now.State == ledger.Planned {
			out = append(out, now)
		}
	}
	return out, nil
}

// name of an effect in logs and errors.
func name(k ledger.EffectKey) string {
	return fmt.Sprintf("%s/%s %s %s %d.%d", k.Object, k.SourceID, k.Role, k.Parent, k.Part, k.Epoch)
}
