package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/oracle"
)

// TestAnAccountThatIsMoreLenient takes what the contract's default refuses, and the company's domain as the user's name.
func TestAnAccountThatIsMoreLenient(t *testing.T) {
	t.Parallel()
	c := unlimited()
	c.CompanyDomain, c.EmailValidation, c.Mentions, c.DisabledOwners = "example-realty", false, false, "accept"
	s := newStack(t, small(), c)
	s.env["NUTSHELL_USERNAME"] = "example-realty"
	s.whole("lenient", "", nil)
}

// TestTimesThatAnAccountIgnoresAreKeptElsewhere: a closing time goes to a field of its own, a completion time to the archive; nothing differs.
func TestTimesThatAnAccountIgnoresAreKeptElsewhere(t *testing.T) {
	t.Parallel()
	c := unlimited()
	c.IgnoreClosedTime, c.IgnoreCompletedTime = true, true
	s := newStack(t, small(), c)
	s.put("leads", map[string]any{"name": "Closed long ago", "status": "lost", "contact_id": s.firstID("contacts")})
	s.put("tasks", map[string]any{"title": "Done long ago", "status": "completed", "completed_at": "2019-05-06T07:08:09Z", "contact_id": s.firstID("contacts")})
	s.whole("times", "", nil)
	diff := string(s.archived("times", "sample-diff.json"))
	assert.Contains(t, diff, "the account puts its own time; this one stands in Rezora_Closed_At__c")
	assert.Contains(t, string(s.archived("times", "sample-diff.html")), "a given completion time of a task is not kept")
	assert.Contains(t, string(s.archived("times", "records/tasks.jsonl")), "2019-05-06T07:08:09Z")
}

// TestFilesAboveTheAccountsLimitBecomeLinks sets the limit on both sides below most files.
func TestFilesAboveTheAccountsLimitBecomeLinks(t *testing.T) {
	t.Parallel()
	c := unlimited()
	c.FileSizeLimit = 3000
	s := newStack(t, small(), c)
	s.file("nutshell.yaml", "limits: {call_timeout_s: 2, upload_timeout_s: 5, read_lag_s: 0, file_bytes: 3000}\n")
	s.whole("filelimit", "", func(a *oracle.Account) { a.Limits.FileBytes = 3000 })
}

func TestALimitOfOpenLeadsParksAndGoesOnAfterTheUpgrade(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	for range 6 {
		s.put("leads", map[string]any{"name": "Open", "status": "new", "contact_id": s.firstID("contacts")})
	}
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"openleads","sample_size":10,"delta_window":"0s",` + fallback + `}`)
	gate := s.untilGate("openleads")
	s.limit(func(l *nutshelltest.Limits) { l.OpenLeadLimit = 4 })
	s.confirm("openleads", gate)
	s.untilPark("openleads", "leads")
	s.limit(func(l *nutshelltest.Limits) { l.OpenLeadLimit = 0 })
	s.resume("openleads")
	p := s.result("openleads", time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	s.judge("openleads", before, false, nil)
	s.exactlyOnce()
}

// TestFieldsThatAPlanHasNoRoomForPark parks before any record is written.
func TestFieldsThatAPlanHasNoRoomForPark(t *testing.T) {
	t.Parallel()
	c := unlimited()
	c.CustomFieldLimit = 3
	s := newStack(t, small(), c)
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"fields-limit","sample_size":20,"delta_window":"0s","write_probes":false,` + fallback + `}`)
	s.untilPark("fields-limit", "field")
	s.update("fields-limit", api.Rollback)
	assert.Equal(t, api.StatusRolledBack, s.result("fields-limit", time.Minute).Status)
	s.untouched(before)
}

// TestTypesThatAnAccountDoesNotDefineBecomeText: every value is there, in its text form, and the report says which fields it is so for.
func TestTypesThatAnAccountDoesNotDefineBecomeText(t *testing.T) {
	t.Parallel()
	c := unlimited()
	c.CustomFieldTypes = []string{"text", "textarea", "date", "select"}
	s := newStack(t, small(), c)
	s.whole("notypes", "", nil)
	assert.Contains(t, string(s.archived("notypes", "reconciliation.json")), "the account defines no datetime, so it is text")
}

