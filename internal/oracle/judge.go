package oracle

import (
	"slices"
	"strings"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/record"
)

// The objects of the reports, and the entity types that hold them.
const (
	objCompanies   = "companies"
	objPeople      = "people"
	objLeads       = "leads"
	objNotes       = "notes"
	objTasks       = "tasks"
	objActivities  = "activities"
	objAttachments = "attachments"

	entContacts   = "Contacts"
	entAccounts   = "Accounts"
	entLeads      = "Leads"
	entNotes      = "Notes"
	entTasks      = "Tasks"
	entActivities = "Activities"
	entUsers      = "Users"
)

const keyField = "Rezora_ID__c"

// judge holds what one comparison has worked out.
type judge struct {
	Account
	u        *union
	problems []Problem

	approved map[string]record.Contact // the contacts when the map was approved; nil when the source is the same

	approvedCompanies map[string]record.Company

	before, after index
	users         map[string]int64 // enabled, by folded address
	fallback      string           // Users/<id>, "" for none
	edited        map[string][]string
	excused       map[Ref]bool

	placed   map[string]map[string]*place // object and source id to where the record is
	plans    map[string]*plan             // entity type to the fields of its custom properties
	received map[string]map[string]bool   // campaign to the contacts that received it
	claimed  map[string]bool              // target ids that a source record accounts for
	marked   *markers

	companyNames map[string]string         // by source id, not shortened
	contactAt    map[string]record.Contact // the contact that a Person came from, by Contacts/<id>
}

// place is where a source record went.
type place struct {
	id    int64
	prior *nutshelltest.Record // the record before the migration, nil for one that it made
	gone  bool                 // a person deleted it, or it is excused
}

// index finds records of a snapshot.
type index struct {
	records map[string]*nutshelltest.Record   // Contacts/12, deleted ones included
	keyed   map[string][]*nutshelltest.Record // Contacts and our key to live records
	files   map[int64][]nutshelltest.FileRecord
}

// entities lists the six kinds of records of a snapshot in a fixed order.
func entities(s *nutshelltest.Snapshot) []struct {
	name string
	list []nutshelltest.Record
} {
	return []struct {
		name string
		list []nutshelltest.Record
	}{
		{entContacts, s.Contacts}, {entAccounts, s.Accounts}, {entLeads, s.Leads}, {entNotes, s.Notes}, {entTasks, s.Tasks},
		{entActivities, s.Activities},
	}
}

func indexOf(s *nutshelltest.Snapshot) index {
	out := index{map[string]*nutshelltest.Record{}, map[string][]*nutshelltest.Record{}, map[int64][]nutshelltest.FileRecord{}}
	for _, e := range entities(s) {
		for i := range e.list {
			r := &e.list[i]
			out.records[targetOf(e.name, r.ID)] = r
			if k := custom(r, keyField); k != "" && r.Live() {
				out.keyed[e.name+"/"+k] = append(out.keyed[e.name+"/"+k], r)
			}
		}
	}
	for _, f := range s.Files {
		out.files[f.Note] = append(out.files[f.Note], f)
	}
	return out
}

// live tells whether a link leads to a record that people see; users and teams always do.
func (x index) live(link string) bool {
	to, _, _ := strings.Cut(link, " as ")
	if r, known := x.records[to]; known {
		return r.Live()
	}
	return strings.HasPrefix(to, entUsers+"/") || strings.HasPrefix(to, "Teams/")
}

// links are the links under a key whose other end is live.
func (x index) links(r *nutshelltest.Record, key string) []string {
	if r == nil {
		return nil
	}
	var out []string
	for _, l := range r.Links[key] {
		if x.live(l) {
			out = append(out, l)
		}
	}
	return out
}

func custom(r *nutshelltest.Record, name string) string {
	return strings.Join(r.CustomFields[name], "\n")
}

