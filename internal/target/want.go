package target

import (
	"encoding/json"
	"strings"
	"time"
)

// The verdicts of a comparison. Missing and mismatch are always faults.
const (
	Equal       = "equal"
	Transformed = "transformed"
	Truncated   = "truncated"
	Missing     = "missing"
	Mismatch    = "mismatch"
)

// Ref names a record of the source whose id in Nutshell is looked up when the demand is used.
type Ref struct{ Object, SourceID string }

// String is "<object>/<source id>".
func (r Ref) String() string { return r.Object + "/" + r.SourceID }

// Resolve finds the id in Nutshell of a migrated record.
type Resolve func(object, sourceID string) (id int64, ok bool)

// Back finds the source record that an id in Nutshell belongs to.
type Back func(entityType string, id int64) (ref Ref, ok bool)

// Hash is a keyed hash of a canonical value.
type Hash func(canon string) string

// Want is one value that the map demands. The constructors below make its path, its wire form and its comparison form; From, As and Named
// add what the reports say about it.
type Want struct {
	Path    Path
	Wire    any      // the value as the API takes it; nil for a value that is not sent
	Canon   string   // comparison form
	Alt     string   // second form that also counts as equal
	Field   string   // name in reports: name, phone.mobile, customFields.Rezora_ID__c
	Source  string   // what the source said
	Of      []string // the source fields it carries
	Verdict string   // the verdict that the map foresees when Nutshell shows the value: equal, transformed or truncated
	Reason  string   // why it is not equal
	Link    *Ref     // the record at the other end of a link to come
	kind    Kind     // type of a custom field
	parts   bool     // a name sent in parts
	any     bool     // whatever Nutshell shows there will do
}

// From sets what the source said.
func (w Want) From(source string) Want {
	w.Source = source
	return w
}

// As sets the verdict that the map foresees, and the rule behind it.
func (w Want) As(verdict, reason string) Want {
	w.Verdict, w.Reason = verdict, reason
	return w
}

// Named sets the field's name in reports.
func (w Want) Named(field string) Want {
	w.Field = field
	return w
}

// AnyValue makes whatever Nutshell shows there do: the account puts a value of its own.
func (w Want) AnyValue() Want {
	w.any = true
	return w
}

// Empty tells whether there is nothing to send. Such a demand is never sent or merged; Compare gives it the verdict it carries.
func (w Want) Empty() bool {
	if w.Link != nil {
		return false
	}
	return w.Wire == nil || w.Canon == "" && !isLinkList(w.Path.List())
}

func newWant(p Path, canon, alt string, wire any, field, source string) Want {
	return Want{Path: p, Canon: canon, Alt: alt, Wire: wire, Field: field, Source: source, Verdict: Equal}
}

// Omit demands nothing: it stands in the report for a value that a rule keeps out of Nutshell, wholly.
func Omit(field, source, reason string) Want {
	return Want{Field: field, Source: source, Verdict: Truncated, Reason: reason}
}

// Text is a scalar of text: description, title, note, a company's or activity's name, location.
func Text(p Path, text string) Want {
	return newWant(p, text, "", text, string(p), text)
}

// NameParts is a person's name in parts.
func NameParts(given, family string) Want {
	n := personName{given: given, family: family}
	w := newWant("name", n.canon(), "", n.wire(), "name", strings.TrimSpace(given+" "+family))
	w.parts = true
	return w
}

// NameText is a person's name as one text, which the server splits.
func NameText(text string) Want {
	return newWant("name", splitName(text).canon(), text, text, "name", text)
}

// Email is an e-mail address without label. It is compared by value whatever label it stands under.
func Email(address string) Want {
	address = strings.TrimSpace(address)
	canon := canonicalEmail(address)
	return newWant(Path(listEmail+":"+canon), canon, "", address, listEmail, address)
}

// Phone is a telephone number under a label, "" for none. The first one demanded is the primary one of a new record. A second number
// under the same label goes under a decimal key.
func Phone(label, number string) Want {
	n := phoneText(number)
	label = cleanLabel(label)
	return newWant(labelled(listPhone, label, n.canon), n.canon, n.alt, number, dotted(listPhone, label), number)
}

