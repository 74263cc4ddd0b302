package e2e

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/oracle"
)

// orphan puts an agent without a Nutshell user into the source, who owns a contact.
func (s *stack) orphan() string {
	s.Helper()
	id := s.put("agents", map[string]any{"first_name": "Olive", "last_name": "Orphan", "email": "olive@orphans.example.com", "status": "active"})
	s.put("contacts", map[string]any{"first_name": "Owned", "last_name": "Byolive", "email": "owned@orphans.example.com", "owner_agent_id": id})
	return id
}

func TestOrphansWaitForTheirUser(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	id := s.orphan()
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"orphans","sample_size":20,"delta_window":"0s"}`)
	p := s.untilPark("orphans", id)
	assert.Equal(t, api.PhaseOwners, p.Phase)
	assert.Equal(t, "accept resume", p.WaitingFor)
	assert.Zero(t, s.written(), "nothing is written before the owners are known")
	s.dest.AddUser("Olive Orphan", "OLIVE@orphans.example.com", true)
	before.Users = s.dest.Snapshot().Users
	s.resume("orphans")
	s.finish("orphans")
	s.judge("orphans", before, false, func(a *oracle.Account) { a.Policies = oracle.Policies{} })
}

func TestOrphansAreTakenWithoutOwner(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	id := s.orphan()
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"taken","sample_size":20,"delta_window":"0s"}`)
	s.untilPark("taken", id)
	s.accept("taken")
	s.finish("taken")
	s.judge("taken", before, false, func(a *oracle.Account) { a.Policies = oracle.Policies{} })
}

func TestAStatusWithoutALineParksUntilTheMapHasOne(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	for _, status := range []string{"zombie", "asleep"} {
		s.put("leads", map[string]any{"name": "Odd " + status, "status": status})
	}
	s.env["MAPPING_DIR"] = s.dir
	s.file("map.yaml", "lead_status: {asleep: pending}\n")
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"status","mapping":"map.yaml","sample_size":20,"delta_window":"0s",` + fallback + `}`)
	p := s.untilPark("status", `"zombie"`)
	assert.NotContains(t, p.Reason, "asleep")
	assert.Equal(t, api.PhaseOwners, p.Phase)
	s.file("map.yaml", "lead_status: {}\n")
	s.resume("status")
	s.untilPark("status", `"asleep", "zombie"`)
	assert.Zero(t, s.written())
	s.file("map.yaml", "lead_status: {zombie: lost, asleep: pending}\n")
	s.resume("status")
	s.finish("status")
	s.judge("status", before, false, func(a *oracle.Account) { a.LeadStatus = map[string]int{"zombie": 11, "asleep": 1} })
}

func TestAPlanLimitParksWithCountsAndGoesOnAfterTheUpgrade(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"plan","page_size":10,"sample_size":10,"delta_window":"0s",` + fallback + `}`)
	gate := s.untilGate("plan")
	s.limit(func(l *nutshelltest.Limits) { l.ContactLimit = 30 })
	s.confirm("plan", gate)
	p := s.untilPark("plan", "takes no more people: 30 were created, 30 are left")
	assert.Equal(t, "accept resume", p.WaitingFor)
	s.limit(func(l *nutshelltest.Limits) { l.ContactLimit = 40 })
	s.resume("plan")
	s.untilPark("plan", "40 were created, 20 are left")
	s.limit(func(l *nutshelltest.Limits) { l.ContactLimit = 0 })
	s.resume("plan")
	p = s.result("plan", time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	s.judge("plan", before, false, nil)
	s.exactlyOnce()
}

