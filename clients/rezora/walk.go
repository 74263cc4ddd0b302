package rezora

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"rezora2nutshell/clients/rezora/internal/canon"
	"rezora2nutshell/internal/record"
)

// maxRestarts bounds what expired cursors may cost (rezora contract 3.6).
const maxRestarts = 5

// Walk reads a resource in the paging style of the profile.
func (c *Client) Walk(ctx context.Context, req WalkRequest, page func(context.Context, Page) error) (WalkResult, error) {
	r, err := c.resource(req.Kind)
	if err != nil {
		return WalkResult{}, err
	}
	w := &walk{client: c, req: req, resource: r, state: req.Resume, memory: seen{}, limit: c.pageSize(req)}
	if w.state.Pages == 0 && w.state.Restarts == 0 && w.state.Since.IsZero() {
		w.state.Since = req.Since
	}
	run := w.onePage
	if c.profile.Paging.Style == pagingNone {
		run = w.whole
	}
	for !w.state.Done {
		if err := run(ctx, page); err != nil {
			return WalkResult{}, err
		}
	}
	return w.result(), nil
}

func (c *Client) pageSize(req WalkRequest) int {
	switch {
	case req.Limit > 0:
		return req.Limit
	case req.Caps != nil && req.Caps.Limit > 0:
		return req.Caps.Limit
	case c.profile.Paging.Limit > 0:
		return c.profile.Paging.Limit
	}
	return 500
}

// walk is a walk that runs.
type walk struct {
	client   *Client
	req      WalkRequest
	resource *Resource
	state    WalkState
	memory   seen
	limit    int
	total    *int
}

func (w *walk) result() WalkResult {
	out := WalkResult{AsOf: w.state.AsOf, State: w.state, Total: w.total}
	if !out.AsOf.IsZero() {
		out.Watermark = out.AsOf.Add(-w.client.profile.Overlap())
	}
	return out
}

// onePage reads one page and hands it over.
func (w *walk) onePage(ctx context.Context, page func(context.Context, Page) error) error {
	got, err := w.client.page(ctx, w.req.Kind, w.resource, w.query())
	switch {
	case errors.Is(err, ErrBodyTooLarge) && w.client.profile.Paging.Style == pagingPage:
		return fmt.Errorf("read %s: %w; give the profile a smaller paging.limit: pages that are numbered keep their size", w.req.Kind, err)
	case errors.Is(err, ErrBodyTooLarge) && w.limit > 1:
		w.limit /= 2 // limit may change between pages
		return nil
	case isStatus(err, http.StatusGone) && w.state.Cursor != "":
		return w.restart()
	case err != nil:
		return err
	}
	next := w.state
	out := Page{Kind: w.req.Kind, First: next.Pages == 0, Total: got.total}
	if err := w.take(&out, &next, got.items); err != nil {
		return err
	}
	if next.AsOf.IsZero() && next.Pages == 0 && next.Restarts == 0 {
		next.AsOf = got.asOf
	}
	if got.next != "" {
		repeated := got.next == w.state.Cursor
		if !repeated {
			next.Guard, repeated = next.Guard.advance(w.memory, w.sign(got, out))
		}
		if repeated {
			return fmt.Errorf("read %s, page %d: %w", w.req.Kind, next.Pages+1, ErrCursorLoop)
		}
	}
	next.Pages++
	next.Cursor, next.Done = got.next, got.next == ""
	return w.deliver(ctx, page, out, next)
}

// sign is what must not come twice in a walk: the next place, and where places are only counted the rows themselves, since a source that ignores
// the count serves its first page for ever.
func (w *walk) sign(got served, out Page) string {
	if n := len(out.Records); w.client.profile.Paging.counted() && n > 0 {
		return fmt.Sprintf("%d %s %s", n, out.Records[0].ID, out.Records[n-1].ID)
	}
	return got.next
}

// take converts items into the page.
func (w *walk) take(out *Page, next *WalkState, items []canon.Node) error {
	out.Records = make([]record.Record, 0, len(items))
	out.Oddities = map[Oddity]int{}
	for i, item := range items {
		r, err := w.client.toRecord(w.req.Kind, item)
		if err != nil {
			return fmt.Errorf("read %s, page %d, item %d: %w", w.req.Kind, next.Pages+1, i+1, err)
		}
		for _, o := range r.Oddities {
			out.Oddities[o]++
		}
		if r.Record.UpdatedAt.After(next.MaxUpdated) {
			next.MaxUpdated = r.Record.UpdatedAt
		}
		out.Records = append(out.Records, r.Record)
	}
	next.Rows += len(items)
	return nil
}

// deliver moves the walk on only when the caller has stored the page.
func (w *walk) deliver(ctx context.Context, page func(context.Context, Page) error, out Page, next WalkState) error {
	out.AsOf, out.State, out.Last = next.AsOf, next, next.Done
	if out.Total != nil {
		w.total = out.Total
	}
	if err := page(ctx, out); err != nil {
		return err
	}
	w.state = next
	return nil
}

