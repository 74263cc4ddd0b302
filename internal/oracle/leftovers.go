package oracle

import (
	"slices"
	"strings"

	"rezora2nutshell/internal/record"
)

var markKinds = map[string]record.Kind{"note": record.Notes, "task": record.Tasks, "lead": record.Leads, "file": record.Attachments}

// leftovers reports live records with our key or header that no source record accounts for.
func (j *judge) leftovers() {
	for _, object := range []string{objCompanies, objPeople, objLeads} {
		entity, kind := entityOf[object], kindOf[object]
		for key, list := range j.after.keyed {
			id, ours := strings.CutPrefix(key, entity+"/")
			if !ours {
				continue
			}
			for _, r := range list {
				target := targetOf(entity, r.ID)
				if j.claimed[target] || j.before.records[target] != nil && custom(j.before.records[target], keyField) == id {
					continue
				}
				j.unexpected(object, id, target, kind, j.before.records[target] != nil)
			}
		}
	}
	for _, m := range j.marked.all {
		target := m.target()
		if m.used || j.before.records[target] != nil {
			continue
		}
		kind, known := markKinds[m.word]
		if !known {
			kind = record.Interactions
		}
		object := map[string]string{"task": objTasks, "file": objAttachments, "note": objNotes, "lead": objNotes}[m.word]
		if object == "" {
			object = objActivities
		}
		if j.onDeleted(m) {
			continue
		}
		j.unexpected(object, m.id, target, kind, false)
	}
}

// unexpected reports a record of ours, unless its source row was deleted and deletions are only flagged.
func (j *judge) unexpected(object, id, target string, kind record.Kind, existed bool) {
	switch {
	case !j.tombstone(kind, id):
		rule := ruleUnasked
		if entityOf[object] == "" {
			rule = ruleQuarantine
		}
		j.problem(Problem{object, id, target, "", "", "a record with our key that the map does not ask for", rule})
	case j.Policies.SourceDeletes == "delete" && !existed && len(j.edited[target]) == 0 && !j.personHangsOn(target):
		j.problem(Problem{object, id, target, "", "", "a record whose source was deleted", ruleDeleted})
	}
}

// onDeleted tells whether a record of ours hangs on one that a person deleted, or whose source row was deleted and that therefore stays
// as it is.
func (j *judge) onDeleted(m *marked) bool {
	to := append(slices.Clone(m.record.Links["entity"]), m.record.Links["participants"]...)
	for _, target := range append(to, m.parent) {
		r := j.after.records[target]
		if r != nil && !r.Live() && j.touched(target, "") {
			return true // a person deleted what it hangs on; it lives on
		}
		if r == nil || !r.Live() {
			continue
		}
		entity, _, _ := strings.Cut(target, "/")
		for object, e := range entityOf {
			if e == entity && j.tombstone(kindOf[object], custom(r, keyField)) {
				return j.Policies.SourceDeletes != "delete" || j.before.records[target] != nil || len(j.edited[target]) > 0
			}
		}
	}
	return false
}

// personHangsOn tells whether a live record that is not ours hangs on a record: it then counts as touched and stays.
func (j *judge) personHangsOn(target string) bool {
	ours := map[string]bool{}
	for _, m := range j.marked.all {
		ours[m.target()] = true
	}
	for _, e := range entities(&j.Dest.Snapshot)[2:] {
		for i := range e.list {
			r := &e.list[i]
			if !r.Live() || ours[targetOf(e.name, r.ID)] || custom(r, keyField) != "" {
				continue
			}
			for _, key := range []string{"parent", "entity", "participants", "contacts", "primaryAccount", "accounts", "leads"} {
				if slices.ContainsFunc(r.Links[key], func(l string) bool { to, _, _ := strings.Cut(l, " as "); return to == target }) {
					return true
				}
			}
		}
	}
	return false
}
