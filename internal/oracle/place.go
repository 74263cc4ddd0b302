package oracle

import (
	"strings"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/record"
)

var entityOf = map[string]string{objCompanies: entAccounts, objPeople: entContacts, objLeads: entLeads}
var kindOf = map[string]record.Kind{objCompanies: record.Companies, objPeople: record.Contacts, objLeads: record.Leads}

// settle finds where a source record went: into the record that carried our key before, into prior (a match of section 3), else into a
// new one. It reports a record that is missing or there twice, and returns nil when there is nothing to compare.
func (j *judge) settle(object, id, rule string, prior *nutshelltest.Record) *nutshelltest.Record {
	entity := entityOf[object]
	if ours := j.before.keyed[entity+"/"+id]; len(ours) > 0 {
		prior = ours[0]
	}
	live := j.after.keyed[entity+"/"+id]
	p := &place{prior: prior}
	j.placed[object][id] = p
	var have *nutshelltest.Record
	if prior != nil {
		p.id = prior.ID
		have = j.after.records[targetOf(entity, prior.ID)]
		if have != nil && !have.Live() {
			have = nil
		}
	} else {
		for _, r := range live {
			if j.before.records[targetOf(entity, r.ID)] == nil && have == nil {
				have, p.id = r, r.ID
			}
		}
	}
	for _, r := range live {
		if target := targetOf(entity, r.ID); r != have {
			j.claimed[target] = true
			j.problem(Problem{object, id, target, "", "one record", "another one with the same key", ruleOnce})
		}
	}
	if have == nil {
		p.gone = true
		target := ""
		if p.id != 0 {
			target = targetOf(entity, p.id)
		}
		if !j.excused[Ref{object, id}] && !j.deletedByPerson(entity, id) {
			j.problem(Problem{object, id, target, "", "the record", "", rule})
		}
		return nil
	}
	j.claimed[targetOf(entity, have.ID)] = true
	return have
}

// deletedByPerson tells whether a deleted record with our key is among the edits.
func (j *judge) deletedByPerson(entity, id string) bool {
	for target := range j.edited {
		if r := j.after.records[target]; r != nil && strings.HasPrefix(target, entity+"/") && !r.Live() && custom(r, keyField) == id &&
			j.touched(target, "") {
			return true
		}
	}
	return false
}

// target is where a source record went as Contacts/12, "" when it was not migrated.
func (j *judge) target(object, id string) string {
	if p := j.placed[object][id]; p != nil && !p.gone && id != "" {
		return targetOf(entityOf[object], p.id)
	}
	return ""
}

// unjudged tells whether what hangs on a source record cannot be judged: it is excused, a person deleted it, or its row was deleted
// at the source after it may have been migrated.
func (j *judge) unjudged(object, id string) bool {
	if p := j.placed[object][id]; p != nil {
		return p.gone
	}
	return j.tombstone(kindOf[object], id)
}
