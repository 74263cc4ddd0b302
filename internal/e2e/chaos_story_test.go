package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/devstack"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/oracle"
)

// patience is how long one seed may take, on a machine that plays several at once.
const patience = 6 * time.Minute

// chaos is one account that moves while a seed harms it.
type chaos struct {
	*stack
	lane      *lane
	migration string
	rnd       *rand.Rand // of the story; each hand has its own
	shared    bool       // three workers on one PostgreSQL ledger
	undone    bool       // the story ends with a rollback
	before    nutshelltest.Snapshot
	approved  oracle.Source
	links     []*link

	mu      sync.Mutex // guards what follows
	slots   []*devstack.Process
	entries []string
	counts  map[string]int
	began   time.Time
}

func newChaos(t *testing.T, l *lane, seed uint64, rnd *rand.Rand) *chaos {
	t.Helper()
	c := &chaos{
		lane: l, migration: fmt.Sprintf("chaos-%d", seed), rnd: rnd, shared: seed%3 == 0, undone: seed%4 == 1,
		counts: map[string]int{}, began: time.Now(),
	}
	l.start(t, c.shared)
	source, dest := small(), unlimited()
	source.Seed, dest.Seed = seed, int64(seed%1e9)
	c.stack = newStackOn(t, l.temporal, source, dest)
	c.dest.SetLatency(nutshelltest.Latency{Dist: "uniform", P50ms: float64(4 + rnd.IntN(20))})
	c.env["NUTSHELL_BASE_URL"] = "http://" + c.link("nutshell", c.dest.URL)
	c.env["REZORA_BASE_URL"] = "http://" + c.link("rezora", c.source.URL)
	if rnd.IntN(2) == 0 {
		c.env["TEMPORAL_ADDRESS"] = c.link("temporal", l.temporal.Address)
	}
	c.slots = make([]*devstack.Process, 1)
	if c.shared {
		c.slots = make([]*devstack.Process, 3)
		url, err := l.postgres.CreateDatabase(context.Background(), strings.ReplaceAll(c.migration, "-", "_"))
		require.NoError(t, err)
		if rnd.IntN(2) == 0 {
			host, rest, _ := strings.Cut(url[strings.Index(url, "@")+1:], "/")
			url = strings.TrimSuffix(url, host+"/"+rest) + c.link("postgres", host) + "/" + rest
		}
		c.env["LEDGER_URL"] = url
		c.env["LEDGER_KEY_FILE"] = c.file("ledger.key", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n")
	}
	c.crowd(40)
	c.before = c.furnish()
	var err error
	c.approved, err = oracle.SourceOf(c.source, false)
	require.NoError(t, err)
	return c
}

// crowd makes the account about a hundred people large.
func (c *chaos) crowd(n int) {
	agents := c.source.Agents()
	for i := range n {
		c.put("contacts", map[string]any{
			"first_name": fmt.Sprintf("Crowd%d", i), "last_name": "Person", "email": fmt.Sprintf("crowd%d@example.org", i),
			"owner_agent_id": agents[i%len(agents)].ID, "phones": map[string]any{"mobile": fmt.Sprintf("303-555-01%02d", i)},
		})
	}
}

// story is the whole of a migration: sample, approval, load, changes, cut-over, reconciliation, and for some seeds the rollback.
func (c *chaos) story() {
	c.keep()
	c.ask("start", func(ctx context.Context) error {
		_, err := c.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: api.MigrationIDPrefix + c.migration, TaskQueue: c.queue},
			api.MigrationWorkflow, json.RawMessage(`{"migration":"`+c.migration+
				`","page_size":20,"sample_size":20,"delta_window":"1h","delta_interval":"1s",`+fallback+`}`))
		return err
	})
	calm := c.harm(1, 7+c.rnd.IntN(5), true)
	confirmed, cut, rounds := false, false, 0
	p := c.watch(api.MigrationIDPrefix+c.migration, api.StatusCompleted, func(p api.Progress) {
		switch {
		case p.WaitingFor == api.Confirm && !confirmed:
			c.say(api.Confirm, api.Decision{Approved: true, Approver: "jo@example.com", Report: p.Digest})
			confirmed = true
		case p.Phase == api.PhaseDelta && rounds < 4:
			rounds++
			c.note("%d changes", len(c.source.Churn(6)))
		case p.Phase == api.PhaseDelta && !cut:
			calm() // what a late request makes after the last comparison nobody can know
			calm = c.harm(2, 2, false)
			c.say(api.Cutover, api.CutoverBy{By: "ops@example.com"})
			cut = true
		}
	})
	calm()
	c.moved(p)
	if c.undone {
		calm = c.harm(3, 4, false)
		c.ask("rollback", func(ctx context.Context) error {
			_, err := c.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: api.RollbackIDPrefix + c.migration, TaskQueue: c.queue},
				api.RollbackWorkflow, json.RawMessage(`{"migration":"`+c.migration+`"}`))
			return err
		})
		c.watch(api.RollbackIDPrefix+c.migration, api.StatusRolledBack, func(api.Progress) {})
		calm()
		c.taken()
	}
}

