package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
)

// GuideInput is what the guide is built from. Sequences, groups, agents and templates are held; enrollments and memberships, of which an
// account has many, are only counted.
type GuideInput struct {
	Sequences   Stream[record.Sequence]
	Enrollments Stream[record.SequenceEnrollment]
	Groups      Stream[record.DistributionGroup]
	Memberships Stream[record.GroupMembership]
	Agents      Stream[record.Agent]
	Teams       Stream[record.Team]
	InTeams     Stream[record.TeamMembership]
	Users       map[string]mapping.UserDecision // by agent id
	Templates   []TemplateGuide
	GroupField  string // name of the custom field with the groups, as it is in the account
}

// BuildGuide makes the guide; everything in it is in the order of names, then ids.
func BuildGuide(migration string, in GuideInput) (RebuildGuide, error) {
	g := RebuildGuide{Migration: migration, Templates: slices.Clone(in.Templates)}
	b := guideBuilder{in: in, emails: map[string]string{}, groups: map[string]string{}, templates: map[string]TemplateGuide{}}
	for i := range g.Templates {
		g.Templates[i].Unknown = list(g.Templates[i].Unknown)
		b.templates[g.Templates[i].ID] = g.Templates[i]
	}
	slices.SortFunc(g.Templates, func(a, b TemplateGuide) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	for _, part := range []struct {
		what string
		do   func(*RebuildGuide) error
	}{{"agents", b.agents}, {"groups", b.groupsOf}, {"sequences", b.sequences}} {
		if err := part.do(&g); err != nil {
			return g, fmt.Errorf("rebuild guide, %s: %w", part.what, err)
		}
	}
	return g, nil
}

type guideBuilder struct {
	in        GuideInput
	emails    map[string]string // of agents
	groups    map[string]string // names
	templates map[string]TemplateGuide
}

// roleSuggestions say what to set up for a role of the source.
var roleSuggestions = map[string]string{
	"admin":     "Give this user administrator rights in Nutshell.",
	"agent":     "A regular user: check which records of others the user should see and edit.",
	"observer":  "Read only in Rezora: give the most restricted role that Nutshell offers.",
	"assistant": "Works on the records of others in Rezora: give access to those agents' records.",
}

func (b *guideBuilder) agents(g *RebuildGuide) error {
	teams, err := b.teams()
	if err != nil {
		return err
	}
	err = each(b.in.Agents, func(a record.Agent) error {
		b.emails[a.ID] = strings.TrimSpace(a.Email)
		u := b.in.Users[a.ID]
		suggestion := roleSuggestions[a.Role]
		switch {
		case u.How != mapping.HowMatched && a.Status == "deactivated":
			suggestion = "Deactivated in Rezora and without a Nutshell user: nothing to set up, unless the records need this owner."
		case u.How != mapping.HowMatched:
			suggestion = strings.TrimSpace("Create or enable a user with this e-mail, then assign the records. " + suggestion)
		case suggestion == "":
			suggestion = "A role that this guide does not know: set up the permissions by hand."
		}
		name := cmp.Or(strings.TrimSpace(a.DisplayName), strings.TrimSpace(a.FirstName+" "+a.LastName))
		g.Agents = append(g.Agents, AgentGuide{
			ID: a.ID, Name: name, Email: b.emails[a.ID], Role: a.Role, Status: a.Status, Teams: list(teams[a.ID]), User: u.Email,
			How: cmp.Or(u.How, mapping.HowNone), Suggestion: suggestion,
		})
		return nil
	})
	slices.SortFunc(g.Agents, func(a, b AgentGuide) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return err
}

// teams are the names of the teams of each agent.
func (b *guideBuilder) teams() (map[string][]string, error) {
	names, out := map[string]string{}, map[string][]string{}
	if err := each(b.in.Teams, func(t record.Team) error { names[t.ID] = t.Name; return nil }); err != nil {
		return nil, err
	}
	err := each(b.in.InTeams, func(m record.TeamMembership) error {
		if name, ok := names[m.TeamID]; ok {
			out[m.AgentID] = append(out[m.AgentID], name)
		}
		return nil
	})
	for _, list := range out {
		slices.Sort(list)
	}
	return out, err
}

func (b *guideBuilder) groupsOf(g *RebuildGuide) error {
	members := map[string]int64{}
	if err := each(b.in.Memberships, func(m record.GroupMembership) error { members[m.GroupID]++; return nil }); err != nil {
		return err
	}
	field := cmp.Or(b.in.GroupField, mapping.FieldGroups)
	err := each(b.in.Groups, func(x record.DistributionGroup) error {
		b.groups[x.ID] = x.Name
		owner := cmp.Or(b.emails[x.OwnerAgentID], x.OwnerAgentID)
		if owner == "" {
			owner = cmp.Or(prefixed("team ", x.TeamID), prefixed("company ", x.CompanyID))
		}
		id, err := compact(x.ID)
		if err != nil {
			return err
		}
		g.Groups = append(g.Groups, GroupGuide{
			ID: x.ID, Name: x.Name, Scope: x.Scope, Kind: x.Kind, Owner: owner, Members: members[x.ID],
			Filter: fmt.Sprintf(`People whose %s contains "id":%s`, field, id),
		})
		return nil
	})
	slices.SortFunc(g.Groups, func(a, b GroupGuide) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return err
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

func (b *guideBuilder) sequences(g *RebuildGuide) error {
	enrolled, at := map[string]map[string]int64{}, map[string]map[string]int64{}
	add := func(to map[string]map[string]int64, id, key string) {
		if to[id] == nil {
			to[id] = map[string]int64{}
		}
		to[id][key]++
	}
	err := each(b.in.Enrollments, func(e record.SequenceEnrollment) error {
		add(enrolled, e.SequenceID, e.Status)
		if e.Status == "active" {
			add(at, e.SequenceID, e.CurrentStepID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = each(b.in.Sequences, func(s record.Sequence) error {
		x := b.sequence(s)
		x.Enrolled, x.ActiveAt = enrolled[s.ID], at[s.ID]
		if x.Enrolled == nil {
			x.Enrolled = map[string]int64{}
		}
		if x.ActiveAt == nil {
			x.ActiveAt = map[string]int64{}
		}
		g.Sequences = append(g.Sequences, x)
		return nil
	})
	slices.SortFunc(g.Sequences, func(a, b SequenceGuide) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return err
}

func (b *guideBuilder) sequence(s record.Sequence) SequenceGuide {
	out := SequenceGuide{
		ID: s.ID, Name: s.Name, Description: s.Description, Status: s.Status, Owner: cmp.Or(b.emails[s.OwnerAgentID], s.OwnerAgentID),
		Trigger: TriggerGuide{Type: s.Trigger.Type, Params: params(s.Trigger.Params), Piece: b.trigger(s.Trigger)},
		Steps:   []StepGuide{},
	}
	if s.RequiresListing {
		out.Listing = &Piece{
			Kind: "listing", What: "runs for one listing", Verdict: NoEquivalent, Reason: "Nutshell has no listings",
			Suggestion: "Put the listing's facts into the text of each e-mail before it is sent.",
		}
	}
	steps := slices.Clone(s.Steps)
	slices.SortStableFunc(steps, func(a, b record.Step) int { return cmp.Compare(position(a), position(b)) })
	for _, step := range steps {
		out.Steps = append(out.Steps, b.step(step))
	}
	return out
}

// params are those of a trigger, {} when there are none.
func params(raw json.RawMessage) any {
	if len(raw) == 0 || string(raw) == "null" {
		return json.RawMessage("{}")
	}
	return raw
}
