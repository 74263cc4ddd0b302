package ledger

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"rezora2nutshell/internal/record"
)

// stagedRow is a record made ready for the database: parsed, hashed and encrypted outside the writer.
type stagedRow struct {
	id                            string
	deleted                       bool
	provenance                    record.Provenance
	updatedAt                     int64
	sourceHash, hash, legacyHash  []byte
	refs                          [2]any // string, or nil
	keys                          [3]any // 16 bytes, or nil
	payload, tombstone, legacyRaw []byte
}

// stagedRows makes a page ready on all processors: parsing and hashing cost more than the database does.
func (r *Run) stagedRows(ctx context.Context, b *box, kind record.Kind, s kindSpec, recs []record.Record) ([]stagedRow, error) {
	const part = 64
	rows := make([]stagedRow, len(recs))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for from := 0; from < len(recs); from += part {
		group.Go(func() error {
			for i := from; i < min(from+part, len(recs)); i++ {
				var err error
				if rows[i], err = r.stagedRow(b, kind, s, recs[i]); err != nil {
					return err
				}
			}
			return ctx.Err()
		})
	}
	return rows, group.Wait()
}

func (r *Run) stagedRow(b *box, kind record.Kind, s kindSpec, rec record.Record) (stagedRow, error) {
	if rec.Kind != "" && rec.Kind != kind {
		return stagedRow{}, fmt.Errorf("%s is of kind %s", rec.ID, rec.Kind)
	}
	if rec.ID == "" || strings.ContainsRune(rec.ID, 0) {
		return stagedRow{}, errors.New("a record has no usable id")
	}
	row := stagedRow{id: rec.ID, deleted: rec.Deleted, provenance: rec.Provenance, updatedAt: micros(rec.UpdatedAt)}
	if row.provenance == "" {
		row.provenance = record.FromCurrent
	}
	item := map[string]any{}
	if !rec.Deleted || len(rec.Canon) > 0 {
		v, err := decodeJSON(rec.Canon)
		var ok bool
		if item, ok = v.(map[string]any); err != nil || !ok {
			return stagedRow{}, fmt.Errorf("%s is not a JSON object", rec.ID)
		}
	}
	for i, ref := range s.refs {
		if ref.of != nil {
			row.refs[i] = column(ref.of(item))
		}
	}
	for i, key := range s.keys {
		if key.of != nil {
			row.keys[i] = keyHash(b, kind, key, key.of(item))
		}
	}
	if err := row.hashes(b, s, rec, item); err != nil {
		return stagedRow{}, fmt.Errorf("%s: %w", rec.ID, err)
	}
	place := r.stagedPlace(s, rec.ID)
	row.payload = b.seal(place, frame(rec.Canon, rec.Raw))
	row.legacyRaw = b.seal(place+"/legacy", rec.Legacy)
	row.tombstone = []byte{}
	if rec.Deleted {
		row.tombstone = b.seal(place+"/tombstone", rec.Source())
	}
	return row, nil
}

// hashes says by what a page is told from what is stored. The source hash is over the item as served, so that a record which the union
// of two sources has completed is not taken for changed when the current source serves it unchanged again.
func (row *stagedRow) hashes(b *box, s kindSpec, rec record.Record, item map[string]any) error {
	row.legacyHash = []byte{}
	if len(rec.Legacy) > 0 {
		canon, err := canonicalJSON(rec.Legacy)
		if err != nil {
			return fmt.Errorf("legacy record: %w", err)
		}
		row.legacyHash = b.mac("legacy", canon)[:16]
	}
	if rec.Deleted {
		row.hash = b.mac("content", []byte("deleted"))[:16]
		row.sourceHash = row.hash
		return nil
	}
	for _, f := range s.volatile {
		delete(item, f)
	}
	canon, err := appendObject(nil, item)
	if err != nil {
		return err
	}
	row.hash = b.mac("content", canon)[:16]
	row.sourceHash = row.hash
	if rec.Raw == nil || s.volatile != nil {
		return nil
	}
	raw, err := canonicalJSON(rec.Raw)
	if err != nil {
		return fmt.Errorf("raw record: %w", err)
	}
	row.sourceHash = b.mac("content", raw)[:16]
	return nil
}

func canonicalJSON(raw []byte) ([]byte, error) {
	v, err := decodeJSON(raw)
	if err != nil {
		return nil, err
	}
	return appendCanonical(nil, v)
}

func keyHash(b *box, kind record.Kind, key naturalKey, value string) any {
	if value = key.norm(value); value == "" {
		return nil
	}
	return b.mac("key/"+string(kind)+"."+key.name, []byte(value))[:16]
}

func column(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (r *Run) stagedPlace(s kindSpec, id string) string {
	return "staged/" + strconv.FormatInt(r.id, 10) + "/" + strconv.FormatInt(s.code, 10) + "/" + id
}

// frame packs the canonical and the raw item; unframe takes them apart.
func frame(canon, raw []byte) []byte {
	out := binary.AppendUvarint(make([]byte, 0, len(canon)+len(raw)+4), uint64(len(canon)))
	return append(append(out, canon...), raw...)
}

func unframe(p []byte) (canon, raw []byte, err error) {
	n, used := binary.Uvarint(p)
	if used <= 0 || n > uint64(len(p)-used) {
		return nil, nil, errors.New("stored payload is damaged")
	}
	p = p[used:]
	canon, raw = p[:n:n], p[n:]
	if len(canon) == 0 {
		canon = nil
	}
	if len(raw) == 0 {
		raw = nil
	}
	return canon, raw, nil
}