// watch keeps the workers alive and hands every progress to follow, until the workflow has a status.
func (c *chaos) watch(workflow, status string, follow func(api.Progress)) api.Progress {
	c.Helper()
	var last api.Progress
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(150 * time.Millisecond) {
		c.keep()
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		v, err := c.client.QueryWorkflow(ctx, workflow, "", api.ProgressQuery)
		var p api.Progress
		if err == nil {
			err = v.Get(&p)
		}
		cancel()
		if err != nil {
			continue
		}
		if p.Phase != last.Phase || p.Status != last.Status {
			c.note("%s %s", p.Phase, p.Status)
		}
		last = p
		switch p.Status {
		case status:
			return p
		case api.StatusParked, api.StatusFailed:
			require.Failf(c, "parked", "%s: %s", p.Phase, p.Reason)
		}
		follow(p)
	}
	require.Failf(c, "the run does not end", "%+v", last)
	return last
}

// ask repeats a request until the server takes it; one that was taken before its answer was lost is not repeated.
func (c *chaos) ask(what string, request func(context.Context) error) {
	c.Helper()
	require.Eventually(c, func() bool {
		c.keep()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err := request(ctx)
		var started *serviceerror.WorkflowExecutionAlreadyStarted
		return err == nil || errors.As(err, &started)
	}, time.Minute, 100*time.Millisecond, what)
}

func (c *chaos) say(message string, payload any) {
	c.Helper()
	c.note("%s", message)
	c.ask(message, func(ctx context.Context) error {
		return c.client.SignalWorkflow(ctx, api.MigrationIDPrefix+c.migration, "", message, payload)
	})
}

// moved holds the account against the map by the independent judge, and the migration's own word against the truth.
func (c *chaos) moved(p api.Progress) {
	c.Helper()
	for _, o := range p.Objects {
		assert.Zero(c, o.InDoubt, o.Object)
	}
	c.judge(c.migration, c.before, false, func(a *oracle.Account) { a.Approved = &c.approved })
	c.exactlyOnce()
	c.clean(c.migration)
	c.chained()
	if c.Failed() {
		c.showFaults(c.migration)
	}
}

// taken checks that a rollback left the account as it was, and says so.
func (c *chaos) taken() {
	c.Helper()
	var rep undone
	require.NoError(c, json.Unmarshal(c.archived(c.migration, "rollback.json"), &rep))
	assert.Zero(c, rep.Created.Failed+rep.Updated.Failed+rep.Created.Kept+rep.Updated.Kept, "%+v", rep)
	assert.Zero(c, rep.Proof.UntouchedChanged)
	c.untouched(c.before)
	c.chained()
}

// chained checks the audit log.
func (c *chaos) chained() {
	c.Helper()
	lines, bad, why, err := ledger.VerifyAudit(bytes.NewReader(c.archived(c.migration, "audit.jsonl")))
	require.NoError(c, err)
	assert.Zero(c, bad, why)
	assert.Greater(c, lines, int64(100))
}

// keep starts a worker where one is missing, as a service manager does.
func (c *chaos) keep() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, w := range c.slots {
		if w == nil || !w.Running() {
			c.slots[i] = c.work()
		}
	}
}

// kind says in one line what a seed plays.
func (c *chaos) kind() string {
	words := []string{"sqlite", "completed"}
	if c.shared {
		words[0] = "postgres, three workers"
	}
	if c.undone {
		words[1] = "rolled back"
	}
	for _, l := range c.links {
		words = append(words, l.name)
	}
	return strings.Join(words, ", ")
}
