package rezora

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"rezora2nutshell/clients/rezora/internal/canon"
	"rezora2nutshell/internal/record"
)

// whole reads a resource of the paging style none: each collection is one answer. It is handed over in pages all the same, but an
// interrupted walk begins anew: there is no cursor to go on from.
func (w *walk) whole(ctx context.Context, page func(context.Context, Page) error) error {
	c, kind := w.client, w.req.Kind
	more := &secondary{client: c, kind: kind, byKey: map[string]map[string][]canon.Node{}}
	w.state = WalkState{Since: w.state.Since}
	batch := Page{Kind: kind, First: true, Oddities: map[Oddity]int{}}
	next := w.state
	for i, part := range c.dialect.collections[kind] {
		rows, asOf, err := c.rows(ctx, kind, part.path)
		if err != nil {
			return err
		}
		if i == 0 {
			next.AsOf = asOf
		}
		if err := more.prepare(ctx); err != nil {
			return err
		}
		for n, row := range rows {
			got, err := c.mapped(kind, part, row, more)
			if err != nil {
				return fmt.Errorf("read %s, collection %s, row %d: %w", kind, part.path, n+1, err)
			}
			if got.Record.Deleted && !w.req.IncludeDeleted {
				continue
			}
			for _, o := range got.Oddities {
				batch.Oddities[o]++
			}
			if batch.Records = append(batch.Records, got.Record); got.Record.UpdatedAt.After(next.MaxUpdated) {
				next.MaxUpdated = got.Record.UpdatedAt
			}
			if len(batch.Records) < w.limit {
				continue
			}
			next.Pages, next.Rows = next.Pages+1, next.Rows+len(batch.Records)
			if err := w.deliver(ctx, page, batch, next); err != nil {
				return err
			}
			batch = Page{Kind: kind, Oddities: map[Oddity]int{}}
		}
	}
	next.Pages, next.Rows, next.Done = next.Pages+1, next.Rows+len(batch.Records), true
	return w.deliver(ctx, page, batch, next)
}

// toRecord makes the canonical record of an item of a resource that is one collection.
func (c *Client) toRecord(kind record.Kind, item canon.Node) (canon.Result, error) {
	return c.mapped(kind, c.dialect.collections[kind][0], item, nil)
}

// mapped makes the canonical record of a row; the row stays beside it, with the rows that were folded into it under `_folds`.
func (c *Client) mapped(kind record.Kind, part collection, row canon.Node, more *secondary) (canon.Result, error) {
	if row.Members == nil {
		return canon.Result{}, canon.ErrNotObject
	}
	if part.rows.identity && len(c.dialect.folds[kind]) == 0 {
		got, err := c.convert.Record(kind, row)
		got.Record.Provenance = record.FromCurrent
		return got, err
	}
	var find lookups
	if more != nil {
		find = more.find
	}
	item := part.rows.apply(row, find)
	raw := row
	if more != nil {
		if folded := more.fold(row, &item); len(folded) > 0 {
			raw.Members = append(slices.Clone(row.Members), canon.Member{Name: "_folds", Value: canon.Node{Members: folded}})
		}
	}
	got, err := c.convert.Record(kind, item)
	if err == nil {
		got.Record.Raw, got.Record.Provenance = raw.AppendTo(nil), record.FromCurrent
	}
	return got, err
}

// mappedItem reads one record of a dialect that maps fields. Fields that come by folds are absent.
func (c *Client) mappedItem(ctx context.Context, kind record.Kind, r *Resource, id string) (record.Record, State, error) {
	qualifier, bareID := record.SplitKey(kind, id)
	for _, part := range c.dialect.collections[kind] {
		wire, ok := part.wireID(qualifier, record.Qualifier(kind), bareID)
		if !ok {
			continue
		}
		item, state, err := c.one(ctx, kind, r, part.path+"/"+segment(wire), url.Values{})
		if err != nil {
			return record.Record{}, "", err
		}
		if state != Live {
			return record.Record{}, state, nil
		}
		got, err := c.mapped(kind, part, item, nil)
		if err != nil {
			return record.Record{}, "", fmt.Errorf("read %s %s: %w", kind, id, err)
		}
		if got.Record.Deleted {
			return got.Record, Gone, nil
		}
		if got.Record.ID == id {
			return got.Record, Live, nil
		}
	}
	return record.Record{}, Absent, nil
}

// wireID is a record's id as this collection writes it; false when the record cannot be in this collection.
func (p collection) wireID(qualifier, field, id string) (string, bool) {
	for _, f := range p.rows.fields {
		switch f.path {
		case "id":
			rest, ok := strings.CutPrefix(id, f.spec.prefix)
			if !ok || rest == "" {
				return "", false
			}
			id = rest
		case field:
			if f.spec.constant != nil && *f.spec.constant != qualifier {
				return "", false
			}
		}
	}
	return id, true
}

// preflightWhole checks a resource of the paging style none: its collections are lists whose rows can be mapped.
func (c *Client) preflightWhole(ctx context.Context, kind record.Kind, r *Resource, out Capability) (Capability, error) {
	p := &probe{client: c, kind: kind, resource: r, out: out}
	p.out.Delta, p.out.Count, p.out.Sweep = DeltaFull, CountOwn, c.profile.deletes(kind).Sweep
	p.out.Deletes, p.out.AsOfFrom = c.profile.deletes(kind).Mode, "date"
	total, odd := 0, map[string]int{}
	for _, part := range c.dialect.collections[kind] {
		rows, asOf, err := c.rows(ctx, kind, part.path)
		var bad *AnswerError
		switch {
		case IsNotOffered(err):
			p.out.Offer = NotOffered
			p.out.Status, _ = statusOf(err)
			p.find(Adapted, "offer", fmt.Sprintf("%s is not offered (status %d)", part.path, p.out.Status))
			return p.out, nil
		case IsRejected(err):
			return p.out, rejected(err)
		case errors.As(err, &bad):
			return p.out, &PreflightError{Kind: kind, Check: "envelope", Cause: bad.Reason, Cure: "the profile needs other paths"}
		case err != nil:
			return p.out, err
		}
		for i, row := range rows[:min(len(rows), sampleRows)] {
			got, err := c.mapped(kind, part, row, nil)
			if err != nil {
				return p.out, &PreflightError{Kind: kind, Check: "item shape", Cause: fmt.Sprintf("row %d of %s: %v", i+1, part.path, err), Cure: "the profile needs other field paths"}
			}
			for _, o := range got.Oddities {
				odd[o.Field+": "+string(o.Issue)]++
			}
		}
		if total += len(rows); p.out.AsOf.IsZero() {
			p.out.AsOf = asOf
		}
	}
	if p.out.AsOf.IsZero() {
		return p.out, &PreflightError{Kind: kind, Check: "as_of", Cause: "no Date header tells the server's time", Cure: "deltas need it: ask the vendor"}
	}
	p.out.Offer, p.out.Status, p.out.Oddities = Offered, 200, odd
	return p.out, nil
}
