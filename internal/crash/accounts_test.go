package crash

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/oracle"
)

// begin is when every story begins, in its own time.
var begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// variant is a migration and an account that differ from the plain ones.
type variant struct {
	input       map[string]any // over the plain input
	account     func(*nutshelltest.Config)
	concurrency int // calls in flight; 0 is 1
	judge       func(*oracle.Account)
	rejects     bool   // the approver says no
	stopAt      string // the step at whose beginning a person asks for a rollback
}

// plain is a migration whose activities and calls come one after another, without write probes.
var plain = variant{}

// variants are what the random schedules choose from.
var variants = map[string]variant{
	"plain":      plain,
	"probes":     {input: obj{"write_probes": true}},
	"parallel":   {input: obj{"page_size": 2, "window": 3}, concurrency: 3},
	"shuffled":   {input: obj{"page_size": 5}, account: func(c *nutshelltest.Config) { c.IDOrder = "shuffled" }},
	"lag":        {account: func(c *nutshelltest.Config) { c.FindLagSeconds = 1 }},
	"short":      {account: func(c *nutshelltest.Config) { c.RESTLists, c.ParentNotesMax = "off", 1 }},
	"links":      {account: func(c *nutshelltest.Config) { c.NoteFiles = "405" }, judge: func(a *oracle.Account) { a.FilesOffered = false }},
	"skip":       {input: obj{"existing": "skip"}, judge: func(a *oracle.Account) { a.Policies.Existing = "skip" }},
	"create":     {input: obj{"existing": "create"}, judge: func(a *oracle.Account) { a.Policies.Existing = "create" }},
	"one by one": {input: obj{"page_size": 1, "sample_size": 50}},
}

func (v variant) payload() string {
	in := obj{"migration": name, "sample_size": 2, "page_size": 50, "window": 1, "delta_window": "1h", "delta_interval": "15m", "source_deletes": "delete",
		"on_orphans": "fallback", "fallback_owner": nutshelltest.SeedUser, "write_probes": false}
	maps.Copy(in, v.input)
	b, err := json.Marshal(in)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func bare(v variant, home string, strikes []strike) (*story, error) {
	time.Sleep(time.Until(begin))
	c := nutshelltest.DefaultConfig()
	c.FindRatePerSecond = 0
	if v.account != nil {
		v.account(&c)
	}
	s := &story{variant: v, gate: newGate(strikes), home: home, nutshell: nutshelltest.New(c), done: map[string]bool{}}
	return s, os.MkdirAll(filepath.Join(home, "0000"), 0o700)
}

// newStory is an account that a migration has not touched yet: some of its people are the source's too.
func newStory(v variant, home string, strikes []strike) (*story, error) {
	s, err := bare(v, home, strikes)
	if err != nil {
		return nil, err
	}
	s.source = newSource()
	s.rezora = s.source
	s.people(func(n *nutshelltest.Server) error {
		n.AddUser("Ann Rey", "ann@agents.example.com", true)
		_, err1 := n.CreateContact(obj{"name": "Robert Smith", "email": obj{"0": "bob@example.org"}, "phone": obj{"mobile": "+13035550199"}, "description": "ours since 2019"})
		_, err2 := n.CreateAccount(obj{"name": "Known as something else", "url": obj{"0": "https://www.known.example.com"}})
		_, err3 := n.CreateContact(obj{"name": "Nobody Else", "email": obj{"0": "nobody@example.net"}})
		return errors.Join(err1, err2, err3)
	})
	s.before = s.nutshell.Snapshot()
	s.approved, err = oracle.SourceOf(s.source, false)
	return s, err
}

// after is a story whose account is as another one has left it, in the same folder, and whose source is closed.
func after(home string, strikes []strike, was *story) (*story, error) {
	s, err := bare(was.variant, home, strikes)
	if err != nil {
		return nil, err
	}
	s.rezora = http.NotFoundHandler()
	s.before, s.edits = was.before, was.edits
	for _, d := range was.journal {
		time.Sleep(time.Until(d.at))
		if err := d.do(s.nutshell); err != nil {
			return nil, err
		}
	}
	return s, copyFolder(was.folder(), filepath.Join(home, "0000"))
}

// meanwhile is what happens on both sides before the delta.
func (s *story) meanwhile() {
	put := func(resource string, fields obj) {
		if _, err := s.source.Put(resource, fields); err != nil {
			panic(err)
		}
	}
	put("contacts", obj{"id": "c1", "phones": obj{"mobile": "720-555-0142", "home": "303-555-0999"}, "title": "Seller"})
	put("contacts", obj{"id": "c5", "name": "Lee New", "email": "lee@tern.example.com"})
	put("notes", obj{"id": "n4", "parent_type": "contact", "parent_id": "c5", "body": "new here", "noted_at": day})
	put("notes", obj{"id": "n2", "body": "Met at the fair again."})
	put("tasks", obj{"id": "t1", "status": "completed", "completed_at": "2025-01-02T00:00:00Z"})
	put("leads", obj{"id": "l3", "status": "lost"})
	put("group_memberships", obj{"id": "m2", "group_id": "g1", "contact_id": "c2"})
	for resource, id := range map[string]string{"contacts": "c3", "interactions": "i2"} {
		if err := s.source.Delete(resource, id); err != nil {
			panic(err)
		}
	}
	ines := s.made("Contacts", "c1")
	s.people(func(n *nutshelltest.Server) error {
		return n.EditContact(ines, obj{"description": "called, wants a garden", "phone": obj{"mobile": "720-555-0142", "home": "303-555-0777", "--primary": "720-555-0142"}})
	})
	s.edits = append(s.edits, oracle.Edit{Type: "Contacts", ID: ines, Field: "description"}, oracle.Edit{Type: "Contacts", ID: ines, Field: "phone"})
}

// later is what people do in Nutshell when the migration is over: they leave a note on a person and change another.
func (s *story) later() {
	ines, bob := s.made("Contacts", "c1"), s.newest("bob@example.org")
	var note int64
	s.people(func(n *nutshelltest.Server) (err error) {
		note, err = n.AddNote("Contacts", ines, "left a message")
		return errors.Join(err, n.EditContact(bob, obj{"description": "moved to Erie"}))
	})
	s.edits = append(s.edits, oracle.Edit{Type: "Notes", ID: note}, oracle.Edit{Type: "Contacts", ID: bob, Field: "description"})
}

// made is the record of a source record.
func (s *story) made(entity, sourceID string) int64 {
	snap := s.nutshell.Snapshot()
	for _, r := range map[string][]nutshelltest.Record{"Contacts": snap.Contacts, "Accounts": snap.Accounts, "Leads": snap.Leads}[entity] {
		if id := r.CustomFields["Rezora_ID__c"]; r.Live() && len(id) == 1 && id[0] == sourceID {
			return r.ID
		}
	}
	panic(entity + " " + sourceID + " is not there")
}

// newest is the person with an address who came last.
func (s *story) newest(email string) int64 {
	var id int64
	for _, r := range s.nutshell.Snapshot().Contacts {
		if r.Live() && slices.Contains(r.Lists["email"], "*="+email) {
			id = max(id, r.ID)
		}
	}
	return id
}
