package nutshelltest

import "strings"

// FieldDef defines a custom field for AddCustomField. Type is a word of nutshell
// contract 4.5, such as Text or Enum.
type FieldDef struct {
	Name       string   `json:"name"`
	Type       string   `json:"type"`
	Choices    []string `json:"choices,omitempty"`
	IsMultiple bool     `json:"isMultiple,omitempty"`
}

// AddCustomField defines a field of Contacts, Accounts or Leads and returns its
// id. The refusals are those of the REST route, the plan's limit included.
func (s *Server) AddCustomField(entityType string, def FieldDef) (int64, error) {
	k, ok := kindNamed(entityType)
	if !ok || k > kLeads {
		return 0, invalid("entityType", "none of [Contacts Accounts Leads]")
	}
	in := object{"name": def.Name, "type": def.Type, "isMultiple": def.IsMultiple}
	if len(def.Choices) > 0 {
		choices := make([]any, len(def.Choices))
		for i, c := range def.Choices {
			choices[i] = c
		}
		in["choices"] = choices
	}
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	d, err := s.db.define(&s.cfg, k, in)
	if err != nil {
		return 0, err
	}
	return d.id, nil
}

// AddUser adds a user; the first word of the name is the first name.
func (s *Server) AddUser(name, email string, enabled bool) int64 {
	first, last, _ := strings.Cut(name, " ")
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	return s.db.addUser(&user{name: name, first: first, last: last, enabled: enabled, emails: []string{email}}, at(s.now())).id
}

// SetUserEnabled enables or disables a user; false when there is none.
func (s *Server) SetUserEnabled(id int64, enabled bool) bool {
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	u := s.db.users.rows[id]
	if u == nil {
		return false
	}
	u.enabled = enabled
	u.touch(at(s.now()))
	return true
}

// AddTeam adds a team.
func (s *Server) AddTeam(name string) int64 {
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	return s.db.addTeam(name, at(s.now())).id
}

// AddTag makes a tag of Contacts, Accounts or Leads.
func (s *Server) AddTag(entityType, name string) error {
	return s.Call("newTag", map[string]any{"tag": map[string]any{"name": name, "entityType": entityType}}, nil)
}

// AddStageset adds a pipeline with its milestones in order. It returns its id and
// theirs.
func (s *Server) AddStageset(name string, milestones ...string) (id int64, milestoneIDs []int64) {
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	set := s.db.addStageset(name)
	for _, m := range milestones {
		milestoneIDs = append(milestoneIDs, s.db.addMilestone(set, m).id)
	}
	return set.id, milestoneIDs
}

// AddOutcome adds a lead outcome; status is 10 won, 11 lost or 12 cancelled.
func (s *Server) AddOutcome(name string, status int) int64 {
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	return s.db.addOutcome(name, status).id
}

func (s *Server) addReference(k kind, name string) int64 {
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	return s.db.addReference(k, name, at(s.now())).id
}

// AddActivityType adds an activity type.
func (s *Server) AddActivityType(name string) int64 { return s.addReference(kActivityTypes, name) }

// AddIndustry adds an industry.
func (s *Server) AddIndustry(name string) int64 { return s.addReference(kIndustries, name) }

// AddAccountType adds an account type.
func (s *Server) AddAccountType(name string) int64 { return s.addReference(kAccountTypes, name) }

// AddTerritory adds a territory.
func (s *Server) AddTerritory(name string) int64 { return s.addReference(kTerritories, name) }

// AddMarket adds a market.
func (s *Server) AddMarket(name string) int64 { return s.addReference(kMarkets, name) }

// AddSource adds a lead source.
func (s *Server) AddSource(name string) int64 { return s.addReference(kSources, name) }

// AddFile puts a file on a live note and returns its id.
func (s *Server) AddFile(noteID int64, name, mimeType string, content []byte) (int64, error) {
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	n := s.db.notes.rows[noteID]
	if n == nil || !n.live() {
		return 0, notFound(kNotes)
	}
	return s.db.addFile(n, name, mimeType, content).id, nil
}

// FileContent returns the bytes of a file that was not removed with its note.
func (s *Server) FileContent(id int64) ([]byte, bool) {
	s.db.mu.RLock()
	defer s.db.mu.RUnlock()
	f := s.db.files[id]
	if f == nil {
		return nil, false
	}
	return f.content, true
}

// Undelete brings a record back, whenever it was deleted. Plan limits apply.
func (s *Server) Undelete(entityType string, id int64) error {
	k, _ := kindNamed(entityType)
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	r := s.db.record(k, id)
	if r == nil || k > kActivities || r.base().live() {
		return notFound(k)
	}
	if err := s.db.restore(r, s.Limits(), at(s.now())); err != nil {
		return err
	}
	return nil
}
