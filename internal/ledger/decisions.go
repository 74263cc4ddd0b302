package ledger

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"rezora2nutshell/internal/record"
)

// sortSets orders argument sets by the text at position i: rows are locked in one order by all processes.
func sortSets(sets [][]any, i int) {
	slices.SortFunc(sets, func(a, b []any) int { return cmp.Compare(a[i].(string), b[i].(string)) })
}

// PutDecisions stores decisions, each replacing the earlier one about its record.
func (r *Run) PutDecisions(ctx context.Context, decisions []Decision) error {
	sets := make([][]any, len(decisions))
	for i, d := range decisions {
		spec, err := specOf(d.Kind)
		if err != nil {
			return wrap(err, "store decisions")
		}
		sets[i] = []any{r.id, spec.code, d.ID, d.Crawl, string(d.Data)}
	}
	sortSets(sets, 2)
	const q = `INSERT INTO decisions (run, kind, id, crawl, data) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (run, kind, id) DO UPDATE SET crawl = excluded.crawl, data = excluded.data`
	return wrap(r.l.write(ctx, true, len(sets), func(t *tx) error {
		_, err := t.execEach(t.ctx, q, sets)
		return err
	}), "store decisions")
}

// Decisions reads what was decided about records; those without a decision are missing in the answer.
func (r *Run) Decisions(ctx context.Context, kind record.Kind, ids []string) (map[string]json.RawMessage, error) {
	spec, err := specOf(kind)
	if err != nil {
		return nil, err
	}
	out := map[string]json.RawMessage{}
	err = inList(r.l.d, unique(ids), func(in string, args []any) error {
		return r.l.read(ctx, func(s session) error {
			return s.query(ctx, `SELECT id, data FROM decisions WHERE run = ? AND kind = ? AND id `+in, func(row scanner) error {
				var id, data string
				err := row.Scan(&id, &data)
				out[id] = json.RawMessage(data)
				return err
			}, append([]any{r.id, spec.code}, args...)...)
		})
	})
	return out, wrap(err, "read decisions about %s", kind)
}

// EachDecision streams the decisions about a kind in the order of their ids' bytes.
func (r *Run) EachDecision(ctx context.Context, kind record.Kind, fn func(Decision) error) error {
	spec, err := specOf(kind)
	if err != nil {
		return err
	}
	const q = `SELECT id, crawl, data FROM decisions WHERE run = ? AND kind = ? AND id > ? ORDER BY id LIMIT ?`
	for after := ""; ; {
		var rows []Decision
		err := r.l.read(ctx, func(s session) error {
			return s.query(ctx, q, func(row scanner) error {
				d := Decision{Kind: kind}
				var data string
				err := row.Scan(&d.ID, &d.Crawl, &data)
				d.Data = json.RawMessage(data)
				rows = append(rows, d)
				return err
			}, r.id, spec.code, after, streamChunk)
		})
		if err != nil {
			return wrap(err, "read decisions about %s", kind)
		}
		for _, d := range rows {
			if err := fn(d); err != nil {
				return err
			}
		}
		if len(rows) < streamChunk {
			return nil
		}
		after = rows[len(rows)-1].ID
	}
}