// TestACursorLoopParksUntilTheSourceIsMended: a walk that does not advance is no end of the data.
func TestACursorLoopParksUntilTheSourceIsMended(t *testing.T) {
	t.Parallel()
	for loop, size := range map[string]string{"same": "XS", "cycle": "T"} { // a cycle takes more than three pages of 500
		t.Run(loop, func(t *testing.T) {
			t.Parallel()
			m := "loop-" + loop
			c := small()
			c.CursorLoop, c.Size = loop, size
			s := newStack(t, c, unlimited())
			before := s.dest.Snapshot()
			s.work()
			s.start(`{"migration":"` + m + `","page_size":10,"sample_size":20,"delta_window":"0s",` + fallback + `}`)
			s.untilPark(m, "cursor")
			assert.Zero(t, s.written())
			require.NoError(t, s.source.Configure(func(c *rezoratest.Config) { c.CursorLoop = "none" }))
			s.resume(m)
			gate := s.untilGate(m)
			if size != "XS" {
				return // the rest is the same
			}
			s.confirm(m, gate)
			p := s.result(m, time.Minute)
			require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
			s.judge(m, before, false, nil)
			s.clean(m)
		})
	}
}

// TestTheDeltaOfAnOddSource carries changes from sources that tell little about them, tombstones least of all.
func TestTheDeltaOfAnOddSource(t *testing.T) {
	t.Parallel()
	every := []string{"contacts", "companies", "leads", "notes", "tasks", "activities", "interactions", "group_memberships"}
	for name, tune := range map[string]func(*rezoratest.Config){
		"no times":      func(c *rezoratest.Config) { c.NoSince, c.NoFields = every, true },
		"no tombstones": func(c *rezoratest.Config) { c.TombstoneDays, c.NoTombstonesFor = 0, every },
		"forgetful":     func(c *rezoratest.Config) { c.TombstoneDays, c.ForgetDeleted = 0, true },
		"late rows":     func(c *rezoratest.Config) { c.VisibilityLag, c.LateEvents, c.MetricsDrift = 1, 0.5, 1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := "odd-" + slug(name)
			c := small()
			tune(&c)
			s := newStack(t, c, unlimited())
			before := s.dest.Snapshot()
			approved, err := oracle.SourceOf(s.source, false)
			require.NoError(t, err)
			s.work()
			s.start(`{"migration":"` + m + `","sample_size":20,"delta_window":"1h","delta_interval":"1s",` + fallback + `}`)
			s.confirm(m, s.untilGate(m))
			s.until(m, "the delta window", time.Minute, func(p api.Progress) bool { return p.Phase == api.PhaseDelta })
			s.source.Churn(40)
			changed := time.Now()
			s.until(m, "rows to show", time.Minute, func(api.Progress) bool { return time.Since(changed) > time.Duration(c.VisibilityLag+1)*time.Second })
			s.signal(m, api.Cutover, api.CutoverBy{By: "ops@example.com"})
			p := s.result(m, 2*time.Minute)
			require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
			s.judge(m, before, false, func(a *oracle.Account) { a.Approved = &approved })
			s.exactlyOnce()
		})
	}
}

// TestAnOutageDuringARollbackEndsByItself cuts Nutshell off while the account is restored.
func TestAnOutageDuringARollbackEndsByItself(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	before := s.furnish()
	proxy := s.behind(s.dest.URL)
	s.env["NUTSHELL_BASE_URL"] = "http://" + proxy.Listen
	s.workInside(2 * time.Second)
	s.start(`{"migration":"outage","sample_size":20,"delta_window":"0s",` + fallback + `}`)
	s.finish("outage")
	s.dest.SetLatency(nutshelltest.Latency{Dist: "fixed", P50ms: 20})
	gone := s.deleted() + 10
	s.rollingBack("outage")
	require.Eventually(t, func() bool { return s.deleted() > gone }, time.Minute, 20*time.Millisecond)
	proxy.Stop()
	p := s.untilRollback("outage", func(p api.Progress) bool { return p.Status == api.StatusParked })
	assert.Contains(t, p.Reason, "by itself")
	require.NoError(t, proxy.Start())
	s.untilRollback("outage", func(p api.Progress) bool { return p.Status == api.StatusRolledBack })
	s.untouched(before)
}
