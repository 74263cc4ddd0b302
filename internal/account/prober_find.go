package account

import (
	"context"
	"slices"
	"strings"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/crawl"
)

// listMost bounds the pages of one look-up by listing. Marks come from a crawl minutes before, so what is newer fits on few pages.
const listMost = 10

// lookup finds the live records of a type that carry a marker. It looks where the contract is exact first: the lists of the records that
// new ones hang on are always current. Then by the marked e-mail address, and through the newest records down to the mark. Of accounts
// and contacts it thereby needs no order of ids.
func (p *Prober) lookup(ctx context.Context, t nutshell.EntityType, marker string, parents []recordKey) ([]nutshell.Entity, error) {
	var out []nutshell.Entity
	seen := map[int64]bool{}
	take := func(list ...nutshell.Entity) {
		for _, e := range list {
			if !seen[e.ID] && !e.Deleted && carries(e, marker) {
				seen[e.ID] = true
				out = append(out, e)
			}
		}
	}
	find := p.linked
	if t == nutshell.Tasks {
		find = p.tasksOf
	}
	linked, err := find(ctx, t, parents)
	if err != nil {
		return nil, err
	}
	take(linked...)
	switch t {
	case nutshell.Notes, nutshell.Tasks:
		return out, nil
	case nutshell.Accounts, nutshell.Contacts:
		mailed, err := p.mailed(ctx, t, marker)
		if err != nil {
			return nil, err
		}
		take(mailed...)
	}
	newest, err := p.newest(ctx, t)
	if err != nil {
		return nil, err
	}
	take(newest...)
	slices.SortFunc(out, func(a, b nutshell.Entity) int { return int(a.ID - b.ID) })
	return out, nil
}

// carries reports whether a record bears the marker, in the field its kind has for it.
func carries(e nutshell.Entity, marker string) bool {
	text := ""
	switch e.Type {
	case nutshell.Contacts:
		name := nutshell.Object(e.Raw["name"])
		text = nutshell.Text(name["givenName"]) + nutshell.Text(name["familyName"]) + nutshell.Text(name["displayName"])
	case nutshell.Accounts:
		text = nutshell.Text(e.Raw["name"])
	case nutshell.Leads:
		text = nutshell.Text(e.Raw["description"])
	case nutshell.Tasks:
		text = nutshell.Text(e.Raw["title"])
	case nutshell.Notes:
		text = crawl.NoteText(e.Raw)
	}
	return strings.Contains(text, marker)
}

// tasksOf lists the tasks of the people among the parents.
func (p *Prober) tasksOf(ctx context.Context, t nutshell.EntityType, parents []recordKey) ([]nutshell.Entity, error) {
	var out []nutshell.Entity
	for _, k := range parents {
		if k.t != nutshell.Contacts {
			continue
		}
		list, err := p.Client.Find(ctx, t, nutshell.Query{Filter: map[string]any{"entity": k.t.Link(k.id)}, Desc: true})
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// linked reads what hangs on the parents: contacts, leads and accounts by their links, notes by the list and the timeline.
func (p *Prober) linked(ctx context.Context, t nutshell.EntityType, parents []recordKey) ([]nutshell.Entity, error) {
	var out []nutshell.Entity
	seen := map[int64]bool{}
	for _, k := range parents {
		if t != nutshell.Notes && k.t != nutshell.Accounts {
			continue // every probe record hangs on the account
		}
		parent, err := p.Client.Get(ctx, k.t, k.id)
		if err != nil && !nutshell.IsNotFound(err) {
			return nil, err
		}
		for _, v := range nutshell.List(parent.Raw[t.Collection()]) {
			e, ok := nutshell.DecodeEntity(v, t)
			if !ok || seen[e.ID] {
				continue
			}
			seen[e.ID] = true
			if t == nutshell.Notes {
				out = append(out, e)
				continue
			}
			if e, err = p.Client.Get(ctx, t, e.ID); nutshell.IsNotFound(err) {
				continue
			} else if err != nil {
				return nil, err
			}
			out = append(out, e)
		}
		if t == nutshell.Notes {
			items, err := p.timeline(ctx, k)
			if err != nil {
				return nil, err
			}
			out = append(out, items...)
		}
	}
	return out, nil
}

// timeline lists the newest notes of a record; that of a deleted one answers too (nutshell contract 2).
func (p *Prober) timeline(ctx context.Context, k recordKey) ([]nutshell.Entity, error) {
	items, _, err := p.Client.Timeline(ctx, k.t, k.id, 1, true)
	if nutshell.IsNotFound(err) || nutshell.IsMethodMissing(err) {
		return nil, nil
	}
	var notes []nutshell.Entity
	for _, e := range items {
		if e.Type == nutshell.Notes {
			notes = append(notes, e)
		}
	}
	return notes, err
}

// mailed finds records by the address that all of a session have.
func (p *Prober) mailed(ctx context.Context, t nutshell.EntityType, marker string) ([]nutshell.Entity, error) {
	contacts, accounts, err := p.Client.SearchByEmail(ctx, address(marker))
	if nutshell.IsMethodMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	stubs := contacts
	if t == nutshell.Accounts {
		stubs = accounts
	}
	var out []nutshell.Entity
	for _, stub := range stubs {
		e, err := p.Client.Get(ctx, t, stub.ID)
		if nutshell.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// newest lists the newest records of a type, down to what was there before the probes.
func (p *Prober) newest(ctx context.Context, t nutshell.EntityType) ([]nutshell.Entity, error) {
	var filter map[string]any
	if t == nutshell.Leads {
		filter = map[string]any{"status": []int{0, 10, 11, 12}, "filter": 2}
	}
	var out []nutshell.Entity
	for page := 1; page <= listMost; page++ {
		list, err := p.Client.Find(ctx, t, nutshell.Query{Filter: filter, Page: page, Desc: true})
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
		if len(list) < 100 || list[len(list)-1].ID <= p.Marks[t] {
			return out, nil
		}
	}
	return out, nil
}
