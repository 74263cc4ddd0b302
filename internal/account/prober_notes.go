package account

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/step"
)

// probeNote makes the note of P14: line ends, quotes, marks of HTML, and blanks at its end.
func (s *session) probeNote(ctx context.Context) error {
	s.noteText = s.text() + "\r\n\"double\" 'single' <b>bold</b> & &amp;\n\té 漢\nlast line \n"
	note, err := s.newNote(ctx, "note", s.contacts[0], s.noteText)
	if refusedWith(err) {
		s.out.Add("P14", "a note with line ends, quotes and marks of HTML is refused; such notes are set aside with a reason")
		s.noteText = s.text()
		note, err = s.newNote(ctx, "note", s.contacts[0], s.noteText)
	}
	if err != nil {
		return err
	}
	s.note = note
	s.judgeOrder(nutshell.Notes, note)
	return nil
}

// probeFindNote is P14: a note is found through its parent, with its text.
func (s *session) probeFindNote(ctx context.Context) error {
	if s.note.ID == 0 {
		return errUnclear
	}
	listed, err := s.listedNote(ctx)
	if err != nil {
		return err
	}
	timed, err := s.timedNote(ctx)
	if err != nil {
		return err
	}
	switch {
	case listed == nil && timed == nil:
		return step.Stuck("probe_14", false, "a note just written is found neither on its record nor in the timeline, so that lost answers to notes could not be looked up "+
			"and notes would be doubled; see whether the user of the API key may read notes, then resume")
	case listed == nil:
		s.out.Add("P14", "records do not list their notes; notes are looked for in the timeline")
	case timed == nil:
		s.out.Add("P14", "the timeline does not show notes; they are looked for on their record")
	}
	for _, n := range []*nutshell.Entity{listed, timed} {
		if n != nil && !sameNote(*n, s.noteText) {
			s.judgeAltered("P14", crawl.NoteText(n.Raw), s.noteText)
			break
		}
	}
	return nil
}

func sameNote(n nutshell.Entity, text string) bool {
	return nutshell.Text(n.Raw["note"]) == text || nutshell.Text(n.Raw["noteMarkup"]) == text
}

// judgeAltered says in which way a text came back changed.
func (s *session) judgeAltered(probe, got, sent string) {
	switch {
	case got == strings.TrimSpace(sent):
		s.out.Add(probe, "white space at the ends of texts is cut off; the diff report shows such texts")
	case got == withoutAstral(sent), got == strings.TrimSpace(withoutAstral(sent)):
		s.out.Add(probe, "characters above U+FFFF (emoji) are replaced by ?; the diff report shows such texts")
	default:
		s.out.Add(probe, "the text of a note comes back changed; notes are told by their marker line")
	}
}

func withoutAstral(text string) string {
	return strings.Map(func(r rune) rune {
		if r > 0xFFFF {
			return '?'
		}
		return r
	}, text)
}

func (s *session) listedNote(ctx context.Context) (*nutshell.Entity, error) {
	parent := s.contacts[0]
	if !hasNote(parent, s.note.ID) { // as it was read after the note was made
		now, err := s.Client.Get(ctx, parent.Type, parent.ID)
		if err != nil {
			return nil, err
		}
		s.contacts[0] = s.saw(now)
		parent = now
	}
	for _, v := range nutshell.List(parent.Raw["notes"]) {
		if e, ok := nutshell.DecodeEntity(v, nutshell.Notes); ok && e.ID == s.note.ID {
			return &e, nil
		}
	}
	return nil, nil
}

func hasNote(e nutshell.Entity, id int64) bool {
	for _, v := range nutshell.List(e.Raw["notes"]) {
		if n, ok := nutshell.DecodeEntity(v, nutshell.Notes); ok && n.ID == id {
			return true
		}
	}
	return false
}

// timedNote asks the timeline once, and again for as long as find was seen to hide new records.
func (s *session) timedNote(ctx context.Context) (*nutshell.Entity, error) {
	for try := 0; ; try++ {
		items, err := s.timeline(ctx, recordKey{s.contacts[0].Type, s.contacts[0].ID})
		if err != nil {
			return nil, err
		}
		for _, e := range items {
			if e.ID == s.note.ID {
				return &e, nil
			}
		}
		if try >= s.looks() {
			return nil, nil
		}
		if err := s.wait(ctx); err != nil {
			return nil, err
		}
	}
}

