package nutshell_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/limit"
)

// sim starts a simulator and a client of it; both may be changed before.
func sim(t *testing.T, configure func(*nutshelltest.Config), change func(*nutshell.Options)) (*nutshelltest.Server, *nutshell.Client) {
	t.Helper()
	cfg := nutshelltest.DefaultConfig()
	cfg.FindRatePerSecond = 0
	if configure != nil {
		configure(&cfg)
	}
	s := nutshelltest.NewServer(cfg)
	t.Cleanup(s.Close)
	o := nutshell.Options{BaseURL: s.URL, Username: nutshelltest.SeedUser, APIKey: nutshelltest.SeedKey,
		Timeout: 5 * time.Second, RetryWait: time.Millisecond, MaxRetryAfter: 20 * time.Millisecond}
	if change != nil {
		change(&o)
	}
	c, err := nutshell.New(o)
	require.NoError(t, err)
	return s, c
}

// Every shape that the contract's switches give, through one life of a record.
func TestARecordsLifeInEveryShape(t *testing.T) {
	for name, configure := range map[string]func(*nutshelltest.Config){
		"default": nil,
		"legacy":  func(c *nutshelltest.Config) { c.LegacyErrorNull, c.PHPEscapes = true, false },
		"full": func(c *nutshelltest.Config) {
			c.RecordShape, c.StubShape, c.ListedNotes, c.AttributeShape = "full", "old", "stub", "full"
		},
		"arrays":  func(c *nutshelltest.Config) { c.EmptyMaps, c.UnlabelledFrom, c.DateShape = "array", 7, "object" },
		"nulls":   func(c *nutshelltest.Config) { c.EmptyMaps, c.GetDeleted = "null", "404" },
		"mixed":   func(c *nutshelltest.Config) { c.EmptyMaps, c.TimelineEmails, c.RESTAttributes = "mixed", true, "bare" },
		"objects": func(c *nutshelltest.Config) { c.EmptyMaps, c.FilterKeys, c.IDOrder = "object", "id", "shuffled" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := sim(t, configure, nil)
			ctx := t.Context()

			require.NoError(t, c.CreateCustomField(ctx, nutshell.Contacts, nutshell.FieldDef{Name: "Legacy ID", Type: nutshell.FieldText}))
			require.NoError(t, c.CreateCustomField(ctx, nutshell.Contacts, nutshell.FieldDef{Name: "Born", Type: nutshell.FieldDate}))
			require.NoError(t, c.CreateCustomField(ctx, nutshell.Contacts, nutshell.FieldDef{Name: "Lists", Type: nutshell.FieldSelect, Multiple: true, Choices: []string{"A", "B"}}))
			assert.True(t, nutshell.IsExists(c.CreateCustomField(ctx, nutshell.Contacts, nutshell.FieldDef{Name: "born", Type: nutshell.FieldDate})))
			fields, err := c.CustomFields(ctx)
			require.NoError(t, err)
			require.Len(t, fields[nutshell.Contacts], 3)
			byName := map[string]nutshell.FieldDef{}
			for _, d := range fields[nutshell.Contacts] {
				byName[d.Name] = d
			}
			assert.Equal(t, nutshell.FieldDate, byName["Born"].Type)
			assert.True(t, byName["Lists"].Multiple)
			assert.ElementsMatch(t, []string{"A", "B"}, byName["Lists"].Choices)
			attributes, err := c.FieldAttributes(ctx, nutshell.Contacts)
			require.NoError(t, err)
			assert.Len(t, attributes, 3)

			require.NoError(t, c.CreateTag(ctx, nutshell.Contacts, "Imported"))
			tags, err := c.Tags(ctx)
			require.NoError(t, err)
			assert.Equal(t, []string{"Imported"}, tags[nutshell.Contacts])

			e, err := c.Create(ctx, nutshell.Contacts, map[string]any{
				"name": map[string]any{"givenName": "Ines", "familyName": "Okafor"}, "email": map[string]any{"0": "ines@example.com"},
				"tags": []string{"Imported"}, "customFields": map[string]any{"Legacy ID": "p-991", "Born": "2024-03-01"},
			})
			require.NoError(t, err)
			require.NotEmpty(t, e.Rev)
			got, err := c.Get(ctx, nutshell.Contacts, e.ID)
			require.NoError(t, err)
			assert.Equal(t, e.Rev, got.Rev)
			assert.False(t, got.Stub)

			keys, err := c.FilterKeys(ctx, nutshell.Contacts)
			require.NoError(t, err)
			key, filterable := keys.Key("Legacy ID")
			require.True(t, filterable)
			hits, err := c.RestFilter(ctx, nutshell.Contacts, key, "p-991", 0)
			require.NoError(t, err)
			assert.Equal(t, []int64{e.ID}, hits)
			hits, err = c.RestFilter(ctx, nutshell.Contacts, key, "p-992", 0)
			require.NoError(t, err)
			assert.Empty(t, hits)

			edited, err := c.Edit(ctx, nutshell.Contacts, e.ID, got.Rev, map[string]any{"description": "Moved"})
			require.NoError(t, err)
			assert.NotEqual(t, got.Rev, edited.Rev)
			_, err = c.Edit(ctx, nutshell.Contacts, e.ID, got.Rev, map[string]any{"description": "Again"})
			assert.True(t, nutshell.IsStale(err))

			note, err := c.NewNote(ctx, nutshell.Contacts, e.ID, "Called", "")
			require.NoError(t, err)
			note, err = c.EditNote(ctx, note.ID, note.Rev, "Called twice", "")
			require.NoError(t, err)
			items, more, err := c.Timeline(ctx, nutshell.Contacts, e.ID, 1, false)
			require.NoError(t, err)
			assert.False(t, more)
			require.Len(t, items, 1)
			assert.Equal(t, "Called twice", nutshell.Text(items[0].Raw["note"]))

			content := bytes.Repeat([]byte{0, 1, 2, 250}, 1000)
			file, err := c.Upload(ctx, note.ID, "deed ü.pdf", "application/pdf", bytes.NewReader(content), int64(len(content)))
			require.NoError(t, err)
			files, err := c.NoteFiles(ctx, note.ID)
			require.NoError(t, err)
			require.Equal(t, []nutshell.File{file}, files)
			assert.Equal(t, "deed ü.pdf", file.Name)
			assert.EqualValues(t, len(content), file.Size)
			sum := sha256.New()
			require.NoError(t, c.Download(ctx, file.ID, file.Size, sum))
			want := sha256.Sum256(content)
			assert.Equal(t, want[:], sum.Sum(nil))

			require.NoError(t, c.Delete(ctx, nutshell.Contacts, e.ID, edited.Rev))
			gone, err := c.Get(ctx, nutshell.Contacts, e.ID)
			assert.True(t, nutshell.IsNotFound(err) || gone.Deleted)
			live, err := c.MultiGet(ctx, nutshell.Contacts, []int64{e.ID})
			require.NoError(t, err)
			assert.Empty(t, live)
			assert.True(t, nutshell.IsNotFound(c.Delete(ctx, nutshell.Contacts, e.ID, edited.Rev)))
			require.NoError(t, c.Undelete(ctx, nutshell.Contacts, e.ID))
			live, err = c.MultiGet(ctx, nutshell.Contacts, []int64{e.ID})
			require.NoError(t, err)
			assert.Equal(t, []int64{e.ID}, live)
		})
	}
}

