package nutshell

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// EntityType is Nutshell's name for a kind of record, as it stands in every
// link and answer. Ids are unique per type only (nutshell contract 7.8).
type EntityType string

// The entity types of nutshell contract 3.1 that this client deals in.
const (
	Contacts      EntityType = "Contacts"
	Accounts      EntityType = "Accounts"
	Leads         EntityType = "Leads"
	Notes         EntityType = "Notes"
	Tasks         EntityType = "Tasks"
	Activities    EntityType = "Activities"
	Users         EntityType = "Users"
	Teams         EntityType = "Teams"
	Tags          EntityType = "Tags"
	Files         EntityType = "Files"
	Milestones    EntityType = "Milestones"
	Stagesets     EntityType = "Stagesets"
	LeadOutcomes  EntityType = "Lead_Outcomes"
	ActivityTypes EntityType = "Activity_Types"
	Sources       EntityType = "Sources"
)

// singulars holds the word in JSON-RPC method names: getContact, newContact.
var singulars = map[EntityType]string{
	Contacts: "Contact", Accounts: "Account", Leads: "Lead", Notes: "Note",
	Tasks: "Task", Activities: "Activity", Users: "User", Teams: "Team",
}

// singular is "Contact" for Contacts, and so on.
func (t EntityType) singular() (string, error) {
	s, ok := singulars[t]
	if !ok {
		return "", fmt.Errorf("no such method for entity type %q", string(t))
	}
	return s, nil
}

// param is the name of the record in params: "contact" for Contacts.
func (t EntityType) param() string { return strings.ToLower(singulars[t]) }

// Collection is the name of the type in REST paths and ids: "contacts".
func (t EntityType) Collection() string { return strings.ToLower(string(t)) }

// TakesNotes tells the types that notes hang on.
func (t EntityType) TakesNotes() bool { return t == Contacts || t == Accounts || t == Leads }

// Link is the reference that stands in links, owners and note parents.
func (t EntityType) Link(id int64) map[string]any {
	return map[string]any{"entityType": string(t), "id": id}
}

// Entity is one record as Nutshell showed it.
type Entity struct {
	Type EntityType
	ID   int64
	// Rev is opaque; "" when the answer carried none (a timeline e-mail).
	Rev string
	// Stub tells that Raw has only the keys of a stub (nutshell contract 3.1).
	Stub bool
	// Deleted tells that the record has a deletedTime (nutshell contract 4.3).
	Deleted bool
	// Raw is the whole record, numbers as json.Number. Absent and null mean the same.
	Raw map[string]any
}

// DecodeEntity reads a record out of a decoded JSON value. The entity type of
// the answer wins over want; id and rev may be numbers or strings. It answers
// false for a value that is no object or has no id.
func DecodeEntity(v any, want EntityType) (Entity, bool) {
	m, ok := v.(map[string]any)
	if !ok {
		return Entity{}, false
	}
	id, ok := ID(m["id"])
	if !ok {
		return Entity{}, false
	}
	e := Entity{Type: want, ID: id, Rev: Text(m["rev"]), Stub: Bool(m["stub"]), Raw: m}
	if t := Text(m["entityType"]); t != "" {
		e.Type = EntityType(t)
	}
	if d := m["deletedTime"]; d != nil && d != "" && d != false {
		e.Deleted = true
	}
	return e, true
}

// ID reads an id: a number, its decimal text, or the REST form "4101-contacts".
func ID(v any) (int64, bool) {
	var s string
	switch x := v.(type) {
	case json.Number:
		s = x.String()
	case string:
		s, _, _ = strings.Cut(strings.TrimSpace(x), "-")
	case float64:
		return int64(x), x > 0 && x < 1<<53 && x == float64(int64(x))
	case int64:
		return x, x > 0
	case int:
		return int64(x), x > 0
	default:
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n > 0
}

// Text reads a string or the text of a number; anything else is "".
func Text(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case json.Number:
		return x.String()
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case int64:
		return strconv.FormatInt(x, 10)
	case int:
		return strconv.Itoa(x)
	}
	return ""
}

// Bool reads true, 1, "1" and "true" as true, everything else as false.
func Bool(v any) bool {
	if b, ok := v.(bool); ok {
		return b
	}
	s := strings.ToLower(Text(v))
	return s == "1" || s == "true"
}

// Number reads a number or its text.
func Number(v any) (float64, bool) {
	s := strings.TrimSpace(Text(v))
	if s == "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

// Object reads a map field: an object as it is, and {} for [], null and absent,
// the ways in which an empty map is printed (nutshell contract 1.3). A list,
// the print of a map whose keys count up from 0, becomes a map of its indices.
func Object(v any) map[string]any {
	switch x := v.(type) {
	case map[string]any:
		return x
	case []any:
		m := make(map[string]any, len(x))
		for i, e := range x {
			m[strconv.Itoa(i)] = e
		}
		return m
	}
	return map[string]any{}
}

// List reads a list field; null, absent and an empty map are the empty list.
func List(v any) []any {
	l, _ := v.([]any)
	return l
}

// timeForms are the offsets a time may come with: +0000, +00:00 and Z.
var timeForms = []string{"2006-01-02T15:04:05-0700", time.RFC3339}

// Time reads a time of the wire into UTC. It answers false for null, "" and
// anything that is no time with an offset.
func Time(v any) (time.Time, bool) {
	s := Text(v)
	for _, form := range timeForms {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
