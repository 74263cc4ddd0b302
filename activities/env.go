package activities

import (
	"context"
	"fmt"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/projection"
	"rezora2nutshell/internal/record"
)

// Keys of what a migration keeps in the ledger between its steps.
const (
	keyFacts     = "account"   // account.Facts
	keyProbes    = "probes"    // account.Probes
	keyCaps      = "source"    // rezora.Capabilities
	keyOwners    = "owners"    // owners
	keyMap       = "map"       // YAML of the effective map
	keyPlan      = "fieldplan" // mapping.FieldPlan
	keyInventory = "inventory" // mapping.Inventory
	keyFindings  = "findings"  // []mapping.Finding
	keyCrawl     = "crawl"     // number of the newest whole crawl
)

// value reads a checkpoint that an earlier step wrote.
func value[T any](ctx context.Context, run *ledger.Run, key string) (T, error) {
	var v T
	ok, err := run.Value(ctx, key, &v)
	if err != nil {
		return v, err
	}
	if !ok {
		return v, fmt.Errorf("checkpoint %s is missing: an earlier step has not finished", key)
	}
	return v, nil
}

// effectiveMap is the map of this migration, read from the ledger by all once it is confirmed (I8).
func (w *work) effectiveMap(ctx context.Context) (*mapping.Map, error) {
	text, err := value[string](ctx, w.run, keyMap)
	if err != nil {
		return nil, err
	}
	m, problems := mapping.Parse("the stored map", []byte(text))
	if len(problems) > 0 {
		return nil, fmt.Errorf("the stored map cannot be read: line %d: %s", problems[0].Line, problems[0].Message)
	}
	return m, nil
}

// env is what the account and the run decide, the same for all records.
func (w *work) env(ctx context.Context) (*mapping.Map, *mapping.Env, error) {
	m, err := w.effectiveMap(ctx)
	if err != nil {
		return nil, nil, err
	}
	facts, err := value[account.Facts](ctx, w.run, keyFacts)
	if err != nil {
		return nil, nil, err
	}
	own, err := value[owners](ctx, w.run, keyOwners)
	if err != nil {
		return nil, nil, err
	}
	var probes account.Probes
	if _, err := w.run.Value(ctx, keyProbes, &probes); err != nil {
		return nil, nil, err
	}
	takes, err := w.takesFiles(ctx)
	if err != nil {
		return nil, nil, err
	}
	env := &mapping.Env{
		Limits: w.limits(probes), Users: own.Users, FallbackUser: own.Fallback, ActivityTypes: w.activityTypes(facts), Outcomes: w.outcomes(facts),
		Impersonate: w.Config.Nutshell.Impersonate && own.Impersonate, Files: takes && probes.FilesOffered(), LinkBase: w.folder().URL(""),
		ClosesNow: probes.ClosesNow, CompletesNow: probes.CompletesNow,
	}
	if _, err := w.run.Value(ctx, keyPlan, &env.Fields); err != nil {
		return nil, nil, err
	}
	if w.Config.Nutshell.Pipeline != "" {
		env.MilestoneID, _ = facts.FirstStage(w.Config.Nutshell.Pipeline)
	}
	agents, err := w.agents(ctx)
	if err != nil {
		return nil, nil, err
	}
	env.Agent = func(id string) (record.Agent, bool) { a, ok := agents[id]; return a, ok }
	return m, env, nil
}

// agents are held whole: an account has hundreds of them.
func (w *work) agents(ctx context.Context) (map[string]record.Agent, error) {
	out := map[string]record.Agent{}
	err := w.run.Each(ctx, record.Agents, true, func(s ledger.Staged) error {
		var a record.Agent
		if err := s.Decode(&a); err != nil {
			return err
		}
		out[s.ID] = a
		return nil
	})
	return out, err
}

func (w *work) limits(probes account.Probes) mapping.Limits {
	l := mapping.DefaultLimits()
	if n := w.Config.Nutshell.Limits.NoteChars; n > 0 {
		l.Note, l.Description = n, n
	}
	l.Note, l.Description = probes.NoteLimit(l.Note), probes.NoteLimit(l.Description)
	if n := w.Config.Nutshell.Limits.FileBytes; n > 0 {
		l.FileBytes = n
	}
	return l
}

func (w *work) activityTypes(f account.Facts) map[string]int64 {
	out := map[string]int64{}
	t := w.Config.Nutshell.ActivityTypes
	for kind, name := range map[string]string{"call": t.Call, "email": t.Email, "meeting": t.Meeting} {
		if id, ok := f.ActivityType(name); ok {
			out[kind] = id
		}
	}
	return out
}

func (w *work) outcomes(f account.Facts) map[string]int64 {
	out := map[string]int64{}
	o := w.Config.Nutshell.Outcomes
	for kind, name := range map[string]string{"won": o.Won, "lost": o.Lost} {
		if id, ok := f.Outcome(name); ok {
			out[kind] = id
		}
	}
	return out
}

// assembler projects records as the map and the account demand.
func (w *work) assembler(ctx context.Context) (*projection.Assembler, error) {
	m, env, err := w.env(ctx)
	if err != nil {
		return nil, err
	}
	crawl, err := w.crawl(ctx)
	if err != nil {
		return nil, err
	}
	return projection.New(w.run, m, env, crawl), nil
}

// crawl is the number of the newest whole crawl, 0 before the first.
func (w *work) crawl(ctx context.Context) (int, error) {
	var n int
	_, err := w.run.Value(ctx, keyCrawl, &n)
	return n, err
}

// writer carries out effects of this migration.
func (w *work) writer(ctx context.Context) (*effect.Writer, error) {
	a, err := w.assembler(ctx)
	if err != nil {
		return nil, err
	}
	files := newSpool(w, a)
	a.Fetch = files.Fetch
	facts, err := value[account.Facts](ctx, w.run, keyFacts)
	if err != nil {
		return nil, err
	}
	var probes account.Probes
	if _, err := w.run.Value(ctx, keyProbes, &probes); err != nil {
		return nil, err
	}
	marks := map[string]int64{}
	for _, t := range []nutshell.EntityType{nutshell.Accounts, nutshell.Contacts, nutshell.Leads, nutshell.Tasks, nutshell.Activities} {
		if marks[string(t)], err = w.run.DestMaxID(ctx, a.Crawl, string(t)); err != nil {
			return nil, err
		}
	}
	l := w.Config.Nutshell.Limits
	return &effect.Writer{
		Run: w.run, Client: w.Nutshell, Project: a, Files: files, Defs: facts.Defs(), Breaker: w.Breaker, Marks: effect.NewMarks(marks), Log: w.Log,
		Crawl: a.Crawl, Timeout: l.CallTimeout.Duration(), UploadTimeout: l.UploadTimeout.Duration(), ReadLag: probes.ReadLag(l.ReadLag.Duration()),
		Concurrency: w.Config.Nutshell.Concurrency, IDsGrow: probes.IDsGrow(), Filters: probes.FiltersProved(),
		OwnerIsCaller: probes.OwnerDefault && probes.OwnerEmpty,
	}, nil
}