// probeFile is P17: a file of 1 KiB goes up and comes back byte for byte.
func (s *session) probeFile(ctx context.Context) error {
	if s.note.ID == 0 {
		return errUnclear
	}
	content := bytes.Repeat([]byte{0, 1, 2, 0xFF, '\r', '\n', 'x', 0x80}, 128)
	id, err := s.upload(ctx, "migration-probe.bin", content)
	switch {
	case nutshell.IsNotOffered(err):
		s.out.Add("P17", "the account takes no files on notes; files go to the archive, with links in notes")
		return nil
	case nutshell.IsRefused(err):
		s.out.Add("P17", fmt.Sprintf("a file on a note was refused (%s); files go to the archive, with links in notes", cause(err)))
		return nil
	case err != nil:
		return err
	}
	files, err := s.Client.NoteFiles(ctx, s.note.ID)
	if err != nil && !nutshell.IsNotOffered(err) {
		return err
	}
	for _, f := range files {
		if f.ID == id && f.Size == int64(len(content)) {
			if s.out.Files, err = s.comesBack(ctx, id, content); err != nil {
				return err
			}
		}
	}
	if !s.out.Files {
		s.out.Add("P17", "a file on a note did not come back byte for byte; files go to the archive, with links in notes")
	}
	return nil
}

// comesBack compares a few times: a transfer that is cut short and counted right looks like another file.
func (s *session) comesBack(ctx context.Context, id int64, content []byte) (bool, error) {
	for range tries {
		same, err := s.sameFile(ctx, id, content)
		switch {
		case nutshell.IsRefused(err), nutshell.IsNotOffered(err):
			return false, nil
		case err != nil, same:
			return same, err
		}
	}
	return false, nil
}

// noteMost is the longest note of the contract, in characters.
const noteMost = 65536

// noteStep is how finely the real maximum is found, in characters.
const noteStep = 256

// probeLength is P13: a note of the configured length survives. If not, the real maximum is found by halving.
func (s *session) probeLength(ctx context.Context) error {
	want := s.NoteChars
	if want <= 0 {
		want = noteMost
	}
	text := s.long(want)
	note, err := s.newNote(ctx, "long-note", s.contacts[1], text)
	if err == nil {
		s.judgeOrder(nutshell.Notes, s.note, note)
		if note, err = s.Client.Get(ctx, nutshell.Notes, note.ID); err != nil {
			return err
		}
		if sameNote(s.saw(note), text) {
			return nil
		}
		if got := crawl.NoteText(note.Raw); len([]rune(got)) == want {
			s.judgeAltered("P13", got, text)
			return nil
		}
	} else if !refusedWith(err) {
		return err
	}
	most, err := s.halve(ctx, note, want)
	if err != nil && !errors.Is(err, errNoNote) {
		return err
	}
	s.out.NoteChars = most
	s.out.Add("P13", fmt.Sprintf("notes of %d characters do not survive; the longest that do have about %d, so longer texts are split there", want, most))
	return nil
}

var errNoNote = errors.New("no note to edit")

// halve finds the longest text that a note keeps whole, rounded down to noteStep. The texts go into one note by edits.
func (s *session) halve(ctx context.Context, note nutshell.Entity, want int) (int, error) {
	if note.ID == 0 {
		note = s.note
	}
	if note.ID == 0 {
		return noteStep, errNoNote
	}
	good, bad := 1, (want+noteStep-1)/noteStep // in steps: one step surely fits, want does not
	for bad-good > 1 {
		middle := (good + bad) / 2
		text := s.long(middle * noteStep)
		e, err := s.editNote(ctx, "long-note/halve", note, text)
		switch {
		case err == nil:
			note = e
		case !refusedWith(err):
			return good * noteStep, err
		}
		if err == nil && len([]rune(crawl.NoteText(e.Raw))) == middle*noteStep {
			good = middle
		} else {
			bad = middle
		}
	}
	return good * noteStep, nil
}

// long is a marked text of n characters, some of them above U+FFFF, without white space at its ends.
func (s *session) long(n int) string {
	head := []rune(s.text() + "\n")
	if n <= len(head) {
		return string(head[:n])
	}
	pattern := []rune("lorem é 漢 \U0001F3E0 & <x>\n")
	out := make([]rune, 0, n)
	out = append(out, head...)
	for len(out) < n {
		out = append(out, pattern[:min(len(pattern), n-len(out))]...)
	}
	out[n-1] = '.'
	return string(out)
}
