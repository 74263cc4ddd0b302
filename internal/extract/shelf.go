package extract

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
)

// A shelf holds rows of the source that are not staged, or not yet: what the legacy API answered, the ids of a sweep. It is a crawl of the
// ledger with a negative number, so it is as large as it needs to be, encrypted, and committed with the cursor of its walk (I1).

func legacyShelf(round int) int { return -2*round - 1 }

func sweepShelf(round int) int { return -2*round - 2 }

// slot is where a record lies on a shelf: the number that orders it, and a second hash that tells it from others of the same number.
type slot struct {
	n     int64
	check string
}

func (r *Reader) slot(typ, id string) (slot, error) {
	hash := r.Run.Hash("shelf/"+typ, id)
	if len(hash) < 32 {
		return slot{}, ledger.ErrShredded
	}
	n, err := strconv.ParseUint(hash[:16], 16, 64)
	if err != nil {
		return slot{}, fmt.Errorf("place a record: %w", err)
	}
	return slot{int64(n>>1) | 1, hash[16:]}, nil // 63 bits, never 0
}

// shelved is a legacy record on its shelf.
type shelved struct {
	Read  string          `json:"-"`               // the reading of a credential that brought it
	Agent string          `json:"agent,omitempty"` // the owner, where the credential does not say
	ID    string          `json:"id"`
	Canon json.RawMessage `json:"canon"`
	Raw   json.RawMessage `json:"raw,omitempty"`
}

func (s shelved) record(kind record.Kind) record.Record {
	return record.Record{Kind: kind, ID: s.ID, Canon: s.Canon, Raw: s.Raw}
}

func (r *Reader) shelve(kind record.Kind, s shelved) (ledger.DestRecord, error) {
	at, err := r.slot(string(kind), s.ID)
	if err != nil {
		return ledger.DestRecord{}, err
	}
	body, err := compact(s)
	if err != nil {
		return ledger.DestRecord{}, err
	}
	return ledger.DestRecord{Type: string(kind), ID: at.n, Hash: at.check, Rev: s.Read, Body: body}, nil
}

func unshelve(d ledger.DestRecord) (shelved, error) {
	var s shelved
	if err := json.Unmarshal(d.Body, &s); err != nil {
		return s, fmt.Errorf("read a legacy %s: %w", d.Type, err)
	}
	s.Read = d.Rev
	return s, nil
}

// onShelf finds legacy records of a round by id.
func (r *Reader) onShelf(ctx context.Context, round int, kind record.Kind, ids []string) (map[string]shelved, error) {
	slots := make([]int64, 0, len(ids))
	for _, id := range ids {
		at, err := r.slot(string(kind), id)
		if err != nil {
			return nil, err
		}
		slots = append(slots, at.n)
	}
	rows, err := r.Run.DestGetMany(ctx, legacyShelf(round), string(kind), slots)
	if err != nil {
		return nil, err
	}
	out := map[string]shelved{}
	for _, row := range rows {
		s, err := unshelve(row)
		if err != nil {
			return nil, err
		}
		out[s.ID] = s
	}
	return out, nil
}
