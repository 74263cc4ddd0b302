package decide

import (
	"context"
	"encoding/json"
	"fmt"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
)

// claims remembers who has which record of the account: records are decided in the order of their ids, so the lower id has it.
type claims struct {
	d   *Decider
	typ string
	by  map[int64]string
}

// claims begins with what written records have already; a first decision begins with nothing.
func (d *Decider) claims(ctx context.Context, typ string, kind record.Kind) (*claims, error) {
	c := &claims{d: d, typ: typ, by: map[int64]string{}}
	if d.Written == nil {
		return c, nil
	}
	err := d.Run.EachDecision(ctx, kind, func(row ledger.Decision) error {
		var x Existing
		if err := json.Unmarshal(row.Data, &x); err != nil {
			return fmt.Errorf("read the decision about %s %s: %w", kind, row.ID, err)
		}
		if x.ID != 0 {
			c.by[x.ID] = row.ID
		}
		return nil
	})
	return c, err
}

// ours finds the records that carry our key already; policies do not matter for them.
func (c *claims) ours(ctx context.Context, ids []string) (map[string][]int64, error) {
	found, err := c.d.Run.DestBySource(ctx, c.d.Crawl, c.typ, ids)
	if err != nil {
		return nil, fmt.Errorf("look up %s by our key: %w", c.typ, err)
	}
	return found, nil
}

// pick decides for one record: what is ours is ours; else by policy and number of matches.
func (c *claims) pick(id string, ours, matches []int64) Existing {
	if len(ours) > 0 {
		c.by[ours[0]] = id
		return Existing{ID: ours[0], How: Ours}
	}
	if c.d.Policy == "create" || len(matches) == 0 {
		return Existing{How: Created}
	}
	if len(matches) > 1 {
		return Existing{How: Created, Several: len(matches)}
	}
	if who, taken := c.by[matches[0]]; taken && who != id {
		return Existing{How: Created, Taken: who}
	}
	c.by[matches[0]] = id
	if c.d.Policy == "skip" {
		return Existing{ID: matches[0], How: Linked}
	}
	return Existing{ID: matches[0], How: Merged}
}

// foreign leaves out records that carry the key of another source record: they are that one's, and no match for this one.
func (d *Decider) foreign(ctx context.Context, typ string, found map[string][]int64) (map[string][]int64, error) {
	seen := map[int64]bool{}
	var ids []int64
	for _, list := range found {
		for _, id := range list {
			if !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	rows, err := d.Run.DestGetMany(ctx, d.Crawl, typ, ids)
	if err != nil {
		return nil, fmt.Errorf("read matches of %s: %w", typ, err)
	}
	out := make(map[string][]int64, len(found))
	for key, list := range found {
		for _, id := range list {
			if r, ok := rows[id]; ok && r.SourceID == "" {
				out[key] = append(out[key], id)
			}
		}
	}
	return out, nil
}

func (d *Decider) lookup(ctx context.Context, typ, key string, values []string) (map[string][]int64, error) {
	if d.Policy == "create" || len(values) == 0 {
		return nil, nil
	}
	found, err := d.Run.DestLookup(ctx, d.Crawl, typ, key, values)
	if err != nil {
		return nil, fmt.Errorf("look up %s by %s: %w", typ, key, err)
	}
	return d.foreign(ctx, typ, found)
}

func ids(page []ledger.Staged) []string {
	out := make([]string, len(page))
	for i, s := range page {
		out[i] = s.ID
	}
	return out
}