func TestWhatAPlanRefusesCanBeLeftOut(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	s.work()
	s.start(`{"migration":"leave","page_size":10,"sample_size":10,"delta_window":"0s",` + fallback + `}`)
	gate := s.untilGate("leave")
	s.limit(func(l *nutshelltest.Limits) { l.ContactLimit = 50 })
	s.confirm("leave", gate)
	s.untilPark("leave", "50 were created, 10 are left")
	s.accept("leave")
	p := s.result("leave", time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	live := 0
	for _, r := range s.dest.Snapshot().Contacts {
		if r.Live() {
			live++
		}
	}
	assert.Equal(t, 50, live)
	s.clean("leave")
	assert.EqualValues(t, 10, objectOf(p, "people").Flagged)
}

func TestAReadOnlyKeyParks(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	before := s.dest.Snapshot()
	s.dest.AddAPIKey(nutshelltest.APIKey{Key: "readonly01234567", UserID: 1, ReadOnly: true})
	s.env["NUTSHELL_API_KEY"] = "readonly01234567"
	s.work()
	s.start(`{"migration":"readonly","sample_size":20,"delta_window":"0s","write_probes":false,` + fallback + `}`)
	s.untilPark("readonly", "key")
	s.dest.AddAPIKey(nutshelltest.APIKey{Key: "readonly01234567", UserID: 1})
	s.resume("readonly")
	s.finish("readonly")
	s.judge("readonly", before, false, nil)
}

func TestAKeyThatIsTakenAwayParks(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"nokey","page_size":10,"sample_size":10,"delta_window":"0s",` + fallback + `}`)
	gate := s.untilGate("nokey")
	s.dest.SetLatency(nutshelltest.Latency{Dist: "fixed", P50ms: 15})
	s.confirm("nokey", gate)
	s.until("nokey", "people", time.Minute, func(p api.Progress) bool { return p.Phase == api.PhasePeople })
	s.dest.RemoveAPIKey(nutshelltest.SeedKey)
	s.untilPark("nokey", "NUTSHELL_API_KEY")
	s.dest.AddAPIKey(nutshelltest.APIKey{Key: nutshelltest.SeedKey, UserID: 1})
	s.resume("nokey")
	p := s.result("nokey", time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	s.judge("nokey", before, false, nil)
	s.exactlyOnce()
}

func TestAWrongKeyParksAtTheStartAndCanBeStopped(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	s.dest.RemoveAPIKey(nutshelltest.SeedKey)
	s.work()
	s.start(`{"migration":"wrongkey"}`)
	s.untilPark("wrongkey", "NUTSHELL_API_KEY")
	s.resume("wrongkey")
	s.untilPark("wrongkey", "NUTSHELL_API_KEY")
	s.update("wrongkey", api.Rollback)
	assert.Equal(t, api.StatusRolledBack, s.result("wrongkey", 30*time.Second).Status)
}

func TestNutshellAwayForAWhileParksAndGoesOnByItself(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	before := s.dest.Snapshot()
	proxy := s.behind(s.dest.URL)
	s.env["NUTSHELL_BASE_URL"] = "http://" + proxy.Listen
	s.workInside(2 * time.Second)
	proxy.Stop()
	s.start(`{"migration":"away","page_size":10,"sample_size":10,"delta_window":"0s",` + fallback + `}`)
	s.untilPark("away", "nutshell")
	require.NoError(t, proxy.Start())
	gate := s.untilAgain("away", func(p api.Progress) bool { return p.WaitingFor == api.Confirm })
	s.dest.SetLatency(nutshelltest.Latency{Dist: "fixed", P50ms: 15})
	s.confirm("away", gate)
	s.until("away", "people", time.Minute, func(p api.Progress) bool { return p.Phase == api.PhasePeople })
	proxy.Stop()
	p := s.untilPark("away", "nutshell")
	assert.Contains(t, p.Reason, "by itself")
	require.NoError(t, proxy.Start())
	s.untilAgain("away", func(p api.Progress) bool { return p.Status != api.StatusParked })
	p = s.result("away", time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	s.judge("away", before, false, func(a *oracle.Account) {})
	s.exactlyOnce()
	s.clean("away")
}

func TestRezoraAwayForAWhileParksAndGoesOnByItself(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	before := s.dest.Snapshot()
	proxy := s.behind(s.source.URL)
	s.env["REZORA_BASE_URL"] = "http://" + proxy.Listen
	require.NoError(t, s.source.Configure(func(c *rezoratest.Config) { c.SlowBodyMs = 20 }))
	s.workInside(2 * time.Second)
	s.start(`{"migration":"source","sample_size":20,"delta_window":"0s",` + fallback + `}`)
	s.until("source", "the walk", time.Minute, func(api.Progress) bool { return s.source.Stats().Requests["dv1 /contacts"] > 0 })
	proxy.Stop()
	s.untilPark("source", "rezora")
	require.NoError(t, proxy.Start())
	s.confirm("source", s.untilAgain("source", func(p api.Progress) bool { return p.WaitingFor == api.Confirm }))
	p := s.result("source", time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	s.judge("source", before, false, nil)
}

func TestNobodyDecidesInTime(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	s.work()
	s.start(`{"migration":"late","sample_size":10,"delta_window":"0s","approval_timeout":"1s",` + fallback + `}`)
	p := s.until("late", "the time-out", 2*time.Minute, func(p api.Progress) bool { return p.Status == api.StatusParked })
	assert.Equal(t, api.PhaseApproval, p.Phase)
	assert.Error(t, s.tryUpdate("late", api.Confirm, api.Decision{Approved: true, Report: p.Digest}), "the gate is shut")
	s.resume("late")
	s.confirm("late", p)
	p = s.result("late", time.Minute)
	assert.Equal(t, api.StatusCompleted, p.Status, p.Reason)
}

func TestANameIsUsedOnceUntilItIsRolledBack(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"again","sample_size":10,"delta_window":"0s",` + fallback + `}`)
	s.finish("again")
	reason := s.fails(`{"migration":"again"}`)
	assert.Contains(t, reason, "migration")
	assert.Contains(t, reason, "roll")
	s.rollBack("again", before)
	s.start(`{"migration":"again","sample_size":10,"delta_window":"0s",` + fallback + `}`)
	s.finish("again")
	for _, file := range []string{"reconciliation.json", "rollback.json", "sample-diff.json", "id-map.csv"} {
		assert.FileExists(t, filepath.Join(s.dir, "archive", "again", "runs", "1", file))
	}
	assert.NoFileExists(t, filepath.Join(s.dir, "archive", "again", "rollback.json"))
	s.exactlyOnce()
	s.clean("again")
}

