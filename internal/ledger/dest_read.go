package ledger

import (
	"context"
	"slices"
)

func (r *Run) destRecords(ctx context.Context, crawl int, where string, args ...any) ([]DestRecord, error) {
	b, err := r.box()
	if err != nil {
		return nil, err
	}
	var out []DestRecord
	err = r.l.read(ctx, func(s session) error {
		return s.query(ctx, `SELECT type, id, rev, deleted, source_id, hash, body FROM dest `+where, func(row scanner) error {
			var d DestRecord
			var deleted int64
			var body []byte
			if err := row.Scan(&d.Type, &d.ID, &d.Rev, &deleted, &d.SourceID, &d.Hash, &body); err != nil {
				return err
			}
			d.Deleted = deleted != 0
			if d.Body, err = b.open(r.destPlace(crawl, d.Type, d.ID), body); err != nil {
				return err
			}
			out = append(out, d)
			return nil
		}, args...)
	})
	return out, err
}

// DestGet reads a record as a crawl saw it and reports whether it did. Keys are kept as hashes only and do not come back.
func (r *Run) DestGet(ctx context.Context, crawl int, typ string, id int64) (DestRecord, bool, error) {
	out, err := r.destRecords(ctx, crawl, `WHERE run = ? AND crawl = ? AND type = ? AND id = ?`, r.id, crawl, typ, id)
	if err != nil || len(out) == 0 {
		return DestRecord{}, false, wrap(err, "read crawled %s %d", typ, id)
	}
	return out[0], true, nil
}

// DestGetMany is DestGet for many records; those that the crawl did not see are missing in the answer.
func (r *Run) DestGetMany(ctx context.Context, crawl int, typ string, ids []int64) (map[int64]DestRecord, error) {
	out := map[int64]DestRecord{}
	err := inList(r.l.d, ids, func(in string, args []any) error {
		list, err := r.destRecords(ctx, crawl, `WHERE run = ? AND crawl = ? AND type = ? AND id `+in, append([]any{r.id, crawl, typ}, args...)...)
		for _, d := range list {
			out[d.ID] = d
		}
		return err
	})
	return out, wrap(err, "read crawled %s", typ)
}

// DestEach reads up to limit records of a type with ids above afterID, ascending.
func (r *Run) DestEach(ctx context.Context, crawl int, typ string, afterID int64, limit int) ([]DestRecord, error) {
	out, err := r.destRecords(ctx, crawl, `WHERE run = ? AND crawl = ? AND type = ? AND id > ? ORDER BY id LIMIT ?`, r.id, crawl, typ, afterID, limit)
	return out, wrap(err, "read crawled %s", typ)
}

// DestLookup finds records that were not deleted by a key and returns, for each value that has any, their ids ascending.
func (r *Run) DestLookup(ctx context.Context, crawl int, typ, key string, values []string) (map[string][]int64, error) {
	b, err := r.box()
	if err != nil {
		return nil, wrap(err, "look up crawled %s by %s", typ, key)
	}
	asked := map[string]string{}
	var hashes [][]byte
	for _, v := range unique(values) {
		if v != "" {
			h := destKey(b, typ, key, v)
			asked[string(h)] = v
			hashes = append(hashes, h)
		}
	}
	out := map[string][]int64{}
	const q = `SELECT k.hash, k.id FROM dest_keys k JOIN dest d ON d.run = k.run AND d.crawl = k.crawl AND d.type = k.type AND d.id = k.id
		WHERE k.run = ? AND k.crawl = ? AND k.type = ? AND d.deleted = 0 AND k.hash `
	err = inList(r.l.d, hashes, func(in string, args []any) error {
		return r.l.read(ctx, func(s session) error {
			return s.query(ctx, q+in, func(row scanner) error {
				var h []byte
				var id int64
				err := row.Scan(&h, &id)
				v := asked[string(h)]
				out[v] = append(out[v], id)
				return err
			}, append([]any{r.id, crawl, typ}, args...)...)
		})
	})
	for _, ids := range out {
		slices.Sort(ids)
	}
	return out, wrap(err, "look up crawled %s by %s", typ, key)
}

// DestBySource finds records that were not deleted by our key on them: ids ascending, for each source id that has any.
func (r *Run) DestBySource(ctx context.Context, crawl int, typ string, sourceIDs []string) (map[string][]int64, error) {
	out := map[string][]int64{}
	ids := slices.DeleteFunc(unique(sourceIDs), func(s string) bool { return s == "" })
	err := inList(r.l.d, ids, func(in string, args []any) error {
		q := `SELECT source_id, id FROM dest WHERE run = ? AND crawl = ? AND type = ? AND source_id <> '' AND deleted = 0 AND source_id ` + in
		return r.l.read(ctx, func(s session) error {
			return s.query(ctx, q, func(row scanner) error {
				var source string
				var id int64
				err := row.Scan(&source, &id)
				out[source] = append(out[source], id)
				return err
			}, append([]any{r.id, crawl, typ}, args...)...)
		})
	})
	for _, list := range out {
		slices.Sort(list)
	}
	return out, wrap(err, "look up crawled %s by our key", typ)
}

// DestMaxID is the highest id of a type that a crawl saw, deleted ones too; 0 when it saw none.
func (r *Run) DestMaxID(ctx context.Context, crawl int, typ string) (int64, error) {
	var n int64
	err := r.l.read(ctx, func(s session) error {
		_, err := one(ctx, s, `SELECT COALESCE(max(id), 0) FROM dest WHERE run = ? AND crawl = ? AND type = ?`, []any{r.id, crawl, typ}, &n)
		return err
	})
	return n, wrap(err, "read the highest crawled id of %s", typ)
}

// DestCount is the number of records of a type that a crawl saw, deleted ones not counted.
func (r *Run) DestCount(ctx context.Context, crawl int, typ string) (int64, error) {
	var n int64
	err := r.l.read(ctx, func(s session) error {
		_, err := one(ctx, s, `SELECT count(*) FROM dest WHERE run = ? AND crawl = ? AND type = ? AND deleted = 0`, []any{r.id, crawl, typ}, &n)
		return err
	})
	return n, wrap(err, "count crawled %s", typ)
}
