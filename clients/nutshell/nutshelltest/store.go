package nutshelltest

import (
	"math/rand"
	"strings"
	"sync"
	"time"
)

// store is the account's data. Methods expect mu to be held: shared for reading,
// exclusive for anything else.
type store struct {
	mu  sync.RWMutex
	cfg *Config

	contacts   *table[*contact]
	accounts   *table[*account]
	leads      *table[*lead]
	notes      *table[*note]
	tasks      *table[*task]
	activities *table[*activity]
	users      *table[*user]
	teams      *table[*team]

	nextNumber  int64
	openLeads   int
	fields      [3][]*fieldDef // by kContacts, kAccounts, kLeads
	nextField   int64
	tagLists    [3][]*tag
	nextTag     int64
	references  map[kind][]*reference
	stagesets   []*stageset
	milestones  []*milestone
	outcomes    []*outcome
	files       map[int64]*file
	nextFile    int64
	emails      [2]valueIndex // contacts, accounts by lower-case e-mail
	tasksOf     map[record][]*task
	activitysOf map[record][]*activity
}

func newStore(cfg *Config) *store {
	var shuffle *rand.Rand
	if cfg.IDOrder == "shuffled" {
		shuffle = rand.New(rand.NewSource(cfg.Seed))
	}
	db := &store{
		cfg:      cfg,
		contacts: newTable[*contact](kContacts, 1, shuffle), accounts: newTable[*account](kAccounts, 1, shuffle),
		leads: newTable[*lead](kLeads, 1000, shuffle), notes: newTable[*note](kNotes, 1, shuffle),
		tasks: newTable[*task](kTasks, 1, shuffle), activities: newTable[*activity](kActivities, 1, shuffle),
		users: newTable[*user](kUsers, 1, nil), teams: newTable[*team](kTeams, 1, nil),
		nextNumber: 1, references: map[kind][]*reference{}, files: map[int64]*file{},
		tasksOf: map[record][]*task{}, activitysOf: map[record][]*activity{},
	}
	db.seed()
	return db
}

// seed is the fresh account of nutshell contract 3.7.
func (db *store) seed() {
	then := at(time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC))
	db.addUser(&user{name: "Bo Lind", first: "Bo", last: "Lind", enabled: true, admin: true, emails: []string{"bo@example.com"}}, then)
	db.addUser(&user{name: "Ann Rey", first: "Ann", last: "Rey", enabled: true, emails: []string{"ann@example.com"}}, then)
	db.addUser(&user{name: "Cy Dunn", first: "Cy", last: "Dunn", emails: []string{"cy@example.com"}}, then)
	db.addTeam("North", then)
	sales := db.addStageset("Sales")
	for _, name := range []string{"Qualify", "Offer", "Contract"} {
		db.addMilestone(sales, name)
	}
	db.addOutcome("Won", 10)
	db.addOutcome("Lost", 11)
	db.addOutcome("Cancelled", 12)
	db.addReference(kActivityTypes, "Call", then)
	db.addReference(kActivityTypes, "Meeting", then)
	db.addReference(kMarkets, "Default", then)
	db.addReference(kIndustries, "Brokerage", then)
	db.addReference(kAccountTypes, "Customer", then)
}

func (db *store) addUser(u *user, now instant) *user {
	u.head = head{kind: kUsers, id: db.users.newID(), created: now, modified: now}
	db.users.add(u, 0)
	return u
}

func (db *store) addTeam(name string, now instant) *team {
	t := &team{head{kind: kTeams, id: db.teams.newID(), created: now, modified: now}, name}
	db.teams.add(t, 0)
	return t
}

func (db *store) addStageset(name string) *stageset {
	n := int64(len(db.stagesets) + 1)
	s := &stageset{id: n, position: n, name: name, isDefault: n == 1}
	db.stagesets = append(db.stagesets, s)
	return s
}

func (db *store) addMilestone(s *stageset, name string) *milestone {
	m := &milestone{id: int64(len(db.milestones) + 1), position: int64(len(s.milestones) + 1), name: name, stageset: s}
	db.milestones = append(db.milestones, m)
	s.milestones = append(s.milestones, m)
	return m
}

func (db *store) addOutcome(name string, status int) *outcome {
	o := &outcome{id: int64(len(db.outcomes) + 1), status: status, name: name}
	db.outcomes = append(db.outcomes, o)
	return o
}

func (db *store) addReference(k kind, name string, now instant) *reference {
	r := &reference{kind: k, id: int64(len(db.references[k]) + 1), name: name, modified: now}
	db.references[k] = append(db.references[k], r)
	return r
}