func TestTheAccountAsItIs(t *testing.T) {
	s, c := sim(t, func(cfg *nutshelltest.Config) {
		cfg.APIKeys = []nutshelltest.APIKey{{Key: nutshelltest.SeedKey, UserID: 1, Impersonation: true}}
	}, nil)
	ctx := t.Context()
	account, err := c.Instance(ctx)
	require.NoError(t, err)
	assert.NotEmpty(t, account.ID)
	me, err := c.Me(ctx, "")
	require.NoError(t, err)
	assert.Equal(t, "Bo Lind", me.Name)
	ann, err := c.Me(ctx, "ANN@example.com")
	require.NoError(t, err)
	assert.Equal(t, "Ann Rey", ann.Name)
	_, err = c.Me(ctx, "cy@example.com")
	assert.True(t, nutshell.IsUnauthorized(err), "a disabled user")
	users, err := c.Users(ctx)
	require.NoError(t, err)
	require.Len(t, users, 3)
	assert.False(t, users[2].Enabled)
	stages, err := c.Milestones(ctx)
	require.NoError(t, err)
	require.Len(t, stages, 3)
	assert.Equal(t, nutshell.Stage{ID: 1, Name: "Qualify", Position: 1, PipelineID: 1}, stages[0])
	pipelines, err := c.Stagesets(ctx)
	require.NoError(t, err)
	require.Len(t, pipelines, 1)
	assert.True(t, pipelines[0].Default)
	outcomes, err := c.Outcomes(ctx)
	require.NoError(t, err)
	assert.ElementsMatch(t, []nutshell.LeadOutcome{{1, "Won", 10}, {2, "Lost", 11}, {3, "Cancelled", 12}}, outcomes)
	types, err := c.ActivityTypes(ctx)
	require.NoError(t, err)
	assert.Equal(t, []nutshell.Ref{{1, "Call"}, {2, "Meeting"}}, types)
	teams, err := c.Teams(ctx)
	require.NoError(t, err)
	assert.Len(t, teams, 1)
	_, err = c.UpdateTimes(ctx)
	require.NoError(t, err)
	s.RemoveAPIKey(nutshelltest.SeedKey)
	_, err = c.UpdateTimes(ctx)
	assert.True(t, nutshell.IsUnauthorized(err))
}

