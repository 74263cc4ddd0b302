package ledger

import (
	"fmt"
	"net/url"
	"strings"

	"rezora2nutshell/internal/record"
)

// field reads a text out of a canonical item; "" when it has none.
type field func(item map[string]any) string

// reference is an indexed column of ids that records of a kind point at.
type reference struct {
	name string
	of   field
}

// naturalKey is an indexed column of keyed hashes of something that people would know a record by.
type naturalKey struct {
	name string
	of   field
	norm func(string) string // makes equal what the contracts call equal
}

// kindSpec is how a kind is stored. Codes are part of the stored form: never change one.
type kindSpec struct {
	code     int64
	object   string // what it becomes in Nutshell, "" when it is archived only
	refs     [2]reference
	keys     [3]naturalKey
	volatile []string // fields of the item that change without meaning anything
}

var kinds = map[record.Kind]kindSpec{
	record.Companies: {code: 1, object: "companies", refs: [2]reference{{"parent", text("parent_id")}}, keys: [3]naturalKey{
		{"domain", text("domain"), foldHost}, {"host", text("website"), foldHost}, {"name", firstText("name", "legal_name"), foldName}}},
	record.Agents: {code: 2, keys: [3]naturalKey{{"email", text("email"), foldEmail}}},
	record.Teams:  {code: 3, keys: [3]naturalKey{{"name", text("name"), strings.TrimSpace}}},
	record.TeamMemberships: {code: 4, refs: [2]reference{{"team", text("team_id")}, {"agent", text("agent_id")}},
		keys: [3]naturalKey{{"pair", pair("team_id", "agent_id"), same}}},
	record.CustomProperties: {code: 5},
	record.Contacts: {code: 6, object: "people", refs: [2]reference{{"company", text("company_id")}, {"owner", text("owner_agent_id")}},
		keys: [3]naturalKey{{"email", text("email"), foldEmail}, {"owner_email", owned("email"), second(foldEmail)}}},
	record.DistributionGroups: {code: 7, keys: [3]naturalKey{{"owner_name", owned("name"), second(strings.TrimSpace)}}},
	record.GroupMemberships: {code: 8, refs: [2]reference{{"contact", text("contact_id")}, {"group", text("group_id")}},
		keys: [3]naturalKey{{"pair", pair("group_id", "contact_id"), same}}},
	record.Templates: {code: 9},
	record.Listings:  {code: 10},
	record.Campaigns: {code: 11},
	record.CampaignRecipients: {code: 12, refs: [2]reference{{"contact", text("contact_id")}, {"campaign", text("campaign_id")}},
		keys: [3]naturalKey{{"pair", pair("campaign_id", "contact_id"), same}}},
	record.Sequences:           {code: 13},
	record.SequenceEnrollments: {code: 14, refs: [2]reference{{"sequence", text("sequence_id")}, {"contact", text("contact_id")}}},
	record.Leads:               {code: 15, object: "leads", refs: [2]reference{{"contact", text("contact_id")}}},
	record.Notes:               {code: 16, object: "notes", refs: [2]reference{{"parent", parent}}},
	record.Tasks:               {code: 17, object: "tasks", refs: [2]reference{{"contact", text("contact_id")}}},
	record.Interactions:        {code: 18, object: "activities", refs: [2]reference{{"contact", text("contact_id")}}},
	record.SocialPosts:         {code: 19},
	record.Activities:          {code: 20, refs: [2]reference{{"contact", text("contact_id")}, {"campaign", text("campaign_id")}}},
	record.Attachments: {code: 21, object: "attachments", refs: [2]reference{{"parent", parent}},
		volatile: []string{"download_url", "download_expires_at"}}, // rezora contract 5: links expire
}

func specOf(kind record.Kind) (kindSpec, error) {
	s, ok := kinds[kind]
	if !ok {
		return s, fmt.Errorf("unknown kind %q", kind)
	}
	return s, nil
}

// refColumn finds the column of a reference.
func refColumn(kind record.Kind, name string) (kindSpec, string, error) {
	s, err := specOf(kind)
	if err != nil {
		return s, "", err
	}
	for i, r := range s.refs {
		if r.name == name && r.of != nil {
			return s, fmt.Sprintf("ref%d", i+1), nil
		}
	}
	return s, "", fmt.Errorf("kind %s has no reference %q", kind, name)
}

// keyColumn finds the column of a natural key.
func keyColumn(kind record.Kind, name string) (kindSpec, naturalKey, string, error) {
	s, err := specOf(kind)
	if err != nil {
		return s, naturalKey{}, "", err
	}
	for i, k := range s.keys {
		if k.name == name && k.of != nil {
			return s, k, fmt.Sprintf("key%d", i+1), nil
		}
	}
	return s, naturalKey{}, "", fmt.Errorf("kind %s has no key %q", kind, name)
}

func text(name string) field {
	return func(item map[string]any) string {
		s, _ := item[name].(string)
		return s
	}
}

func firstText(names ...string) field {
	return func(item map[string]any) string {
		for _, n := range names {
			if s := text(n)(item); strings.TrimSpace(s) != "" {
				return s
			}
		}
		return ""
	}
}

func parent(item map[string]any) string {
	typ, id := text("parent_type")(item), text("parent_id")(item)
	if id == "" {
		return ""
	}
	return typ + "/" + id
}

// pair joins two ids; "" unless both are there.
func pair(a, b string) field {
	return func(item map[string]any) string {
		x, y := text(a)(item), text(b)(item)
		if x == "" || y == "" {
			return ""
		}
		return x + "\x00" + y
	}
}

// owned joins the owner's id, which may be missing, and a text, which may not.
func owned(name string) field {
	return func(item map[string]any) string {
		s := text(name)(item)
		if strings.TrimSpace(s) == "" {
			return ""
		}
		return text("owner_agent_id")(item) + "\x00" + s
	}
}

func same(s string) string { return s }

// second folds what follows the NUL.
func second(fold func(string) string) func(string) string {
	return func(s string) string {
		a, b, ok := strings.Cut(s, "\x00")
		if b = fold(b); !ok || b == "" {
			return ""
		}
		return a + "\x00" + b
	}
}

func foldEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func foldName(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// foldHost takes a domain, a host or a URL and gives the host without "www.".
func foldHost(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" {
		return ""
	}
	if !strings.Contains(s, "://") {
		s = "http://" + strings.TrimPrefix(s, "//")
	}
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.TrimSuffix(u.Hostname(), "."), "www.")
}
