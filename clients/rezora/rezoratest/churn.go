package rezoratest

import (
	"fmt"
	"math/rand/v2"
)

// Change is one row that Churn inserted, changed or deleted.
type Change struct {
	Op       string `json:"op"` // new, changed, deleted
	Resource string `json:"resource"`
	ID       string `json:"id"`
}

// Churn plays n things that happen in a live account and returns every row
// they changed: one thing may change several, a deleted contact its
// memberships, a campaign its recipients and events. The same seed and the
// same calls give the same changes.
func (s *Server) Churn(n int) []Change {
	s.churnMu.Lock()
	defer s.churnMu.Unlock()
	c := &churner{s: s, st: s.store, r: s.churn, pools: map[string][][2]string{}, bare: s.config().CollidingEventIDs, out: []Change{}}
	total := 0
	for _, h := range happenings {
		total += h.weight
	}
	for range n {
		c.now = seconds(s.now())
		pick := c.r.IntN(total)
		for _, h := range happenings {
			if pick -= h.weight; pick < 0 {
				s.store.mu.Lock()
				h.play(c)
				s.store.mu.Unlock()
				break
			}
		}
	}
	return c.out
}

// happenings are weighted by how often a brokerage sees them.
var happenings = []struct {
	weight int
	play   func(*churner)
}{
	{22, (*churner).changeContact}, {12, (*churner).newContact}, {5, (*churner).deleteContact},
	{4, (*churner).unsubscribe}, {3, (*churner).changeCompany}, {2, (*churner).newCompany},
	{5, (*churner).newLead}, {3, (*churner).changeLead}, {9, (*churner).newNote}, {3, (*churner).editNote},
	{1, (*churner).deleteNote}, {4, (*churner).newTask}, {4, (*churner).completeTask}, {7, (*churner).joinGroup},
	{4, (*churner).leaveGroup}, {1, (*churner).newGroup}, {3, (*churner).newCampaign}, {6, (*churner).moreEvents},
	{4, (*churner).newInteraction}, {1, (*churner).newAttachment}, {1, (*churner).changeAgent}, {2, (*churner).priceChange},
}

type churner struct {
	s     *Server
	st    *store
	r     *rand.Rand
	now   int64
	bare  bool
	pools map[string][][2]string // keys by resource, in the order of ids
	out   []Change
}

// any draws a live row, nil if the resource is about empty.
func (c *churner) any(resource string) *row {
	pool, built := c.pools[resource]
	if !built {
		for _, r := range c.st.tables[resource].byID() {
			if r.deletedAt == 0 {
				pool = append(pool, [2]string{r.id, r.sub})
			}
		}
		c.pools[resource] = pool
	}
	for range 30 {
		if len(pool) == 0 {
			return nil
		}
		k := pool[c.r.IntN(len(pool))]
		if r := c.st.tables[resource].get(k[0], k[1]); r != nil && r.deletedAt == 0 {
			return r
		}
	}
	return nil
}

// put writes a row and returns it.
func (c *churner) put(resource string, m map[string]any) *row {
	r, created, err := c.st.put(resources[resource], m, c.now, c.bare)
	if err != nil {
		panic(err) // the churner makes canonical rows only
	}
	op := "changed"
	if created {
		op = "new"
		if pool, built := c.pools[resource]; built {
			c.pools[resource] = append(pool, [2]string{r.id, r.sub})
		}
	}
	c.out = append(c.out, Change{op, resource, r.id})
	return r
}

func (c *churner) drop(resource string, r *row) {
	for _, d := range c.st.drop(resources[resource], r, c.now) {
		c.out = append(c.out, Change{"deleted", d.res.name, d.row.id})
	}
}

func (c *churner) person() (name, email string) {
	first, last := pick(c.r, firstNames), pick(c.r, lastNames)
	return first + " " + last, fmt.Sprintf("%s.c%d@example.com", mailbox(first, last), c.r.IntN(1_000_000))
}

// customer draws a contact that is not an agent's own.
func (c *churner) customer() (*row, map[string]any) {
	for range 30 {
		r := c.any(contacts)
		if r == nil {
			return nil, nil
		}
		if m := decode(r.body); m["is_self"] != true {
			return r, m
		}
	}
	return nil, nil
}

// groupOf finds a live group of an agent.
func (c *churner) groupOf(agentID string) *row {
	if own := c.st.tables[distributionGroups].live(0, agentID); len(own) > 0 {
		lowest := own[0]
		for _, g := range own {
			if compareIDs(g, lowest) < 0 {
				lowest = g
			}
		}
		return lowest
	}
	return nil
}

// event appends an activity about a contact.
func (c *churner) event(kind string, contact *row, m, extra map[string]any) {
	e := map[string]any{
		"type": kind, "contact_id": contact.id, "agent_id": m["owner_agent_id"], "email": m["email"], "occurred_at": instant(c.now - c.r.Int64N(300)).String(),
	}
	merge(e, extra)
	c.put(activities, e)
}
