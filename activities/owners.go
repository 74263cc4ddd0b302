package activities

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/step"
)

// owners are the decisions about agents: which user stands for each, and who takes what nobody owns.
type owners struct {
	Users       map[string]mapping.UserDecision `json:"users"`
	Fallback    int64                           `json:"fallback,omitempty"`
	Impersonate bool                            `json:"impersonate,omitempty"` // P2: the key acts as the users it names
	Orphans     []string                        `json:"orphans,omitempty"`     // agent ids, sorted
	Accepted    bool                            `json:"accepted,omitempty"`    // a person took the list of orphans
}

// Owners reads the account and the map, and matches agents to users by e-mail. Orphans park the run here, before anything is written.
func (a *Activities) Owners(ctx context.Context, in step.In) (step.OwnersOut, error) {
	return plain(ctx, a, in, func(ctx context.Context, w *work) (step.OwnersOut, error) {
		own, err := w.matchOwners(ctx, in.Accepted)
		if err != nil {
			return step.OwnersOut{}, err
		}
		return step.OwnersOut{Agents: len(own.Users), Matched: len(own.Users) - len(own.Orphans), Orphans: len(own.Orphans)}, nil
	})
}

func (w *work) matchOwners(ctx context.Context, accepted bool) (owners, error) {
	var own owners
	m, err := w.readMap(w.in)
	if err != nil {
		return own, err
	}
	facts, err := account.Read(ctx, w.Nutshell)
	if err != nil {
		return own, err
	}
	for t, defs := range facts.Fields {
		for _, d := range defs {
			if d.Name == "" {
				return own, step.Stuck("field_without_name", false, "a custom field of %s has no name, so its values cannot be told apart; name it in Nutshell, then resume", t)
			}
		}
	}
	if err := w.run.PutValue(ctx, keyFacts, facts); err != nil {
		return own, err
	}
	if err := w.run.PutValue(ctx, keyMap, string(m.YAML())); err != nil {
		return own, err
	}
	if own, err = w.decideOwners(ctx, m, facts); err != nil {
		return own, err
	}
	var before owners
	if _, err := w.run.Value(ctx, keyOwners, &before); err != nil {
		return own, err
	}
	own.Accepted = accepted || before.Accepted
	if err := w.run.PutValue(ctx, keyOwners, own); err != nil {
		return own, err
	}
	if len(own.Orphans) > 0 && m.Policies.OnOrphans == "wait" && !own.Accepted {
		return own, step.Stuck("orphans", true,
			"%d agents have no enabled user in Nutshell (ids %s); create or enable the users and resume, or accept: their records then get no owner", len(own.Orphans), shortList(own.Orphans))
	}
	return own, nil
}

func (w *work) decideOwners(ctx context.Context, m *mapping.Map, facts account.Facts) (owners, error) {
	own := owners{Users: map[string]mapping.UserDecision{}}
	if email := m.Policies.FallbackOwner; email != "" {
		u, ok, _ := facts.User(email)
		if !ok {
			return own, step.Stuck("fallback_owner", false, "fallback_owner is not the address of an enabled user in Nutshell; create or enable that user, then resume")
		}
		own.Fallback = u.ID
	}
	agents, err := w.agents(ctx)
	if err != nil {
		return own, err
	}
	for id, agent := range agents {
		own.decide(id, agent, m, facts)
	}
	sort.Strings(own.Orphans)
	own.Impersonate = w.impersonates(ctx, own)
	return own, nil
}

// decide takes the user with the agent's address, else goes by the policy for orphans.
func (o *owners) decide(id string, agent record.Agent, m *mapping.Map, facts account.Facts) {
	u, ok, _ := facts.User(m.UserEmail(agent.Email))
	switch {
	case ok:
		o.Users[id] = mapping.UserDecision{UserID: u.ID, Email: u.Emails[0], How: mapping.HowMatched}
		return
	case m.Policies.OnOrphans == "fallback" && o.Fallback != 0:
		o.Users[id] = mapping.UserDecision{UserID: o.Fallback, How: mapping.HowFallback, Orphan: true}
	default:
		o.Users[id] = mapping.UserDecision{How: mapping.HowNone, Orphan: true}
	}
	o.Orphans = append(o.Orphans, id)
}

// meetAgents decides about the agents that a round of the delta brought, and about those whose new address is another user's. An agent
// whose address is nobody's any more keeps the user that was approved.
func (w *work) meetAgents(ctx context.Context) error {
	m, err := w.effectiveMap(ctx)
	if err != nil {
		return err
	}
	facts, err := value[account.Facts](ctx, w.run, keyFacts)
	if err != nil {
		return err
	}
	own, err := value[owners](ctx, w.run, keyOwners)
	if err != nil {
		return err
	}
	agents, err := w.agents(ctx)
	if err != nil {
		return err
	}
	var met []string
	for id, agent := range agents {
		was, known := own.Users[id]
		if u, ok, _ := facts.User(m.UserEmail(agent.Email)); !known || ok && (was.How != mapping.HowMatched || was.UserID != u.ID) {
			met = append(met, id)
		}
	}
	if len(met) == 0 {
		return nil
	}
	if facts.Users, err = w.Nutshell.Users(ctx); err != nil {
		return fmt.Errorf("read users: %w", err)
	}
	for _, id := range met {
		_, ok, _ := facts.User(m.UserEmail(agents[id].Email))
		if _, known := own.Users[id]; known && !ok {
			continue
		}
		own.Orphans = slices.DeleteFunc(own.Orphans, func(o string) bool { return o == id })
		own.decide(id, agents[id], m, facts)
	}
	sort.Strings(own.Orphans)
	own.Impersonate = own.Impersonate && w.impersonates(ctx, own)
	return w.run.PutValue(ctx, keyOwners, own)
}

// impersonates is probe P2: the acting user must be the one that was named, for every mapped author.
func (w *work) impersonates(ctx context.Context, own owners) bool {
	if !w.Config.Nutshell.Impersonate {
		return false
	}
	for _, d := range own.Users {
		if d.How != mapping.HowMatched {
			continue
		}
		me, err := w.Nutshell.Me(ctx, d.Email)
		if err != nil || me.ID != d.UserID {
			return false
		}
	}
	return true
}

func shortList(ids []string) string {
	const most = 10
	if len(ids) <= most {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(ids[:most], ", "), len(ids)-most)
}
