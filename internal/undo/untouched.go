package undo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/report"
	"rezora2nutshell/internal/target"
)

// untouched compares the records of the first crawl without an effect or link of ours: none may carry a trace of the migration. What users
// changed meanwhile is counted and is no failure.
func (p *prover) untouched(ctx context.Context, typ nutshell.EntityType) error {
	if p.at.First == 0 {
		return nil
	}
	return p.eachCrawled(ctx, p.at.First, typ, func(rows []ledger.DestRecord) error {
		rows = slices.DeleteFunc(rows, func(r ledger.DestRecord) bool { return r.Deleted })
		rows, err := p.withoutOurs(ctx, typ, rows)
		if err != nil || len(rows) == 0 {
			return err
		}
		p.turn.Add(int64(len(rows)))
		return p.compare(ctx, typ, rows)
	})
}

// withoutOurs leaves out the records that an effect names, and those that were linked with a record of ours before the rollback.
func (p *prover) withoutOurs(ctx context.Context, typ nutshell.EntityType, rows []ledger.DestRecord) ([]ledger.DestRecord, error) {
	effects, err := p.Run.ByTarget(ctx, string(typ), idsOf(rows))
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(r ledger.DestRecord) bool {
		return slices.ContainsFunc(effects[r.ID], func(e ledger.Effect) bool { return e.State != ledger.Planned })
	})
	linked, err := p.linkedWithOurs(ctx, typ, idsOf(rows))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rows, func(r ledger.DestRecord) bool { return linked[r.ID] }), nil
}

// linkedWithOurs tells the records that a record of ours was linked to, or hung on, before the rollback.
func (p *prover) linkedWithOurs(ctx context.Context, typ nutshell.EntityType, ids []int64) (map[int64]bool, error) {
	out := map[int64]bool{}
	if p.at.Before == 0 || len(ids) == 0 {
		return out, nil
	}
	records, err := p.shown(ctx, p.at.Before, typ, ids)
	if err != nil {
		return nil, err
	}
	effects, err := p.effectsOn(ctx, linksOf(records))
	if err != nil {
		return nil, err
	}
	for id, s := range records {
		out[id] = carriesLink(s.view, effects)
	}
	parents := make([]string, len(ids))
	for i, id := range ids {
		parents[i] = crawl.ParentKey(typ, id)
	}
	for _, child := range hangsOn[typ] {
		byParent, err := p.Run.DestLookup(ctx, p.at.Before, string(child), crawl.KeyParent, parents)
		if err != nil {
			return nil, err
		}
		for key, children := range byParent {
			ours, err := p.ours(ctx, child, children)
			if err != nil {
				return nil, err
			}
			_, id, _ := refOf(key)
			for _, c := range children {
				out[id] = out[id] || ours[c]
			}
		}
	}
	return out, nil
}

func carriesLink(v target.View, effects map[ref][]ledger.Effect) bool {
	for path := range v.Fields {
		if t, id, ok := path.Linked(); ok && madeBy(effects[ref{nutshell.EntityType(t), id}]) {
			return true
		}
	}
	return false
}

// compare holds records of the first crawl against what the account shows now.
func (p *prover) compare(ctx context.Context, typ nutshell.EntityType, rows []ledger.DestRecord) error {
	p.rep.Proof.UntouchedChecked += int64(len(rows))
	now, err := p.Run.DestGetMany(ctx, p.at.Now, string(typ), idsOf(rows))
	if err != nil {
		return err
	}
	if err := p.missing(ctx, typ, rows, now); err != nil {
		return err
	}
	differ := map[int64]seen{}
	first := map[int64]ledger.DestRecord{}
	for _, r := range rows {
		n, live := now[r.ID]
		switch {
		case !live || n.Deleted:
			p.rep.Proof.EditedByOthers++
		case n.Hash != r.Hash || n.SourceID != r.SourceID:
			if differ[r.ID], err = p.fromCrawl(n); err != nil {
				return err
			}
			first[r.ID] = r
		}
	}
	effects, err := p.effectsOn(ctx, linksOf(differ))
	if err != nil {
		return err
	}
	for _, id := range keys(differ) {
		was, err := p.fromCrawl(first[id])
		if err != nil {
			return err
		}
		if reason := trace(was, differ[id], first[id].SourceID != now[id].SourceID, effects); reason != "" {
			p.changed(typ, id, reason)
		} else {
			p.rep.Proof.EditedByOthers++
		}
	}
	return nil
}

