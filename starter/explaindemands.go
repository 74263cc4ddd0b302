package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/projection"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/target"
)

// What the steps keep in the ledger of the account and of the people in it.
const (
	keyFacts  = "account"
	keyProbes = "probes"
	keyOwners = "owners"
	keyCrawl  = "crawl"
)

// demands tells what Nutshell must show of the record by the migration's map, value by value, and what becomes of the rest.
func (e *explanation) demands(ctx context.Context, b *book) error {
	as, err := e.assembler(ctx, b)
	if err != nil {
		return err
	}
	e.printf("\nNutshell must show\n")
	if as == nil {
		e.println("  not decided yet: the account has not been read")
		return nil
	}
	e.owners(as.Env)
	found, err := as.Page(ctx, e.kind, []ledger.Staged{e.staged})
	if err != nil {
		return fmt.Errorf("apply the map to %s %s: %w", e.object, e.staged.ID, err)
	}
	if len(found[e.staged.ID]) == 0 {
		e.println("  nothing")
	}
	for _, p := range found[e.staged.ID] {
		e.projection(p)
	}
	return nil
}

// owners tells which user stands for the agent of the record.
func (e *explanation) owners(env *mapping.Env) {
	for _, field := range []string{"owner_agent_id", "agent_id", "author_agent_id", "assignee_agent_id"} {
		v, ok := valueAt(e.staged.Canon, field)
		var agent string
		if !ok || json.Unmarshal(v, &agent) != nil || agent == "" {
			continue
		}
		u, known := env.Users[agent]
		switch {
		case !known:
			e.printf("  %s %s: the source serves no such agent\n", field, agent)
		case u.UserID == 0:
			e.printf("  %s %s: no user, none of the enabled ones has its address\n", field, agent)
		default:
			e.printf("  %s %s: user %d, %s\n", field, agent, u.UserID, u.How)
		}
	}
}

func (e *explanation) projection(p mapping.Projection) {
	what := fmt.Sprintf("  %s of %s", p.Role, p.Type)
	if p.Parts > 1 {
		what += fmt.Sprintf(", part %d of %d", p.Part, p.Parts)
	}
	if p.Parent != "" {
		what += ", on " + p.Parent
	}
	e.println(what)
	if p.Quarantine != nil {
		e.printf("    set aside: %s: %s\n", p.Quarantine.Code, p.Quarantine.Text)
	}
	for _, w := range p.Wants {
		if !e.asked(w) {
			continue
		}
		line := fmt.Sprintf("    %-34s %s", w.Field, strings.ReplaceAll(w.Canon, "\n", " ⏎ "))
		if w.Link != nil {
			line = fmt.Sprintf("    %-34s the record of %s", w.Field, w.Link)
		}
		if w.Verdict != target.Equal {
			line += fmt.Sprintf("   (%s: %s)", w.Verdict, w.Reason)
		}
		e.println(line)
	}
	if p.Text != "" && e.field == "" {
		e.printf("    text\n      %s\n", strings.ReplaceAll(p.Text, "\n", "\n      "))
	}
	if p.File != nil {
		e.printf("    file %q, %s bytes\n", p.File.Name, count(p.File.Size))
	}
	if p.Link != "" {
		e.printf("    link %s\n", p.Link)
	}
	for _, f := range p.Fates {
		if e.field != "" && e.about(f.Field) || e.field == "" && f.Fate != mapping.Carried {
			e.printf("    %-34s %s\n", f.Field, f.Fate)
		}
	}
}

// assembler applies the migration's map as the steps do; nil before the account has been read.
func (e *explanation) assembler(ctx context.Context, b *book) (*projection.Assembler, error) {
	var facts account.Facts
	found, err := e.run.Value(ctx, keyFacts, &facts)
	if err != nil || !found {
		return nil, err
	}
	m, err := storedMap(ctx, e.run)
	if err != nil {
		return nil, err
	}
	env, err := e.env(ctx, b, facts)
	if err != nil {
		return nil, err
	}
	var crawl int
	if _, err := e.run.Value(ctx, keyCrawl, &crawl); err != nil {
		return nil, err
	}
	return projection.New(e.run, m, env, crawl), nil
}

// env is what account and run decide. Names and sizes come from the settings of Nutshell where they are at hand, else they are the
// defaults.
func (e *explanation) env(ctx context.Context, b *book, facts account.Facts) (*mapping.Env, error) {
	var own struct {
		Users       map[string]mapping.UserDecision `json:"users"`
		Fallback    int64                           `json:"fallback"`
		Impersonate bool                            `json:"impersonate"`
	}
	var probes account.Probes
	env := &mapping.Env{Limits: mapping.DefaultLimits(), ActivityTypes: map[string]int64{}, Outcomes: map[string]int64{}, LinkBase: b.settings.Archive.LinkBase + "/" + e.run.Info().Name}
	for key, into := range map[string]any{keyOwners: &own, keyProbes: &probes, keyFieldPlan: &env.Fields} {
		if _, err := e.run.Value(ctx, key, into); err != nil {
			return nil, fmt.Errorf("read %s from the ledger: %w", key, err)
		}
	}
	env.Users, env.FallbackUser, env.Files = own.Users, own.Fallback, probes.FilesOffered()
	env.ClosesNow, env.CompletesNow = probes.ClosesNow, probes.CompletesNow
	n := config.Nutshell{ActivityTypes: config.ActivityTypes{Call: "Call", Email: "Email", Meeting: "Meeting"}, Outcomes: config.Outcomes{Won: "Won", Lost: "Lost"}}
	if s, err := config.LoadParts(e.environ, config.PartNutshell); err == nil {
		n = s.Nutshell
		env.Limits.Note, env.Limits.Description, env.Limits.FileBytes = n.Limits.NoteChars, n.Limits.NoteChars, n.Limits.FileBytes
	}
	env.Limits.Note, env.Limits.Description = probes.NoteLimit(env.Limits.Note), probes.NoteLimit(env.Limits.Description)
	env.Impersonate = n.Impersonate && own.Impersonate
	for kind, name := range map[string]string{"call": n.ActivityTypes.Call, "email": n.ActivityTypes.Email, "meeting": n.ActivityTypes.Meeting} {
		if id, ok := facts.ActivityType(name); ok {
			env.ActivityTypes[kind] = id
		}
	}
	for kind, name := range map[string]string{"won": n.Outcomes.Won, "lost": n.Outcomes.Lost} {
		if id, ok := facts.Outcome(name); ok {
			env.Outcomes[kind] = id
		}
	}
	if n.Pipeline != "" {
		env.MilestoneID, _ = facts.FirstStage(n.Pipeline)
	}
	env.Agent = func(id string) (record.Agent, bool) {
		var a record.Agent
		s, ok, err := e.run.Get(ctx, record.Agents, id)
		if err != nil || !ok || s.Decode(&a) != nil {
			return record.Agent{}, false
		}
		return a, true
	}
	return env, nil
}
