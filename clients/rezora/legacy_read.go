package rezora

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"rezora2nutshell/internal/record"
)

// Coverage says how much of a credential's data was read (rezora contract 6, step 9).
type Coverage string

// The coverages.
const (
	Complete   Coverage = "complete"
	Failed     Coverage = "failed"
	NotChecked Coverage = "not_checked" // no credential
)

// LegacyCoverage is the result of reading with one credential. Reasons name statuses and ids, never people.
type LegacyCoverage struct {
	Level    string              `json:"level"`
	AgentID  string              `json:"agent_id,omitempty"`
	Coverage Coverage            `json:"coverage"`
	Reason   string              `json:"reason,omitempty"`
	Status   int                 `json:"status,omitempty"`
	At       time.Time           `json:"at,omitzero"` // Date header of the first answer
	Counts   map[record.Kind]int `json:"counts,omitempty"`
	Removed  []string            `json:"removed,omitempty"`  // "lists/<id>": listed, then 404
	Dangling int                 `json:"dangling,omitempty"` // members whose contact stays unknown after a re-read
	Oddities map[string]int      `json:"oddities,omitempty"` // "field: issue"
}

// Emit stores records; it is called more than once, and may see a record twice.
type Emit func(ctx context.Context, records []record.Record) error

// OwnerFinder gives the id of the agent with an e-mail, "" when there is none.
type OwnerFinder func(ctx context.Context, email string) (string, error)

// reading is the reading plan for one credential (rezora contract 2.6).
type reading struct {
	legacy *LegacyClient
	cred   Credential
	emit   Emit
	cover  LegacyCoverage
}

func (l *LegacyClient) start(cred Credential, emit Emit) *reading {
	return &reading{legacy: l, cred: cred, emit: emit, cover: LegacyCoverage{Level: cred.Level, AgentID: cred.AgentID,
		Coverage: Complete, Counts: map[record.Kind]int{}, Oddities: map[string]int{}}}
}

// end turns what stopped the reading into coverage. An error that a later try may cure is returned too: the caller tries again,
// and may settle for the coverage when it has tried enough.
func (r *reading) end(err error) (LegacyCoverage, error) {
	if err == nil {
		return r.cover, nil
	}
	r.cover.Coverage, r.cover.Reason = Failed, err.Error()
	if status, ok := statusOf(err); ok {
		r.cover.Status = status
		if !passingStatus(status) {
			return r.cover, nil
		}
	}
	if isData(err) {
		return r.cover, nil
	}
	return r.cover, err
}

// dataError is a fault in what was read, not in reading it.
type dataError struct{ error }

func isData(err error) bool {
	var d *dataError
	return errors.As(err, &d)
}

func (r *reading) take(ctx context.Context, got Rows, err error) error {
	if err != nil {
		return err
	}
	if r.cover.At.IsZero() {
		r.cover.At = got.At
	}
	for o, n := range got.Oddities {
		r.cover.Oddities[o.Field+": "+string(o.Issue)] += n
	}
	for _, rec := range got.Records {
		r.cover.Counts[rec.Kind]++
	}
	if len(got.Records) == 0 {
		return nil
	}
	return r.emit(ctx, got.Records)
}

// removed notes a member path that answers 404 although its parent was listed; true when that is so.
func (r *reading) removed(err error, what, id string) bool {
	if !isStatus(err, http.StatusNotFound) {
		return false
	}
	r.cover.Removed = append(r.cover.Removed, what+"/"+id)
	return true
}

// ReadCompany reads agents, teams and team members with a company credential.
func (l *LegacyClient) ReadCompany(ctx context.Context, cred Credential, emit Emit) (LegacyCoverage, error) {
	r := l.start(cred, emit)
	return r.end(r.company(ctx))
}