// Under every fault of the contract: nothing doubled, nothing done that was
// reported as not done, and nothing reported as done that is not there.
func TestCreatesUnderFaults(t *testing.T) {
	for _, kind := range []string{"http429", "http500", "http502", "http503", "http504", "closeBefore", "closeAfter", "error500After", "empty200", "truncated"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s, c := sim(t, nil, nil)
			s.SetFaults(nutshelltest.Fault{Match: "new*", Kind: kind, Rate: nutshelltest.Rate(0.3)})
			var done, doubt, definite atomic.Int64
			var wg sync.WaitGroup
			for i := range 60 {
				wg.Go(func() {
					_, err := c.Create(t.Context(), nutshell.Accounts, map[string]any{"name": fmt.Sprintf("acme-%d", i)})
					switch {
					case err == nil:
						done.Add(1)
					case nutshell.IsInDoubt(err):
						doubt.Add(1)
					default:
						definite.Add(1)
					}
				})
			}
			wg.Wait()
			s.SetFaults()
			names := map[string]int{}
			stored := int64(0)
			for page := 1; ; page++ {
				list, err := c.Find(t.Context(), nutshell.Accounts, nutshell.Query{Page: page})
				require.NoError(t, err)
				for _, e := range list {
					names[nutshell.Text(e.Raw["name"])]++
					stored++
				}
				if len(list) < 100 {
					break
				}
			}
			for name, n := range names {
				assert.Equal(t, 1, n, name)
			}
			assert.GreaterOrEqual(t, stored, done.Load())
			assert.LessOrEqual(t, stored, done.Load()+doubt.Load())
			assert.EqualValues(t, 60, done.Load()+doubt.Load()+definite.Load())
			if kind == "http429" {
				assert.EqualValues(t, 60, done.Load(), "a refused call is not lost")
			} else {
				assert.Positive(t, doubt.Load())
			}
		})
	}
}

func TestReadsUnderFaults(t *testing.T) {
	s, c := sim(t, nil, func(o *nutshell.Options) { o.Retries = 12 })
	e, err := c.Create(t.Context(), nutshell.Accounts, map[string]any{"name": "Tern Homes"})
	require.NoError(t, err)
	for _, kind := range []string{"http429", "http500", "http503", "closeBefore", "closeAfter", "error500After", "empty200", "truncated"} {
		s.SetFaults(nutshelltest.Fault{Match: "*", Kind: kind, Rate: nutshelltest.Rate(0.4)})
		for range 10 {
			got, err := c.Get(t.Context(), nutshell.Accounts, e.ID)
			require.NoError(t, err, kind)
			assert.Equal(t, e.ID, got.ID)
			_, err = c.MultiGet(t.Context(), nutshell.Accounts, []int64{e.ID})
			require.NoError(t, err, kind)
		}
	}
}

// The whole stack in real time: a hidden quota is learnt, and used.
func TestAHiddenQuotaIsUsed(t *testing.T) {
	const quota = 60
	l, err := limit.New(limit.Options{Backend: limit.NewMemory()})
	require.NoError(t, err)
	s, c := sim(t, func(cfg *nutshelltest.Config) { cfg.QuotaPerSecond = quota },
		func(o *nutshell.Options) { o.Limiter, o.MaxRetryAfter = l, time.Minute })
	var done atomic.Int64
	var wg sync.WaitGroup
	end := time.Now().Add(9 * time.Second)
	var from time.Time
	var before int64
	for range 4 {
		wg.Go(func() {
			for time.Now().Before(end) {
				_, err := c.Create(t.Context(), nutshell.Accounts, map[string]any{"name": "x"})
				if assert.NoError(t, err) {
					done.Add(1)
				}
			}
		})
	}
	time.AfterFunc(4*time.Second, func() { from, before = time.Now(), done.Load() })
	wg.Wait()
	share := float64(done.Load()-before) / time.Since(from).Seconds() / quota
	refused := s.Stats().Quota.Refused
	t.Logf("share %.3f, refused %d of %d", share, refused, done.Load())
	assert.GreaterOrEqual(t, share, 0.85)
	assert.LessOrEqual(t, refused, int64(20))
}

func TestWithoutLimitTheStackIsFast(t *testing.T) {
	l, err := limit.New(limit.Options{Backend: limit.NewMemory(), Start: 1000})
	require.NoError(t, err)
	_, c := sim(t, nil, func(o *nutshell.Options) { o.Limiter = l })
	start := time.Now()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 500 {
				_, err := c.Create(t.Context(), nutshell.Accounts, map[string]any{"name": "x"})
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	t.Logf("%.0f creates a second", 2000/time.Since(start).Seconds())
}
