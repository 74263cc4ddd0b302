package extract

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
)

// walkCurrent is the walk of a round over a resource of the current source.
const walkCurrent = "current"

// walkState is what a walk keeps with its cursor.
type walkState struct {
	Walk      rezora.WalkState `json:"walk"`
	Watermark time.Time        `json:"watermark,omitzero"` // of the walk that has ended
}

// walking is a walk over one resource, and where it stands.
type walking struct {
	kind    record.Kind
	request rezora.WalkRequest
	cursor  ledger.Cursor
	state   walkState
	before  time.Time // watermark of the round before, zero when there is none
}

// since opens the round's walk over a resource. It begins where the last round's ended, less the overlap; a resource that cannot be asked
// for changes, or was not read before, is read in full.
func (r *round) since(ctx context.Context, kind record.Kind) (*walking, error) {
	before, err := r.watermark(ctx, kind, r.n-1)
	if err != nil {
		return nil, err
	}
	from := before
	if r.caps.Resources[kind].Delta == rezora.DeltaFull && r.caps.Source != "export" {
		from = time.Time{}
	}
	w, err := r.openWalk(ctx, kind, walkCurrent, from)
	if err == nil {
		w.before = before
	}
	return w, err
}

// watermark is that of the newest walk that ended in a round up to n; zero when there is none.
func (r *round) watermark(ctx context.Context, kind record.Kind, n int) (time.Time, error) {
	for ; n >= 0; n-- {
		c, err := r.Run.Cursor(ctx, kind, n, walkCurrent)
		if err != nil {
			return time.Time{}, err
		}
		if !c.Done {
			continue
		}
		var st walkState
		if err := json.Unmarshal(c.State, &st); err != nil {
			return time.Time{}, fmt.Errorf("read the watermark of %s, round %d: %w", kind, n, err)
		}
		return st.Watermark, nil
	}
	return time.Time{}, nil
}

func (r *round) openWalk(ctx context.Context, kind record.Kind, name string, since time.Time) (*walking, error) {
	c, err := r.Run.Cursor(ctx, kind, r.n, name)
	if err != nil {
		return nil, err
	}
	w := &walking{kind: kind, cursor: c}
	if len(c.State) > 0 {
		if err := json.Unmarshal(c.State, &w.state); err != nil {
			return nil, fmt.Errorf("read the cursor of %s: %w", kind, err)
		}
	}
	w.request = rezora.WalkRequest{Kind: kind, Since: since, IncludeDeleted: true, Caps: r.caps.Of(kind)}
	return w, nil
}

// walk reads to the end. The watermark is written only then, when every page is stored.
func (r *round) walk(ctx context.Context, w *walking) error {
	if w.cursor.Done {
		return nil
	}
	err := r.patience.read(ctx, string(w.kind), func() error {
		w.request.Resume = w.state.Walk
		res, err := r.Source.Walk(ctx, w.request, func(ctx context.Context, p rezora.Page) error { return callback(r.page(ctx, w, p)) })
		if err == nil {
			w.state.Walk, w.state.Watermark, w.cursor.AsOf = res.State, res.Watermark, res.AsOf
		}
		return err
	})
	if err != nil {
		return err
	}
	w.cursor.Done = true
	if err := w.keep(); err != nil {
		return err
	}
	return r.Run.PutCursor(ctx, w.kind, r.n, w.cursor)
}

// page stores a page's rows and its cursor in one transaction (I1).
func (r *round) page(ctx context.Context, w *walking, p rezora.Page) error {
	r.answered()
	recs, err := r.settle(ctx, w.kind, p.Records)
	if err != nil {
		return err
	}
	next := *w
	next.state.Walk = p.State
	c := &next.cursor
	c.Next, c.AsOf, c.High, c.Pages, c.Rows = p.State.Cursor, p.State.AsOf, p.State.MaxUpdated, p.State.Pages, int64(p.State.Rows)
	if err := next.keep(); err != nil {
		return err
	}
	if _, err := r.Run.StagePage(ctx, w.kind, r.n, recs, next.cursor); err != nil {
		return err
	}
	*w = next
	r.turn.At("read "+string(w.kind), c.Rows, r.expected(w))
	return r.checkpoint(ctx)
}

// expected is how many rows a full walk will bring, 0 when nobody knows.
func (r *round) expected(w *walking) int64 {
	if n := r.caps.Resources[w.kind].Total; n != nil && w.request.Since.IsZero() {
		return int64(*n)
	}
	return 0
}

func (w *walking) keep() (err error) {
	w.cursor.State, err = json.Marshal(w.state)
	return err
}