func TestABadMapFailsAtOnce(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	s.env["MAPPING_DIR"] = s.dir
	s.file("bad.yaml", "lead_status: {new: sideways}\n")
	s.work()
	assert.Contains(t, s.fails(`{"migration":"nomap","mapping":"nowhere.yaml"}`), "nowhere.yaml")
	assert.Contains(t, s.fails(`{"migration":"badmap","mapping":"bad.yaml"}`), "bad.yaml")
	assert.Contains(t, s.fails(`{"migration":"badkey","colour":"red"}`), "colour")
	assert.Zero(t, s.written())
}

func TestTheMapGateHoldsEverythingBack(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	before := s.furnish()
	s.work()
	s.start(`{"migration":"gated","map_gate":"confirm","sample_size":20,"delta_window":"0s",` + fallback + `}`)
	gate := s.until("gated", "the map gate", time.Minute, func(p api.Progress) bool { return p.WaitingFor == api.Confirm })
	assert.Equal(t, api.PhaseMap, gate.Phase)
	assert.Zero(t, s.written(), "nothing is written before the map is confirmed")
	assert.Error(t, s.tryUpdate("gated", api.Confirm, api.Decision{Approved: true}), "a confirm must name the report")
	require.NoError(t, s.tryUpdate("gated", api.Confirm, api.Decision{Approved: false, Report: gate.Digest[:8]}))
	assert.Equal(t, api.StatusRolledBack, s.result("gated", time.Minute).Status)
	assert.Zero(t, s.written())
	s.untouched(before)
	s.start(`{"migration":"gated","map_gate":"confirm","sample_size":20,"delta_window":"0s",` + fallback + `}`)
	gate = s.until("gated", "the map gate", time.Minute, func(p api.Progress) bool { return p.WaitingFor == api.Confirm && p.Phase == api.PhaseMap })
	s.confirm("gated", gate)
	s.until("gated", "the sample", time.Minute, func(p api.Progress) bool { return p.Phase == api.PhaseSample })
	s.finish("gated")
	s.judge("gated", before, false, nil)
}

