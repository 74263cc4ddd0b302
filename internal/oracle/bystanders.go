package oracle

import (
	"strings"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

// bystanders checks that records which were there before and that no source record matched are as they were. Links that our records
// have to them are judged from our side; new notes, tasks and activities of ours on them are judged with the timeline.
func (j *judge) bystanders() {
	judged := j.judged()
	for _, e := range entities(&j.Before) {
		for i := range e.list {
			old := &e.list[i]
			target := targetOf(e.name, old.ID)
			if !old.Live() || j.claimed[target] || judged[target] {
				continue
			}
			now := j.after.records[target]
			if now == nil || !now.Live() {
				j.problem(Problem{"account", "", target, "", "the record as it was", "", ruleUntouched})
				continue
			}
			if j.orphaned(e.name, now) {
				continue
			}
			for _, d := range differences(old, now, j.before, j.after, true) {
				d.TargetID = target
				j.problem(d)
			}
		}
	}
	j.strangers()
}

// orphaned tells a record that was merged with one whose source row was deleted since: it was there before, so it is only flagged.
func (j *judge) orphaned(entity string, now *nutshelltest.Record) bool {
	for object, e := range entityOf {
		if e == entity && j.tombstone(kindOf[object], custom(now, keyField)) {
			return true
		}
	}
	return false
}

// judged are the notes, tasks and activities that were compared with their source.
func (j *judge) judged() map[string]bool {
	out := map[string]bool{}
	for _, m := range j.marked.all {
		if m.used {
			out[m.target()] = true
		}
	}
	return out
}

// strangers reports new records without our key or header: the migration makes none.
func (j *judge) strangers() {
	ours := map[string]bool{}
	for _, m := range j.marked.all {
		ours[m.target()] = true
	}
	for _, e := range entities(&j.Dest.Snapshot) {
		for i := range e.list {
			r := &e.list[i]
			target := targetOf(e.name, r.ID)
			if !r.Live() || j.before.records[target] != nil || j.claimed[target] || ours[target] || custom(r, keyField) != "" {
				continue
			}
			j.problem(Problem{"account", "", target, "", "", "a new record without key and header", ruleNothingElse})
		}
	}
}

// differences compares two states of a record but for rev, server times and what hangs on it. grown allows links to records that are
// new in the second state.
func differences(old, now *nutshelltest.Record, before, after index, grown bool) []Problem {
	var out []Problem
	add := func(field, want, have string) {
		if want != have {
			out = append(out, Problem{Object: "account", Field: field, Want: want, Have: have, Rule: ruleUntouched})
		}
	}
	for _, k := range keys(old.Fields, now.Fields) {
		add(k, old.Fields[k], now.Fields[k])
	}
	for _, k := range keys(old.CustomFields, now.CustomFields) {
		add("customFields."+k, custom(old, k), custom(now, k))
	}
	for _, k := range keys(old.Lists, now.Lists) {
		was, is := byLabel(old, k), byLabel(now, k)
		for _, label := range keys(was, is) {
			add(at(k, entry{label: label}), was[label], is[label])
		}
	}
	for _, k := range keys(old.Links, now.Links) {
		var have []string
		for _, l := range after.links(now, k) {
			to, _, _ := strings.Cut(l, " as ")
			if known := before.records[to]; !grown || known != nil || !strings.Contains(" Contacts Accounts Leads ", " "+entityName(to)+" ") {
				have = append(have, l)
			}
		}
		if want := before.links(old, k); !sameSet(want, have) {
			add(k, strings.Join(want, ", "), strings.Join(have, ", "))
		}
	}
	if !sameSet(old.Tags, now.Tags) {
		add("tags", strings.Join(old.Tags, ", "), strings.Join(now.Tags, ", "))
	}
	if !sameSet(files(old, before), files(now, after)) {
		add("files", strings.Join(files(old, before), ", "), strings.Join(files(now, after), ", "))
	}
	return out
}

// byLabel are the values of a multi-value dictionary by label, the primary entry with a star.
func byLabel(r *nutshelltest.Record, list string) map[string]string {
	out := map[string]string{}
	for _, e := range entriesOf(r, list) {
		if e.primary {
			e.value = "*" + e.value
		}
		out[e.label] += e.value + "\n"
	}
	return out
}

func entityName(link string) string { name, _, _ := strings.Cut(link, "/"); return name }

// files are the files of a note by name and content.
func files(r *nutshelltest.Record, x index) []string {
	var out []string
	for _, f := range x.files[r.ID] {
		for _, id := range r.Files {
			if id == f.ID {
				out = append(out, f.Name+" "+f.SHA256)
			}
		}
	}
	return out
}
