package ledger

import (
	"bytes"
	"context"
	"fmt"
	"slices"
)

// destKeySize is the length of one packed key: 16 bytes of keyed hash.
const destKeySize = 16

const upsertDest = `INSERT INTO dest (run, crawl, type, id, rev, deleted, source_id, hash, keys, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (run, crawl, type, id) DO UPDATE SET rev = excluded.rev, deleted = excluded.deleted, source_id = excluded.source_id,
	hash = excluded.hash, keys = excluded.keys, body = excluded.body`

func destScope(crawl int) string { return fmt.Sprintf("dest/%d", crawl) }

// destRow is a record made ready for the database.
type destRow struct {
	DestRecord
	keys []byte // its keys' hashes, sorted, one after the other
	body []byte
}

func (r *Run) destRow(b *box, crawl int, rec DestRecord) destRow {
	var keys [][]byte
	for name, values := range rec.Keys {
		for _, v := range values {
			if v != "" {
				keys = append(keys, destKey(b, rec.Type, name, v))
			}
		}
	}
	slices.SortFunc(keys, bytes.Compare)
	keys = slices.CompactFunc(keys, bytes.Equal)
	return destRow{DestRecord: rec, keys: slices.Concat(keys...), body: b.seal(r.destPlace(crawl, rec.Type, rec.ID), rec.Body)}
}

func destKey(b *box, typ, name, value string) []byte {
	return b.mac("dest/"+typ+"."+name, []byte(value))[:destKeySize]
}

func (r *Run) destPlace(crawl int, typ string, id int64) string {
	return fmt.Sprintf("dest/%d/%d/%s/%d", r.id, crawl, typ, id)
}

// PutDest stores records of the account as a crawl saw them, and the cursor of a walk of it, in one transaction (I1). A record seen twice is
// replaced. Keys must come folded: they are compared as they are.
func (r *Run) PutDest(ctx context.Context, crawl int, walk string, recs []DestRecord, c Cursor) error {
	c.Walk = walk
	b, err := r.box()
	if err != nil {
		return wrap(err, "store crawled records")
	}
	cursor, err := r.cursorArgs(b, destScope(crawl), c)
	if err != nil {
		return wrap(err, "store crawled records")
	}
	type place struct {
		typ string
		id  int64
	}
	at := map[place]int{}
	var rows []destRow
	for _, rec := range recs {
		row := r.destRow(b, crawl, rec)
		p := place{rec.Type, rec.ID}
		if i, ok := at[p]; ok {
			rows[i] = row
			continue
		}
		at[p] = len(rows)
		rows = append(rows, row)
	}
	return wrap(r.l.write(ctx, false, len(rows)+1, func(t *tx) error {
		if err := t.putDest(r.id, crawl, rows); err != nil {
			return err
		}
		_, err := t.exec(t.ctx, putCursor, cursor...)
		return err
	}), "store crawled records")
}

func (t *tx) putDest(run int64, crawl int, rows []destRow) error {
	have, err := t.destKeys(run, crawl, rows)
	if err != nil {
		return err
	}
	var upserts, drop, add [][]any
	for i, d := range rows {
		upserts = append(upserts, []any{run, crawl, d.Type, d.ID, d.Rev, flag(d.Deleted), d.SourceID, d.Hash, blob(d.keys), d.body})
		if bytes.Equal(have[i], d.keys) {
			continue
		}
		for k := range slices.Chunk(have[i], destKeySize) {
			drop = append(drop, []any{run, crawl, d.Type, k, d.ID})
		}
		for k := range slices.Chunk(d.keys, destKeySize) {
			add = append(add, []any{run, crawl, d.Type, k, d.ID})
		}
	}
	t.grown["dest"] += len(upserts)
	t.grown["dest_keys"] += len(add)
	if _, err := t.execEach(t.ctx, upsertDest, upserts); err != nil {
		return err
	}
	if _, err := t.execEach(t.ctx, `DELETE FROM dest_keys WHERE run = ? AND crawl = ? AND type = ? AND hash = ? AND id = ?`, drop); err != nil {
		return err
	}
	_, err = t.execEach(t.ctx, `INSERT INTO dest_keys (run, crawl, type, hash, id) VALUES (?, ?, ?, ?, ?) ON CONFLICT (run, crawl, type, hash, id) DO NOTHING`, add)
	return err
}

// destKeys reads the packed keys that records have so far; nil for new ones.
func (t *tx) destKeys(run int64, crawl int, rows []destRow) ([][]byte, error) {
	sets := make([][]any, len(rows))
	for i, d := range rows {
		sets[i] = []any{run, crawl, d.Type, d.ID}
	}
	out := make([][]byte, len(rows))
	err := t.queryEach(t.ctx, `SELECT keys FROM dest WHERE run = ? AND crawl = ? AND type = ? AND id = ?`, sets, func(i int, row scanner) error {
		return row.Scan(&out[i])
	})
	return out, err
}

// DestCursor is where a walk of a crawl stands.
func (r *Run) DestCursor(ctx context.Context, crawl int, walk string) (Cursor, error) {
	c, err := r.cursor(ctx, destScope(crawl), walk)
	return c, wrap(err, "read the cursor of crawl %d", crawl)
}

// PutDestCursor moves a walk that brought no records.
func (r *Run) PutDestCursor(ctx context.Context, crawl int, walk string, c Cursor) error {
	c.Walk = walk
	return wrap(r.putCursor(ctx, destScope(crawl), c), "store the cursor of crawl %d", crawl)
}

// DropDest forgets a crawl, its cursors too, in pieces that do not hold up the writer.
func (r *Run) DropDest(ctx context.Context, crawl int) error {
	const piece = 2000
	for _, q := range []string{
		`DELETE FROM dest_keys WHERE run = ? AND crawl = ? AND (type, hash, id) IN (SELECT type, hash, id FROM dest_keys WHERE run = ? AND crawl = ? LIMIT ?)`,
		`DELETE FROM dest WHERE run = ? AND crawl = ? AND (type, id) IN (SELECT type, id FROM dest WHERE run = ? AND crawl = ? LIMIT ?)`,
	} {
		for more := true; more; {
			err := r.l.write(ctx, false, piece, func(t *tx) error {
				n, err := t.exec(t.ctx, q, r.id, crawl, r.id, crawl, piece)
				more = n == piece
				return err
			})
			if err != nil {
				return wrap(err, "drop crawl %d", crawl)
			}
		}
	}
	return wrap(r.l.write(ctx, true, 1, func(t *tx) error {
		_, err := t.exec(t.ctx, `DELETE FROM cursors WHERE run = ? AND scope = ?`, r.id, destScope(crawl))
		return err
	}), "drop crawl %d", crawl)
}
