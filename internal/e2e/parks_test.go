package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
	p := s.untilPark("plan", "the account's plan takes no more people: ")
	assert.Equal(t, "accept resume", p.WaitingFor)
	created := s.planCounts(p)
	assert.LessOrEqual(t, created, 30)
	s.limit(func(l *nutshelltest.Limits) { l.ContactLimit = 40 })
	s.resume("plan")
	p = s.until("plan", "the second park", time.Minute, func(q api.Progress) bool { return q.Status == api.StatusParked && q.Reason != p.Reason })
	assert.Greater(t, s.planCounts(p), created)
	s.limit(func(l *nutshelltest.Limits) { l.ContactLimit = 0 })
	s.resume("plan")
	p = s.result("plan", time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	s.judge("plan", before, false, nil)
	s.exactlyOnce()
}

// planCounts checks that the counts of a plan's park make up the whole; a call in flight beside the refused one is still to come in them.
func (s *stack) planCounts(p api.Progress) (created int) {
	var left int
	_, err := fmt.Sscanf(p.Reason, "the account's plan takes no more people: %d were created, %d are left", &created, &left)
	require.NoError(s, err, p.Reason)
	assert.Equal(s, 60, created+left)
	return created
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

// TestTooManyRefusalsPark disables every owner after the approval: from then on Nutshell refuses all that they would own.
func TestTooManyRefusalsPark(t *testing.T) {
	s := newStack(t, small(), unlimited())
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"refused","sample_size":10,"delta_window":"0s",` + fallback + `}`)
	gate := s.untilGate("refused")
	users := s.disableUsers()
	s.confirm("refused", gate)
	s.untilPark("refused", "Nutshell refused")
	for _, id := range users {
		s.dest.SetUserEnabled(id, true)
	}
	s.resume("refused")
	p := s.result("refused", time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	s.judge("refused", before, false, nil)
	s.exactlyOnce()
	s.clean("refused")
}

// disableUsers switches every user off but for the one whose key is used.
func (s *stack) disableUsers() (ids []int64) {
	for _, u := range s.dest.Snapshot().Users {
		if u.ID != 1 && u.Enabled {
			s.dest.SetUserEnabled(u.ID, false)
			ids = append(ids, u.ID)
		}
	}
	return ids
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