// restart begins again at the highest updated_at that was stored (rezora contract 3.3, rule 7), or anew where no order is promised. Its first page may bring a cursor
// that the first walk had too, so the guard begins anew; restarts have a bound of their own.
func (w *walk) restart() error {
	if w.state.Restarts++; w.state.Restarts > maxRestarts {
		return fmt.Errorf("read %s: %w", w.req.Kind, ErrRestarts)
	}
	w.state.Cursor, w.state.Guard, w.memory = "", Guard{}, seen{}
	if w.client.profile.Paging.Style == pagingCursor && w.state.MaxUpdated.After(w.state.Since) {
		w.state.Since = w.state.MaxUpdated
	}
	return nil
}

func (w *walk) query() url.Values {
	p := w.client.profile
	q := w.client.filter(w.req.Kind, w.resource, CountRequest{Since: w.state.Since, Before: w.req.Before,
		IncludeDeleted: w.req.IncludeDeleted, Filters: w.req.Filters, Caps: w.req.Caps})
	set(q, p.Paging.LimitParam, strconv.Itoa(w.limit))
	if w.state.Cursor == "" && w.req.Total {
		set(q, p.Count.TotalParam, "true")
	}
	if w.req.IDsOnly {
		if p.deletes(w.req.Kind).Sweep == "fields_id" && (w.req.Caps == nil || w.req.Caps.FieldsID) {
			q.Set("fields", "id")
		}
	} else {
		w.client.include(w.req.Kind, q)
	}
	q = p.Paging.at(q, w.state.Cursor)
	if w.limit < w.client.pageSize(w.req) {
		set(q, p.Paging.LimitParam, strconv.Itoa(w.limit)) // also where the place is an address that has the old limit in it
	}
	return q
}

// include asks for HTML: templates are archived with it, campaigns only when the settings say so.
func (c *Client) include(kind record.Kind, q url.Values) {
	if kind == record.Templates || kind == record.Campaigns && c.options.CampaignHTML {
		q.Set("include", "html")
	}
}

// filter is the part of a query that a walk and a count have in common.
func (c *Client) filter(kind record.Kind, r *Resource, req CountRequest) url.Values {
	q := url.Values{}
	for name, value := range c.profile.Query {
		q.Set(name, value)
	}
	for name, value := range r.Query {
		q.Set(name, value)
	}
	for name, value := range req.Filters {
		set(q, name, value)
	}
	if c.profile.Delta.Mode == "param" {
		if !req.Since.IsZero() {
			set(q, c.profile.Delta.SinceParam, c.profile.since(req.Since))
		}
		if !req.Before.IsZero() {
			set(q, c.profile.Delta.BeforeParam, c.profile.since(req.Before))
		}
	}
	if d := c.profile.deletes(kind); req.IncludeDeleted && d.Mode == "tombstone" && (req.Caps == nil || req.Caps.Deletes != DeletesNone) {
		set(q, d.Param, "true")
	}
	return q
}

// set sends nothing for parameters that the dialect lacks.
func set(q url.Values, name, value string) {
	if name != "" && value != "" {
		q.Set(name, value)
	}
}

// served is one answer of a collection.
type served struct {
	items []canon.Node
	next  string
	total *int
	asOf  time.Time
	date  time.Time
	noEnv bool // the answer did not say its time
}

func (c *Client) page(ctx context.Context, kind record.Kind, r *Resource, q url.Values) (served, error) {
	env := c.profile.Envelope
	var root canon.Node
	ans, err := c.api.get(ctx, question{resource: string(kind), path: r.Path, query: q, accept: func(body []byte) error {
		var err error
		if root, err = canon.Parse(body); err != nil {
			return err
		}
		if root.Path(env.Items).Items == nil {
			return fmt.Errorf("no list of items")
		}
		return nil
	}})
	if err != nil {
		return served{}, err
	}
	out := served{items: root.Path(env.Items).Items, date: ans.date()}
	cursor := canon.Null
	if env.NextCursor != "" {
		cursor = root.Path(env.NextCursor)
	}
	if out.next, err = c.profile.Paging.next(q, len(out.items), cursor, ans.header, c.api.address(r.Path, q)); err != nil {
		return served{}, fmt.Errorf("read %s: %w", kind, err)
	}
	if env.Total != "" {
		if n, err := strconv.Atoi(root.Path(env.Total).Text()); err == nil && n >= 0 {
			out.total = &n
		}
	}
	out.asOf, out.noEnv = c.asOf(root, ans)
	return out, nil
}

// asOf is the source's time of an answer; fromHeader says that only the Date header told it.
func (c *Client) asOf(root canon.Node, ans *answer) (at time.Time, fromHeader bool) {
	if path := c.profile.Envelope.AsOf; path != "" && !strings.HasPrefix(path, "header:") {
		if at, _ = c.convert.Clock.Time(root.Path(path).Text()); !at.IsZero() {
			return at, false
		}
	}
	return ans.date(), true
}

func isStatus(err error, status int) bool {
	var s *StatusError
	return errors.As(err, &s) && s.Status == status
}
