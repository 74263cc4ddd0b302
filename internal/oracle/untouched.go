package oracle

import (
	"slices"
	"strings"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

const (
	ruleRestored = "rollback: the account is as it was, but for definitions of custom fields and what people edited"
	ruleKept     = "rollback: later edits by people stay"
)

// Untouched compares an account with the same account after a migration was rolled back. Definitions of custom fields may have come,
// revs and server times may differ. What people edited meanwhile is not compared, but a record that they made must still be there. Name
// a deletion by a person with the field "deleted". A record of the migration may stay when a person touched it, or hung something on it.
func Untouched(before, after nutshelltest.Snapshot, edits []Edit) []Problem {
	was, is := indexOf(&before), indexOf(&after)
	j := &judge{edited: map[string][]string{}}
	deleted := map[string]bool{}
	for _, e := range edits {
		target := targetOf(e.Type, e.ID)
		if e.Field == "deleted" {
			deleted[target] = true
			e.Field = ""
		}
		j.edited[target] = append(j.edited[target], e.Field)
	}
	always := func(target, want, have, rule string) {
		j.problems = append(j.problems, Problem{"account", "", target, "", want, have, rule})
	}
	held := j.held(&after)
	for _, e := range entities(&before) {
		for i := range e.list {
			old := &e.list[i]
			target := targetOf(e.name, old.ID)
			now := is.records[target]
			switch {
			case now == nil:
				always(target, "the record", "", ruleRestored)
			case deleted[target]:
			case old.Live() && !now.Live():
				always(target, "the live record", "a deleted one", ruleRestored)
			case !old.Live() && now.Live():
				j.problem(Problem{"account", "", target, "", "the deleted record", "a live one", ruleRestored})
			case old.Live():
				j.restored(target, old, now, was, is, held)
			}
		}
	}
	for _, e := range entities(&after) {
		for i := range e.list {
			r := &e.list[i]
			target := targetOf(e.name, r.ID)
			if r.Live() && was.records[target] == nil && len(j.edited[target]) == 0 && !held[target] {
				always(target, "", "a record that was not there", ruleRestored)
			}
		}
	}
	for target := range j.edited {
		if now := is.records[target]; was.records[target] == nil && !deleted[target] && (now == nil || !now.Live()) {
			always(target, "the record that a person made", "", ruleKept)
		}
	}
	j.settings(before, after)
	sortProblems(j.problems)
	return j.problems
}

// held are the records on which a live record of a person hangs: a rollback keeps them.
func (j *judge) held(s *nutshelltest.Snapshot) map[string]bool {
	out := map[string]bool{}
	for _, e := range entities(s) {
		for i := range e.list {
			r := &e.list[i]
			if !r.Live() || len(j.edited[targetOf(e.name, r.ID)]) == 0 {
				continue
			}
			for _, links := range r.Links {
				for _, l := range links {
					to, _, _ := strings.Cut(l, " as ")
					out[to] = true
				}
			}
		}
	}
	return out
}

// restored compares one record. Notes, tasks and activities of people on it are records of their own.
func (j *judge) restored(target string, old, now *nutshelltest.Record, was, is index, held map[string]bool) {
	for _, d := range differences(old, now, was, is, false) {
		d.TargetID, d.Rule = target, ruleRestored
		if list := d.Field; mirrored[list] || list == "accounts" || list == "primaryAccount" || list == "participants" {
			if j.onlyByPeople(list, old, now, was, is, held) {
				continue
			}
		}
		j.problem(d)
	}
}

// onlyByPeople tells whether all links that came or went lead to records that people edited or made the rollback keep.
func (j *judge) onlyByPeople(list string, old, now *nutshelltest.Record, was, is index, held map[string]bool) bool {
	before, after := was.links(old, list), is.links(now, list)
	for _, l := range append(slices.Clone(before), after...) {
		to, _, _ := strings.Cut(l, " as ")
		if slices.Contains(before, l) != slices.Contains(after, l) && len(j.edited[to]) == 0 && !held[to] {
			return false
		}
	}
	return true
}

// settings compares tags and the definitions that were there.
func (j *judge) settings(before, after nutshelltest.Snapshot) {
	for _, entity := range []string{entContacts, entAccounts, entLeads} {
		if was, is := before.Tags[entity], after.Tags[entity]; !sameSet(was, is) {
			j.problem(Problem{"account", "", entity, "tags", strings.Join(was, ", "), strings.Join(is, ", "), ruleRestored})
		}
		for _, f := range before.CustomFields[entity] {
			same := func(g nutshelltest.FieldRecord) bool {
				return g.ID == f.ID && g.Name == f.Name && g.Type == f.Type && g.Multiple == f.Multiple && sameSet(g.Choices, f.Choices)
			}
			if !slices.ContainsFunc(after.CustomFields[entity], same) {
				j.problem(Problem{"account", "", entity, f.Name, "the definition as it was", "another one or none", ruleRestored})
			}
		}
	}
}
