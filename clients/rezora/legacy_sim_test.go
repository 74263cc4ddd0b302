package rezora_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/union"
	"rezora2nutshell/internal/union/uniontest"
)

// unionRun reads both APIs of a simulator and joins them.
type unionRun struct {
	index     *uniontest.Memory
	coverage  map[record.Kind]*union.Coverage
	decisions []union.Decision
	read      []rezora.LegacyCoverage
}

func joined(t *testing.T, sim *rezoratest.Server, c *rezora.Client, o rezora.LegacyOptions, p union.Policy) unionRun {
	t.Helper()
	ctx := context.Background()
	run := unionRun{index: uniontest.New(), coverage: map[record.Kind]*union.Coverage{}}
	agents := map[string]string{}
	for _, kind := range union.Order {
		run.coverage[kind] = &union.Coverage{Resource: kind, Coverage: union.Complete}
		_, err := c.Walk(ctx, rezora.WalkRequest{Kind: kind, IncludeDeleted: true}, func(_ context.Context, p rezora.Page) error {
			for _, r := range p.Records {
				run.index.Current(r)
				var a record.Agent
				if kind == record.Agents && !r.Deleted && r.Decode(&a) == nil {
					agents[a.Email] = r.ID
				}
			}
			return nil
		})
		require.NoError(t, err)
		run.coverage[kind].Current = len(run.index.Union(kind))
	}
	var creds []rezora.Credential
	for _, c := range sim.Credentials() {
		creds = append(creds, rezora.Credential{Level: c.Level, AgentID: c.AgentID, Username: c.User, Password: c.Password})
	}
	o.BaseURL, o.Limits = sim.URL+"/v1", fast()
	legacy, err := rezora.NewLegacy(o)
	require.NoError(t, err)
	rows := map[record.Kind][]record.Record{}
	emit := func(_ context.Context, records []record.Record) error {
		for _, r := range records {
			rows[r.Kind] = append(rows[r.Kind], r)
		}
		return nil
	}
	for _, cred := range creds {
		read := legacy.ReadCompany
		if cred.Level == rezora.AgentLevel {
			cred.AgentID = "" // to be found by the self contact
			read = func(ctx context.Context, cred rezora.Credential, emit rezora.Emit) (rezora.LegacyCoverage, error) {
				return legacy.ReadAgent(ctx, cred, func(_ context.Context, email string) (string, error) { return agents[email], nil }, emit)
			}
		}
		cover, err := read(ctx, cred, emit)
		if err != nil {
			require.True(t, rezora.IsPassing(err), "%v", err)
		}
		run.read = append(run.read, cover)
	}
	probe := func(ctx context.Context, kind record.Kind, id string) (record.Record, union.State, error) {
		rec, state, err := c.Item(ctx, kind, id)
		return rec, union.State(state), err
	}
	for _, kind := range union.Order {
		for _, rec := range rows[kind] {
			d, err := union.Classify(ctx, p, run.index, probe, rec, "")
			require.NoError(t, err)
			run.index.Apply(d)
			run.coverage[kind].Add(d)
			run.decisions = append(run.decisions, d)
		}
		require.NoError(t, run.coverage[kind].Check(len(run.index.Union(kind))), kind)
		require.Equal(t, len(sim.LegacyRows(string(kind))), run.coverage[kind].Legacy, kind)
	}
	return run
}

