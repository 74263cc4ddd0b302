package account_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/step"
)

type config = nutshelltest.Config

// Each switch of the account gives the outcome that the contract's probe table asks for, and never leaves a record.
func TestOutcomes(t *testing.T) {
	for name, x := range map[string]struct {
		configure func(*config)
		change    func(*account.Prober)
		check     func(*testing.T, account.Probes)
	}{
		"shuffled ids": {func(c *config) { c.IDOrder = "shuffled" }, nil, func(t *testing.T, p account.Probes) {
			assert.False(t, p.IDsGrow())
			assert.Contains(t, texts(p)["P9"], "higher ids")
		}},
		"no REST lists": {func(c *config) { c.RESTLists = "off" }, nil, func(t *testing.T, p account.Probes) {
			assert.False(t, p.FiltersProved())
			assert.Contains(t, texts(p)["P10"], "refuses the filter")
		}},
		"no list of filter keys": {func(c *config) { c.RESTListFields = "off" }, nil, func(t *testing.T, p account.Probes) {
			assert.True(t, p.FiltersProved())
		}},
		"filter keys are ids": {func(c *config) { c.FilterKeys = "id" }, nil, func(t *testing.T, p account.Probes) {
			assert.True(t, p.FiltersProved())
		}},
		"unknown filters are ignored": {func(c *config) { c.RESTListFields, c.FilterKeys, c.RESTUnknownFilter = "off", "id", "ignore" }, nil, func(t *testing.T, p account.Probes) {
			assert.False(t, p.FiltersProved())
			assert.Contains(t, texts(p)["P10"], "to a value that one has")
		}},
		"files off": {func(c *config) { c.NoteFiles = "off" }, nil, func(t *testing.T, p account.Probes) {
			assert.False(t, p.FilesOffered())
			assert.Contains(t, texts(p)["P17"], "takes no files")
		}},
		"files 405": {func(c *config) { c.NoteFiles = "405" }, nil, func(t *testing.T, p account.Probes) { assert.False(t, p.FilesOffered()) }},
		"small files only": {func(c *config) { c.FileSizeLimit = 100 }, nil, func(t *testing.T, p account.Probes) {
			assert.False(t, p.FilesOffered())
			assert.Contains(t, texts(p)["P17"], "refused")
		}},
		"closing time ignored": {func(c *config) { c.IgnoreClosedTime = true }, nil, func(t *testing.T, p account.Probes) {
			assert.True(t, p.ClosesNow)
			assert.False(t, p.CompletesNow)
			assert.Contains(t, texts(p)["P15"], "closing time is not kept")
		}},
		"completion time ignored": {func(c *config) { c.IgnoreCompletedTime = true }, nil, func(t *testing.T, p account.Probes) {
			assert.True(t, p.CompletesNow)
			assert.False(t, p.ClosesNow)
			assert.Contains(t, texts(p)["P15"], "completion time of a task is not kept")
		}},
		"caller is the owner": {func(c *config) { c.OwnerDefault = "caller" }, nil, func(t *testing.T, p account.Probes) {
			assert.True(t, p.OwnerDefault && p.OwnerEmpty)
			assert.NotContains(t, texts(p)["P18"], "not taken")
			assert.Contains(t, texts(p)["P18"], "owner")
			assert.Contains(t, texts(p)["P18"], "assignee")
		}},
		"long texts are cut": {func(c *config) { c.TruncateSilently = true }, func(p *account.Prober) { p.NoteChars = 100_000 }, func(t *testing.T, p account.Probes) {
			assert.Equal(t, 65536, p.NoteChars)
			assert.Equal(t, 65536, p.NoteLimit(100_000))
		}},
		"long texts are refused": {nil, func(p *account.Prober) { p.NoteChars = 80_000 }, func(t *testing.T, p account.Probes) {
			assert.Equal(t, 65536, p.NoteChars)
			assert.Contains(t, texts(p)["P13"], "80000")
		}},
		"white space is trimmed": {func(c *config) { c.TrimStrings = true }, nil, func(t *testing.T, p account.Probes) {
			assert.Contains(t, texts(p)["P14"], "white space")
			assert.Zero(t, p.NoteChars)
		}},
		"no characters above U+FFFF": {func(c *config) { c.StripAstral = true }, nil, func(t *testing.T, p account.Probes) {
			assert.Contains(t, texts(p)["P13"], "U+FFFF")
			assert.Zero(t, p.NoteChars)
		}},
		"deleted records are 404": {func(c *config) { c.GetDeleted = "404" }, nil, func(t *testing.T, p account.Probes) {
			assert.True(t, p.Undelete)
			assert.Empty(t, p.Findings)
		}},
		"no undelete": {func(c *config) { c.RESTUndelete = "off" }, nil, func(t *testing.T, p account.Probes) {
			assert.False(t, p.Undelete)
			assert.Contains(t, texts(p)["P19"], "final")
		}},
		"find lags": {func(c *config) { c.FindLagSeconds = 1.2 }, nil, func(t *testing.T, p account.Probes) {
			assert.Equal(t, 2, p.LagSeconds)
			assert.True(t, p.Filter)
			assert.Contains(t, texts(p)["P9"], "2 s")
		}},
		"notes listed short": {func(c *config) { c.ParentNotesMax, c.TimelineEmails = 1, true }, nil, noFindings},
		"full shapes": {func(c *config) {
			c.RecordShape, c.StubShape, c.ListedNotes, c.AttributeShape, c.LegacyErrorNull = "full", "old", "stub", "full", true
		}, nil, noFindings},
		"other shapes": {func(c *config) {
			c.EmptyMaps, c.UnlabelledFrom, c.DateShape, c.URLScheme, c.Geocode = "mixed", 7, "object", true, true
		}, nil, noFindings},
		"unknown keys are refused": {func(c *config) { c.UnknownKeys = "reject" }, nil, noFindings},
		"given dates are refused": {func(c *config) { c.DateAuthorInput = "reject" }, nil, func(t *testing.T, p account.Probes) {
			assert.Contains(t, texts(p)["P16"], "refused")
		}},
		"any text is an address":      {func(c *config) { c.EmailValidation = false }, nil, noFindings},
		"links move one rev only":     {func(c *config) { c.LinkBumpsBoth = false }, nil, func(t *testing.T, p account.Probes) { assert.Contains(t, texts(p)["P12"], "does not move") }},
		"notes move the parent's rev": {func(c *config) { c.NoteBumpsParent, c.NewLeadRev = true, 0 }, nil, noFindings},
		"refusals come as 503":        {func(c *config) { c.LimiterStatus, c.FindRatePerSecond, c.FindBurst = 503, 50, 1 }, nil, noFindings},
		"calls are limited":           {func(c *config) { c.QuotaPerSecond, c.QuotaBurst, c.RetryAfterHeader = 200, 1, false }, nil, noFindings},
		"no more open leads":          {func(c *config) { c.OpenLeadLimit = 1 }, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{configure: x.configure, before: func(t *testing.T, s *nutshelltest.Server) {
				everyField(t, s)
				_, err := s.CreateLead(nil)
				require.NoError(t, err)
			}})
			if x.change != nil {
				x.change(w.Prober)
			}
			out, err := w.Probe(t.Context())
			require.NoError(t, err)
			if x.check == nil {
				assert.Contains(t, texts(out)["P15"], "could not be found out")
				assert.False(t, out.ClosesNow)
			} else {
				x.check(t, out)
			}
			w.clean(t)
			if name != "refusals come as 503" && name != "calls are limited" && name != "find lags" {
				assert.Less(t, w.s.Stats().Calls(), int64(75))
			}
		})
	}
}

