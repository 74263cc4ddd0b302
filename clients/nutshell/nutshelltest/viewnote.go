package nutshelltest

// notes prints the list of notes in a full parent (nutshell contract 3.5).
func (w *view) notes(parent record, notes []*note) {
	w.key("notes")
	w.open('[')
	for _, n := range w.listed(notes) {
		w.listedNote(n, parent.base().kind)
	}
	w.close(']')
}

func (w *view) listedNote(n *note, in kind) {
	switch {
	case w.cfg.ListedNotes == "stub":
		w.stubHead(&n.head, false)
		w.kstr("note", w.noteText(n.text))
		w.ktime("date", n.created)
		w.key("user")
		w.person(n.author)
		w.noteFiles(n, true)
		w.close('}')
	case in == kContacts || in == kAccounts:
		w.note(n, true)
	default:
		w.open('{')
		if in == kLeads {
			w.kbool("stub", true)
		}
		w.noteBody(n, false)
	}
}

func (w *view) note(n *note, withParent bool) {
	w.open('{')
	w.noteBody(n, withParent)
}

// noteBody prints the members and closes the object.
func (w *view) noteBody(n *note, withParent bool) {
	w.knum("id", n.id)
	w.kstr("rev", n.revText())
	w.kstr("entityType", "Notes")
	w.ktime("createdTime", n.created)
	if w.full() {
		w.ktime("modifiedTime", n.modified)
	}
	w.deletedTime(&n.head)
	w.kstr("note", w.noteText(n.text))
	markup := n.text
	if !w.cfg.Mentions {
		markup = w.noteText(n.text)
	}
	w.kstr("noteMarkup", markup)
	w.kstr("noteHtml", w.noteHTML(n.text))
	w.key("user")
	w.person(n.author)
	w.knum("originId", 1)
	w.ktime("date", n.created)
	if withParent && n.parent != nil {
		w.key([]string{"contact", "account", "lead"}[n.parent.base().kind])
		w.stub(n.parent)
	}
	w.noteFiles(n, w.full())
	w.close('}')
}

func (w *view) noteFiles(n *note, always bool) {
	if len(n.files) == 0 {
		if always {
			w.kraw("file", "[]")
		}
		return
	}
	w.key("file")
	w.open('[')
	for _, f := range n.files {
		w.file(f)
	}
	w.close(']')
}
