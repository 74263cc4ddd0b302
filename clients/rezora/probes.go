package rezora

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"rezora2nutshell/clients/rezora/internal/canon"
	"rezora2nutshell/internal/record"
)

// sampleRows is how many items are looked at for their shape.
const sampleRows = 100

// shape converts a sample: ids must be there; unknown fields, unknown enum values and zone-less times are listed.
func (p *probe) shape(_ context.Context, s served) error {
	unknown, enums, zoneless := map[string]bool{}, map[string]bool{}, map[string]bool{}
	p.out.Oddities = map[string]int{}
	for i, item := range s.items {
		got, err := p.client.toRecord(p.kind, item)
		if err != nil {
			return &PreflightError{Kind: p.kind, Check: "item shape", Cause: fmt.Sprintf("item %d: %v", i+1, err),
				Cure: "the profile needs other field paths"}
		}
		p.noUpdated = p.noUpdated || got.Record.UpdatedAt.IsZero() && !got.Record.Deleted
		if i >= sampleRows {
			continue
		}
		for _, o := range got.Oddities {
			switch o.Issue {
			case canon.UnknownField:
				unknown[o.Field] = true
			case canon.UnknownEnum:
				enums[o.Field] = true
			case canon.ZonelessTime:
				zoneless[o.Field] = true
			}
			p.out.Oddities[o.Field+": "+string(o.Issue)]++
		}
	}
	p.out.UnknownFields, p.out.UnknownEnums = sorted(unknown), sorted(enums)
	for _, w := range []struct {
		names map[string]bool
		text  string
	}{{unknown, "unknown fields"}, {enums, "unknown values in"}, {zoneless, "times without zone, read as " + p.client.zoneName() + ", please confirm:"}} {
		if len(w.names) > 0 {
			p.find(Warning, "item shape", w.text+" "+strings.Join(sorted(w.names), ", "))
		}
	}
	return nil
}

func (c *Client) zoneName() string {
	if c.convert.Clock.Zone == nil {
		return "UTC"
	}
	return c.convert.Clock.Zone.String()
}

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }

// order reads two pages of two items: ascending, nothing twice, the cursor moves. A cursor that has expired says nothing about the order.
func (p *probe) order(ctx context.Context, s served) error {
	if len(s.items) < 3 {
		return nil
	}
	err := p.twoPages(ctx, s)
	for restarts := 0; isStatus(err, http.StatusGone) && restarts < maxRestarts; restarts++ {
		err = p.twoPages(ctx, s)
	}
	return err
}

func (p *probe) twoPages(ctx context.Context, s served) error {
	paging := p.client.profile.Paging
	first, err := p.ask(ctx, map[string]string{paging.LimitParam: "2"})
	if err != nil {
		return err
	}
	if first.next == "" && paging.Style != pagingCursor && len(first.items) >= len(s.items) {
		return nil // the limit is the source's own, and everything fits
	}
	if first.next == "" {
		return p.otherPaging("a page of two of more items has no next cursor")
	}
	second, err := p.askAt(ctx, map[string]string{paging.LimitParam: "2"}, first.next)
	if err != nil && !errors.Is(err, ErrCursorLoop) {
		return err
	}
	if err != nil || second.next == first.next {
		return p.otherPaging("the cursor does not advance")
	}
	keys := map[string]bool{}
	var last position
	for _, item := range append(first.items, second.items...) {
		got, err := p.client.toRecord(p.kind, item)
		if err != nil {
			return p.otherPaging(err.Error())
		}
		qualifier, id := record.SplitKey(p.kind, got.Record.ID)
		at := position{got.Record.UpdatedAt, id, qualifier}
		if paging.Style == pagingCursor && at.before(last) {
			return p.otherPaging("items are not ordered by updated_at and id")
		}
		if keys[got.Record.ID] && (at == last || paging.Style != pagingCursor) {
			return p.otherPaging("the same item comes twice")
		}
		keys[got.Record.ID], last = true, at
	}
	return nil
}

// position is the order of rezora contract 3.3, rule 1.
type position struct {
	at            time.Time
	id, qualifier string
}

func (p position) before(q position) bool {
	if c := p.at.Compare(q.at); c != 0 {
		return c < 0
	}
	return p.id < q.id || p.id == q.id && p.qualifier < q.qualifier
}

func (p *probe) otherPaging(cause string) error {
	return &PreflightError{Kind: p.kind, Check: "order and cursor", Cause: cause, Cure: "the profile needs another paging style"}
}

