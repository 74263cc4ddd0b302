package mapping

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/target"
)

// Codes of flags.
const (
	FlagShortened       = "shortened"         // a name, title or description was cut
	FlagArrayShortened  = "array_shortened"   // elements of a JSON array do not fit
	FlagLeftOut         = "element_left_out"  // groups or campaigns that the source does not serve
	FlagValueRefused    = "value_refused"     // a value that Nutshell would refuse
	FlagOwnerNone       = "owner_none"        // no owner agent and no fallback owner
	FlagOwnerOrphan     = "owner_orphan"      // the agent has no user: no owner
	FlagOwnerFallback   = "owner_fallback"    // the agent has no user: fallback owner
	FlagUserNone        = "user_none"         // an assignee or participant without user
	FlagParentLost      = "parent_lost"       // a company's parent that is cut from a cycle or not migrated
	FlagCompanyUnlinked = "company_ambiguous" // several companies under one rule
	FlagPersonUnlinked  = "person_ambiguous"  // several people with the lead's e-mail
	FlagPropertyNew     = "property_undecided"
	FlagAuthorInferred  = "author_inferred"
	FlagEndSet          = "end_set" // an interaction without end, or with one before its start
	FlagOpenCompleted   = "open_with_completion"
	FlagClosedTime      = "closed_time_missing"
	FlagOwnTime         = "own_time"       // the account puts its own time of closing or completing
	FlagPartsArchived   = "parts_archived" // further parts of a text without a person to write them on
	FlagLinked          = "file_linked"    // a file that is in the archive, with a link
	FlagFilename        = "filename_changed"
)

// Codes of quarantine.
const (
	CodeNothing       = "nothing_to_create_by"
	CodeParent        = "parent_missing"
	CodeStatus        = "status_unmapped"
	CodeOutcome       = "outcome_missing"
	CodeStart         = "start_missing"
	CodeArchiveOnly   = "archive_only"
	CodeBytes         = "bytes_missing"
	CodeTooMany       = "too_many_receivers"
	CodeNoReceivers   = "no_receivers"
	CodeActivityAlone = "note_without_contact"
)

const inRecords = "the raw value is in records/"

// build gathers the projection of one source record.
type build struct {
	m     *Map
	env   *Env
	p     Projection
	fates fateBook
	kind  record.Kind
}

func newBuild(m *Map, env *Env, kind record.Kind, object, entityType, id string) *build {
	return &build{m: m, env: env, kind: kind, fates: fateBook{}, p: Projection{
		Object: object, SourceID: id, Role: RoleRecord, Part: 1, Parts: 1, Type: entityType, Verb: VerbCreate,
	}}
}

// put demands a value and gives its source fields the fate of its verdict.
func (b *build) put(w target.Want, fields ...string) {
	w.Of = fields
	b.p.Wants = append(b.p.Wants, w)
	switch w.Verdict {
	case target.Transformed:
		b.fates.mark(Transformed, fields...)
	case target.Truncated:
		b.fates.mark(Truncated, fields...)
	default:
		b.fates.mark(Carried, fields...)
	}
}

// refuse leaves a value out that Nutshell would refuse.
func (b *build) refuse(field, source, why string, fields ...string) {
	b.p.Wants = append(b.p.Wants, target.Omit(field, source, why+"; "+inRecords))
	b.fates.mark(Truncated, fields...)
	b.flag(FlagValueRefused, field+": "+why)
}

func (b *build) flag(code, text string) { b.flagN(code, text, 1) }

func (b *build) flagN(code, text string, n int64) {
	b.p.Flags = append(b.p.Flags, Flag{Code: code, Text: text, N: n})
}

func (b *build) quarantine(code, text string) { b.p.Quarantine = &Reason{Code: code, Text: text} }

// accepts reports whether Nutshell takes a text; else it is refused under the field.
func (b *build) accepts(field, value string, limit int, fields ...string) bool {
	if sendable(value, limit) {
		return true
	}
	b.refuse(field, value, tooLong(value, limit), fields...)
	return false
}

