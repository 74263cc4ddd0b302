// Package sample picks the records that a person looks at before everything moves: every stratum of the account is in it as far as the
// size allows, rare ones first, and the rest is filled evenly. The choice depends on the set alone, so a repetition picks the same.
// Memory is bounded by the size of the sample and the number of strata.
package sample

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
)

// perStratum is how many candidates of one stratum are remembered.
const perStratum = 3

// strataMost bounds the strata: beyond it, further values of a property or group are one stratum.
const strataMost = 4000

// candidate is a record that stands for a stratum.
type candidate struct {
	object, id string
	rank       uint64 // order within the stratum: by a hash of the id, so that it is spread over the account
}

// Sampler collects candidates stratum by stratum.
type Sampler struct {
	size   int
	total  int
	strata map[string][]candidate
	seen   map[string]int64 // records in each stratum: rare ones are picked first
	even   []candidate      // the records with the lowest ranks, to fill up with
}

// New makes a sampler for a number of companies, people and leads.
func New(size int) *Sampler {
	return &Sampler{size: size, strata: map[string][]candidate{}, seen: map[string]int64{}}
}

// Offer takes one live record. Companies, people and leads are candidates; of the other kinds, what they say about those is.
func (s *Sampler) Offer(r ledger.Staged) error {
	switch r.Kind {
	case record.Companies:
		return s.company(r)
	case record.Contacts:
		return s.contact(r)
	case record.Leads:
		return s.lead(r)
	case record.GroupMemberships:
		return s.membership(r)
	case record.Notes, record.Attachments:
		return s.hanging(r)
	case record.Tasks, record.Interactions:
		return s.ofContact(r)
	}
	return nil
}

func (s *Sampler) company(r ledger.Staged) error {
	var c record.Company
	if err := r.Decode(&c); err != nil {
		return err
	}
	s.candidate(mapping.Companies, r.ID, append(common(c.Name, c.CreatedAt), "kind "+c.Kind, "parent "+yes(c.ParentID != "")), properties("company", c.CustomProperties))
	return nil
}

func (s *Sampler) contact(r ledger.Staged) error {
	var c record.Contact
	if err := r.Decode(&c); err != nil {
		return err
	}
	strata := append(common(c.Name, c.CreatedAt), "kind "+c.Kind, "type "+c.ContactType, "engagement "+level(c.Scores), "e-mail "+yes(strings.TrimSpace(c.Email) != ""),
		"company "+yes(c.CompanyID != ""), "unsubscribed "+yes(c.Unsubscribed), "provenance "+string(r.Provenance), "status "+c.EmailStatus)
	s.candidate(mapping.People, r.ID, strata, properties("contact", c.CustomProperties))
	return nil
}

func (s *Sampler) lead(r ledger.Staged) error {
	var l record.Lead
	if err := r.Decode(&l); err != nil {
		return err
	}
	s.candidate(mapping.LeadObjects, r.ID, append(common(l.Message, l.CreatedAt), "status "+l.Status, "agent "+yes(l.AgentID != ""), "contact "+yes(l.ContactID != "")), nil)
	return nil
}

func (s *Sampler) membership(r ledger.Staged) error {
	var m record.GroupMembership
	if err := r.Decode(&m); err != nil {
		return err
	}
	s.stratum("group "+m.GroupID, candidate{mapping.People, m.ContactID, rank(m.ContactID)})
	return nil
}

var parentObjects = map[string]string{"contact": mapping.People, "company": mapping.Companies, "lead": mapping.LeadObjects}

// hanging makes the record that a note or file hangs on stand for its kind.
func (s *Sampler) hanging(r ledger.Staged) error {
	var h struct {
		ParentType  string `json:"parent_type"`
		ParentID    string `json:"parent_id"`
		Author      string `json:"author_agent_id"`
		ContentType string `json:"content_type"`
		Size        int64  `json:"size"`
		Body        string `json:"body"`
	}
	if err := r.Decode(&h); err != nil {
		return err
	}
	object, ok := parentObjects[h.ParentType]
	if !ok {
		return nil
	}
	c := candidate{object, h.ParentID, rank(h.ParentID)}
	s.stratum(fmt.Sprintf("%s on %s author %s", r.Kind, h.ParentType, yes(h.Author != "")), c)
	s.stratum(fmt.Sprintf("%s kind %s size %d", r.Kind, h.ContentType, magnitude(h.Size)), c)
	s.stratum(fmt.Sprintf("%s length %d html %s", r.Kind, magnitude(int64(len(h.Body))), yes(strings.Contains(h.Body, "<"))), c)
	return nil
}

func (s *Sampler) ofContact(r ledger.Staged) error {
	var x struct {
		ContactID string `json:"contact_id"`
		Type      string `json:"type"`
		Status    string `json:"status"`
	}
	if err := r.Decode(&x); err != nil || x.ContactID == "" {
		return err
	}
	s.stratum(fmt.Sprintf("%s %s %s", r.Kind, x.Type, x.Status), candidate{mapping.People, x.ContactID, rank(x.ContactID)})
	return nil
}

func (s *Sampler) candidate(object, id string, strata, more []string) {
	c := candidate{object, id, rank(id)}
	s.total++
	for _, name := range append(strata, more...) {
		s.stratum(object+" "+name, c)
	}
	s.even = keepLowest(s.even, c, s.size)
}

func (s *Sampler) stratum(name string, c candidate) {
	if _, known := s.strata[name]; !known && len(s.strata) >= strataMost {
		name = "more"
	}
	s.seen[name]++
	s.strata[name] = keepLowest(s.strata[name], c, perStratum)
}

// keepLowest inserts by rank and drops what is beyond most.
func keepLowest(list []candidate, c candidate, most int) []candidate {
	if len(list) == most && byRank(c, list[most-1]) >= 0 {
		return list
	}
	i, found := slices.BinarySearchFunc(list, c, byRank)
	if found {
		return list
	}
	list = slices.Insert(list, i, c)
	return list[:min(len(list), most)]
}

func byRank(a, b candidate) int {
	return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.object, b.object), cmp.Compare(a.id, b.id))
}

func rank(id string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	return h.Sum64()
}

// common are the strata of every record: length and script of its text, its age.
func common(text string, created record.Time) []string {
	year := "unknown"
	if created.Set() {
		year = created.Format("2006")
	}
	script := "ascii"
	for _, r := range text {
		if r > 0xffff {
			script = "astral"
			break
		}
		if r > 0x7f {
			script = "other"
		}
	}
	return []string{"created " + year, "script " + script, fmt.Sprintf("length %d", magnitude(int64(len(text)))), "markup " + yes(strings.ContainsAny(text, "<&'"))}
}

func properties(object string, props record.Properties) []string {
	var out []string
	for name, v := range props {
		if string(v) != "null" {
			out = append(out, object+" property "+name+" "+shape(v))
		}
	}
	return out
}

// shape is the JSON kind of a value and the magnitude of its length.
func shape(v json.RawMessage) string {
	if len(v) == 0 {
		return ""
	}
	return fmt.Sprintf("%c %d", v[0], magnitude(int64(len(v))))
}

func magnitude(n int64) int {
	m := 0
	for ; n > 0; n /= 8 {
		m++
	}
	return m
}

func level(scores *record.Scores) string {
	if scores == nil {
		return "none"
	}
	if strings.HasPrefix(string(scores.Open), "0.") && len(scores.Open) > 2 {
		return string(scores.Open[:3])
	}
	return string(scores.Open)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
