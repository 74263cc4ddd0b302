package undo

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/target"
)

// seen is a record as it was read: by the crawl, or just now.
type seen struct {
	raw   map[string]any
	view  target.View
	image []byte // what is kept before the record is deleted or changed (I2)
	fresh bool   // read just now
	gone  bool   // it is not there any more
	err   error  // it could not be read now; it is tried again
}

// look reads the records of some units: from the crawl where that is good enough, else one by one.
func (p *page) look(ctx context.Context, units []*unit) (map[int64]seen, error) {
	out := make(map[int64]seen, len(units))
	var crawled []int64
	for _, x := range units {
		if s, ok := p.fresh[x.id]; ok {
			out[x.id] = s
			delete(p.fresh, x.id)
		} else if !p.mustRead(x) {
			crawled = append(crawled, x.id)
		}
	}
	rows, err := p.Run.DestGetMany(ctx, p.Crawl, string(p.typ), crawled)
	if err != nil {
		return nil, err
	}
	for id, row := range rows {
		s, err := p.fromCrawl(row)
		if err != nil {
			return nil, err
		}
		out[id] = s
	}
	if p.typ == nutshell.Notes {
		if err := p.withoutFileList(ctx, out); err != nil {
			return nil, err
		}
	}
	return out, p.readRest(ctx, units, out)
}

// mustRead tells that the crawl's word on a record is not good enough: it is old, or somebody has been at the record since.
func (p *page) mustRead(x *unit) bool {
	if p.tries[x.id] > 0 {
		return true
	}
	for _, e := range x.rows {
		if e.State == ledger.Reverting {
			return true
		}
	}
	return p.stale && x.typ != nutshell.Tasks && x.typ != nutshell.Activities // nothing hangs on those; their rev tells of everything else
}

func (u *Undoer) fromCrawl(row ledger.DestRecord) (seen, error) {
	if row.Deleted {
		return seen{gone: true}, nil
	}
	raw, err := target.DecodeJSON(row.Body)
	if err != nil {
		return seen{}, fmt.Errorf("%s %d of the crawl: %w", row.Type, row.ID, err)
	}
	view, err := target.FromWire(row.Type, raw, u.Defs[nutshell.EntityType(row.Type)])
	if err != nil {
		return seen{}, fmt.Errorf("%s %d of the crawl: %w", row.Type, row.ID, err)
	}
	view.Rev = row.Rev
	return seen{raw: raw, view: view, image: row.Body}, nil
}

// withoutFileList leaves notes to be read whose parent shows files of people when the note's own list of files may just not have been
// shown: a file dies with its note.
func (p *page) withoutFileList(ctx context.Context, notes map[int64]seen) error {
	parents := map[nutshell.EntityType]map[int64][]int64{}
	for id, s := range notes {
		if s.fresh || s.gone || s.raw["file"] != nil {
			continue
		}
		if t, parent, ok := refOf(s.view.Get("entity")); ok {
			if parents[t] == nil {
				parents[t] = map[int64][]int64{}
			}
			parents[t][parent] = append(parents[t][parent], id)
		}
	}
	for t, byID := range parents {
		rows, err := p.Run.DestGetMany(ctx, p.Crawl, string(t), keys(byID))
		if err != nil {
			return err
		}
		for id, row := range rows {
			raw, err := target.DecodeJSON(row.Body)
			if err != nil {
				return fmt.Errorf("%s %d of the crawl: %w", t, id, err)
			}
			foreign, err := p.foreignFiles(ctx, raw)
			if err != nil {
				return err
			}
			if len(foreign) > 0 {
				for _, note := range byID[id] {
					delete(notes, note)
				}
			}
		}
	}
	return nil
}

// readRest gets what is missing in out.
func (p *page) readRest(ctx context.Context, units []*unit, out map[int64]seen) error {
	got := make([]seen, len(units))
	asked := make([]bool, len(units))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, p.Concurrency))
	for i, x := range units {
		if _, ok := out[x.id]; ok {
			continue
		}
		asked[i] = true
		if x.removed() && !p.stale {
			got[i] = seen{gone: true} // deleted by the migration itself, and the crawl does not show it
			continue
		}
		group.Go(func() (err error) {
			got[i], err = p.read(ctx, x.id)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, x := range units {
		if asked[i] {
			out[x.id] = got[i]
		}
	}
	return nil
}

// read gets one record. An error that may pass is part of the answer; the others stop the page.
func (p *page) read(ctx context.Context, id int64) (seen, error) {
	e, err := p.Client.Get(ctx, p.typ, id)
	switch {
	case nutshell.IsNotFound(err), err == nil && e.Deleted:
		p.Breaker.Succeeded()
		return seen{gone: true, fresh: true}, nil
	case err == nil:
		p.Breaker.Succeeded()
		return p.fromWire(e)
	case ctx.Err() != nil, isPause(err), nutshell.IsUnauthorized(err), nutshell.IsForbidden(err):
		return seen{}, stop(fmt.Errorf("read %s %d: %w", p.typ, id, err), p.typ)
	}
	if _, ok := nutshell.AsError(err); !ok {
		return seen{}, fmt.Errorf("read %s %d: %w", p.typ, id, err)
	}
	p.Breaker.Failed()
	return seen{err: err}, nil
}

func (u *Undoer) fromWire(e nutshell.Entity) (seen, error) {
	view, err := target.FromWire(string(e.Type), e.Raw, u.Defs[e.Type])
	if err != nil {
		return seen{}, fmt.Errorf("read %s %d: %w", e.Type, e.ID, err)
	}
	image, err := encode(crawl.Trim(e.Raw))
	if err != nil {
		return seen{}, err
	}
	return seen{raw: e.Raw, view: view, image: image, fresh: true}, nil
}

// isStale tells whether the crawl is too old to decide by.
func (u *Undoer) isStale(ctx context.Context) (bool, time.Time, error) {
	now, err := u.Run.StoreNow(ctx)
	return now.Sub(u.CrawledAt) > staleAfter, now, err
}