func (j *judge) prepare() (err error) {
	if j.u, err = unite(j.Source); err != nil {
		return err
	}
	approved := j.u
	if j.Approved != nil {
		if approved, err = unite(*j.Approved); err != nil {
			return err
		}
		j.approved = byID(approved.contacts, func(c record.Contact) string { return c.ID })
		j.approvedCompanies = byID(approved.companies, func(c record.Company) string { return c.ID })
	}
	j.before, j.after = indexOf(&j.Before), indexOf(&j.Dest.Snapshot)
	j.users = map[string]int64{}
	for _, user := range slices.Backward(j.Dest.Users) {
		for _, address := range user.Emails {
			if user.Enabled && !blank(address) {
				j.users[strings.ToLower(strings.TrimSpace(address))] = user.ID
			}
		}
	}
	if id := j.users[strings.ToLower(strings.TrimSpace(j.Policies.FallbackOwner))]; id != 0 {
		j.fallback = targetOf(entUsers, id)
	}
	j.edited, j.excused = map[string][]string{}, map[Ref]bool{}
	for _, e := range j.Edits {
		k := targetOf(e.Type, e.ID)
		j.edited[k] = append(j.edited[k], e.Field)
	}
	for _, r := range j.Excused {
		j.excused[r] = true
	}
	j.placed = map[string]map[string]*place{objCompanies: {}, objPeople: {}, objLeads: {}}
	j.claimed = map[string]bool{}
	j.receivers()
	j.plans = map[string]*plan{
		entContacts: planFields(entContacts, approved, j.Before.CustomFields[entContacts], j.Dest.FieldTypes),
		entAccounts: planFields(entAccounts, approved, j.Before.CustomFields[entAccounts], j.Dest.FieldTypes),
	}
	j.marked = readMarkers(&j.Dest.Snapshot)
	return nil
}

// touched tells whether a person changed a field of a record, or the record as a whole.
func (j *judge) touched(target, field string) bool {
	for _, f := range j.edited[target] {
		if f == "" || f == field || strings.HasPrefix(field, f+".") {
			return true
		}
	}
	return false
}

func (j *judge) problem(p Problem) {
	if p.TargetID != "" && j.touched(p.TargetID, p.Field) {
		return
	}
	j.problems = append(j.problems, p)
}

// receivers works out who received which campaign: a recipient row with status sent or delivered, or any open or click.
func (j *judge) receivers() {
	j.received = map[string]map[string]bool{}
	add := func(campaign, contact string) {
		if campaign == "" || contact == "" {
			return
		}
		if j.received[campaign] == nil {
			j.received[campaign] = map[string]bool{}
		}
		j.received[campaign][contact] = true
	}
	for _, r := range j.u.recipients {
		if r.Status == "sent" || r.Status == "delivered" {
			add(r.CampaignID, r.ContactID)
		}
	}
	for _, e := range j.u.events {
		if e.Type == "open" || e.Type == "click" {
			add(e.CampaignID, e.ContactID)
		}
	}
}

// user is the enabled user of an agent as Users/<id>, "" when there is none.
func (j *judge) user(agentID string) string {
	a, known := j.u.agents[agentID]
	if !known {
		return ""
	}
	return j.userAt(a.Email)
}

func (j *judge) userAt(address string) string {
	if id := j.users[strings.ToLower(strings.TrimSpace(address))]; id != 0 && !blank(address) {
		return targetOf(entUsers, id)
	}
	return ""
}

// owners are the lawful owners of a record with an agent, "" standing for none.
func (j *judge) owners(agentID string) []string {
	if agentID == "" {
		return []string{j.fallback}
	}
	if u := j.user(agentID); u != "" {
		return []string{u}
	}
	orphan := ""
	if j.Policies.OnOrphans == "fallback" {
		orphan = j.fallback
	}
	if _, served := j.u.agents[agentID]; !served { // the map does not say whether an agent that is not served is one
		return []string{orphan, j.fallback}
	}
	return []string{orphan}
}

// tombstone tells whether a source row was deleted.
func (j *judge) tombstone(kind record.Kind, id string) bool { return j.u.gone[kind][id] }