func TestWhatWasStoppedMidLoadIsUndoneFromTheLedgerAlone(t *testing.T) {
	t.Parallel()
	for how, stop := range map[string]func(*stack, string){
		"cancel": func(s *stack, id string) {
			require.NoError(s, s.client.CancelWorkflow(context.Background(), id, ""))
			assert.Equal(s, api.StatusCanceled, s.result("stopped-cancel", time.Minute).Status)
		},
		"terminate": func(s *stack, id string) {
			require.NoError(s, s.client.TerminateWorkflow(context.Background(), id, "", "no more"))
		},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			m := "stopped-" + how
			s := newStack(t, small(), unlimited())
			before := s.furnish()
			s.work()
			s.start(`{"migration":"` + m + `","page_size":10,"sample_size":10,"delta_window":"0s",` + fallback + `}`)
			gate := s.untilGate(m)
			s.dest.SetLatency(nutshelltest.Latency{Dist: "fixed", P50ms: 20})
			s.confirm(m, gate)
			s.until(m, "people", time.Minute, func(p api.Progress) bool { return p.Phase == api.PhasePeople && objectOf(p, "people").Created > 15 })
			stop(s, api.MigrationIDPrefix+m)
			s.dest.SetLatency(nutshelltest.Latency{})
			s.rollBack(m, before)
		})
	}
}

func TestAResetToTheFirstTaskEndsExactlyOnce(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"reset","page_size":10,"sample_size":10,"delta_window":"0s",` + fallback + `}`)
	gate := s.untilGate("reset")
	s.dest.SetLatency(nutshelltest.Latency{Dist: "fixed", P50ms: 20})
	s.confirm("reset", gate)
	s.until("reset", "people", time.Minute, func(p api.Progress) bool { return p.Phase == api.PhasePeople && objectOf(p, "people").Created > 15 })
	s.reset("reset")
	s.confirm("reset", s.untilGate("reset"))
	p := s.result("reset", time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	s.judge("reset", before, false, nil)
	s.exactlyOnce()
	s.clean("reset")
}

// reset resets a workflow to the end of its first task.
func (s *stack) reset(migration string) {
	s.Helper()
	_, err := s.client.ResetWorkflowExecution(context.Background(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: "default", WorkflowExecution: &common.WorkflowExecution{WorkflowId: api.MigrationIDPrefix + migration},
		Reason: "a test", WorkflowTaskFinishEventId: 4, RequestId: s.Name(),
	})
	require.NoError(s, err)
}

func TestNothingIsCalledWhilePaused(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"paused","page_size":20,"sample_size":10,"delta_window":"0s",` + fallback + `}`)
	gate := s.untilGate("paused")
	s.dest.SetLatency(nutshelltest.Latency{Dist: "fixed", P50ms: 25})
	s.confirm("paused", gate)
	s.until("paused", "people", time.Minute, func(p api.Progress) bool { return p.Phase == api.PhasePeople })
	began := time.Now()
	s.update("paused", api.Pause)
	assert.Less(t, time.Since(began), 5*time.Second, "the update returns when nothing is in flight")
	calls, asked := s.dest.Stats().Calls(), s.source.Stats()
	p, err := s.progress("paused")
	require.NoError(t, err)
	assert.Equal(t, api.StatusPaused, p.Status)
	assert.Equal(t, api.Resume, p.WaitingFor)
	assert.Never(t, func() bool { return s.dest.Stats().Calls() != calls }, 3*time.Second, 100*time.Millisecond)
	assert.Equal(t, asked, s.source.Stats())
	s.resume("paused")
	p = s.result("paused", time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	s.judge("paused", before, false, nil)
	s.exactlyOnce()
}

// limit changes a limit of the account while it is in use.
func (s *stack) limit(change func(*nutshelltest.Limits)) {
	l := s.dest.Limits()
	change(&l)
	s.dest.SetLimits(l)
}

func objectOf(p api.Progress, name string) api.ObjectProgress {
	for _, o := range p.Objects {
		if o.Object == name {
			return o
		}
	}
	return api.ObjectProgress{}
}