// trace says what of ours a record carries that it did not carry before, "" for nothing.
func trace(was, is seen, key bool, effects map[ref][]ledger.Effect) string {
	for _, path := range is.view.Paths() {
		if was.view.Get(path) == is.view.Get(path) {
			continue
		}
		if name, ok := path.Custom(); ok && strings.HasPrefix(name, "Rezora_") {
			return "custom field " + name + " has a value"
		}
		if t, id, ok := path.Linked(); ok && madeBy(effects[ref{nutshell.EntityType(t), id}]) {
			return fmt.Sprintf("it is linked to %s %d, which the migration made", words[nutshell.EntityType(t)], id)
		}
	}
	if key {
		return "it carries the key or the header line of a migrated record"
	}
	return ""
}

func (p *prover) changed(typ nutshell.EntityType, id int64, reason string) {
	p.rep.Proof.UntouchedChanged++
	if len(p.rep.Changed) < keepMost {
		p.rep.Changed = append(p.rep.Changed, report.Trace{TargetType: string(typ), TargetID: id, Reason: reason})
	}
}

// missing asks the account itself about records that the proof's crawl does not show: people may have deleted them, or a deletion during
// the crawl shifted them out of its pages. What lives goes into now.
func (p *prover) missing(ctx context.Context, typ nutshell.EntityType, rows []ledger.DestRecord, now map[int64]ledger.DestRecord) error {
	var ids []int64
	for _, r := range rows {
		if _, ok := now[r.ID]; !ok {
			ids = append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	ids, err := p.maybeLive(ctx, typ, ids, keys(now))
	if err != nil {
		return err
	}
	c := crawl.Crawler{Client: p.Client, Run: p.Run, Defs: p.Defs, Number: p.at.Now}
	found := make([]*ledger.DestRecord, len(ids))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, p.Concurrency))
	for i, id := range ids {
		group.Go(func() error {
			e, err := p.Client.Get(ctx, typ, id)
			switch {
			case nutshell.IsNotFound(err), err == nil && e.Deleted:
				return nil
			case err != nil:
				return stop(fmt.Errorf("read %s %d: %w", typ, id, err), typ)
			}
			list, err := c.Records(e)
			if err == nil {
				found[i] = &list[0]
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, r := range found {
		if r != nil {
			now[r.ID] = *r
		}
	}
	return nil
}

// manyMissing is from how many on a multi-get spares most of the gets.
const manyMissing = 20

// maybeLive asks with one call for a hundred records which of them live. An account without that route answers nothing for a record that is
// known to live; then all are asked for one by one.
func (p *prover) maybeLive(ctx context.Context, typ nutshell.EntityType, ids, known []int64) ([]int64, error) {
	if len(ids) < manyMissing || len(known) == 0 || listOf[typ] == "" {
		return ids, nil
	}
	live, err := p.Client.MultiGet(ctx, typ, append(slices.Clone(ids), known[0]))
	if err != nil {
		return nil, stop(fmt.Errorf("ask which of %d %s live: %w", len(ids), typ, err), typ)
	}
	if !slices.Contains(live, known[0]) {
		return ids, nil
	}
	return slices.DeleteFunc(live, func(id int64) bool { return id == known[0] }), nil
}

// shown are the live records of a crawl.
func (u *Undoer) shown(ctx context.Context, number int, typ nutshell.EntityType, ids []int64) (map[int64]seen, error) {
	rows, err := u.Run.DestGetMany(ctx, number, string(typ), ids)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]seen, len(rows))
	for id, row := range rows {
		s, err := u.fromCrawl(row)
		if err != nil {
			return nil, err
		}
		if !s.gone {
			out[id] = s
		}
	}
	return out, nil
}

func idsOf(rows []ledger.DestRecord) []int64 {
	out := make([]int64, len(rows))
	for i, r := range rows {
		out[i] = r.ID
	}
	return out
}
