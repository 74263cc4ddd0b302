package ledger

import (
	"context"
	"slices"

	"rezora2nutshell/internal/record"
)

// Lookup finds live records by a natural key and returns, for each value that has any, the ids in the order of their bytes.
// Values are folded here as the contracts say, so they may be given as they stand. The keys: contacts email and owner_email
// ("<owner>\x00<email>"); companies domain, host (of the website, without www.), name (case and inner white space folded; the legal name
// where there is no name); agents email; teams name; distribution_groups owner_name ("<owner>\x00<name>"); memberships and recipients
// pair ("<team, group or campaign>\x00<agent or contact>").
func (r *Run) Lookup(ctx context.Context, kind record.Kind, key string, values []string) (map[string][]string, error) {
	return r.lookup(ctx, kind, key, values, false)
}

// LookupDeleted is Lookup over the deleted records, by the last live values the ledger saw or the tombstone's own.
func (r *Run) LookupDeleted(ctx context.Context, kind record.Kind, key string, values []string) (map[string][]string, error) {
	return r.lookup(ctx, kind, key, values, true)
}

func (r *Run) lookup(ctx context.Context, kind record.Kind, key string, values []string, deleted bool) (map[string][]string, error) {
	spec, nk, col, err := keyColumn(kind, key)
	if err != nil {
		return nil, err
	}
	b, err := r.box()
	if err != nil {
		return nil, wrap(err, "look up %s by %s", kind, key)
	}
	asked := map[string][]string{} // hash -> the values that fold to it
	var hashes [][]byte
	for _, v := range unique(values) {
		h, ok := keyHash(b, kind, nk, v).([]byte)
		if !ok {
			continue
		}
		if asked[string(h)] == nil {
			hashes = append(hashes, h)
		}
		asked[string(h)] = append(asked[string(h)], v)
	}
	found := map[string][]string{}
	err = inList(r.l.d, hashes, func(in string, args []any) error {
		return r.l.read(ctx, func(s session) error {
			q := `SELECT ` + col + `, id FROM staged WHERE run = ? AND kind = ? AND deleted = ? AND ` + col + ` ` + in
			return s.query(ctx, q, func(row scanner) error {
				var h []byte
				var id string
				err := row.Scan(&h, &id)
				found[string(h)] = append(found[string(h)], id)
				return err
			}, append([]any{r.id, spec.code, flag(deleted)}, args...)...)
		})
	})
	if err != nil {
		return nil, wrap(err, "look up %s by %s", kind, key)
	}
	out := map[string][]string{}
	for h, ids := range found {
		slices.Sort(ids)
		for _, v := range asked[h] {
			out[v] = slices.Clone(ids)
		}
	}
	return out, nil
}
