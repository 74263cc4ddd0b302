package activities

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.uber.org/zap"
	"google.golang.org/grpc"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/archive"
	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/report"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/target"
)

// fakeTemporal answers what the rollback asks of the server.
type fakeTemporal struct {
	client.Client
	status    enumspb.WorkflowExecutionStatus // 0 = removed by retention
	histories histories
}

func (f fakeTemporal) DescribeWorkflowExecution(context.Context, string, string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if f.status == 0 {
		return nil, serviceerror.NewNotFound("workflow not found")
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: f.status}}, nil
}

func (f fakeTemporal) WorkflowService() workflowservice.WorkflowServiceClient { return f.histories }

func (fakeTemporal) OperatorService() operatorservice.OperatorServiceClient { return operator{} }

type operator struct {
	operatorservice.OperatorServiceClient
}

func (operator) ListSearchAttributes(context.Context, *operatorservice.ListSearchAttributesRequest, ...grpc.CallOption) (*operatorservice.ListSearchAttributesResponse, error) {
	return &operatorservice.ListSearchAttributesResponse{CustomAttributes: map[string]enumspb.IndexedValueType{
		api.AttrPhase: enumspb.INDEXED_VALUE_TYPE_KEYWORD, api.AttrStatus: enumspb.INDEXED_VALUE_TYPE_KEYWORD, api.AttrDone: enumspb.INDEXED_VALUE_TYPE_DOUBLE,
	}}, nil
}

// undoBench is a closed migration that made one company, in a simulated account.
type undoBench struct {
	*testsuite.TestActivityEnvironment
	a       *Activities
	sim     *nutshelltest.Server
	run     *ledger.Run
	company int64
	folder  string
}

func newUndoBench(t *testing.T) *undoBench {
	t.Helper()
	dir := t.TempDir()
	b := &undoBench{sim: nutshelltest.NewServer(nutshelltest.DefaultConfig()), folder: filepath.Join(dir, "archive")}
	t.Cleanup(b.sim.Close)
	l, err := ledger.Open(t.Context(), ledger.Options{URL: "sqlite://" + filepath.Join(dir, "migration.db")})
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	c, err := nutshell.New(nutshell.Options{BaseURL: b.sim.URL, Username: nutshelltest.SeedUser, APIKey: nutshelltest.SeedKey})
	require.NoError(t, err)
	files, err := archive.Open(t.Context(), "file://"+b.folder, "")
	require.NoError(t, err)
	b.a = &Activities{
		Ledger: l, Nutshell: c, Archive: files, Temporal: fakeTemporal{status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED}, Log: zap.NewNop(), Breaker: &effect.Breaker{},
		nutshellID: "501", rezoraID: "rezora-1",
	}
	b.a.Config.Nutshell.Concurrency = 2
	b.a.Config.Nutshell.Limits.CallTimeout = 2
	b.migrate(t)
	suite := testsuite.WorkflowTestSuite{}
	b.TestActivityEnvironment = suite.NewTestActivityEnvironment()
	for name, fn := range b.a.steps() {
		b.RegisterActivityWithOptions(fn, activityName(name))
	}
	return b
}

func (b *undoBench) migrate(t *testing.T) {
	ctx := t.Context()
	var err error
	b.run, err = b.a.Ledger.Begin(ctx, ledger.BeginRequest{
		Name: "acme", WorkflowID: "migration/acme", FirstRunID: "run-1", Input: []byte(`{"migration":"acme"}`), NutshellAccount: "501", RezoraAccount: "rezora-1",
	})
	require.NoError(t, err)
	require.NoError(t, b.run.PutValue(ctx, keyFacts, account.Facts{Instance: "501"}))
	k := ledger.EffectKey{Object: "companies", SourceID: "org-1", Role: "record", Part: 1}
	require.NoError(t, b.run.Plan(ctx, []ledger.Effect{{EffectKey: k, Step: "companies", Verb: ledger.Create, How: "created", TargetType: "Accounts"}}))
	claims, err := b.run.Claim(ctx, []ledger.ClaimRequest{{Key: k, TargetType: "Accounts"}}, time.Minute)
	require.NoError(t, err)
	made, err := b.a.Nutshell.Create(ctx, nutshell.Accounts, map[string]any{"name": "Tern Homes"})
	require.NoError(t, err)
	view, err := target.FromWire("Accounts", made.Raw, nil)
	require.NoError(t, err)
	_, err = b.run.Settle(ctx, []ledger.Outcome{{Claim: *claims[0], State: ledger.Done, How: "created", Type: "Accounts", ID: made.ID, Rev: made.Rev,
		Shown: target.Hashes(view, b.run.ShortHash), Ours: []string{"name"}}})
	require.NoError(t, err)
	require.NoError(t, b.run.SetStatus(ctx, ledger.StatusCompleted))
	b.company = made.ID
}

func answer[T any](t *testing.T, b *undoBench, name string, in any) T {
	t.Helper()
	var out T
	v, err := b.ExecuteActivity(name, in)
	require.NoError(t, err)
	require.NoError(t, v.Get(&out))
	return out
}

