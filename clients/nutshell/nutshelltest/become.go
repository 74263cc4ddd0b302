package nutshelltest

import (
	"fmt"
)

// Holding is what another account has beside its records, with that account's own ids.
type Holding struct {
	Users         []HeldUser
	ActivityTypes []Held
	Outcomes      []HeldOutcome
	Pipelines     []Held
	Stages        []HeldStage
	Fields        map[string][]FieldDef // by entity type
}

// Held is an entry of a list.
type Held struct {
	ID   int64
	Name string
}

// HeldUser is a user.
type HeldUser struct {
	Held
	First, Last    string
	Email          string
	Enabled, Admin bool
}

// HeldOutcome is a lead outcome; status is 10 won, 11 lost or 12 cancelled.
type HeldOutcome struct {
	Held
	Status int
}

// HeldStage is a stage of a pipeline.
type HeldStage struct {
	Held
	Pipeline int64
}

// Become replaces the users and lists of a fresh account by those of another one, under the same ids: what is done here is a rehearsal of
// what will be done there. Keys are the caller's affair.
func (s *Server) Become(h Holding) error {
	s.db.mu.Lock()
	now := at(s.now())
	s.db.users, s.db.references[kActivityTypes] = newTable[*user](kUsers, 1, nil), nil
	s.db.outcomes, s.db.stagesets, s.db.milestones = nil, nil, nil
	for _, u := range h.Users {
		s.db.users.next = u.ID
		s.db.addUser(&user{name: u.Name, first: u.First, last: u.Last, enabled: u.Enabled, admin: u.Admin, emails: []string{u.Email}}, now)
	}
	for _, t := range h.ActivityTypes {
		s.db.addReference(kActivityTypes, t.Name, now).id = t.ID
	}
	for _, o := range h.Outcomes {
		s.db.addOutcome(o.Name, o.Status).id = o.ID
	}
	for _, p := range h.Pipelines {
		set := s.db.addStageset(p.Name)
		set.id = p.ID
		for _, m := range h.Stages {
			if m.Pipeline == p.ID {
				s.db.addMilestone(set, m.Name).id = m.ID
			}
		}
	}
	s.db.mu.Unlock()
	for entity, defs := range h.Fields {
		for _, d := range defs {
			if _, err := s.AddCustomField(entity, d); err != nil {
				return fmt.Errorf("custom field of %s: %w", entity, err)
			}
		}
	}
	return nil
}

// Place makes a record under an id that another account gave it. Ids of one type come in ascending order. What the account would refuse
// today, though it holds it, is taken.
func (a Actor) Place(entityType string, id int64, fields map[string]any) error {
	s := a.s
	method := map[string][2]string{
		"Contacts": {"newContact", "contact"}, "Accounts": {"newAccount", "account"}, "Leads": {"newLead", "lead"}, "Tasks": {"newTask", "task"},
		"Activities": {"newActivity", "activity"},
	}[entityType]
	if method[0] == "" {
		return fmt.Errorf("no %s can be placed", entityType)
	}
	s.db.mu.Lock()
	s.db.setNext(entityType, id)
	emails, owners, limits := s.db.cfg.EmailValidation, s.db.cfg.DisabledOwners, *s.limits.Load()
	s.db.cfg.EmailValidation, s.db.cfg.DisabledOwners = false, "accept"
	s.db.mu.Unlock()
	s.limits.Store(&Limits{})
	got, err := a.create(method[0], method[1], fields)
	s.db.mu.Lock()
	s.db.cfg.EmailValidation, s.db.cfg.DisabledOwners = emails, owners
	s.db.mu.Unlock()
	s.limits.Store(&limits)
	if err == nil && got != id {
		err = fmt.Errorf("%s %d was placed as %d", entityType, id, got)
	}
	return err
}

// setNext makes an id the one of the next record of a type.
func (db *store) setNext(entityType string, id int64) {
	switch entityType {
	case "Contacts":
		db.contacts.next = id
	case "Accounts":
		db.accounts.next = id
	case "Leads":
		db.leads.next = id
	case "Tasks":
		db.tasks.next = id
	case "Activities":
		db.activities.next = id
	}
}