// delta asks for changes from a day after now on: whatever older comes shows that the parameter is ignored.
func (p *probe) delta(ctx context.Context, s served) error {
	d := p.client.profile.Delta
	if p.out.Delta = d.Mode; d.Mode != DeltaParam {
		return nil
	}
	if p.noUpdated {
		return p.fullHash("live items lack updated_at")
	}
	if len(s.items) == 0 {
		return nil
	}
	since := s.asOf.Add(24 * time.Hour)
	got, err := p.ask(ctx, map[string]string{p.client.profile.Paging.LimitParam: "2", d.SinceParam: p.client.profile.since(since)})
	if isStatus(err, http.StatusBadRequest) {
		return p.fullHash("updated_since is refused")
	}
	if err != nil {
		return err
	}
	for _, item := range got.items {
		if got, err := p.client.toRecord(p.kind, item); err != nil || got.Record.UpdatedAt.Before(since.Truncate(time.Second)) {
			return p.fullHash("updated_since is ignored")
		}
	}
	return nil
}

func (p *probe) fullHash(why string) error {
	p.out.Delta = DeltaFull
	p.find(Adapted, "delta", why+"; deltas read the whole resource and compare content")
	return nil
}

// fieldsID looks whether fields=id makes answers short.
func (p *probe) fieldsID(ctx context.Context, s served) error {
	if p.out.Sweep = p.client.profile.deletes(p.kind).Sweep; p.out.Sweep != "fields_id" || len(s.items) == 0 {
		p.out.FieldsID = p.out.Sweep == "fields_id"
		return nil
	}
	got, err := p.ask(ctx, map[string]string{p.client.profile.Paging.LimitParam: "2", "fields": "id"})
	if err != nil && !isStatus(err, http.StatusBadRequest) {
		return err
	}
	p.out.FieldsID = err == nil && !slices.ContainsFunc(got.items, func(item canon.Node) bool {
		return slices.ContainsFunc(item.Members, func(m canon.Member) bool {
			return !slices.Contains([]string{"id", "updated_at", "deleted", record.Qualifier(p.kind)}, m.Name)
		})
	})
	if !p.out.FieldsID {
		p.out.Sweep = "full"
		p.find(Adapted, "fields=id", "ignored or refused; sweeps read whole items")
	}
	return nil
}

// count looks how the source counts.
func (p *probe) count(ctx context.Context, s served) error {
	p.out.Count = p.client.profile.Count.Mode
	if p.out.Count == CountOwn {
		return nil
	}
	if p.out.Count == CountEndpoint {
		n, err := p.client.countEndpoint(ctx, p.kind, p.resource, CountRequest{})
		if err == nil && n.OK {
			p.out.Total = &n.N
			return nil
		}
		if err != nil && !isStatus(err, http.StatusNotFound) && !isStatus(err, http.StatusForbidden) && !isStatus(err, http.StatusBadRequest) {
			return err
		}
		p.out.Count = CountTotal
	}
	got, err := p.ask(ctx, map[string]string{p.client.profile.Paging.LimitParam: "1", p.client.profile.Count.TotalParam: "true"})
	if err != nil && !isStatus(err, http.StatusBadRequest) {
		return err
	}
	if p.out.Total = got.total; got.total == nil {
		p.out.Count = CountOwn
	}
	p.find(Adapted, "count", "no usable count endpoint; counting by "+p.out.Count)
	return nil
}

// tombstones looks for deleted items where recent ones stand: at the end of the last weeks' changes.
func (p *probe) tombstones(ctx context.Context, s served) error {
	d := p.client.profile.deletes(p.kind)
	if p.out.Deletes = d.Mode; d.Mode != DeletesTombstone {
		return nil
	}
	params := map[string]string{p.client.profile.Paging.LimitParam: fmt.Sprint(p.out.Limit), d.Param: "true"}
	if p.out.Delta == DeltaParam {
		params[p.client.profile.Delta.SinceParam] = p.client.profile.since(s.asOf.AddDate(0, 0, -31))
	}
	got, err := p.ask(ctx, params)
	if isStatus(err, http.StatusBadRequest) {
		p.out.Deletes = DeletesNone
		p.find(Adapted, "tombstones", "include_deleted is refused; deletions are found by sweep")
		return nil
	}
	if err != nil {
		return err
	}
	if slices.ContainsFunc(got.items, func(item canon.Node) bool {
		deleted, _ := canon.Boolean(item.Get("deleted").Text())
		return deleted
	}) {
		return nil
	}
	if p.out.Count == CountEndpoint && p.out.Total != nil {
		all, err := p.client.countEndpoint(ctx, p.kind, p.resource, CountRequest{IncludeDeleted: true})
		if err == nil && all.OK && all.N > *p.out.Total {
			return nil
		}
	}
	p.out.Deletes = DeletesSweep
	p.find(Warning, "tombstones", "none seen; a sweep is planned")
	return nil
}
