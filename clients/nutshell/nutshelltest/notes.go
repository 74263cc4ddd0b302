package nutshelltest

import (
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// noteWindow is how long its author may edit a note, in seconds.
const noteWindow = 24 * 3600

var parentKinds = []kind{kContacts, kAccounts, kLeads}

// notesOf is the list of a parent's notes, nil for a type that has none.
func notesOf(r record) *[]*note {
	switch r := r.(type) {
	case *contact:
		return &r.notes
	case *account:
		return &r.notes
	case *lead:
		return &r.notes
	}
	return nil
}

// addNote stores a note; a nil parent makes the log note of an activity.
func (db *store) addNote(p *parser, parent record, text string) *note {
	n := &note{head: p.newHead(kNotes), text: text, author: p.actor.user, parent: parent}
	n.id = db.notes.newID()
	db.notes.add(n, p.born)
	if parent == nil {
		return n
	}
	list := notesOf(parent)
	i, _ := slices.BinarySearchFunc(*list, n, func(a, b *note) int { return compareID(&a.head, &b.head) })
	*list = slices.Insert(*list, i, n)
	return n
}

func (p *parser) createNote(entity any, text any) (*note, *Error) {
	in, _ := entity.(map[string]any)
	parent, err := p.linked("entity", object{"entityType": in["entityType"], "id": in["id"]}, parentKinds...)
	if err != nil {
		return nil, err
	}
	if text, err = p.clean("note", text); err != nil {
		return nil, err
	}
	s, err := p.noteText("note", text)
	if err != nil {
		return nil, err
	}
	n := p.db.addNote(p, parent, s)
	p.bumpParents(parent)
	return n, nil
}

func (p *parser) editNote(n *note, text any) *Error {
	text, err := p.clean("note", text)
	if err != nil {
		return err
	}
	s, err := p.noteText("note", text)
	if err != nil {
		return err
	}
	n.text = s
	n.touch(p.now)
	p.db.changed(kNotes, p.now)
	return nil
}

// bumpParents obeys noteBumpsParent for what was hung on the given records.
func (p *parser) bumpParents(parents ...record) {
	if !p.cfg.NoteBumpsParent {
		return
	}
	for _, r := range parents {
		if r != nil {
			r.base().touch(p.now)
			p.db.changed(r.base().kind, p.now)
		}
	}
}

var mention = regexp.MustCompile(`@\[users:([0-9]+)-users\]`)

// eachMention cuts a note's text into plain parts and known users.
func (w *view) eachMention(text string, plain func(string), named func(*user)) {
	if w.cfg.Mentions && strings.Contains(text, "@[users:") {
		for m := mention.FindStringSubmatchIndex(text); m != nil; m = mention.FindStringSubmatchIndex(text) {
			id, _ := strconv.ParseInt(text[m[2]:m[3]], 10, 64)
			u, known := w.db.users.rows[id]
			if !known {
				plain(text[:m[1]])
			} else {
				plain(text[:m[0]])
				named(u)
			}
			text = text[m[1]:]
		}
	}
	plain(text)
}

func (w *view) noteText(text string) string {
	if !w.cfg.Mentions || !strings.Contains(text, "@[users:") {
		return text
	}
	var b strings.Builder
	w.eachMention(text, func(s string) { b.WriteString(s) }, func(u *user) { b.WriteString(u.name) })
	return b.String()
}

var lineEnds = regexp.MustCompile(`\r\n|\n|\r`)

func (w *view) noteHTML(text string) string {
	var b strings.Builder
	escape := func(s string) { b.WriteString(htmlText(s)) }
	w.eachMention(text, escape, func(u *user) {
		b.WriteString(`<span class="mention">`)
		escape(u.name)
		b.WriteString(`</span>`)
	})
	if !strings.ContainsAny(text, "\r\n") {
		return b.String()
	}
	return lineEnds.ReplaceAllString(b.String(), "<br />$0")
}

var phpQuotes = strings.NewReplacer("&#34;", "&quot;", "&#39;", "&#039;")

// htmlText escapes as PHP does: ' is &#039; and " is &quot;.
func htmlText(s string) string {
	return phpQuotes.Replace(html.EscapeString(s))
}

// listed are the live notes of a parent, cut to the newest ones by the switch
// parentNotesMax.
func (w *view) listed(notes []*note) []*note {
	live := notes
	for i, n := range notes {
		if !n.live() {
			live = slices.Clone(notes[:i])
			for _, n := range notes[i+1:] {
				if n.live() {
					live = append(live, n)
				}
			}
			break
		}
	}
	if m := w.cfg.ParentNotesMax; m > 0 && len(live) > m {
		live = live[len(live)-m:]
	}
	return live
}