func TestUnionOfSimulatedAPIs(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*rezoratest.Config)
		legacy rezora.LegacyOptions
		policy func(*union.Policy)
		check  func(t *testing.T, sim *rezoratest.Server, run unionRun)
	}{
		"defaults": {check: func(t *testing.T, sim *rezoratest.Server, run unionRun) {
			cover := run.coverage[record.Contacts]
			assert.Equal(t, len(sim.LegacyOnly("contacts")), cover.LegacyOnly)
			assert.Positive(t, cover.Both)
			assert.Zero(t, cover.FieldDifferences, "the two views agree")
		}},
		"resurrect": {policy: func(p *union.Policy) { p.Resurrect = union.Add },
			change: func(c *rezoratest.Config) { c.LegacyServesDeleted = 0.1 },
			check: func(t *testing.T, _ *rezoratest.Server, run unionRun) {
				assert.Positive(t, run.coverage[record.Contacts].Resurrected)
				assert.Zero(t, run.coverage[record.Contacts].ResurrectSkipped)
			}},
		"forgotten tombstones": {change: func(c *rezoratest.Config) { c.LegacyServesDeleted, c.TombstoneDays = 0.1, 0 },
			check: func(t *testing.T, _ *rezoratest.Server, run unionRun) {
				assert.Positive(t, run.coverage[record.Contacts].ResurrectSkipped, "found by the probe")
				assert.Zero(t, run.coverage[record.Contacts].Unprobed)
			}},
		"other number space": {change: func(c *rezoratest.Config) { c.LegacyIDShift, c.UnsubscribedOnlyIn = 50_000_000, "legacy" },
			policy: func(p *union.Policy) { p.MatchByID = false },
			check: func(t *testing.T, _ *rezoratest.Server, run unionRun) {
				assert.Positive(t, run.coverage[record.Contacts].Both)
				assert.Positive(t, run.coverage[record.GroupMemberships].Both)
				assert.Positive(t, run.coverage[record.TeamMemberships].Both)
			}},
		"digest, opt-outs in legacy": {change: func(c *rezoratest.Config) { c.LegacyAuth, c.UnsubscribedOnlyIn, c.Size = "digest", "legacy", "T" },
			legacy: rezora.LegacyOptions{Auth: rezora.Digest},
			check: func(t *testing.T, sim *rezoratest.Server, run unionRun) {
				assert.Positive(t, run.coverage[record.Contacts].UnsubscribedFromLegacy)
				all := run.index.Union(record.Contacts)
				for _, row := range sim.LegacyRows("contacts") {
					var c record.Contact
					if rec, ok := all[row["id"].(string)]; ok && row["unsubscribed"] == true {
						require.NoError(t, rec.Decode(&c))
						assert.True(t, c.Unsubscribed, "%s: an opt-out is never lost", rec.ID)
					}
				}
			}},
		"zone": {change: func(c *rezoratest.Config) { c.LegacyZone = "America/Denver" }, legacy: rezora.LegacyOptions{Zone: "America/Denver"},
			check: func(t *testing.T, _ *rezoratest.Server, run unionRun) {
				i := slices.IndexFunc(run.decisions, func(d union.Decision) bool { return slices.Contains(d.Differences, "created_at") })
				assert.Equal(t, -1, i)
			}},
	} {
		t.Run(name, func(t *testing.T) {
			sim, c := simulated(t, tc.change, nil)
			p := union.Default()
			if tc.policy != nil {
				tc.policy(&p)
			}
			tc.check(t, sim, joined(t, sim, c, tc.legacy, p))
		})
	}
}

func TestLegacyPreflight(t *testing.T) {
	run := func(t *testing.T, change func(*rezoratest.Config), edit func(*rezora.LegacyCheck)) (rezora.LegacyCapabilities, error) {
		sim, c := simulated(t, change, nil)
		var check rezora.LegacyCheck
		check.Current = c
		for _, cred := range sim.Credentials() {
			check.Credentials = append(check.Credentials, rezora.Credential{Level: cred.Level, AgentID: cred.AgentID, Username: cred.User, Password: cred.Password})
		}
		for _, a := range sim.Agents() {
			check.AgentIDs = append(check.AgentIDs, a.ID)
		}
		if edit != nil {
			edit(&check)
		}
		legacy, err := rezora.NewLegacy(rezora.LegacyOptions{BaseURL: sim.URL + "/v1", Limits: fast()})
		require.NoError(t, err)
		return legacy.Preflight(context.Background(), check)
	}
	t.Run("fine", func(t *testing.T) {
		got, err := run(t, nil, nil)
		require.NoError(t, err)
		for _, c := range got.Coverage {
			assert.Equal(t, rezora.Complete, c.Coverage)
		}
		assert.Positive(t, got.SharedIDs)
	})
	t.Run("wrong password, no credential, failing path", func(t *testing.T) {
		var missing string
		got, err := run(t, func(c *rezoratest.Config) { c.LegacyFail = map[string]int{"/groups": 500} }, func(c *rezora.LegacyCheck) {
			c.Credentials[1].Password = "nope"
			missing = c.Credentials[2].AgentID
			c.Credentials = slices.Delete(c.Credentials, 2, 3)
		})
		require.NoError(t, err)
		assert.Equal(t, rezora.Failed, got.Coverage[1].Coverage)
		assert.Equal(t, 401, got.Coverage[1].Status)
		i := slices.IndexFunc(got.Coverage, func(c rezora.LegacyCoverage) bool { return c.AgentID == missing })
		assert.Equal(t, rezora.NotChecked, got.Coverage[i].Coverage)
	})
	t.Run("other number space", func(t *testing.T) {
		change := func(c *rezoratest.Config) { c.LegacyIDShift = 70_000_000 }
		_, err := run(t, change, nil)
		require.ErrorContains(t, err, "union.match_by_id")
		_, err = run(t, change, func(c *rezora.LegacyCheck) { c.MatchByID = new(bool) })
		require.NoError(t, err)
	})
	t.Run("zone", func(t *testing.T) {
		_, err := run(t, func(c *rezoratest.Config) { c.LegacyZone = "America/Phoenix" }, nil)
		require.ErrorContains(t, err, "legacy.zone")
	})
}
