package nutshell

import (
	"context"
	"fmt"
)

// pageSize is the page every find* grants (nutshell contract 1.6).
const pageSize = 100

// Query of a Find.
type Query struct {
	// Filter holds the query keys of nutshell contract 2; nil: all records.
	Filter map[string]any
	// OrderBy defaults to "id", the only order to rely on.
	OrderBy string
	Desc    bool
	// Limit is 1 to 100. Defaults to 100. A shorter page is the last one.
	Limit int
	// Page counts from 1, the default.
	Page int
	// Stubs asks for stubs instead of full records; such a find is not limited.
	Stubs bool
}

func (q Query) params() map[string]any {
	filter := q.Filter
	if filter == nil {
		filter = map[string]any{}
	}
	direction := "ASC"
	if q.Desc {
		direction = "DESC"
	}
	return map[string]any{
		"query": filter, "orderBy": orText(q.OrderBy, "id"), "orderDirection": direction,
		"limit": q.limit(), "page": max(q.Page, 1), "stubResponses": q.Stubs,
	}
}

func (q Query) limit() int {
	if q.Limit <= 0 || q.Limit > pageSize {
		return pageSize
	}
	return q.Limit
}

// findMethods are the finds that page over records.
var findMethods = map[EntityType]string{
	Contacts: "findContacts", Accounts: "findAccounts", Leads: "findLeads", Tasks: "findTasks",
	Activities: "findActivities", Users: "findUsers", Teams: "findTeams",
	Stagesets: "findStagesets", Milestones: "findMilestones", LeadOutcomes: "findLead_Outcomes",
	ActivityTypes: "findActivityTypes", Sources: "findSources",
}

// Find reads one page of live records. Fewer entities than the limit: the last page.
func (c *Client) Find(ctx context.Context, t EntityType, q Query) ([]Entity, error) {
	method, ok := findMethods[t]
	if !ok {
		return nil, badType("find"+string(t), KindRead, fmt.Errorf("entity type %q has no find", string(t)))
	}
	v, err := c.call(ctx, rpc{method: method, kind: KindRead, params: q.params(), usable: listOf(t)})
	if err != nil {
		return nil, err
	}
	list, _ := entities(v, t)
	return list, nil
}

// findAll reads every page, each id once.
func (c *Client) findAll(ctx context.Context, t EntityType) ([]Entity, error) {
	var all []Entity
	seen := map[int64]bool{}
	for page := 1; ; page++ {
		list, err := c.Find(ctx, t, Query{Page: page})
		if err != nil {
			return nil, err
		}
		fresh := 0
		for _, e := range list {
			if !seen[e.ID] {
				seen[e.ID] = true
				all = append(all, e)
				fresh++
			}
		}
		if len(list) < pageSize || fresh == 0 {
			return all, nil
		}
	}
}

// Timeline reads one page of the notes and activities of a contact, account or
// lead. Entries of other types and without rev are left out, so a page can be
// short, or empty, before the last one: more tells whether another may follow.
func (c *Client) Timeline(ctx context.Context, t EntityType, id int64, page int, desc bool) (items []Entity, more bool, err error) {
	params := Query{Filter: t.Link(id), Page: page, Desc: desc}.params()
	v, err := c.call(ctx, rpc{method: "findTimeline", kind: KindRead, params: params, usable: isList})
	if err != nil {
		return nil, false, err
	}
	rows := listIn(v)
	for _, row := range rows {
		e, ok := DecodeEntity(row, "")
		if ok && e.Rev != "" && (e.Type == Notes || e.Type == Activities) {
			items = append(items, e)
		}
	}
	return items, len(rows) >= pageSize, nil
}

// SearchByEmail answers at most 5 stubs each, as a hint only: it proves
// neither presence nor absence.
func (c *Client) SearchByEmail(ctx context.Context, address string) (contacts, accounts []Entity, err error) {
	v, err := c.call(ctx, rpc{method: "searchByEmail", kind: KindRead, usable: isMap,
		params: map[string]any{"emailAddressString": address}})
	if err != nil {
		return nil, nil, err
	}
	m := Object(v)
	contacts, _ = entities(m["contacts"], Contacts)
	accounts, _ = entities(m["accounts"], Accounts)
	return contacts, accounts, nil
}

// entities reads a list of records; false when an entry is none.
func entities(v any, t EntityType) ([]Entity, bool) {
	rows := listIn(v)
	list := make([]Entity, 0, len(rows))
	all := true
	for _, row := range rows {
		e, ok := DecodeEntity(row, t)
		if !ok {
			all = false
			continue
		}
		list = append(list, e)
	}
	return list, all
}

// listOf: a list whose every entry has an id.
func listOf(t EntityType) func(any) bool {
	return func(v any) bool {
		_, all := entities(v, t)
		return all && isList(v)
	}
}

// listIn reads a list that may be printed as a map of numbered entries.
func listIn(v any) []any {
	if m, ok := v.(map[string]any); ok && len(m) == 0 {
		return nil
	}
	return List(v)
}

// isList: a list, or one of the prints of an empty one.
func isList(v any) bool {
	switch x := v.(type) {
	case []any, nil:
		return true
	case map[string]any:
		return len(x) == 0
	}
	return false
}

// isMap: an object, or one of the prints of an empty one.
func isMap(v any) bool {
	switch x := v.(type) {
	case map[string]any, nil:
		return true
	case []any:
		return len(x) == 0
	}
	return false
}
