package crawl

import (
	"regexp"
	"strings"

	"rezora2nutshell/clients/nutshell"
)

// SourceField is the custom field that carries the source id of people, companies and leads (mapping, section 1).
const SourceField = "Rezora_ID__c"

// Header lines of everything that cannot carry a custom field (mapping, section 5). A person's text that merely quotes one in a later
// line is not ours: only the first line counts. An id is any text (rezora contract 3.8); what ends
// it is a bracket before a space or the end of the line.
var (
	bracketed = regexp.MustCompile(`^(?:Campaign Note: .* )?\[Rezora ([^\s\]]{1,64}) (.+?)\](?: |$)`)
	partMark  = regexp.MustCompile(` \((\d{1,4})/(\d{1,4})\)$`)
)

// Header is what a header line says: which source record a text belongs to, and which part of it.
type Header struct {
	Object string // notes tasks activities attachments leads
	ID     string
	Part   int
	Parts  int
}

// headerObjects are the words of headers; every other word is the type of an interaction.
var headerObjects = map[string]string{"note": "notes", "task": "tasks", "file": "attachments", "lead": "leads"}

// ParseHeader reads the first line of a text; ok is false when the text is not of a migration.
func ParseHeader(text string) (Header, bool) {
	line, _, _ := strings.Cut(text, "\n")
	line = strings.TrimRight(line, "\r ")
	m := bracketed.FindStringSubmatch(line)
	if m == nil {
		return Header{}, false
	}
	h := Header{Object: "activities", ID: m[2], Part: 1, Parts: 1}
	if object, ok := headerObjects[m[1]]; ok {
		h.Object = object
	}
	if p := partMark.FindStringSubmatch(line); p != nil {
		h.Part, h.Parts = atoi(p[1]), atoi(p[2])
	}
	return h, true
}

// Key is how a crawled record names the source record it belongs to.
func (h Header) Key() string { return h.Object + "/" + h.ID }

func atoi(s string) int {
	n := 0
	for _, c := range s {
		n = n*10 + int(c-'0')
	}
	return n
}

// SourceOf is our key on a record, "" when it is people's own.
func SourceOf(t nutshell.EntityType, raw map[string]any) string {
	switch t {
	case nutshell.Contacts, nutshell.Accounts, nutshell.Leads:
		return nutshell.Text(nutshell.Object(raw["customFields"])[SourceField])
	case nutshell.Notes:
		return headerKey(NoteText(raw))
	case nutshell.Tasks, nutshell.Activities:
		return headerKey(nutshell.Text(raw["description"]))
	}
	return ""
}

func headerKey(text string) string {
	h, ok := ParseHeader(text)
	if !ok {
		return ""
	}
	return h.Key()
}

// NoteText is the text as it was sent: noteMarkup where it stands, since note shows names in place of mentions (nutshell contract 3.5).
func NoteText(raw map[string]any) string {
	if s := nutshell.Text(raw["noteMarkup"]); s != "" {
		return s
	}
	return nutshell.Text(raw["note"])
}