func (db *store) addTag(of kind, name string) *tag {
	db.nextTag++
	t := &tag{db.nextTag, name}
	db.tagLists[of] = append(db.tagLists[of], t)
	return t
}

func (db *store) reference(k kind, id int64) *reference {
	for _, r := range db.references[k] {
		if r.id == id {
			return r
		}
	}
	return nil
}

func (db *store) tag(of kind, name string) *tag {
	for _, t := range db.tagLists[of] {
		if strings.EqualFold(t.name, name) {
			return t
		}
	}
	return nil
}

// record finds a record of any type, deleted ones included; nil if none.
func (db *store) record(k kind, id int64) record {
	switch k {
	case kContacts:
		return got(db.contacts, id)
	case kAccounts:
		return got(db.accounts, id)
	case kLeads:
		return got(db.leads, id)
	case kNotes:
		return got(db.notes, id)
	case kTasks:
		return got(db.tasks, id)
	case kActivities:
		return got(db.activities, id)
	case kUsers:
		return got(db.users, id)
	case kTeams:
		return got(db.teams, id)
	}
	return nil
}

func got[T record](t *table[T], id int64) record {
	if row, ok := t.rows[id]; ok {
		return row
	}
	return nil
}

// index is the part of a table that does not depend on its row type.
type index interface {
	changed(now instant)
	due(until int64) bool
	reveal(until int64)
}

func (db *store) index(k kind) index {
	switch k {
	case kContacts:
		return db.contacts
	case kAccounts:
		return db.accounts
	case kLeads:
		return db.leads
	case kNotes:
		return db.notes
	case kTasks:
		return db.tasks
	case kActivities:
		return db.activities
	case kTeams:
		return db.teams
	default:
		return db.users
	}
}

func (db *store) changed(k kind, now instant) { db.index(k).changed(now) }

var lagging = []kind{kContacts, kAccounts, kLeads, kNotes, kTasks, kActivities}

// reveal shows what has passed the find lag. It takes the lock itself.
func (db *store) reveal(until int64) {
	db.mu.RLock()
	due := false
	for _, k := range lagging {
		due = due || db.index(k).due(until)
	}
	db.mu.RUnlock()
	if !due {
		return
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, k := range lagging {
		db.index(k).reveal(until)
	}
}

// remove deletes softly; a note's files go for good.
func (db *store) remove(r record, now instant) {
	switch r := r.(type) {
	case *contact:
		db.contacts.remove(r, now)
	case *account:
		db.accounts.remove(r, now)
	case *lead:
		db.leads.remove(r, now)
		if r.open() {
			db.openLeads--
		}
	case *note:
		db.notes.remove(r, now)
		for _, f := range r.files {
			delete(db.files, f.id)
		}
		r.files = nil
	case *task:
		db.tasks.remove(r, now)
	case *activity:
		db.activities.remove(r, now)
	}
}

// restore undeletes within the plan's limits.
func (db *store) restore(r record, lim Limits, now instant) *Error {
	switch r := r.(type) {
	case *contact:
		if err := db.contactRoom(lim); err != nil {
			return err
		}
		db.contacts.restore(r, now)
	case *account:
		db.accounts.restore(r, now)
	case *lead:
		if r.open() {
			if err := db.leadRoom(lim); err != nil {
				return err
			}
			db.openLeads++
		}
		db.leads.restore(r, now)
	case *note:
		db.notes.restore(r, now)
	case *task:
		db.tasks.restore(r, now)
	case *activity:
		db.activities.restore(r, now)
	}
	return nil
}

func (db *store) contactRoom(lim Limits) *Error {
	if lim.ContactLimit > 0 && db.contacts.live >= lim.ContactLimit {
		return planLimit("contact", lim.ContactLimit)
	}
	return nil
}

func (db *store) leadRoom(lim Limits) *Error {
	if lim.OpenLeadLimit > 0 && db.openLeads >= lim.OpenLeadLimit {
		return planLimit("open lead", lim.OpenLeadLimit)
	}
	return nil
}

// reindex follows a change of custom field values.
func reindex(r record, from, to []fieldValue) {
	for _, v := range from {
		if !v.def.index.built {
			continue
		}
		var next []string
		for _, n := range to {
			if n.def == v.def {
				next = n.texts()
			}
		}
		v.def.index.move(r, v.texts(), next)
	}
	for _, v := range to {
		v.def.index.move(r, nil, v.texts())
	}
}

func folded(m *multi[string]) []string {
	if m == nil {
		return nil
	}
	out := make([]string, len(m.items))
	for i, e := range m.items {
		out[i] = strings.ToLower(e.value)
	}
	return out
}