func open(input string) step.UndoOpenIn {
	return step.UndoOpenIn{Input: []byte(input), WorkflowID: "rollback/acme", FirstRunID: "undo-1", By: "jo", Edited: "keep"}
}

func TestRollbackOfAClosedMigration(t *testing.T) {
	b := newUndoBench(t)
	require.NoError(t, b.run.SetPaused(t.Context(), true, "jo"))
	opened := answer[step.OpenOut](t, b, step.OpenUndo, open(`{"migration":"acme"}`))
	assert.Equal(t, step.Ref{Migration: "acme", Generation: 1, Ledger: b.a.Ledger.ID(), Nutshell: "501", Rezora: "rezora-1", Attributes: true}, opened.Ref)
	plan := answer[step.PlanOut](t, b, step.PlanUndo, step.In{Ref: opened.Ref})
	require.Nil(t, plan.Park)
	require.Equal(t, []step.Size{{Step: "undo/companies/companies", N: 1}}, plan.Steps)
	page := answer[step.WriteOut](t, b, step.Undo, step.UndoIn{Ref: opened.Ref, Step: plan.Steps[0].Step, From: 1, To: 1})
	assert.EqualValues(t, 1, page.Done)
	proof := answer[step.ReportOut](t, b, step.Prove, step.In{Ref: opened.Ref})
	require.Nil(t, proof.Park)
	assert.False(t, proof.Findings)
	assert.Len(t, proof.AuditHead, 64)
	assert.EqualValues(t, 1, proof.Objects[0].Reverted)
	assert.False(t, b.sim.Snapshot().Accounts[0].Live())

	f, err := b.a.Archive.For("acme").Read(t.Context(), "rollback.json")
	require.NoError(t, err)
	defer f.Close()
	var rep report.Rollback
	require.NoError(t, json.NewDecoder(f).Decode(&rep))
	assert.EqualValues(t, 1, rep.Created.Deleted)
	run, err := b.a.Ledger.Run(t.Context(), "acme")
	require.NoError(t, err)
	assert.Equal(t, ledger.StatusRolledBack, run.Info().Status)
}

func TestRollbackThatCannotDeleteParks(t *testing.T) {
	b := newUndoBench(t)
	b.sim.SetFaults(nutshelltest.Fault{Match: "deleteAccount", Kind: nutshelltest.HTTP500})
	opened := answer[step.OpenOut](t, b, step.OpenUndo, open(`{"migration":"acme"}`))
	_ = answer[step.PlanOut](t, b, step.PlanUndo, step.In{Ref: opened.Ref})
	proof := answer[step.ReportOut](t, b, step.Prove, step.In{Ref: opened.Ref})
	require.NotNil(t, proof.Park)
	assert.Equal(t, "undo_failed", proof.Park.Code)
	assert.True(t, proof.Park.Accept)
	b.sim.SetFaults()
	proof = answer[step.ReportOut](t, b, step.Prove, step.In{Ref: opened.Ref})
	require.Nil(t, proof.Park, "resume tries again")
	assert.False(t, b.sim.Snapshot().Accounts[0].Live())
}

func TestRollbackRefusesBadInput(t *testing.T) {
	for name, c := range map[string]struct {
		input, says string
		running     bool
		shred       bool
	}{
		"no JSON":           {input: `acme`, says: "JSON"},
		"unknown key":       {input: `{"migration":"acme","edit":"keep"}`, says: "edit"},
		"bad value":         {input: `{"migration":"acme","edited":"maybe"}`, says: "edited"},
		"unknown migration": {input: `{"migration":"other"}`, says: "other is not known"},
		"still running":     {input: `{"migration":"acme"}`, running: true, says: "migration/acme"},
		"shredded":          {input: `{"migration":"acme"}`, shred: true, says: "destroyed on " + time.Now().UTC().Format(time.DateOnly)},
	} {
		t.Run(name, func(t *testing.T) {
			b := newUndoBench(t)
			if c.running {
				b.a.Temporal = fakeTemporal{status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING}
			}
			if c.shred {
				require.NoError(t, b.run.Shred(t.Context(), "jo"))
			}
			_, err := b.ExecuteActivity(step.OpenUndo, open(c.input))
			var app *temporal.ApplicationError
			require.ErrorAs(t, err, &app)
			assert.Equal(t, api.BadInput, app.Type())
			assert.True(t, app.NonRetryable())
			assert.Contains(t, app.Message(), c.says)
			run, err := b.a.Ledger.Run(t.Context(), "acme")
			require.NoError(t, err)
			assert.Equal(t, ledger.StatusCompleted, run.Info().Status, "nothing written")
		})
	}
}

func TestRollbackOfAMigrationThatRetentionRemoved(t *testing.T) {
	b := newUndoBench(t)
	b.a.Temporal = fakeTemporal{}
	opened := answer[step.OpenOut](t, b, step.OpenUndo, open(`{"migration":"acme"}`))
	assert.Equal(t, "acme", opened.Ref.Migration)
	again := answer[step.OpenOut](t, b, step.OpenUndo, open(`{"migration":"acme"}`))
	assert.Equal(t, opened.Ref, again.Ref)
}