func tooLong(value string, limit int) string {
	if chars(value) > limit {
		return fmt.Sprintf("longer than %d characters", limit)
	}
	return "holds a character that Nutshell refuses"
}

// text demands a scalar text as stored.
func (b *build) text(path target.Path, value string, limit int, fields ...string) {
	if !blank(value) && b.accepts(string(path), value, limit, fields...) {
		b.put(target.Text(path, value), fields...)
	}
}

// builtIn demands a built-in custom field; value is text, a number as json.Number, a bool or a time.
func (b *build) builtIn(key string, value any, verdict, reason, source string, fields ...string) {
	f, on := b.env.Fields.BuiltIn(b.m, b.p.Type, key)
	if !on {
		return
	}
	if n, ok := value.(json.Number); ok {
		value = n.String()
	}
	if f.Type == Text || f.Type == TextArea {
		s := textForm(value)
		if limit := b.textLimit(f.Type); !sendable(s, limit) {
			b.refuse("customFields."+f.Name, source, tooLong(s, limit), fields...)
			return
		}
		value = s
	}
	b.put(target.Custom(f.Name, target.Kind(f.Type), value).From(source).As(verdict, reason), fields...)
}

func (b *build) textLimit(fieldType string) int {
	if fieldType == TextArea {
		return b.env.Limits.TextArea
	}
	return b.env.Limits.Text
}

func textForm(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return record.At(v).String()
	}
	return fmt.Sprint(value)
}

// customText demands a built-in field with a text of the source as it is.
func (b *build) customText(key, value string, fields ...string) {
	if !blank(value) {
		b.builtIn(key, value, target.Equal, "", value, fields...)
	}
}

func (b *build) customTime(key string, t record.Time, field string) {
	if t.Set() {
		b.builtIn(key, t.Time, target.Equal, "", t.String(), field)
	}
}

// identity demands the fields that every company, person and lead has.
func (b *build) identity(c record.Common) {
	b.customText(FieldID, c.ID, "id")
	b.customTime(FieldCreatedAt, c.CreatedAt, "created_at")
}

// done closes the projection: fates, and whether the raw record has to be kept.
func (b *build) done(raw json.RawMessage, src any) Projection {
	if raw == nil {
		raw, _ = json.Marshal(src) // types of package record always encode
	}
	if b.p.archiveOnly() {
		b.fates = fateBook{}
	}
	b.p.Fates = b.fates.close(string(b.kind), raw, b.p.Quarantine != nil && !b.p.archiveOnly())
	for _, f := range b.p.Fates {
		if f.Fate != Carried && f.Fate != Transformed {
			b.p.KeepRaw = true
		}
	}
	return b.p
}

// entityOf is Nutshell's type for an object of the reports.
func entityOf(object string) string {
	switch object {
	case Companies:
		return Accounts
	case People:
		return Contacts
	case LeadObjects:
		return Leads
	}
	return ""
}

// linkTo is an entry of a list of links to a migrated record, or to one of the account itself.
func linkTo(list string, to Ref, relationship string) target.Want {
	if to.ID == 0 {
		return target.Link(list, to.Object, to.SourceID, relationship)
	}
	wire := map[string]any{"entityType": entityOf(to.Object), "id": to.ID}
	if relationship != "" {
		wire["relationship"] = relationship
	}
	return target.Want{
		Path: target.LinkPath(list, to.ID), Canon: relationship, Wire: wire, Field: list, Source: relationship, Verdict: target.Equal,
	}
}

// refTo is a scalar that holds a migrated record, or one of the account itself.
func refTo(path target.Path, to Ref) target.Want {
	if to.ID == 0 {
		return target.LinkRef(path, to.Object, to.SourceID)
	}
	return target.EntityRef(path, entityOf(to.Object), to.ID)
}
