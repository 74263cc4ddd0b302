package ledger

import (
	"context"

	"rezora2nutshell/internal/record"
)

const (
	refGroup = 16  // referred records whose rows are read in one go
	refChunk = 128 // rows of each that are held at once
)

// Refs streams the live records of a kind whose reference ref is one of ids, grouped by that id, both in the order of their bytes.
// The references: group_memberships contact, group; campaign_recipients contact, campaign; activities contact, campaign; notes and
// attachments parent ("<type>/<id>"); tasks, interactions, leads contact; contacts company, owner; companies parent;
// sequence_enrollments sequence, contact; team_memberships team, agent.
func (r *Run) Refs(ctx context.Context, kind record.Kind, ref string, ids []string, fn func(refID string, s Staged) error) error {
	spec, col, err := refColumn(kind, ref)
	if err != nil {
		return err
	}
	q := `SELECT ` + stagedColumns + ` FROM staged d WHERE d.run = ? AND d.kind = ? AND d.` + col + ` = ? AND d.deleted = 0 AND d.id > ? ORDER BY d.id LIMIT ?`
	ids = unique(ids)
	for len(ids) > 0 {
		group := ids[:min(refGroup, len(ids))]
		ids = ids[len(group):]
		sets := make([][]any, len(group))
		for i, id := range group {
			sets[i] = []any{r.id, spec.code, id, "", refChunk}
		}
		pages := make([][]sealedStaged, len(group))
		err := r.l.read(ctx, func(s session) error {
			return s.queryEach(ctx, q, sets, func(i int, row scanner) error {
				var x sealedStaged
				err := row.Scan(x.dest()...)
				pages[i] = append(pages[i], x)
				return err
			})
		})
		if err != nil {
			return wrap(err, "read %s by %s", kind, ref)
		}
		for i, id := range group {
			if err := r.refPages(ctx, kind, spec, q, id, pages[i], fn); err != nil {
				return err
			}
		}
	}
	return nil
}

// refPages hands out the first page of a referred record's rows and reads on while pages are full.
func (r *Run) refPages(ctx context.Context, kind record.Kind, spec kindSpec, q, id string, page []sealedStaged, fn func(string, Staged) error) error {
	for {
		list, err := r.decryptAll(kind, spec, page)
		if err != nil {
			return wrap(err, "read %s", kind)
		}
		for _, s := range list {
			if err := fn(id, s); err != nil {
				return err
			}
		}
		if len(page) < refChunk {
			return nil
		}
		after := page[len(page)-1].id
		page = nil
		err = r.l.read(ctx, func(s session) error {
			return s.query(ctx, q, func(row scanner) error {
				var x sealedStaged
				err := row.Scan(x.dest()...)
				page = append(page, x)
				return err
			}, r.id, spec.code, id, after, refChunk)
		})
		if err != nil {
			return wrap(err, "read %s", kind)
		}
	}
}

// RefCount is the number of live records of a kind whose reference is id.
func (r *Run) RefCount(ctx context.Context, kind record.Kind, ref, id string) (int, error) {
	spec, col, err := refColumn(kind, ref)
	if err != nil {
		return 0, err
	}
	var n int
	err = r.l.read(ctx, func(s session) error {
		_, err := one(ctx, s, `SELECT count(*) FROM staged WHERE run = ? AND kind = ? AND `+col+` = ? AND deleted = 0`, []any{r.id, spec.code, id}, &n)
		return err
	})
	return n, wrap(err, "count %s by %s", kind, ref)
}
