package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"io"

	"rezora2nutshell/internal/record"
)

// sealChunk is how many rows of a set are numbered in one transaction: a set of millions must not hold up the writer.
const sealChunk = 5000

// Seal freezes a round: for each kind the live records (round 0) or all records that changed in the round (later ones), numbered 1..N
// in the order of their ids' bytes, with a root over (id, content hash). From its beginning on StagePage refuses the round.
// A repetition goes on where the last call stopped and returns the same. Kinds come in fetch order; empty ones too.
func (r *Run) Seal(ctx context.Context, round int) ([]Sealed, error) {
	out, err := r.seal(ctx, round)
	return out, wrap(err, "seal round %d", round)
}

func (r *Run) seal(ctx context.Context, round int) ([]Sealed, error) {
	err := r.l.write(ctx, true, 1, func(t *tx) error {
		if t.l.d == postgresDialect {
			if _, err := t.exec(t.ctx, `SELECT pg_advisory_xact_lock(?)`, sealLock(r.id, round)); err != nil {
				return err
			}
		}
		_, err := t.exec(t.ctx, `INSERT INTO seals (run, round) VALUES (?, ?) ON CONFLICT (run, round) DO NOTHING`, r.id, round)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := make([]Sealed, 0, len(record.Kinds))
	all := sha256.New()
	for _, kind := range record.Kinds {
		set, found, err := r.SealedSet(ctx, round, kind)
		if err == nil && !found {
			set, err = r.sealKind(ctx, round, kind)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", kind, err)
		}
		out = append(out, set)
		fmt.Fprintf(all, "%s %d %s\n", kind, set.Count, set.Root)
	}
	root := hex.EncodeToString(all.Sum(nil))
	err = r.l.write(ctx, true, 1, func(t *tx) error {
		now, err := t.clock()
		if err != nil {
			return err
		}
		_, err = t.exec(t.ctx, `UPDATE seals SET sealed_at = ?, root = ? WHERE run = ? AND round = ? AND sealed_at = 0`, now, root, r.id, round)
		return err
	})
	return out, err
}

// sealLock makes one number of a run and a round for PostgreSQL's advisory locks.
func sealLock(run int64, round int) int64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "rezora2nutshell seal %d/%d", run, round)
	return int64(h.Sum64()) // only its bits matter
}

func (r *Run) sealKind(ctx context.Context, round int, kind record.Kind) (Sealed, error) {
	spec := kinds[kind]
	var seq int64
	var last string
	err := r.l.read(ctx, func(s session) error {
		_, err := one(ctx, s, `SELECT seq, id FROM sealed_rows WHERE run = ? AND round = ? AND kind = ? ORDER BY seq DESC LIMIT 1`,
			[]any{r.id, round, spec.code}, &seq, &last)
		return err
	})
	if err != nil {
		return Sealed{}, err
	}
	for {
		ids, err := r.toSeal(ctx, round, spec, last)
		if err != nil {
			return Sealed{}, err
		}
		if len(ids) == 0 {
			break
		}
		sets := make([][]any, len(ids))
		for i, id := range ids {
			sets[i] = []any{r.id, round, spec.code, seq + int64(i) + 1, id}
		}
		const q = `INSERT INTO sealed_rows (run, round, kind, seq, id) VALUES (?, ?, ?, ?, ?) ON CONFLICT (run, round, kind, seq) DO NOTHING`
		if err := r.l.write(ctx, false, len(sets), func(t *tx) error {
			t.grown["sealed_rows"] += len(sets)
			_, err := t.execEach(t.ctx, q, sets)
			return err
		}); err != nil {
			return Sealed{}, err
		}
		seq, last = seq+int64(len(ids)), ids[len(ids)-1]
	}
	set := Sealed{Kind: kind, Round: round, Count: seq}
	if set.Root, err = r.rootOf(ctx, round, spec, seq); err != nil {
		return Sealed{}, err
	}
	err = r.l.write(ctx, true, 1, func(t *tx) error {
		_, err := t.exec(t.ctx, `INSERT INTO sealed_sets (run, round, kind, count, root) VALUES (?, ?, ?, ?, ?) ON CONFLICT (run, round, kind) DO NOTHING`,
			r.id, round, spec.code, set.Count, set.Root)
		return err
	})
	return set, err
}

func (r *Run) toSeal(ctx context.Context, round int, spec kindSpec, after string) ([]string, error) {
	q := `SELECT id FROM staged WHERE run = ? AND kind = ? AND id > ? AND deleted = 0 ORDER BY id LIMIT ?`
	args := []any{r.id, spec.code, after, sealChunk}
	if round > 0 {
		q = `SELECT id FROM staged WHERE run = ? AND kind = ? AND round = ? AND round > 0 AND id > ? ORDER BY id LIMIT ?`
		args = []any{r.id, spec.code, round, after, sealChunk}
	}
	var ids []string
	err := r.l.read(ctx, func(s session) error {
		return s.query(ctx, q, func(row scanner) error {
			var id string
			err := row.Scan(&id)
			ids = append(ids, id)
			return err
		}, args...)
	})
	return ids, err
}

// rootOf hashes a numbered set: SHA-256 over its lines (id, content hash) in order.
func (r *Run) rootOf(ctx context.Context, round int, spec kindSpec, n int64) (string, error) {
	h := sha256.New()
	const q = `SELECT s.id, d.hash FROM sealed_rows s JOIN staged d ON d.run = s.run AND d.kind = s.kind AND d.id = s.id
		WHERE s.run = ? AND s.round = ? AND s.kind = ? AND s.seq BETWEEN ? AND ? ORDER BY s.seq`
	for from := int64(1); from <= n; from += sealChunk {
		err := r.l.read(ctx, func(s session) error {
			return s.query(ctx, q, func(row scanner) error {
				var id string
				var hash []byte
				if err := row.Scan(&id, &hash); err != nil {
					return err
				}
				_, err := io.WriteString(h, id+"\x00"+hex.EncodeToString(hash)+"\n")
				return err
			}, r.id, round, spec.code, from, from+sealChunk-1)
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// SealedSet describes one kind of a round; false while it is not sealed.
func (r *Run) SealedSet(ctx context.Context, round int, kind record.Kind) (Sealed, bool, error) {
	spec, err := specOf(kind)
	if err != nil {
		return Sealed{}, false, err
	}
	set := Sealed{Kind: kind, Round: round}
	var found bool
	err = r.l.read(ctx, func(s session) (err error) {
		found, err = one(ctx, s, `SELECT count, root FROM sealed_sets WHERE run = ? AND round = ? AND kind = ?`,
			[]any{r.id, round, spec.code}, &set.Count, &set.Root)
		return err
	})
	return set, found, wrap(err, "read the sealed set of %s", kind)
}

// Root is the root over all kinds of a sealed round; ErrIllegal while it is not sealed.
func (r *Run) Root(ctx context.Context, round int) (string, error) {
	var root string
	err := r.l.read(ctx, func(s session) error {
		_, err := one(ctx, s, `SELECT root FROM seals WHERE run = ? AND round = ?`, []any{r.id, round}, &root)
		return err
	})
	if err == nil && root == "" {
		err = fmt.Errorf("%w: it is not sealed", ErrIllegal)
	}
	return root, wrap(err, "read the root of round %d", round)
}
