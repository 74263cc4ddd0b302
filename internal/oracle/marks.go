package oracle

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/record"
)

// personal are the fields of the source that hold personal values, by resource; dots nest, [] walks a list, * a map.
var personal = map[record.Kind][]string{
	record.Companies: {"name", "legal_name", "email", "website", "domain", "phones.*", "address.street", "custom_properties.*"},
	record.Agents: {"email", "work_email", "first_name+last_name", "display_name", "website", "bio", "tagline", "license_number", "phones.*",
		"social.*"},
	record.Contacts: {"name", "first_name+last_name", "email", "company_name", "title", "phones.*", "addresses.home.street",
		"addresses.business.street", "custom_properties.*"},
	record.Campaigns:          {"name", "subject"},
	record.CampaignRecipients: {"email"},
	record.Leads:              {"name", "email", "phone", "message"},
	record.Notes:              {"body", "author_name"},
	record.Tasks:              {"title", "description"},
	record.Interactions:       {"subject", "body", "location"},
	record.Listings:           {"address.street", "remarks", "listing_agent.name", "listing_agent.email"},
	record.SocialPosts:        {"text"},
	record.Activities:         {"email", "url"},
	record.Attachments:        {"filename"},
}

// Marks collects the distinctive personal values of the source, legacy rows included, and of the destination: names, e-mails, phones,
// streets, texts. Values that could stand anywhere by chance (short words, common phrases) are left out, and so are those of except:
// what operators typed into inputs and messages is theirs.
func Marks(src Source, dest nutshelltest.Snapshot, except ...string) []string {
	m := marking{map[string]bool{}, map[string]bool{}}
	for _, e := range except {
		m.except[strings.ToLower(strings.TrimSpace(e))] = true
	}
	for kind, paths := range personal {
		for _, rows := range [][]json.RawMessage{src.Rows[kind], src.Legacy[kind]} {
			for _, raw := range rows {
				m.row(raw, paths)
			}
		}
	}
	for _, u := range dest.Users {
		m.value(u.Name)
		for _, e := range u.Emails {
			m.value(e)
		}
	}
	for _, e := range entities(&dest) {
		for i := range e.list {
			m.record(&e.list[i])
		}
	}
	return slices.Sorted(maps.Keys(m.found))
}

type marking struct {
	found, except map[string]bool
}

func (m marking) row(raw json.RawMessage, paths []string) {
	var row map[string]any
	if json.Unmarshal(raw, &row) != nil {
		return
	}
	for _, path := range paths {
		if a, b, both := strings.Cut(path, "+"); both {
			x, _ := row[a].(string)
			y, _ := row[b].(string)
			if !blank(x) && !blank(y) {
				m.value(x + " " + y)
			}
			continue
		}
		m.walk(row, strings.Split(path, "."))
	}
}

func (m marking) walk(v any, path []string) {
	switch x := v.(type) {
	case string:
		if len(path) == 0 {
			m.value(x)
		}
	case []any:
		for _, e := range x {
			m.walk(e, path)
		}
	case map[string]any:
		if len(path) == 0 {
			for _, e := range x {
				m.walk(e, nil)
			}
		} else if path[0] == "*" {
			for _, e := range x {
				m.walk(e, path[1:])
			}
		} else {
			m.walk(x[path[0]], path[1:])
		}
	}
}

func (m marking) record(r *nutshelltest.Record) {
	for _, k := range []string{"displayName", "name", "description", "note", "title", "location"} {
		m.value(r.Fields[k])
	}
	for _, list := range []string{"email", "phone", "url"} {
		for _, e := range entriesOf(r, list) {
			m.value(e.value)
		}
	}
	for _, e := range entriesOf(r, "address") {
		if street, ok := strings.CutPrefix(e.value, "address_1: "); ok {
			street, _, _ = strings.Cut(street, "; ")
			m.value(street)
		}
	}
}

// markLength bounds the characters of a mark: of long texts their beginning is looked for.
const markLength = 40

// value takes a value when it is distinctive.
func (m marking) value(s string) {
	s = strings.TrimSpace(s)
	if i := strings.IndexAny(s, "\r\n"); i >= 0 { // one line: loggers break texts
		s = strings.TrimSpace(s[:i])
	}
	if !distinctive(s) || m.except[strings.ToLower(s)] {
		return
	}
	if r := []rune(s); len(r) > markLength {
		s = strings.TrimSpace(string(r[:markLength]))
	}
	m.found[s] = true
	if digits := onlyDigits(s); phoneLike(s, digits) {
		m.found[digits] = true
	}
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

func phoneLike(s, digits string) bool {
	return len(digits) >= 10 && len(digits) <= 15 && strings.Trim(s, "+0123456789 ()-./") == ""
}

// distinctive tells whether a value can hardly stand in a text by chance.
func distinctive(s string) bool {
	if len(s) < minMark {
		return false
	}
	if digits := onlyDigits(s); phoneLike(s, digits) {
		return true
	}
	letters, words := 0, len(strings.Fields(s))
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	switch {
	case strings.Contains(s, "@"):
		return email(s) != ""
	case letters < 5 || strings.HasPrefix(s, "[Rezora "):
		return false
	case strings.ContainsAny(s, "0123456789") && words > 1: // a street
		return len(s) >= 8
	case words > 1: // a name or a phrase
		return len(s) >= 8
	default:
		return len([]rune(s)) >= 12
	}
}
