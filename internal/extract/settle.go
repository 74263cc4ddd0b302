package extract

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/union"
)

// Codes of the flags of this package, on the kind of the record.
const (
	FlagResubscribed = "resubscribed"      // an opt-out that no source knows any more
	FlagUnconfirmed  = "sweep_unconfirmed" // missing in a sweep, and the single read is not allowed
)

// settle makes rows of the current source into rows of the union: what legacy said last still counts when current delivers a record again
// (rezora contract 10, obligation 5). Before the first union there is nothing to settle.
func (r *round) settle(ctx context.Context, kind record.Kind, recs []record.Record) ([]record.Record, error) {
	if r.n == 0 || len(recs) == 0 || kind != record.Contacts && (!r.hasLegacy() || !slices.Contains(union.Order, kind)) {
		return recs, nil
	}
	ids := make([]string, len(recs))
	for i, rec := range recs {
		ids[i] = rec.ID
	}
	staged, err := r.Run.GetMany(ctx, kind, ids)
	if err != nil {
		return nil, err
	}
	out := make([]record.Record, 0, len(recs))
	var flags []ledger.FlagRow
	for _, rec := range recs {
		before, ok := staged[rec.ID]
		if !ok {
			out = append(out, rec)
			continue
		}
		if rec.Deleted && !before.Deleted && before.Provenance == record.Resurrected {
			continue // the tombstone that it was added in spite of
		}
		if rec, err = r.withLegacy(ctx, rec, before); err != nil {
			return nil, err
		}
		if flag, ok := resubscribed(before, rec); ok {
			flags = append(flags, flag)
		}
		out = append(out, rec)
	}
	if len(flags) == 0 {
		return out, nil
	}
	return out, r.Run.Flag(ctx, flags)
}

// withLegacy completes a row by what the legacy record beside it says.
func (r *round) withLegacy(ctx context.Context, rec record.Record, before ledger.Staged) (record.Record, error) {
	if rec.Deleted || len(before.Legacy) == 0 {
		return rec, nil
	}
	if r.Union.FillEmpty {
		filled, err := r.fill(ctx, rec, before)
		if err != nil {
			return rec, err
		}
		rec = filled
	}
	if rec.Kind != record.Contacts || !optedOut(before.Legacy) || optedOut(rec.Canon) {
		return rec, nil
	}
	return optOut(rec)
}

// resubscribed tells that an opt-out has gone from every source.
func resubscribed(before ledger.Staged, rec record.Record) (ledger.FlagRow, bool) {
	if rec.Kind != record.Contacts || rec.Deleted || before.Deleted || !optedOut(before.Canon) || optedOut(rec.Canon) {
		return ledger.FlagRow{}, false
	}
	return ledger.FlagRow{Object: string(record.Contacts), SourceID: rec.ID, Code: FlagResubscribed,
		Reason: "was unsubscribed at an earlier reading; no source says so any more"}, true
}

// optedOut reads the opt-out of a contact, canonical or as the legacy API writes it.
func optedOut(item json.RawMessage) bool {
	var c struct {
		Canon json.RawMessage `json:"unsubscribed"`
		Wire  json.RawMessage `json:"contact_unsubscribe"`
	}
	if len(item) == 0 || json.Unmarshal(item, &c) != nil {
		return false
	}
	return yes(c.Canon) || yes(c.Wire)
}

func yes(v json.RawMessage) bool {
	switch strings.ToLower(strings.Trim(string(v), `" `)) {
	case "true", "1", "y":
		return true
	}
	return false
}

// optOut sets the opt-out of a contact; the item as served stays beside it.
func optOut(rec record.Record) (record.Record, error) {
	item := map[string]json.RawMessage{}
	if err := json.Unmarshal(rec.Canon, &item); err != nil {
		return rec, fmt.Errorf("%s %s is no object", rec.Kind, rec.ID)
	}
	item["unsubscribed"] = json.RawMessage("true")
	if rec.Raw == nil {
		rec.Raw = rec.Canon
	}
	var err error
	rec.Canon, err = compact(item)
	return rec, err
}

// compact writes JSON as it is, without escaping for HTML.
func compact(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("write an item: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

func foldEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
