package rezora_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/record"
)

// simulated is a simulator of the given size and a client for it.
func simulated(t *testing.T, change func(*rezoratest.Config), o func(*rezora.Options)) (*rezoratest.Server, *rezora.Client) {
	t.Helper()
	cfg := rezoratest.DefaultConfig()
	cfg.Size, cfg.Tokens = "XS", []string{"tok-1"}
	if change != nil {
		change(&cfg)
	}
	sim := rezoratest.NewServer(cfg)
	t.Cleanup(func() {
		sim.Close()
		stats := sim.Stats()
		assert.Empty(t, stats.Violations)
		assert.Zero(t, stats.LeakedCredentials)
	})
	opt := options(sim.URL)
	if o != nil {
		o(&opt)
	}
	return sim, client(t, opt)
}

// compact is a row as JSON with sorted keys.
func compact(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	var plain any
	require.NoError(t, json.Unmarshal(b, &plain))
	b, err = json.Marshal(plain)
	require.NoError(t, err)
	return string(b)
}

func keyOf(kind record.Kind, row map[string]any) string {
	if q := record.Qualifier(kind); q != "" {
		return record.Key(row[q].(string), row["id"].(string))
	}
	return row["id"].(string)
}

func TestSimulatorAccountComesOutWhole(t *testing.T) {
	sim, c := simulated(t, nil, nil)
	caps, err := c.Preflight(context.Background())
	require.NoError(t, err)
	_, err = json.Marshal(caps)
	require.NoError(t, err)
	for _, kind := range record.Kinds {
		assert.True(t, caps.Offers(kind), kind)
		want := map[string]string{}
		for _, row := range sim.Rows(string(kind), false) {
			if kind == record.Campaigns {
				delete(row, "html")
			}
			want[keyOf(kind, row)] = compact(t, row)
		}
		got := map[string]string{}
		_, err := c.Walk(context.Background(), rezora.WalkRequest{Kind: kind, Caps: caps.Of(kind), Limit: 50}, func(_ context.Context, p rezora.Page) error {
			for _, r := range p.Records {
				assert.Nil(t, r.Raw, "%s %s: served in canonical form", kind, r.ID)
				got[r.ID] = compact(t, r.Canon)
			}
			return nil
		})
		require.NoError(t, err, kind)
		assert.Equal(t, want, got, kind)
		n, err := c.Count(context.Background(), kind, rezora.CountRequest{Caps: caps.Of(kind)})
		require.NoError(t, err)
		assert.True(t, n.OK)
		assert.Equal(t, len(want), n.N, kind)
		for id, body := range want {
			rec, state, err := c.Item(context.Background(), kind, id)
			require.NoError(t, err, "%s %s", kind, id)
			assert.Equal(t, rezora.Live, state)
			assert.Equal(t, body, compact(t, rec.Canon))
			break
		}
	}
}

func TestSimulatorFaultsLoseNothing(t *testing.T) {
	for name, change := range map[string]func(*rezoratest.Config){
		"transport": func(c *rezoratest.Config) {
			c.FailEvery, c.FailStatus, c.CutBody, c.DropConnection, c.HTMLError = 7, 500, 5, 11, 13
		},
		"statuses": func(c *rezoratest.Config) {
			c.FailEvery, c.FailStatus, c.ErrorBody = 3, 429, "html"
			c.RetryAfterForm = "none"
		},
		"paging": func(c *rezoratest.Config) {
			c.RepeatPage, c.EmptyMiddlePage, c.ExpireCursorOnce = 2, true, []string{"contacts", "activities"}
		},
		"forms": func(c *rezoratest.Config) {
			c.NumericIDs, c.OddTimes, c.UnknownFields, c.UnknownEnums, c.FutureDates = true, true, true, true, true
			c.DirtyText, c.OddCustomProperties, c.DanglingRefs, c.CompanyCycle = 0.5, 0.5, 0.1, true
		},
		"colliding": func(c *rezoratest.Config) { c.CollidingEventIDs, c.NumericIDs = true, true },
		"churn":     func(c *rezoratest.Config) { c.UpdateMidWalk = 1 },
		"poor": func(c *rezoratest.Config) {
			c.NoFields, c.NoCount, c.NullTotal, c.TombstoneDays = true, true, true, 0
			c.NoSince = []string{"contacts"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			sim, c := simulated(t, change, nil)
			caps, err := c.Preflight(context.Background())
			require.NoError(t, err)
			for _, kind := range []record.Kind{record.Companies, record.Agents, record.Contacts, record.Notes, record.Listings, record.Activities, record.Attachments, record.Sequences, record.Campaigns} {
				want := map[string]bool{}
				for _, row := range sim.Rows(string(kind), false) {
					want[keyOf(kind, row)] = true
				}
				got := map[string]bool{}
				_, err := c.Walk(context.Background(), rezora.WalkRequest{Kind: kind, Caps: caps.Of(kind), Limit: 9}, func(_ context.Context, p rezora.Page) error {
					for _, r := range p.Records {
						got[r.ID] = true
						into := decodeTarget(kind)
						assert.NoError(t, r.Decode(into), "canonical items decode strictly")
					}
					return nil
				})
				require.NoError(t, err, kind)
				assert.Equal(t, want, got, kind)
			}
			if name == "poor" {
				assert.Equal(t, rezora.DeltaFull, caps.Of(record.Contacts).Delta)
				assert.Equal(t, rezora.CountOwn, caps.Of(record.Contacts).Count)
				assert.Equal(t, "full", caps.Of(record.Contacts).Sweep)
				assert.Equal(t, rezora.DeletesSweep, caps.Of(record.Contacts).Deletes)
			}
		})
	}
}

