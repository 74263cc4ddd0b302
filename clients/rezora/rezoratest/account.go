package rezoratest

import (
	"errors"
	"fmt"
)

// ErrNotFound is returned for a row that is not there or not in the right
// state for what was asked.
var ErrNotFound = errors.New("rezoratest: no such row")

// Agent is what a caller needs to know of an agent.
type Agent struct {
	ID        string `json:"id"`
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Status    string `json:"status"`
}

// Agents lists the live agents in the order of their ids, so that a demo can
// make the destination users they match.
func (s *Server) Agents() []Agent {
	var out []Agent
	for _, r := range s.Rows(agents, false) {
		out = append(out, Agent{text(r["id"]), text(r["email"]), text(r["first_name"]), text(r["last_name"]), text(r["status"])})
	}
	return out
}

// Put inserts or changes a row of the current API, sets its updated_at to the
// server's clock and returns its id. Fields not given keep their value or, in
// a new row, get their empty one; objects are merged key by key, save
// custom_properties. A missing id is given out. A deleted row comes back to
// life. Activities are append-only.
func (s *Server) Put(resource string, item map[string]any) (string, error) {
	res := resources[resource]
	if res == nil {
		return "", fmt.Errorf("rezoratest: unknown resource %q", resource)
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	r, _, err := s.store.put(res, item, seconds(s.now()), s.config().CollidingEventIDs)
	if err != nil {
		return "", err
	}
	return r.id, nil
}

// Delete deletes a live row, and with a contact, group or team its
// memberships.
func (s *Server) Delete(resource, id string) error {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	res, r, err := s.locate(resource, id, false)
	if err != nil {
		return err
	}
	s.store.drop(res, r, seconds(s.now()))
	return nil
}

// Restore brings a deleted row back with a newer updated_at. Memberships that
// fell with it stay deleted: adding one again makes a new id.
func (s *Server) Restore(resource, id string) error {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	res, r, err := s.locate(resource, id, true)
	if err != nil {
		return err
	}
	s.store.restore(res, r, seconds(s.now()))
	return nil
}

// Touch moves a row's updated_at to the server's clock and changes nothing
// else.
func (s *Server) Touch(resource, id string) error {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	res, r, err := s.locate(resource, id, false)
	if err != nil {
		return err
	}
	s.store.touch(res, r, seconds(s.now()))
	return nil
}

func (s *Server) locate(name, id string, deleted bool) (*resource, *row, error) {
	res := resources[name]
	if res == nil {
		return nil, nil, fmt.Errorf("rezoratest: unknown resource %q", name)
	}
	r := s.store.tables[name].find(id)
	if r == nil || (r.deletedAt != 0) != deleted || res.append {
		return nil, nil, fmt.Errorf("%w: %s %s", ErrNotFound, name, id)
	}
	return res, r, nil
}

// Rows returns the canonical rows of the current API in the order of their
// ids, numbers as json.Number, html included, without the oddities that
// switches add on the wire. Deleted rows appear as tombstones, expired ones
// too.
func (s *Server) Rows(resource string, includeDeleted bool) []map[string]any {
	res := resources[resource]
	if res == nil {
		return nil
	}
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	var out []map[string]any
	for _, r := range s.store.tables[resource].byID() {
		switch {
		case r.deletedAt == 0:
			m := decode(r.body)
			if r.html != "" {
				m["html"] = r.html
			}
			out = append(out, m)
		case includeDeleted:
			out = append(out, decode(encodeOrdered(res.order, tombstone(res, r, false))))
		}
	}
	return out
}

// Count is the number of live rows of the current API.
func (s *Server) Count(resource string) int {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	n := 0
	if t := s.store.tables[resource]; t != nil {
		for _, r := range t.order {
			if r.deletedAt == 0 {
				n++
			}
		}
	}
	return n
}
