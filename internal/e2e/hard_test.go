package e2e

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"
	"go.uber.org/zap"

	"rezora2nutshell/activities"
	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/oracle"
	"rezora2nutshell/internal/wiring"
	"rezora2nutshell/workflows"
)

// workInside runs a worker in this process, with less patience for hosts that do not answer.
func (s *stack) workInside(patience time.Duration) {
	s.Helper()
	c, err := config.Load(s.env)
	require.NoError(s, err)
	p, err := wiring.Build(context.Background(), c, wiring.Options{Log: zap.NewNop()})
	require.NoError(s, err)
	p.Breaker.Patience = patience
	a := activities.New(p, filepath.Join(s.dir, "spool"))
	a.Patience, a.ProbeEvery = patience, 200*time.Millisecond
	w := sdk.New(p.Temporal, s.queue, sdk.Options{WorkerStopTimeout: 5 * time.Second})
	workflows.Register(w)
	a.Register(w)
	require.NoError(s, w.Start())
	s.Cleanup(func() {
		w.Stop()
		assert.NoError(s, p.Close())
	})
}

// behind puts a proxy before a host; stopping it is an outage.
func (s *stack) behind(url string) *toxiproxy.Proxy {
	s.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := toxiproxy.NewProxy(server, "host", "127.0.0.1:0", strings.TrimPrefix(url, "http://"))
	require.NoError(s, p.Start())
	s.Cleanup(p.Stop)
	return p
}

// untilPark waits for a park whose reason holds a text.
func (s *stack) untilPark(migration, reason string) api.Progress {
	s.Helper()
	p := s.until(migration, "a park: "+reason, 90*time.Second, func(p api.Progress) bool { return p.Status == api.StatusParked })
	require.Contains(s, p.Reason, reason)
	assert.Contains(s, p.WaitingFor, api.Resume)
	return p
}

// untilAgain waits for a condition; parks on the way are somebody else's to end.
func (s *stack) untilAgain(migration string, ok func(api.Progress) bool) api.Progress {
	s.Helper()
	var p api.Progress
	require.Eventually(s, func() bool {
		var err error
		p, err = s.progress(migration)
		return err == nil && ok(p)
	}, 90*time.Second, 50*time.Millisecond)
	return p
}

func (s *stack) resume(migration string) { s.update(migration, api.Resume) }

func (s *stack) accept(migration string) { s.update(migration, api.Accept) }

// update sends a message and waits until it is taken.
func (s *stack) update(migration, message string) {
	s.Helper()
	require.NoError(s, s.tryUpdate(migration, message, api.By{By: "ops@example.com"}))
}

func (s *stack) tryUpdate(migration, message string, payload any) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	h, err := s.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: api.MigrationIDPrefix + migration, UpdateName: message, Args: []any{payload}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return err
	}
	return h.Get(ctx, nil)
}

// finish confirms the sample and waits for a completed run.
func (s *stack) finish(migration string) api.Progress {
	s.Helper()
	s.confirm(migration, s.untilGate(migration))
	p := s.result(migration, 2*time.Minute)
	require.Equal(s, api.StatusCompleted, p.Status, p.Reason)
	return p
}

// whole moves the account of a stack with nothing in the way of a person, and holds the result against the map.
func (s *stack) whole(migration, more string, change func(*oracle.Account)) api.Progress {
	s.Helper()
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"` + migration + `","sample_size":20,"delta_window":"0s",` + more + fallback + `}`)
	p := s.finish(migration)
	s.judge(migration, before, false, change)
	s.exactlyOnce()
	s.clean(migration)
	return p
}

// clean checks that the migration's own comparison found nothing wrong, and that the source was only read.
func (s *stack) clean(migration string) {
	s.Helper()
	var rec reconciliation
	require.NoError(s, json.Unmarshal(s.archived(migration, "reconciliation.json"), &rec))
	assert.Zero(s, rec.DiscrepancyRate)
	assert.Equal(s, rec.SourceRoot, rec.TargetRoot)
	assert.Empty(s, s.source.Stats().Violations)
}

// rollBack undoes a closed migration by a Rollback of its own and checks that the account is as it was.
func (s *stack) rollBack(migration string, before nutshelltest.Snapshot) {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	run, err := s.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: api.RollbackIDPrefix + migration, TaskQueue: s.queue},
		api.RollbackWorkflow, json.RawMessage(`{"migration":"`+migration+`"}`))
	require.NoError(s, err)
	var back api.Progress
	require.NoError(s, run.Get(ctx, &back))
	require.Equal(s, api.StatusRolledBack, back.Status, back.Reason)
	s.untouched(before)
}

func (s *stack) untouched(before nutshelltest.Snapshot) {
	s.Helper()
	assert.Empty(s, oracle.Lines(oracle.Untouched(before, s.dest.Snapshot(), nil), 10))
}

// written counts the calls that were meant to change something.
func (s *stack) written() int64 {
	var n int64
	for kind, c := range s.dest.Stats().Kinds {
		if kind != "read" {
			n += c.Total()
		}
	}
	return n
}

// fails waits for the end of a workflow that refuses its input, and gives the reason.
func (s *stack) fails(input string) string {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	run, err := s.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: api.MigrationIDPrefix + name(input), TaskQueue: s.queue},
		api.MigrationWorkflow, json.RawMessage(input))
	require.NoError(s, err)
	err = run.Get(ctx, nil)
	require.Error(s, err)
	return err.Error()
}

// put stores a row in the source.
func (s *stack) put(resource string, item map[string]any) string {
	s.Helper()
	id, err := s.source.Put(resource, item)
	require.NoError(s, err)
	return id
}

// reported checks that whatever differs from the map is named by the migration's own comparison: nothing is silent.
func (s *stack) reported(migration string, before nutshelltest.Snapshot) map[oracle.Ref]bool {
	s.Helper()
	named := s.faults(migration)
	for _, p := range oracle.Judge(s.account(migration, before)) {
		assert.True(s, named[oracle.Ref{Object: p.Object, ID: p.SourceID}], "silent: %s", p)
	}
	return named
}

// faults are the records that the migration's own comparison names.
func (s *stack) faults(migration string) map[oracle.Ref]bool {
	s.Helper()
	var rec struct {
		Faults []struct {
			Object   string
			SourceID string `json:"source_id"`
		}
	}
	require.NoError(s, json.Unmarshal(s.archived(migration, "reconciliation.json"), &rec))
	named := map[oracle.Ref]bool{}
	for _, f := range rec.Faults {
		named[oracle.Ref{Object: f.Object, ID: f.SourceID}] = true
	}
	return named
}

// account is what the judge looks at.
func (s *stack) account(migration string, before nutshelltest.Snapshot) oracle.Account {
	s.Helper()
	src, err := oracle.SourceOf(s.source, false)
	require.NoError(s, err)
	dest, err := oracle.DestinationOf(s.dest)
	require.NoError(s, err)
	return oracle.Account{
		Source: src, Before: before, Dest: dest, FilesOffered: true, LinkBase: "file://" + filepath.Join(s.dir, "archive") + "/" + migration,
		Policies: oracle.Policies{OnOrphans: "fallback", FallbackOwner: "bo@example.com"},
	}
}

// firstID is the id of the first row of a resource.
func (s *stack) firstID(resource string) string {
	s.Helper()
	rows := s.source.Rows(resource, false)
	require.NotEmpty(s, rows)
	id, _ := rows[0]["id"].(string)
	return id
}

// slug makes the name of a test the name of its migration: all tests share one server.
func slug(name string) string { return strings.ReplaceAll(strings.ReplaceAll(name, ",", ""), " ", "-") }
