package rezoratest

import "fmt"

// loadData fills a store with the rows of Config.Data and LegacyData.
func loadData(cfg Config) (*store, error) {
	st, now := newStore(), seconds(cfg.Now())
	for _, part := range []struct {
		rows   map[string][]map[string]any
		tables map[string]*table
	}{{cfg.Data, st.tables}, {cfg.LegacyData, st.legacy}} {
		for name := range part.rows {
			if resources[name] == nil {
				return nil, fmt.Errorf("rezoratest: data: unknown resource %q", name)
			}
		}
		for _, name := range Resources {
			for _, m := range part.rows[name] {
				r, err := readRow(st, resources[name], m, now, cfg.CollidingEventIDs)
				if err != nil {
					return nil, err
				}
				if part.tables[name].get(r.id, r.sub) != nil {
					return nil, fmt.Errorf("rezoratest: data: %s %s: given twice", name, r.id)
				}
				part.tables[name].load(r)
			}
		}
	}
	st.settle()
	return st, nil
}

// readRow takes a canonical row as given, its times included.
func readRow(st *store, res *resource, m map[string]any, now int64, bareEvents bool) (*row, error) {
	c, err := canonical(m)
	if err != nil {
		return nil, err
	}
	if text(c["id"]) == "" {
		c["id"] = st.idFor(res, c, bareEvents)
	}
	if text(c["created_at"]) == "" {
		c["created_at"] = instant(now).String()
	}
	if text(c["updated_at"]) == "" {
		c["updated_at"] = c["created_at"]
	}
	deleted, _ := c["deleted"].(bool)
	at, _ := parseInstant(text(c["deleted_at"]))
	if deleted && at == 0 {
		if at, err = parseInstant(text(c["updated_at"])); err != nil {
			return nil, fmt.Errorf("rezoratest: data: %s %s: %w", res.name, text(c["id"]), err)
		}
	}
	c["deleted"], c["deleted_at"] = false, nil
	r, err := rowFromMap(res, c)
	if err != nil {
		return nil, err
	}
	if deleted {
		r.deletedAt, r.updated = int64(at), int64(at)
	}
	return r, nil
}
