package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/ledger"
)

// Crawled reads records from a crawl in the ledger. One that the crawl does not show is asked for by its id: a list may have missed it, and
// what hangs on a record that a person deleted lives on although no list shows it (nutshell contract 4.3).
type Crawled struct {
	Run    *ledger.Run
	Crawl  int
	Client *nutshell.Client // nil: nobody is asked
}

// Records implements Reader.
func (c Crawled) Records(ctx context.Context, entityType string, ids []int64) (map[int64]map[string]any, error) {
	rows, err := c.Run.DestGetMany(ctx, c.Crawl, entityType, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]map[string]any, len(rows))
	for _, id := range ids {
		row, crawled := rows[id]
		if !crawled || row.Deleted {
			if c.Client == nil {
				continue
			}
			if err := c.ask(ctx, nutshell.EntityType(entityType), id, out); err != nil {
				return nil, err
			}
			continue
		}
		dec := json.NewDecoder(bytes.NewReader(row.Body))
		dec.UseNumber()
		var raw map[string]any
		if err := dec.Decode(&raw); err != nil {
			return nil, fmt.Errorf("decode %s %d of crawl %d: %w", entityType, id, c.Crawl, err)
		}
		out[id] = raw
	}
	return out, nil
}

func (c Crawled) ask(ctx context.Context, t nutshell.EntityType, id int64, out map[int64]map[string]any) error {
	e, err := c.Client.Get(ctx, t, id)
	switch {
	case nutshell.IsNotFound(err):
	case err != nil:
		return fmt.Errorf("look up %s %d: %w", t, id, err)
	default:
		out[id] = e.Raw
	}
	return nil
}

// Direct reads records of the account itself: the newest ones in pages, the few that are older one by one, notes with their parents. What
// it has read it remembers, so it is for a sample, not for an account.
type Direct struct {
	Client *nutshell.Client
	seen   map[string]map[int64]map[string]any
}

// newestPages bounds how far Direct pages before it reads one by one.
const newestPages = 12

// Records implements Reader.
func (d *Direct) Records(ctx context.Context, entityType string, ids []int64) (map[int64]map[string]any, error) {
	if d.seen == nil {
		d.seen = map[string]map[int64]map[string]any{}
	}
	t := nutshell.EntityType(entityType)
	if err := d.page(ctx, t, ids); err != nil {
		return nil, err
	}
	out := map[int64]map[string]any{}
	for _, id := range ids {
		raw, known := d.seen[entityType][id]
		if !known {
			e, err := d.Client.Get(ctx, t, id)
			switch {
			case nutshell.IsNotFound(err), err == nil && e.Deleted:
				continue
			case err != nil:
				return nil, fmt.Errorf("read %s %d: %w", entityType, id, err)
			}
			raw = e.Raw
			d.remember(e)
		}
		out[id] = raw
	}
	return out, nil
}

// page reads the newest records while they still hold some that are asked for.
func (d *Direct) page(ctx context.Context, t nutshell.EntityType, ids []int64) error {
	if t == nutshell.Notes || d.seen[string(t)] != nil || len(ids) < 10 {
		return nil
	}
	lowest := ids[0]
	for _, id := range ids {
		lowest = min(lowest, id)
	}
	for page := 1; page <= newestPages; page++ {
		list, err := d.Client.Find(ctx, t, nutshell.Query{Page: page, Desc: true})
		if err != nil {
			return fmt.Errorf("read the newest %s: %w", t, err)
		}
		for _, e := range list {
			d.remember(e)
		}
		if len(list) < 100 || list[len(list)-1].ID <= lowest {
			return nil
		}
	}
	return nil
}

// remember keeps a record, and the notes it lists with the record as their parent.
func (d *Direct) remember(e nutshell.Entity) {
	d.put(e.Type, e.ID, e.Raw)
	for _, n := range nutshell.List(e.Raw["notes"]) {
		if note, ok := nutshell.DecodeEntity(n, nutshell.Notes); ok {
			d.put(nutshell.Notes, note.ID, crawl.WithParent(note.Raw, e.Type, e.ID))
		}
	}
}

func (d *Direct) put(t nutshell.EntityType, id int64, raw map[string]any) {
	if d.seen[string(t)] == nil {
		d.seen[string(t)] = map[int64]map[string]any{}
	}
	d.seen[string(t)][id] = raw
}
