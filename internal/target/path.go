package target

import (
	"slices"
	"strconv"
	"strings"
)

// Path names one field of a record.
//
//	scalars         name description owner assignee primaryAccount milestone status outcome closedTime title entity startTime note ...
//	list entries    email:<address> phone:<label> address:<label> url:<without scheme> tags:<lower case>
//	                accounts:<id> contacts:<id> leads:<id> sources:<id> participants:<Type>/<id>
//	unlabelled      phone:#<canonical number> address:#<canonical parts>
//	custom fields   custom:<name>, and custom:<name>:<choice> for each choice of a multiple select
//	links to come   accounts:@companies/org-7, until the linked record has an id in Nutshell
//
// A label that starts with "#" or "\", and ":" or "\" in the name of a custom field, are preceded by "\".
type Path string

// The lists whose entries are fields of their own.
const (
	listEmail        = "email"
	listPhone        = "phone"
	listURL          = "url"
	listAddress      = "address"
	listTags         = "tags"
	listAccounts     = "accounts"
	listContacts     = "contacts"
	listLeads        = "leads"
	listSources      = "sources"
	listProducts     = "products"
	listCompetitors  = "competitors"
	listParticipants = "participants"
	prefixCustom     = "custom"
)

// CustomPath is the path of a custom field with a single value.
func CustomPath(name string) Path { return Path(prefixCustom + ":" + escapeName(name)) }

// ChoicePath is the path of one choice of a multiple select.
func ChoicePath(name, choice string) Path {
	return Path(prefixCustom + ":" + escapeName(name) + ":" + choice)
}

// LinkPath is the path of a link to a record whose id is known: list is accounts, contacts, leads or sources.
func LinkPath(list string, id int64) Path { return Path(list + ":" + strconv.FormatInt(id, 10)) }

// ParticipantPath is the path of a participant of an activity.
func ParticipantPath(entityType string, id int64) Path {
	return Path(listParticipants + ":" + entityType + "/" + strconv.FormatInt(id, 10))
}

// List is the list an entry belongs to, and "" for a scalar and for a custom field with a single value. A multiple select is a list
// named custom:<name>.
func (p Path) List() string {
	head, rest, found := strings.Cut(string(p), ":")
	if !found {
		return ""
	}
	if head != prefixCustom {
		return head
	}
	if end := nameEnd(rest); end < len(rest) {
		return string(p[:len(prefixCustom)+1+end])
	}
	return ""
}

// Custom is the name of the custom field the path belongs to.
func (p Path) Custom() (name string, ok bool) {
	rest, ok := strings.CutPrefix(string(p), prefixCustom+":")
	if !ok {
		return "", false
	}
	return unescape(rest[:nameEnd(rest)]), true
}

// Linked is the record a link path leads to: an id in Nutshell and its entity type. It is false for other paths and for links to come.
func (p Path) Linked() (entityType string, id int64, ok bool) {
	head, rest, found := strings.Cut(string(p), ":")
	if !found {
		return "", 0, false
	}
	entityType = linkTypes[head]
	if head == listParticipants {
		entityType, rest, found = strings.Cut(rest, "/")
	}
	if entityType == "" || !found {
		return "", 0, false
	}
	id, err := strconv.ParseInt(rest, 10, 64)
	return entityType, id, err == nil && id > 0
}

// linkTypes are the lists that hold links, and the entity type at their other end.
var linkTypes = map[string]string{
	listAccounts: "Accounts", listContacts: "Contacts", listLeads: "Leads", listSources: "Sources", listProducts: "Products",
	listCompetitors: "Competitors", listParticipants: "",
}

// records are the link lists whose other end is a record that this migration can make.
var records = map[string]bool{listAccounts: true, listContacts: true, listLeads: true, listParticipants: true}

func isLinkList(list string) bool {
	_, ok := linkTypes[list]
	return ok
}

func isDictionary(list string) bool {
	return list == listEmail || list == listPhone || list == listURL || list == listAddress
}

// labelled is the path of a phone or address under a label, or of one without label by its canonical value.
func labelled(list, label, canon string) Path {
	if label == "" {
		return Path(list + ":#" + canon)
	}
	if label[0] == '#' || label[0] == '\\' {
		label = `\` + label
	}
	return Path(list + ":" + label)
}

// label is the label of a phone or address path, "" when the entry has none.
func (p Path) label() string {
	_, rest, _ := strings.Cut(string(p), ":")
	if strings.HasPrefix(rest, "#") {
		return ""
	}
	return strings.TrimPrefix(rest, `\`)
}

var nameEscaper = strings.NewReplacer(`\`, `\\`, `:`, `\:`)

func escapeName(name string) string {
	if !strings.ContainsAny(name, `\:`) {
		return name
	}
	return nameEscaper.Replace(name)
}

// nameEnd is the index of the first ":" that is not escaped, or the length.
func nameEnd(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case ':':
			return i
		}
	}
	return len(s)
}

func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		out = append(out, s[i])
	}
	return string(out)
}

// Paths reads a stored list of paths.
func Paths(stored []string) []Path {
	out := make([]Path, len(stored))
	for i, s := range stored {
		out[i] = Path(s)
	}
	return out
}

func sortedPaths(set map[Path]bool) []Path {
	out := make([]Path, 0, len(set))
	for p := range set {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}
