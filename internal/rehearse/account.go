package rehearse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/target"
)

// ErrTooEarly tells that the migration has not come far enough to be rehearsed.
var ErrTooEarly = errors.New("too early for a rehearsal")

// What a migration keeps of both accounts, and its first crawl, which was made before anything was written.
const (
	keyCaps    = "source"
	keyFacts   = "account"
	keyProbes  = "probes"
	keyCrawl   = "crawl"
	firstCrawl = 1
)

// Key is the API key of the simulated account.
const Key = nutshelltest.SeedKey

// Account is a simulated account with everything that the crawl of the real one found, under the same ids.
type Account struct {
	*nutshelltest.Server
	Records int // of the account's own
	Reduced int // those that could not be placed with all their values
	facts   account.Facts
}

// order is that of placing: a record links to those placed before it.
var order = []nutshell.EntityType{nutshell.Accounts, nutshell.Contacts, nutshell.Leads, nutshell.Tasks, nutshell.Activities}

// NewAccount makes the account as it was before the migration wrote anything.
func NewAccount(ctx context.Context, run *ledger.Run, n config.Nutshell) (*Account, error) {
	a := &Account{}
	if ok, err := run.Value(ctx, keyFacts, &a.facts); err != nil || !ok {
		return nil, missing(err, "the account has not been looked at yet")
	}
	var crawled int
	if _, err := run.Value(ctx, keyCrawl, &crawled); err != nil || crawled == 0 {
		return nil, missing(err, "the account has not been crawled yet")
	}
	var probes account.Probes
	if _, err := run.Value(ctx, keyProbes, &probes); err != nil {
		return nil, err
	}
	cfg := nutshelltest.DefaultConfig()
	cfg.APIKeys = []nutshelltest.APIKey{{Key: Key, UserID: a.facts.Me.ID, Impersonation: true}}
	cfg.FindRatePerSecond, cfg.Currency = 0, a.facts.Currency
	cfg.ContactLimit, cfg.OpenLeadLimit, cfg.CustomFieldLimit = n.Plan.Contacts, n.Plan.OpenLeads, n.Plan.CustomFields
	if probes.Ran {
		cfg.NoteFiles = map[bool]string{true: "on", false: "off"}[probes.Files]
		cfg.OwnerDefault = map[bool]string{true: "caller", false: "none"}[probes.OwnerDefault]
		cfg.IgnoreClosedTime, cfg.IgnoreCompletedTime = probes.ClosesNow, probes.CompletesNow
	}
	if a.facts.RESTOff {
		cfg.RESTCustomFields = "off"
	}
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("set up the simulated account: %w", err)
	}
	a.Server = nutshelltest.New(cfg)
	if err := a.Become(a.holding()); err != nil {
		return nil, fmt.Errorf("set up the simulated account: %w", err)
	}
	for _, t := range order {
		if err := a.place(ctx, run, t); err != nil {
			return nil, err
		}
	}
	a.ResetStats()
	return a, nil
}

func (a *Account) holding() nutshelltest.Holding {
	h := nutshelltest.Holding{Fields: map[string][]nutshelltest.FieldDef{}}
	for _, u := range a.facts.Users {
		first, last, _ := strings.Cut(u.Name, " ")
		held := nutshelltest.HeldUser{Held: nutshelltest.Held{ID: u.ID, Name: u.Name}, First: first, Last: last, Enabled: u.Enabled, Admin: u.Administrator}
		if len(u.Emails) > 0 {
			held.Email = u.Emails[0]
		}
		h.Users = append(h.Users, held)
	}
	for _, t := range a.facts.Types {
		h.ActivityTypes = append(h.ActivityTypes, nutshelltest.Held{ID: t.ID, Name: t.Name})
	}
	for _, o := range a.facts.Outcomes {
		h.Outcomes = append(h.Outcomes, nutshelltest.HeldOutcome{Held: nutshelltest.Held{ID: o.ID, Name: o.Description}, Status: o.Type})
	}
	for _, p := range a.facts.Pipes {
		h.Pipelines = append(h.Pipelines, nutshelltest.Held{ID: p.ID, Name: p.Name})
	}
	for _, s := range a.facts.Stages {
		h.Stages = append(h.Stages, nutshelltest.HeldStage{Held: nutshelltest.Held{ID: s.ID, Name: s.Name}, Pipeline: s.PipelineID})
	}
	for t, defs := range a.facts.Fields {
		for _, d := range defs {
			h.Fields[string(t)] = append(h.Fields[string(t)], nutshelltest.FieldDef{Name: d.Name, Type: string(d.Type), Choices: d.Choices, IsMultiple: d.Multiple})
		}
	}
	return h
}

// place fills one type of record, in the order of ids.
func (a *Account) place(ctx context.Context, run *ledger.Run, t nutshell.EntityType) error {
	defs, after := a.facts.Defs()[t], int64(0)
	for {
		page, err := run.DestEach(ctx, firstCrawl, string(t), after, pageSize)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, row := range page {
			after = row.ID
			if row.Deleted || len(row.Body) == 0 {
				continue
			}
			view, err := target.Decode(string(t), row.Body, defs)
			if err != nil {
				return fmt.Errorf("read crawled %s %d: %w", t, row.ID, err)
			}
			a.Records++
			if err := a.one(t, row.ID, view); err != nil {
				return fmt.Errorf("place %s %d: %w", t, row.ID, err)
			}
		}
	}
}

// backward leaves out links to records that come later: those link back.
func backward(t nutshell.EntityType, wants []target.Want) []target.Want {
	return slices.DeleteFunc(wants, func(w target.Want) bool {
		to, _, linked := w.Path.Linked()
		return linked && slices.Index(order, nutshell.EntityType(to)) >= slices.Index(order, t)
	})
}

// one places a record with all its values, else with those that a name and an address are.
func (a *Account) one(t nutshell.EntityType, id int64, view target.View) error {
	as := a.As(a.facts.Me.ID)
	nowhere := func(string, string) (int64, bool) { return 0, false }
	body, err := target.CreateBody(string(t), backward(t, target.Demanded(view)), nowhere)
	if err == nil {
		err = as.Place(string(t), id, body)
	}
	if err == nil {
		return nil
	}
	a.Reduced++
	least := map[string]any{}
	for _, key := range []string{"name", "email", "url", "customFields", "title", "description", "activityType", "startTime", "endTime"} {
		if v, ok := body[key]; ok {
			least[key] = v
		}
	}
	if err := as.Place(string(t), id, least); err == nil {
		return nil
	}
	for _, key := range []string{"email", "url", "customFields"} {
		delete(least, key)
	}
	return as.Place(string(t), id, least)
}