func decodeTarget(kind record.Kind) any {
	switch kind {
	case record.Companies:
		return new(record.Company)
	case record.Agents:
		return new(record.Agent)
	case record.Contacts:
		return new(record.Contact)
	case record.Notes:
		return new(record.Note)
	case record.Listings:
		return new(record.Listing)
	case record.Activities:
		return new(record.Activity)
	case record.Attachments:
		return new(record.Attachment)
	case record.Sequences:
		return new(record.Sequence)
	}
	return new(record.Campaign)
}

func TestSimulatorSays(t *testing.T) {
	t.Run("loop", func(t *testing.T) {
		for _, loop := range []string{"same", "cycle"} {
			_, c := simulated(t, func(c *rezoratest.Config) { c.CursorLoop = loop }, nil)
			_, err := c.Walk(context.Background(), rezora.WalkRequest{Kind: record.Contacts, Limit: 5}, func(context.Context, rezora.Page) error { return nil })
			require.ErrorIs(t, err, rezora.ErrCursorLoop)
		}
	})
	t.Run("not offered", func(t *testing.T) {
		_, c := simulated(t, func(c *rezoratest.Config) {
			c.NotOffered = map[string]int{"tasks": 403, "sequences": 404, "account": 404}
		}, nil)
		caps, err := c.Preflight(context.Background())
		require.NoError(t, err)
		assert.Equal(t, rezora.NotOffered, caps.Of(record.Tasks).Offer)
		assert.Equal(t, rezora.NotOffered, caps.Of(record.Sequences).Offer)
		assert.Contains(t, caps.Fingerprint, "url:127.0.0.1")
	})
	t.Run("required", func(t *testing.T) {
		_, c := simulated(t, func(c *rezoratest.Config) { c.NotOffered = map[string]int{"contacts": 403} }, nil)
		_, err := c.Preflight(context.Background())
		var fatal *rezora.PreflightError
		require.ErrorAs(t, err, &fatal)
		assert.Equal(t, record.Contacts, fatal.Kind)
	})
	t.Run("wrong path", func(t *testing.T) {
		_, c := simulated(t, nil, func(o *rezora.Options) { o.BasePath = "/api/v1/nowhere" })
		_, err := c.Preflight(context.Background())
		require.ErrorContains(t, err, "base_path")
	})
	t.Run("wrong token", func(t *testing.T) {
		_, c := simulated(t, nil, func(o *rezora.Options) { o.Auth.Secret = rezora.Static("other") })
		_, err := c.Preflight(context.Background())
		require.True(t, rezora.IsRejected(err))
		assert.NotContains(t, err.Error(), "other")
	})
}

func TestSimulatorDeltaAndDeletions(t *testing.T) {
	sim, c := simulated(t, nil, nil)
	_, res, err := ids(t, c, rezora.WalkRequest{IncludeDeleted: true})
	require.NoError(t, err)
	rows := sim.Rows("contacts", false)
	gone, touched := rows[3]["id"].(string), rows[5]["id"].(string)
	require.NoError(t, sim.Delete("contacts", gone))
	_, err = sim.Put("contacts", map[string]any{"id": touched, "name": "Nell Harrow"})
	require.NoError(t, err)
	seen := map[string]bool{}
	_, err = c.Walk(context.Background(), rezora.WalkRequest{Kind: record.Contacts, Since: res.Watermark, IncludeDeleted: true}, func(_ context.Context, p rezora.Page) error {
		for _, r := range p.Records {
			seen[r.ID] = r.Deleted
		}
		return nil
	})
	require.NoError(t, err)
	assert.True(t, seen[gone])
	deleted, ok := seen[touched]
	assert.True(t, ok && !deleted)
	_, state, err := c.Item(context.Background(), record.Contacts, gone)
	require.NoError(t, err)
	assert.Equal(t, rezora.Gone, state)
	_, state, err = c.Item(context.Background(), record.Contacts, "999999999")
	require.NoError(t, err)
	assert.Equal(t, rezora.Absent, state)
	swept := map[string]bool{}
	require.NoError(t, c.SweepIDs(context.Background(), record.Contacts, nil, func(_ context.Context, ids []string) error {
		for _, id := range ids {
			swept[id] = true
		}
		return nil
	}))
	assert.False(t, swept[gone])
	assert.Len(t, swept, len(rows)-1)
}

