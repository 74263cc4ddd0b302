package undo

import (
	"slices"
	"strings"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/target"
)

// action is what is to happen to a record.
type action int

const (
	remove  action = iota // it is ours and nobody touched it
	restore               // it was there before: it gets back what still holds our value
	keep                  // a person touched it
	gone                  // it is not there any more
)

// judgement is the decision on one record, with its reason; the reason holds ids and names of fields only (I5).
type judgement struct {
	do     action
	code   string
	reason string
	body   map[string]any // of restore
	paths  []target.Path  // that the body changes
	partly bool           // some fields stay as a person left them
}

// The codes of what stays.
const (
	codeTouched = "touched"         // a field, or a link to a record of people, differs
	codeHung    = "hung_on"         // something of people hangs on the record
	codeUnknown = "unknown_base"    // what it showed after our last write is not known
	codeBack    = "brought_back"    // deleted by the migration, live again
	codeGone    = "deleted_by_user" // a merged record that people deleted since
	codeFields  = "fields_changed"  // fields of a merged record that people changed since
	codeRefused = "undo_refused"    // Nutshell does not take it back
)

// judge decides by content; rev, times and derived values do not count. refused are fields whose former value Nutshell did not take.
func (u *Undoer) judge(x *unit, s seen, a around, siblings []string, refused map[target.Path]bool) (judgement, error) {
	switch {
	case !x.made():
		return u.judgeMerged(x, s, refused)
	case s.gone:
		return judgement{do: gone}, nil
	case u.Force || x.probe():
		return judgement{do: remove}, nil
	case x.removed():
		return judgement{do: keep, code: codeBack, reason: "the migration deleted it, and a person brought it back"}, nil
	}
	if things := a.foreign[x.id]; len(things) > 0 {
		return judgement{do: keep, code: codeHung, reason: hung(things) + " of people hangs on it"}, nil
	}
	if x.stray() {
		return judgeStray(x, s, siblings), nil
	}
	last := x.last()
	if last == nil {
		return judgement{do: keep, code: codeUnknown, reason: "what Nutshell showed after it was written is not known, so nobody can tell whether a person changed it"}, nil
	}
	if touched := target.Touched(last.Shown, s.view, u.Run.ShortHash, a.isOurs(ref{x.typ, x.id})); len(touched) > 0 {
		return judgement{do: keep, code: codeTouched, reason: "a person changed it: " + fieldNames(touched)}, nil
	}
	return judgement{do: remove}, nil
}

// judgeMerged works out what a record that was there before gets back.
func (u *Undoer) judgeMerged(x *unit, s seen, refused map[target.Path]bool) (judgement, error) {
	if s.gone {
		return judgement{do: keep, code: codeGone, reason: "a person deleted it in Nutshell; it stays deleted"}, nil
	}
	pre, known, err := x.pre(u.Defs[x.typ])
	if err != nil {
		return judgement{}, err
	}
	last := x.last()
	if !known || last == nil {
		return judgement{do: keep, code: codeUnknown, reason: "what it showed before or after it was written is not known"}, nil
	}
	set, clear, kept := target.Undo(pre, target.Owned(last.Shown, target.Paths(last.Ours)), s.view, u.Run.ShortHash)
	set = withStatus(x.typ, set, clear, pre)
	j := judgement{do: restore, partly: len(kept) > 0}
	if j.partly {
		j.code, j.reason = codeFields, "a person changed it, and that stays: "+fieldNames(kept)
	}
	var notTaken []target.Path
	set = slices.DeleteFunc(set, func(w target.Want) bool {
		if refused[w.Path] {
			notTaken = append(notTaken, w.Path)
		}
		return refused[w.Path]
	})
	clear = slices.DeleteFunc(clear, func(p target.Path) bool {
		if refused[p] {
			notTaken = append(notTaken, p)
		}
		return refused[p]
	})
	if len(notTaken) > 0 {
		j.partly, j.code = true, codeRefused
		j.reason = strings.TrimPrefix(j.reason+"; ", "; ") + "Nutshell does not take the former value back: " + fieldNames(notTaken)
	}
	if len(refused) > 0 && len(set)+len(clear) > 1 { // one field at a time, to find those that are refused
		set, clear = oneOf(set, clear)
	}
	for _, w := range set {
		j.paths = append(j.paths, w.Path)
	}
	j.paths = append(j.paths, clear...)
	if j.body, err = target.EditBody(s.view, set, clear, nil); err != nil {
		return judgement{}, err
	}
	if j.body == nil && j.partly {
		j.do = keep
	}
	return j, nil
}

func oneOf(set []target.Want, clear []target.Path) ([]target.Want, []target.Path) {
	if len(clear) > 0 {
		return nil, clear[:1]
	}
	return set[:1], nil
}

// withStatus gives a lead that we closed its former status back: clearing the outcome alone opens it.
func withStatus(typ nutshell.EntityType, set []target.Want, clear []target.Path, pre target.View) []target.Want {
	if typ != nutshell.Leads || !slices.Contains(clear, "outcome") {
		return set
	}
	if slices.ContainsFunc(set, func(w target.Want) bool { return w.Path == "status" }) {
		return set
	}
	for _, w := range target.Demanded(pre) {
		if w.Path == "status" {
			return append(set, w)
		}
	}
	return set
}

// judgeStray decides on a record that carries our key though no effect made it: a create that was carried out ever so late. There are no
// hashes of it, so only one that nobody can have edited goes.
func judgeStray(x *unit, s seen, siblings []string) judgement {
	if x.typ == nutshell.Notes {
		_, parent, _ := refOf(s.view.Get("entity"))
		if slices.Contains(siblings, effect.NoteHash(noteText(s.raw), parent)) {
			return judgement{do: remove}
		}
	} else if created, modified := nutshell.Text(s.raw["createdTime"]), nutshell.Text(s.raw["modifiedTime"]); created != "" && created == modified {
		return judgement{do: remove}
	}
	return judgement{do: keep, code: codeUnknown, reason: "it carries the key of a migrated record, but the journal did not make it and it may have been edited since"}
}

// fieldNames names fields without their values: an entry of a list by its list.
func fieldNames(paths []target.Path) string {
	var names []string
	for _, p := range paths {
		name := string(p)
		if custom, ok := p.Custom(); ok {
			name = "custom field " + custom
		} else if list := p.List(); list != "" {
			name = list
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}
