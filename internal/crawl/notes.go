package crawl

import (
	"context"

	"rezora2nutshell/clients/nutshell"
)

// NotesOn lists the live notes of a record, with the record as their parent: those of its own list, and of its timeline, since the list may
// be short (nutshell contract 7.15). A record that is not there has none.
func NotesOn(ctx context.Context, c *nutshell.Client, t nutshell.EntityType, id int64) ([]nutshell.Entity, error) {
	if id == 0 {
		return nil, nil
	}
	parent, err := c.Get(ctx, t, id)
	if nutshell.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	seen := map[int64]bool{}
	var out []nutshell.Entity
	for _, n := range nutshell.List(parent.Raw["notes"]) {
		if e, ok := nutshell.DecodeEntity(n, nutshell.Notes); ok && !seen[e.ID] {
			seen[e.ID] = true
			e.Raw = WithParent(e.Raw, t, id)
			out = append(out, e)
		}
	}
	for page, more := 1, true; more; page++ {
		var items []nutshell.Entity
		if items, more, err = c.Timeline(ctx, t, id, page, true); err != nil {
			if nutshell.IsNotFound(err) || nutshell.IsMethodMissing(err) {
				return out, nil
			}
			return nil, err
		}
		for _, e := range items {
			if e.Type == nutshell.Notes && !seen[e.ID] {
				seen[e.ID] = true
				e.Raw = WithParent(e.Raw, t, id)
				out = append(out, e)
			}
		}
	}
	return out, nil
}