func (r *reading) company(ctx context.Context) error {
	short, err := r.legacy.Agents(ctx, r.cred)
	if err != nil {
		return err
	}
	r.cover.At = short.At
	for _, agent := range short.Records {
		full, err := r.legacy.Agent(ctx, r.cred, agent.ID)
		if r.removed(err, "agents", agent.ID) {
			continue
		}
		if err := r.take(ctx, full, err); err != nil {
			return err
		}
	}
	groups, err := r.legacy.Groups(ctx, r.cred)
	if err := r.take(ctx, groups, err); err != nil {
		return err
	}
	for _, group := range groups.Records {
		members, err := r.legacy.GroupAgents(ctx, r.cred, group.ID)
		if r.removed(err, "groups", group.ID) {
			continue
		}
		if err := r.take(ctx, members, err); err != nil {
			return err
		}
	}
	return nil
}

// ReadAgent reads contacts, lists and list members with an agent credential. The owner of the contacts is the agent named with the
// credential, else the one whose e-mail the self contact carries; without an owner the credential counts as failed.
func (l *LegacyClient) ReadAgent(ctx context.Context, cred Credential, find OwnerFinder, emit Emit) (LegacyCoverage, error) {
	r := l.start(cred, emit)
	return r.end(r.agent(ctx, find))
}

func (r *reading) agent(ctx context.Context, find OwnerFinder) error {
	owner := r.cred.AgentID
	if owner == "" {
		rows, err := r.legacy.Contacts(ctx, r.cred, "")
		if err != nil {
			return err
		}
		if owner, err = selfOwner(ctx, rows.Records, find); err != nil {
			return err
		}
		r.cover.AgentID, r.cover.At = owner, rows.At
	}
	contacts, err := r.legacy.Contacts(ctx, r.cred, owner)
	if err := r.take(ctx, contacts, err); err != nil {
		return err
	}
	known := map[string]bool{}
	for _, c := range contacts.Records {
		known[c.ID] = true
	}
	lists, err := r.legacy.Lists(ctx, r.cred, owner)
	if err := r.take(ctx, lists, err); err != nil {
		return err
	}
	unknown, err := r.members(ctx, lists.Records, known)
	if err != nil || len(unknown) == 0 {
		return err
	}
	return r.again(ctx, owner, known, unknown)
}

// members reads the members of all lists and returns the contacts among them that are not known.
func (r *reading) members(ctx context.Context, lists []record.Record, known map[string]bool) ([]string, error) {
	var unknown []string
	for _, list := range lists {
		members, err := r.legacy.ListContacts(ctx, r.cred, list.ID)
		if r.removed(err, "lists", list.ID) {
			continue
		}
		if err := r.take(ctx, members, err); err != nil {
			return nil, err
		}
		for _, m := range members.Records {
			var member record.GroupMembership
			if err := m.Decode(&member); err != nil {
				return nil, &dataError{err}
			}
			if !known[member.ContactID] {
				unknown = append(unknown, member.ContactID)
			}
		}
	}
	return unknown, nil
}

// again re-reads the contacts once: a member may be newer than the first reading.
func (r *reading) again(ctx context.Context, owner string, known map[string]bool, unknown []string) error {
	contacts, err := r.legacy.Contacts(ctx, r.cred, owner)
	if err != nil {
		return err
	}
	fresh := contacts.Records[:0]
	for _, c := range contacts.Records {
		if !known[c.ID] {
			known[c.ID] = true
			fresh = append(fresh, c)
		}
	}
	for _, id := range unknown {
		if !known[id] {
			r.cover.Dangling++
		}
	}
	return r.take(ctx, Rows{Records: fresh, At: contacts.At}, nil)
}

// selfOwner finds the agent by the one self contact.
func selfOwner(ctx context.Context, contacts []record.Record, find OwnerFinder) (string, error) {
	for _, rec := range contacts {
		var c record.Contact
		if err := rec.Decode(&c); err != nil {
			return "", &dataError{err}
		}
		email := strings.ToLower(strings.TrimSpace(c.Email))
		if !c.IsSelf || email == "" || find == nil {
			continue
		}
		owner, err := find(ctx, email)
		if err != nil {
			return "", fmt.Errorf("find the owner of a legacy credential: %w", err)
		}
		if owner != "" {
			return owner, nil
		}
		return "", &dataError{fmt.Errorf("the self contact %s matches no agent; name the agent in the credentials file", rec.ID)}
	}
	return "", &dataError{fmt.Errorf("no self contact with an e-mail tells whose credential it is; name the agent in the credentials file")}
}
