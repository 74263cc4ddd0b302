package rezoratest

import (
	"reflect"
	"strings"
)

// resource describes one of the 21 collections (rezora contract 4.1).
type resource struct {
	name    string
	filters []string // query parameters that match a field exactly
	natural []string // fields a tombstone keeps
	sub     string   // second part of the key, if any
	prefix  string   // of ids given out by the simulator
	html    bool     // serves html with include=html
	append  bool     // append-only: no deletes, no tombstones

	order  []string       // field names as the contract lists them
	zero   map[string]any // a row with every field at its empty value
	column []int          // struct field of each filter
	subCol int
}

const (
	companies           = "companies"
	agents              = "agents"
	teams               = "teams"
	teamMemberships     = "team_memberships"
	customProperties    = "custom_properties"
	contacts            = "contacts"
	distributionGroups  = "distribution_groups"
	groupMemberships    = "group_memberships"
	templates           = "templates"
	listings            = "listings"
	campaigns           = "campaigns"
	campaignRecipients  = "campaign_recipients"
	sequences           = "sequences"
	sequenceEnrollments = "sequence_enrollments"
	leads               = "leads"
	notes               = "notes"
	tasks               = "tasks"
	interactions        = "interactions"
	socialPosts         = "social_posts"
	activities          = "activities"
	attachments         = "attachments"
)

// groupFilter is the one filter that is not a field of its resource: it
// selects contacts by membership.
const groupFilter = "distribution_group_id"

// Resources lists the 21 resources in fetch order, parents first.
var Resources = []string{
	companies, agents, teams, teamMemberships, customProperties, contacts,
	distributionGroups, groupMemberships, templates, listings, campaigns,
	campaignRecipients, sequences, sequenceEnrollments, leads, notes, tasks,
	interactions, socialPosts, activities, attachments,
}

var resources = catalog(
	entry(resource{name: companies, filters: []string{"kind", "parent_id"}}, company{Custom: noMap}),
	entry(resource{name: agents, filters: []string{"email", "company_id", "status"}, natural: []string{"email"}}, agent{Role: "agent", Status: "active"}),
	entry(resource{name: teams, filters: []string{"company_id"}, natural: []string{"name"}}, team{}),
	entry(resource{name: teamMemberships, filters: []string{"team_id", "agent_id"}, natural: []string{"team_id", "agent_id"}}, teamMembership{}),
	entry(resource{name: customProperties, filters: []string{"object"}}, customProperty{Object: "contact", DataType: "string"}),
	entry(resource{name: contacts, filters: []string{"owner_agent_id", "email"}, natural: []string{"owner_agent_id", "email"}},
		contact{SharedAgentIDs: noIDs, Custom: noMap, Kind: "normal"}),
	entry(resource{name: distributionGroups, filters: []string{"owner_agent_id", "scope", "kind"}, natural: []string{"owner_agent_id", "name"}}, group{Scope: "agent", Kind: "standard"}),
	entry(resource{name: groupMemberships, filters: []string{"group_id", "contact_id"}, natural: []string{"group_id", "contact_id"}}, groupMembership{}),
	entry(resource{name: templates, filters: []string{"company_id"}, html: true}, template{Version: "v2"}),
	entry(resource{name: listings, filters: []string{"mls_org_id", "status"}}, listing{Photos: []photo{}, ListingType: "residential", Status: "active"}),
	entry(resource{name: campaigns, filters: []string{"owner_agent_id", "status", "listing_id"}, html: true},
		campaign{GroupIDs: noIDs, Listings: []campaignListing{}, Kind: "other", Status: "draft"}),
	entry(resource{name: campaignRecipients, filters: []string{"campaign_id", "contact_id"}, natural: []string{"campaign_id", "contact_id"}}, recipient{Status: "queued"}),
	entry(resource{name: sequences, filters: []string{"owner_agent_id", "status"}, prefix: "seq-"},
		sequence{Status: "draft", Steps: []step{}, Trigger: trigger{Type: "manual", Params: noMap}}),
	entry(resource{name: sequenceEnrollments, filters: []string{"sequence_id", "contact_id"}, prefix: "enr-"}, enrollment{Status: "active"}),
	entry(resource{name: leads, filters: []string{"agent_id", "contact_id", "status"}}, lead{Status: "new"}),
	entry(resource{name: notes, filters: []string{"parent_type", "parent_id"}}, note{ParentType: "contact"}),
	entry(resource{name: tasks, filters: []string{"contact_id", "assignee_agent_id", "status"}, prefix: "tsk-"}, task{Status: "open"}),
	entry(resource{name: interactions, filters: []string{"contact_id", "agent_id", "type"}, prefix: "int-"}, interaction{Type: "call"}),
	entry(resource{name: socialPosts, filters: []string{"network", "agent_id"}, sub: "network"}, socialPost{Network: "facebook", Status: "posted"}),
	entry(resource{name: activities, filters: []string{"contact_id", "campaign_id", "type"}, sub: "type", append: true}, event{Type: "open"}),
	entry(resource{name: attachments, filters: []string{"parent_type", "parent_id"}, prefix: "att-"}, attachment{ParentType: "contact"}),
)

var (
	noMap = map[string]any{}
	noIDs = []string{}
)

func catalog(list ...*resource) map[string]*resource {
	m := make(map[string]*resource, len(list))
	for _, r := range list {
		m[r.name] = r
	}
	return m
}

// entry completes r from the struct that models its rows.
func entry(r resource, zero any) *resource {
	t := reflect.TypeOf(zero)
	position := map[string]int{}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Name == "stamp" {
			r.order = append(r.order, "created_at", "updated_at", "deleted", "deleted_at")
			continue
		}
		if tag := f.Tag.Get("json"); tag != "" {
			position[tag] = i
			r.order = append(r.order, tag)
		}
	}
	if r.html {
		r.order = append(r.order, "html")
	}
	r.subCol = -1
	if r.sub != "" {
		r.subCol = position[r.sub]
	}
	for _, f := range r.filters {
		i, ok := position[f]
		if !ok {
			i = -1 // listing_id of campaigns lies inside a list
		}
		r.column = append(r.column, i)
	}
	r.zero = decode(mustEncode(zero))
	return &r
}

// params are the names this resource knows as query parameters.
func (r *resource) knows(param string) bool {
	switch param {
	case "limit", "cursor", "updated_since", "updated_before", "include_deleted", "include_total", "fields":
		return true
	case "include":
		return r.html
	case groupFilter:
		return r.name == contacts
	}
	for _, f := range r.filters {
		if f == param {
			return true
		}
	}
	return false
}

// always are the fields that a fields list cannot leave out.
func (r *resource) always(field string) bool {
	return field == "id" || field == "updated_at" || field == "deleted" || (r.sub != "" && field == r.sub)
}

// fold brings a filter value into the form it is compared in.
func fold(filter, value string) string {
	if filter == "email" {
		return strings.ToLower(strings.TrimSpace(value))
	}
	return value
}
