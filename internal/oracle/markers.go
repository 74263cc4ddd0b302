package oracle

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

// markers finds the records whose text starts with a header line of the map.
type markers struct {
	list map[mark][]*marked
	all  []*marked
}

// mark is what a header names: a word such as note, file or call, and a source id.
type mark struct{ word, id string }

// marked is a live record with a header line.
type marked struct {
	mark
	entity   string
	record   *nutshelltest.Record
	parent   string // Contacts/12 for a note
	header   string // first line without part number
	body     string // what follows the first line
	part, of int    // 1, 1 for a text in one piece
	size     int    // of the whole text, in characters
	used     bool
}

func (m *marked) target() string { return targetOf(m.entity, m.record.ID) }

var (
	markForm = regexp.MustCompile(`\[Rezora ([^\s\[\]]+) ([^\[\]]+)\]`)
	partForm = regexp.MustCompile(` \(([0-9]+)/([0-9]+)\)$`)
)

const campaignPrefix = "Campaign Note: "

// markOf reads the header line of a text.
func markOf(line string) (mark, bool) {
	found := markForm.FindAllStringSubmatch(line, -1)
	switch {
	case len(found) == 0:
	case strings.HasPrefix(line, "[Rezora "):
		return mark{found[0][1], found[0][2]}, true
	case strings.HasPrefix(line, campaignPrefix):
		for _, f := range slices.Backward(found) { // the name of the campaign may hold anything
			if f[1] == "note" {
				return mark{"note", f[2]}, true
			}
		}
	}
	return mark{}, false
}

func readMarkers(s *nutshelltest.Snapshot) *markers {
	out := &markers{list: map[mark][]*marked{}}
	read := func(entity string, list []nutshelltest.Record, field string) {
		for i := range list {
			r := &list[i]
			if !r.Live() {
				continue
			}
			m := &marked{entity: entity, record: r, part: 1, of: 1, size: chars(r.Fields[field])}
			m.header, m.body, _ = strings.Cut(r.Fields[field], "\n")
			m.header = strings.TrimSuffix(m.header, "\r")
			if p := partForm.FindStringSubmatchIndex(m.header); p != nil {
				m.part, _ = strconv.Atoi(m.header[p[2]:p[3]])
				m.of, _ = strconv.Atoi(m.header[p[4]:p[5]])
				m.header = m.header[:p[0]]
			}
			var ok bool
			if m.mark, ok = markOf(m.header); !ok {
				continue
			}
			if p := r.Links["parent"]; len(p) > 0 {
				m.parent = p[0]
			}
			out.list[m.mark] = append(out.list[m.mark], m)
			out.all = append(out.all, m)
		}
	}
	read(entNotes, s.Notes, "note")
	read(entTasks, s.Tasks, "description")
	read(entActivities, s.Activities, "description")
	return out
}

// of lists the records of an entity with a mark; parent "" takes any.
func (m *markers) of(entity string, k mark, parent string) []*marked {
	var out []*marked
	for _, r := range m.list[k] {
		if r.entity == entity && (parent == "" || r.parent == parent) && !r.used {
			out = append(out, r)
		}
	}
	return out
}
