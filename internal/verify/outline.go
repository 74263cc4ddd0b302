package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/projection"
	"rezora2nutshell/internal/sketch"
)

// Outline sums up how every source record came out, in a table of fixed size: two of them tell which records came out differently. It holds
// ids and keyed hashes, no values (I5).
type Outline struct {
	Hash func(line string) string // the run's ShortHash: equal lines of one run have equal hashes
	set  sketch.Sketch
}

// Add takes a page. All results of one source record are in the same page.
func (o *Outline) Add(page []Result) error {
	sums := map[string]uint64{}
	for _, r := range page {
		if r.Shown == "" {
			continue
		}
		n, err := strconv.ParseUint(o.Hash(r.Shown), 16, 64)
		if err != nil {
			return fmt.Errorf("hash the line of %s %s: %w", r.Effect.Object, r.Effect.SourceID, ledger.ErrShredded)
		}
		sums[outlineKey(r.Effect.Object, r.Effect.SourceID)] += n
	}
	for key, n := range sums {
		if err := o.set.Add(key, n); err != nil {
			return fmt.Errorf("outline %s: %w", key, err)
		}
	}
	return nil
}

// Bytes are the outline for those who compare with it later.
func (o *Outline) Bytes() ([]byte, error) { return o.set.MarshalBinary() }

// CheckOutline tells whether Bytes made it.
func CheckOutline(b []byte) error { return new(sketch.Sketch).UnmarshalBinary(b) }

// Differing are the source records that came out otherwise than in an earlier outline, in the order of their objects and ids. It is not whole
// when they are too many to tell.
func (o *Outline) Differing(earlier []byte) (refs []ledger.Ref, whole bool, err error) {
	var was sketch.Sketch
	if err := was.UnmarshalBinary(earlier); err != nil {
		return nil, false, fmt.Errorf("read the outline: %w", err)
	}
	keys, whole := sketch.Differing(&was, &o.set)
	for _, key := range keys {
		object, id, _ := strings.Cut(key, "/")
		refs = append(refs, ledger.Ref{Object: object, SourceID: id})
	}
	return refs, whole, nil
}

// longestID is that of an id which stands in an outline as it is; of longer ones the beginning and a hash.
const longestID = 64

func outlineKey(object, id string) string {
	if len(id) > longestID {
		id = strings.ToValidUTF8(id[:longestID-19], "") + "..." + shortSum(id)
	}
	return object + "/" + id
}

// ChangedSince tells that a delta round brought something new about a record: itself, or a row of the source that stands in its fields.
func ChangedSince(ctx context.Context, run *ledger.Run, ref ledger.Ref) (bool, error) {
	s, found, err := run.Get(ctx, projection.KindOf(ref.Object), ref.SourceID)
	if err != nil || found && (s.Round > 0 || s.Deleted) {
		return err == nil, err
	}
	effects, err := run.EffectsOf(ctx, ref.Object, []string{ref.SourceID})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(effects[ref.SourceID], func(e ledger.Effect) bool { return e.Round > 0 }), nil
}

func shortSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}
