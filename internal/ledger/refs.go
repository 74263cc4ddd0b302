package ledger

import (
	"context"
	"slices"

	"rezora2nutshell/internal/record"
)

const (
	refGroup = 64   // referred records whose rows are read in one query
	refChunk = 1024 // rows that are held at once
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
	ids = unique(ids)
	after := "" // the last row of the first id that was handed out, when its rows did not fit in one page
	size := refGroup
	for len(ids) > 0 {
		group := ids[:min(size, len(ids))]
		if after != "" {
			group = ids[:1]
		}
		of, page, err := r.refPage(ctx, spec, col, group, after)
		if err != nil {
			return wrap(err, "read %s by %s", kind, ref)
		}
		list, err := r.decryptAll(kind, spec, page)
		if err != nil {
			return wrap(err, "read %s by %s", kind, ref)
		}
		for i, s := range list {
			if err := fn(of[i], s); err != nil {
				return err
			}
		}
		if len(page) < refChunk {
			ids, after = ids[len(group):], ""
			size = min(2*size, refGroup)
			continue
		}
		last := len(page) - 1
		whole := slices.Index(ids, of[last])
		ids, after = ids[whole:], page[last].id
		size = max(1, whole) // a store may read all rows of a group to hand out the first
	}
	return nil
}

// refPage reads the first rows of several referred records, or those of one after a row of it. of says which record each row refers to.
func (r *Run) refPage(ctx context.Context, spec kindSpec, col string, ids []string, after string) (of []string, page []sealedStaged, err error) {
	q := `SELECT ` + stagedColumns + `, d.` + col + ` FROM staged d WHERE d.run = ? AND d.kind = ? AND d.deleted = 0 AND d.` + col
	read := func(cond string, args ...any) error {
		return r.l.read(ctx, func(s session) error {
			return s.query(ctx, q+cond, func(row scanner) error {
				var x sealedStaged
				var ref string
				err := row.Scan(x.dest(&ref)...)
				of, page = append(of, ref), append(page, x)
				return err
			}, append([]any{r.id, spec.code}, append(args, refChunk)...)...)
		})
	}
	if after != "" {
		err = read(` = ? AND d.id > ? ORDER BY d.id LIMIT ?`, ids[0], after)
		return of, page, err
	}
	err = inList(r.l.d, ids, func(in string, args []any) error {
		return read(` `+in+` ORDER BY d.`+col+`, d.id LIMIT ?`, args...)
	})
	return of, page, err
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
