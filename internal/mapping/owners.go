package mapping

import "rezora2nutshell/internal/record"

// User is a user of the account.
type User struct {
	ID      int64
	Emails  []string
	Enabled bool
}

// DecideUsers finds the user of every agent: the enabled one of whose addresses equals the agent's, trimmed and without case,
// after the owners of the map; of several the lowest id. An agent without one is an orphan: it gets the fallback user when the
// policy is fallback, else none.
func (m *Map) DecideUsers(agents []record.Agent, users []User, fallback *User, onOrphans string) map[string]UserDecision {
	byEmail := map[string]User{}
	for _, u := range users {
		for _, e := range u.Emails {
			key := EmailKey(e)
			if first, taken := byEmail[key]; u.Enabled && key != "" && (!taken || u.ID < first.ID) {
				byEmail[key] = u
			}
		}
	}
	out := make(map[string]UserDecision, len(agents))
	for _, a := range agents {
		d := UserDecision{How: HowNone, Orphan: true}
		if u, ok := byEmail[m.UserEmail(a.Email)]; ok {
			d = decision(u, HowMatched)
		} else if fallback != nil && onOrphans == "fallback" {
			d = decision(*fallback, HowFallback)
			d.Orphan = true
		}
		out[a.ID] = d
	}
	return out
}

func decision(u User, how string) UserDecision {
	d := UserDecision{UserID: u.ID, How: how}
	if len(u.Emails) > 0 {
		d.Email = u.Emails[0]
	}
	return d
}
