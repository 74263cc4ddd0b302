package oracle

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/record"
)

// attachments checks every file of the source.
func (j *judge) attachments() {
	notes := byID(j.u.notes, func(n record.Note) string { return n.ID })
	tasks := byID(j.u.tasks, func(t record.Task) string { return t.ID })
	talks := byID(j.u.talks, func(t record.Interaction) string { return t.ID })
	for _, a := range j.u.files {
		kind, id := a.ParentType, a.ParentID
		hanging := record.Kind("")
		switch kind { // an item's files go to the record that the item hangs on
		case "note":
			n, served := notes[id]
			hanging = record.Notes
			if served {
				kind, id = n.ParentType, n.ParentID
			}
		case "task":
			hanging = record.Tasks
			if t, served := tasks[id]; served {
				kind, id = "contact", t.ContactID
			}
		case "interaction":
			hanging = record.Interactions
			if t, served := talks[id]; served {
				kind, id = "contact", t.ContactID
			}
		}
		object := objectOf[kind]
		parent := j.target(object, id)
		k := mark{"file", a.ID}
		if parent == "" || !j.Source.readable(a.ID) {
			lawful := object != "" && id != "" && j.unjudged(object, id) || hanging != "" && j.tombstone(hanging, a.ParentID)
			j.settleUnjudged(k, lawful)
			continue
		}
		j.attachment(a, k, parent)
	}
}

func (j *judge) attachment(a record.Attachment, k mark, parent string) {
	found := j.marked.of(entNotes, k, parent)
	for _, n := range found {
		n.used = true
	}
	fail := func(n *marked, field, want, have, rule string) {
		target := ""
		if n != nil {
			target = n.target()
		}
		j.problem(Problem{objAttachments, a.ID, target, field, want, have, rule})
	}
	if len(found) == 0 {
		if !j.excused[Ref{objAttachments, a.ID}] && !j.noteDeleted(k) {
			fail(nil, "", "a note on "+parent, "", ruleFile)
		}
		return
	}
	for _, twin := range found[1:] {
		fail(twin, "", "one record", "another one with the same header", ruleOnce)
	}
	n := found[0]
	sum := contentSum(a.ID, a.Size)
	head, tail := "[Rezora file "+a.ID+"] ", fmt.Sprintf(" (%d bytes, sha256 %s)", a.Size, sum)
	shown := strings.TrimSuffix(strings.TrimPrefix(n.header, head), tail)
	names := uploadNames(a)
	if !strings.HasPrefix(n.header, head) || !strings.HasSuffix(n.header, tail) {
		fail(n, "header", head+names[0]+tail, n.header, ruleFile)
	} else if laid(shown) != laid(a.Filename) && !slices.ContainsFunc(names, func(s string) bool { return laid(s) == laid(shown) }) {
		fail(n, "header", names[0], shown, ruleFileName)
	}
	j.author([]*marked{n}, "")
	var files []nutshelltest.FileRecord
	for _, f := range j.after.files[n.record.ID] {
		if slices.Contains(n.record.Files, f.ID) {
			files = append(files, f)
		}
	}
	if !j.FilesOffered || a.Size > j.Limits.FileBytes {
		j.fileLink(a, n, len(files), fail)
		return
	}
	if len(files) != 1 {
		fail(n, "file", "one file", fmt.Sprint(len(files)), ruleFile)
		return
	}
	f := files[0]
	if f.SHA256 != sum || int64(f.Size) != a.Size {
		fail(n, "file.content", fmt.Sprintf("%d bytes %s", a.Size, sum), fmt.Sprintf("%d bytes %s", f.Size, f.SHA256), ruleFile)
	}
	if !slices.Contains(names, f.Name) {
		fail(n, "file.name", names[0], f.Name, ruleFileName)
	}
	if !blank(n.body) {
		fail(n, "text", "", n.body, ruleNothingElse)
	}
}

// fileLink checks the note of a file that lies in the archive.
func (j *judge) fileLink(a record.Attachment, n *marked, files int, fail func(n *marked, field, want, have, rule string)) {
	if files > 0 {
		fail(n, "file", "no file", fmt.Sprint(files), ruleFileLink)
	}
	link := strings.TrimSpace(n.body)
	want := strings.TrimSuffix(j.LinkBase, "/") + "/attachments/" + a.ID + "/"
	if rest, ok := strings.CutPrefix(link, want); !ok || rest == "" || strings.ContainsFunc(link, unicode.IsSpace) {
		fail(n, "text", want, link, ruleFileLink)
	}
}

var slashes = regexp.MustCompile(`[/\\]`)

// uploadNames are the lawful names of an uploaded file.
func uploadNames(a record.Attachment) []string {
	parts := slashes.Split(a.Filename, -1)
	name := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, parts[len(parts)-1])
	other := "file-" + a.ID
	var out []string
	for _, s := range []string{name, strings.TrimSpace(name)} {
		if blank(s) {
			s = other
		}
		if s = keepExtension(s); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	if strings.Trim(name, ". ") == "" && !slices.Contains(out, other) { // a path element that names no file
		out = append(out, other)
	}
	return out
}

// keepExtension cuts a name to 255 characters in front of its extension.
func keepExtension(name string) string {
	r := []rune(name)
	if len(r) <= maxShort {
		return name
	}
	ext := []rune(path.Ext(name))
	if len(ext) >= maxShort {
		ext = nil
	}
	return string(r[:maxShort-len(ext)]) + string(ext)
}
