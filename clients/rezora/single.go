package rezora

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"rezora2nutshell/clients/rezora/internal/canon"
	"rezora2nutshell/internal/record"
)

// Item reads one record. A tombstone that the source still serves comes with state Gone.
func (c *Client) Item(ctx context.Context, kind record.Kind, id string) (record.Record, State, error) {
	r, err := c.resource(kind)
	if err != nil {
		return record.Record{}, "", err
	}
	if c.profile.Paging.Style == pagingNone {
		return c.mappedItem(ctx, kind, r, id)
	}
	qualifier, bare := record.SplitKey(kind, id)
	if bare == "" || "/"+bare == c.profile.Count.Suffix {
		return record.Record{}, Absent, nil // never an id
	}
	q := url.Values{}
	for name, value := range c.profile.Query {
		q.Set(name, value)
	}
	set(q, record.Qualifier(kind), qualifier)
	c.include(kind, q)
	item, state, err := c.one(ctx, kind, r, r.Path+"/"+segment(bare), q)
	if err != nil || state != Live {
		return record.Record{}, state, err
	}
	got, err := c.toRecord(kind, item)
	if err != nil {
		return record.Record{}, "", fmt.Errorf("read %s %s: %w", kind, id, err)
	}
	if got.Record.Deleted {
		return got.Record, Gone, nil
	}
	return got.Record, Live, nil
}

// one reads an item by path.
func (c *Client) one(ctx context.Context, kind record.Kind, r *Resource, path string, q url.Values) (canon.Node, State, error) {
	var item canon.Node
	_, err := c.api.get(ctx, question{resource: string(kind), path: path, query: q, accept: func(body []byte) error {
		root, err := canon.Parse(body)
		if err != nil {
			return err
		}
		if item = root.Path(c.profile.Envelope.Item); item.Members == nil {
			return fmt.Errorf("no item")
		}
		return nil
	}})
	absent := r.AbsentStatus
	if len(absent) == 0 {
		absent = []int{http.StatusNotFound}
	}
	switch {
	case err == nil:
		return item, Live, nil
	case isStatus(err, http.StatusGone):
		return canon.Node{}, Gone, nil
	case slices.ContainsFunc(absent, func(status int) bool { return isStatus(err, status) }):
		return canon.Node{}, Absent, nil
	}
	return canon.Node{}, "", err
}

// Count asks the count of the resource, or the total of a first page where the source has no count (rezora contract 3.4).
func (c *Client) Count(ctx context.Context, kind record.Kind, req CountRequest) (Count, error) {
	r, err := c.resource(kind)
	if err != nil {
		return Count{}, err
	}
	mode := c.profile.Count.Mode
	if req.Caps != nil && req.Caps.Count != "" {
		mode = req.Caps.Count
	}
	switch mode {
	case CountOwn:
		return Count{}, nil
	case CountEndpoint:
		n, err := c.countEndpoint(ctx, kind, r, req)
		if !isStatus(err, http.StatusNotFound) {
			return n, err
		}
	}
	q := c.filter(kind, r, req)
	set(q, c.profile.Paging.LimitParam, "1")
	set(q, c.profile.Count.TotalParam, "true")
	got, err := c.page(ctx, kind, r, c.profile.Paging.at(q, ""))
	if err != nil || got.total == nil {
		return Count{}, err
	}
	return Count{N: *got.total, AsOf: got.asOf, OK: true}, nil
}

func (c *Client) countEndpoint(ctx context.Context, kind record.Kind, r *Resource, req CountRequest) (Count, error) {
	var root canon.Node
	ans, err := c.api.get(ctx, question{resource: string(kind), path: r.Path + c.profile.Count.Suffix, query: c.filter(kind, r, req),
		accept: func(body []byte) error {
			var err error
			if root, err = canon.Parse(body); err == nil && root.Members == nil {
				err = fmt.Errorf("no count")
			}
			return err
		}})
	if err != nil {
		return Count{}, err
	}
	digits, ok := canon.Integer(root.Get("count").Text())
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 0 {
		return Count{}, nil
	}
	out := Count{N: n, OK: true}
	if out.AsOf, _ = c.convert.Clock.Time(root.Get("as_of").Text()); out.AsOf.IsZero() {
		out.AsOf = ans.date()
	}
	return out, nil
}

// SweepIDs walks the whole resource for the ids of its live records.
func (c *Client) SweepIDs(ctx context.Context, kind record.Kind, caps *Capability, fn func(context.Context, []string) error) error {
	if c.profile.deletes(kind).Sweep == "none" {
		return fmt.Errorf("%s: %w", kind, ErrNotSwept)
	}
	_, err := c.Walk(ctx, WalkRequest{Kind: kind, IDsOnly: true, Caps: caps}, func(ctx context.Context, p Page) error {
		ids := make([]string, 0, len(p.Records))
		for _, r := range p.Records {
			if !r.Deleted {
				ids = append(ids, r.ID)
			}
		}
		return fn(ctx, ids)
	})
	return err
}