// Address is an address under a label, "" for none.
func Address(label string, parts AddressParts) Want {
	canon := canonicalAddress(parts.list())
	label = cleanLabel(label)
	return newWant(labelled(listAddress, label, canon), canon, "", parts.wire(), dotted(listAddress, label), displayParts(parts.list()))
}

// URL is a web address without label, compared by value.
func URL(address string) Want {
	canon := canonicalURL(address)
	return newWant(Path(listURL+":"+canon), canon, "", address, listURL, address)
}

// Tag is a tag by name. It must exist in the account.
func Tag(name string) Want {
	return newWant(tagPath(name), strings.ToLower(name), "", name, listTags, name)
}

// Link is an entry of accounts, contacts, leads or participants that leads to a migrated record (object companies, people or leads).
// The relationship may be "".
func Link(list, object, sourceID, relationship string) Want {
	ref := Ref{object, sourceID}
	w := newWant(Path(list+":@"+ref.String()), relationship, "", nil, list, relationship)
	w.Link = &ref
	return w
}

// LinkRef is a scalar that leads to a migrated record: primaryAccount, entity.
func LinkRef(p Path, object, sourceID string) Want {
	ref := Ref{object, sourceID}
	w := newWant(p, "@"+ref.String(), "", nil, string(p), ref.String())
	w.Link = &ref
	return w
}

// UserRef is a scalar that holds a user: owner, assignee, and a note's user, which is only read.
func UserRef(p Path, userID int64) Want { return EntityRef(p, "Users", userID) }

// EntityRef is a scalar that holds a record of the account with a known id: activityType, milestone, outcome, owner (a team), entity.
func EntityRef(p Path, entityType string, id int64) Want {
	return newWant(p, refCanon(entityType, id), "", refWire(entityType, id), string(p), refCanon(entityType, id))
}

// Participant is a participant of an activity with a known id, such as a user.
func Participant(entityType string, id int64) Want {
	return newWant(ParticipantPath(entityType, id), "", "", refWire(entityType, id), listParticipants, refCanon(entityType, id))
}

// Time is a scalar with a time: dueTime, completedTime, startTime, endTime, closedTime. The zero time makes an empty demand.
func Time(p Path, t time.Time) Want {
	if t.IsZero() {
		return newWant(p, "", "", nil, string(p), "")
	}
	s := t.UTC().Format(canonTime)
	return newWant(p, s, "", s, string(p), s)
}

// Int is a scalar with a whole number: status, confidence.
func Int(p Path, n int64) Want {
	s := itoa(n)
	return newWant(p, s, "", json.Number(s), string(p), s)
}

// Flag is a scalar with a truth value: isAllDay, isTimed. False makes an empty demand, for the server shows it as nothing.
func Flag(p Path, on bool) Want {
	if !on {
		return newWant(p, "", "", nil, string(p), "false")
	}
	return newWant(p, "true", "", true, string(p), "true")
}

// Custom is a custom field with a single value: text, a decimal number as text or JSON number, a truth value, a date, a time.Time.
func Custom(name string, kind Kind, value any) Want {
	if t, ok := value.(time.Time); ok {
		if value = nil; !t.IsZero() {
			value = t.UTC().Format(canonTime)
		}
	}
	canon, alt := canonicalCustom(kind, value)
	var wire any
	if canon != "" {
		wire = customInput(kind, value)
	}
	w := newWant(CustomPath(name), canon, alt, wire, "customFields."+name, textOf(value))
	w.kind = kind
	return w
}

// Choices are the choices of a multiple select, a demand for each.
func Choices(name string, choices []string) []Want {
	out := make([]Want, 0, len(choices))
	for _, choice := range choices {
		if choice != "" {
			out = append(out, newWant(ChoicePath(name, choice), choice, "", choice, "customFields."+name, choice))
		}
	}
	return out
}

// cleanLabel drops what cannot be a label: decimal keys and the mark of the primary entry.
func cleanLabel(label string) string {
	if label == "--primary" || isDecimal(label) {
		return ""
	}
	return label
}

func dotted(list, label string) string {
	if label == "" {
		return list
	}
	return list + "." + label
}
