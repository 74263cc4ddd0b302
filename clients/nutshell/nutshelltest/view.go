package nutshelltest

import (
	"strconv"
	"strings"
	"unicode"
)

// view prints records in the shapes of nutshell contract 3. The store's lock
// must be held.
type view struct {
	writer
	cfg *Config
	db  *store
	now instant
}

func (w *view) full() bool { return w.cfg.RecordShape == "full" }
func (w *view) old() bool  { return w.cfg.StubShape == "old" }

func (w *view) emptyMap(k string) {
	shape := w.cfg.EmptyMaps
	if shape == "mixed" && k == "customFields" {
		shape = "array"
	}
	switch shape {
	case "array":
		w.kraw(k, "[]")
	case "object":
		w.kraw(k, "{}")
	case "null":
		w.knull(k)
	}
}

// begin opens a full record.
func (w *view) begin(h *head) {
	w.open('{')
	w.knum("id", h.id)
	w.kstr("entityType", h.kind.String())
	w.kstr("rev", h.revText())
}

// times prints createdTime, modifiedTime and, of a deleted record, deletedTime.
func (w *view) times(h *head) {
	w.ktime("createdTime", h.created)
	w.ktime("modifiedTime", h.modified)
	w.deletedTime(h)
}

func (w *view) deletedTime(h *head) {
	if !h.live() || w.full() {
		w.ktime("deletedTime", h.deleted)
	}
}

// setTime prints a time only when it is set, or always in the full shape.
func (w *view) setTime(k string, t instant) {
	if t != 0 || w.full() {
		w.ktime(k, t)
	}
}

func (w *view) emails(u *user) {
	w.key("emails")
	w.open('[')
	for _, e := range u.emails {
		w.str(e)
	}
	w.close(']')
}

func (w *view) reference(r *reference) {
	if r == nil {
		w.null()
		return
	}
	w.open('{')
	w.kbool("stub", true)
	w.knum("id", r.id)
	w.kstr("rev", strconv.FormatInt(r.rev, 10))
	w.kstr("entityType", r.kind.String())
	w.kstr("name", r.name)
	if r.kind == kSources {
		w.ktime("modifiedTime", r.modified)
	}
	w.close('}')
}

// setReference prints a reference only when it is set, or null in the full shape.
func (w *view) setReference(k string, r *reference) {
	if r != nil || w.full() {
		w.key(k)
		w.reference(r)
	}
}

// creator is null for a record that nobody made through a user.
func (w *view) creator(h *head) {
	w.key("creator")
	w.person(h.creator)
}

func (w *view) person(u *user) {
	if u == nil {
		w.null()
		return
	}
	w.stub(u)
}

func (w *view) tags(tags []*tag) {
	w.key("tags")
	w.open('[')
	for _, t := range tags {
		w.str(t.name)
	}
	w.close(']')
}

// files prints the file key of a record from the files of its live notes.
func (w *view) filesOf(notes []*note) {
	some := false
	for _, n := range notes {
		for _, f := range n.files {
			if !n.live() {
				break
			}
			if !some {
				w.key("file")
				w.open('[')
				some = true
			}
			w.file(f)
		}
	}
	switch {
	case some:
		w.close(']')
	case w.full():
		w.kraw("file", "[]")
	}
}

func (w *view) file(f *file) {
	w.open('{')
	w.knum("id", f.id)
	w.kstr("rev", "0")
	w.kstr("entityType", "Files")
	w.kstr("name", f.name)
	w.kstr("mime", f.mime)
	w.knum("size", int64(len(f.content)))
	w.knull("clientType")
	w.kstr("uri", "/rest/files/"+strconv.FormatInt(f.id, 10)+"/content")
	w.close('}')
}

func (w *view) customFields(values []fieldValue) {
	if len(values) == 0 {
		w.emptyMap("customFields")
		return
	}
	w.key("customFields")
	w.open('{')
	for _, v := range values {
		w.textKey(v.def.name)
		w.fieldValue(v)
	}
	w.close('}')
}

func (w *view) fieldValue(v fieldValue) {
	switch v.def.fieldType {
	case "number", "boolean":
		w.raw(v.text)
	case "currency":
		w.open('{')
		w.kstr("currency", v.text[:3])
		w.kstr("amount", v.text[3:])
		w.close('}')
	case "date":
		if w.cfg.DateShape == "object" {
			t, _ := parseTime(v.text + "T00:00:00Z")
			w.open('{')
			w.knum("timestamp", t.unix())
			w.close('}')
			return
		}
		w.str(v.text)
	default:
		if !v.def.multiple {
			w.str(v.text)
			return
		}
		w.open('[')
		for _, s := range v.list {
			w.str(s)
		}
		w.close(']')
	}
}

const webBase = "https://app.nutshell.com/"

func (w *view) htmlURL(section string, id int64, name string) {
	path := section + "/" + strconv.FormatInt(id, 10)
	if s := slug(name); s != "" {
		path += "-" + s
	}
	w.kstr("htmlUrl", webBase+path)
}

func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.TrimSuffix(b.String(), "-")
}