func TestSimulatorAuthModes(t *testing.T) {
	for _, mode := range []rezora.Mode{rezora.Bearer, rezora.Header, rezora.Basic, rezora.TokenExchange} {
		t.Run(string(mode), func(t *testing.T) {
			sim, c := simulated(t, func(c *rezoratest.Config) {
				c.Auth = string(mode)
				c.Users = []rezoratest.Credential{{User: "mig", Password: "pa:ss"}}
				c.ExpireTokenAfter = map[rezora.Mode]int{rezora.TokenExchange: 3}[mode]
			}, func(o *rezora.Options) {
				o.Auth.Mode = mode
				if mode == rezora.Basic || mode == rezora.TokenExchange {
					o.Auth.Secret = rezora.Static("mig:pa:ss")
				}
			})
			got, _, err := ids(t, c, rezora.WalkRequest{Limit: 5})
			require.NoError(t, err)
			assert.Len(t, got, len(sim.Rows("contacts", false)))
		})
	}
}

func TestSimulatorAttachments(t *testing.T) {
	big := func(t *testing.T, c *rezora.Client) []record.Attachment {
		var all []record.Attachment
		_, err := c.Walk(context.Background(), rezora.WalkRequest{Kind: record.Attachments}, func(_ context.Context, p rezora.Page) error {
			for _, r := range p.Records {
				var a record.Attachment
				require.NoError(t, r.Decode(&a))
				all = append(all, a)
			}
			return nil
		})
		require.NoError(t, err)
		require.NotEmpty(t, all)
		return all
	}
	for name, tc := range map[string]struct {
		redirect, fault string
		private         bool
		want            error
	}{
		"plain":             {},
		"same host":         {redirect: "same_host"},
		"other host":        {redirect: "other_host", private: true},
		"cut":               {fault: "cut"},
		"no range":          {fault: "no_range"},
		"slow":              {fault: "slow"},
		"expired once":      {fault: "expired_once"},
		"expired, redirect": {fault: "expired_once", redirect: "same_host"},
		"wrong hash":        {fault: "wrong_hash", want: rezora.ErrFileMismatch},
		"wrong size":        {fault: "wrong_size", want: rezora.ErrFileMismatch},
		"missing":           {fault: "missing", want: rezora.ErrFileMissing},
	} {
		t.Run(name, func(t *testing.T) {
			sim, c := simulated(t, func(c *rezoratest.Config) {
				c.Size = "T"
				if tc.redirect != "" {
					c.AttachmentRedirect = tc.redirect
				}
				if tc.fault != "" {
					c.AttachmentFault = map[string]string{"*": tc.fault}
				}
			}, func(o *rezora.Options) { o.Attachments.AllowPrivateHosts = tc.private })
			_ = sim
			for i, a := range big(t, c) {
				if i == 2 || tc.fault == "slow" && a.Size > 64<<10 {
					break
				}
				f, err := os.Create(filepath.Join(t.TempDir(), "part"))
				require.NoError(t, err)
				got, err := c.Attachment(context.Background(), rezora.AttachmentRequest{Attachment: a}, f)
				if tc.want != nil {
					require.ErrorIs(t, err, tc.want)
					continue
				}
				require.NoError(t, err)
				assert.Equal(t, a.Size, got.Size)
				info, err := f.Stat()
				require.NoError(t, err)
				assert.Equal(t, a.Size, info.Size())
				if a.SHA256 != "" {
					assert.Equal(t, a.SHA256, got.SHA256)
				}
				require.NoError(t, f.Close())
			}
		})
	}
	t.Run("private host", func(t *testing.T) {
		_, c := simulated(t, func(c *rezoratest.Config) { c.Size, c.AttachmentRedirect = "T", "other_host" }, nil)
		a := big(t, c)[0]
		f, err := os.Create(filepath.Join(t.TempDir(), "part"))
		require.NoError(t, err)
		_, err = c.Attachment(context.Background(), rezora.AttachmentRequest{Attachment: a}, f)
		require.ErrorContains(t, err, "allow_private_hosts")
		require.NoError(t, f.Close())
	})
}

func ExampleCredential() {
	fmt.Printf("%v %+v %#v\n", rezora.Credential{Level: "agent", AgentID: "7", Username: "u", Password: "secret"},
		rezora.Credential{Level: "company", Password: "secret"}, rezora.Credential{Level: "company", Password: "secret"})
	// Output: agent credential of agent 7 company credential company credential
}