func noFindings(t *testing.T, p account.Probes) {
	t.Helper()
	assert.Empty(t, p.Findings)
	assert.True(t, p.Files && !p.ClosesNow && !p.CompletesNow && p.Undelete && p.Filter && p.IDsGrow(), "%+v", p)
}

// A key without the right to write, and a full plan, park the run with the cure.
func TestStops(t *testing.T) {
	for name, x := range map[string]struct {
		configure func(*config)
		code      string
	}{
		"read-only key": {func(c *config) {
			c.APIKeys = []nutshelltest.APIKey{{Key: nutshelltest.SeedKey, UserID: 1, ReadOnly: true}}
		}, "probe_forbidden"},
		"no more contacts":   {func(c *config) { c.ContactLimit = 2 }, "probe_forbidden"},
		"find hides records": {func(c *config) { c.FindLagSeconds = 3600 }, "probe_9"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{configure: x.configure})
			w.LagMost = 50_000_000
			_, err := w.Probe(t.Context())
			var parked *step.Parked
			require.True(t, errors.As(err, &parked), "%v", err)
			assert.Equal(t, x.code, parked.Park.Code)
			assert.Contains(t, parked.Park.Reason, "then resume")
			w.clean(t)
		})
	}
}

func TestTheFilterOfOurKey(t *testing.T) {
	key := func(t *testing.T, s *nutshelltest.Server) {
		for _, typ := range []string{"Accounts", "Contacts", "Leads"} {
			_, err := s.AddCustomField(typ, nutshelltest.FieldDef{Name: "Rezora_ID__c", Type: "text"})
			require.NoError(t, err)
		}
	}
	w := newWorld(t, setup{before: key})
	out, err := w.ProbeFilter(t.Context(), account.Probes{Ran: true, ClosesNow: true})
	require.NoError(t, err)
	assert.True(t, out.Filter && out.ClosesNow)
	assert.Empty(t, out.Findings)
	w.clean(t)

	w = newWorld(t, setup{before: key, configure: func(c *config) { c.RESTLists = "off" }})
	out, err = w.ProbeFilter(t.Context(), account.Probes{Ran: true, Filter: true})
	require.NoError(t, err)
	assert.False(t, out.Filter)
	w.clean(t)

	w = newWorld(t, setup{}) // the field was left out of the map
	out, err = w.ProbeFilter(t.Context(), account.Probes{Ran: true, Filter: true})
	require.NoError(t, err)
	assert.False(t, out.Filter)
	w.clean(t)
}
