package undo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/ledger"
)

// newcomers adds the tasks and activities that people made since a crawl that has become old: records do not list them, so the newest ones
// are listed down to the highest id that the crawl saw.
func (p *page) newcomers(ctx context.Context, foreign map[int64][]string) error {
	if !p.stale || hangsOn[p.typ] == nil {
		return nil
	}
	if p.late == nil {
		p.late = map[string][]string{}
		for _, t := range []nutshell.EntityType{nutshell.Tasks, nutshell.Activities} {
			if err := p.newest(ctx, t); err != nil {
				return err
			}
		}
	}
	for parent, things := range p.late {
		if t, id, ok := refOf(parent); ok && t == p.typ {
			foreign[id] = append(foreign[id], things...)
		}
	}
	return nil
}

func (p *page) newest(ctx context.Context, t nutshell.EntityType) error {
	seenUpTo, err := p.Run.DestMaxID(ctx, p.Crawl, string(t))
	if err != nil {
		return err
	}
	for n := 1; ; n++ {
		list, err := p.Client.Find(ctx, t, nutshell.Query{Page: n, Desc: true})
		if err != nil {
			return stop(fmt.Errorf("list the newest %s: %w", t, err), t)
		}
		for _, e := range list {
			if e.ID <= seenUpTo {
				return nil
			}
			if crawl.SourceOf(t, e.Raw) != "" {
				continue // a record of ours that was carried out late
			}
			for _, parent := range crawl.Parents(e) {
				p.late[parent] = append(p.late[parent], words[t]+" "+strconv.FormatInt(e.ID, 10))
			}
		}
		if len(list) < 100 {
			return nil
		}
	}
}

// siblings are the body hashes that the journal knows for the source records of stray notes.
func (p *page) siblings(ctx context.Context, units []*unit) (map[int64][]string, error) {
	bySource := map[string]map[string][]int64{}
	for _, x := range units {
		if !x.stray() || p.typ != nutshell.Notes {
			continue
		}
		if bySource[x.first.Object] == nil {
			bySource[x.first.Object] = map[string][]int64{}
		}
		bySource[x.first.Object][x.first.SourceID] = append(bySource[x.first.Object][x.first.SourceID], x.id)
	}
	out := map[int64][]string{}
	for object, ids := range bySource {
		effects, err := p.Run.EffectsOf(ctx, object, slices.Collect(maps.Keys(ids)))
		if err != nil {
			return nil, err
		}
		for source, list := range effects {
			for _, e := range list {
				for _, id := range ids[source] {
					if e.BodyHash != "" {
						out[id] = append(out[id], e.BodyHash)
					}
				}
			}
		}
	}
	return out, nil
}

// hiddenAccounts gives leads back, for the judgement, the company that they do not show any more since it was deleted after them or by
// the migration: a link to a record of ours does not count, and this one link is a field, not an entry of a list.
func (p *page) hiddenAccounts(ctx context.Context, units []*unit, records map[int64]seen) error {
	const path = "primaryAccount"
	wanted := map[string][]int64{}
	for _, x := range units {
		s := records[x.id]
		if last := x.last(); p.typ == nutshell.Leads && x.made() && !s.gone && last != nil && last.Shown[path] != "" && !s.view.Has(path) {
			wanted[last.Shown[path]] = append(wanted[last.Shown[path]], x.id)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	filter := ledger.EffectFilter{Object: "companies", Verbs: []ledger.Verb{ledger.Create}, HasTarget: true}
	return p.Run.EachEffect(ctx, filter, func(e ledger.Effect) error {
		canon := crawl.ParentKey(nutshell.Accounts, e.TargetID)
		for _, id := range wanted[p.Run.ShortHash(canon)] {
			s := records[id]
			s.view.Fields = maps.Clone(s.view.Fields)
			v := s.view.Fields[path]
			v.Canon = canon
			s.view.Fields[path] = v
			records[id] = s
		}
		return nil
	})
}

func noteText(raw map[string]any) string { return crawl.NoteText(raw) }
