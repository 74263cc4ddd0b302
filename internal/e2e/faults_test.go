package e2e

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/oracle"
)

func fault(match, kind string, rate float64) nutshelltest.Fault {
	return nutshelltest.Fault{Match: match, Kind: kind, Rate: nutshelltest.Rate(rate)}
}

// TestFaultsOfNutshellLeaveNoTrace moves an account through a host that misbehaves: it ends exactly as without.
func TestFaultsOfNutshellLeaveNoTrace(t *testing.T) {
	t.Parallel()
	late := fault("new*", nutshelltest.LateCommit, 0.05)
	late.DelayMs, late.Times = 3000, 4
	slow := fault("*", nutshelltest.Slow, 0.02)
	slow.DelayMs = 2500
	for name, tune := range map[string]func(*nutshelltest.Config){
		"lost answers": func(c *nutshelltest.Config) {
			c.Faults = []nutshelltest.Fault{
				fault("*", nutshelltest.CloseAfter, 0.03), fault("*", nutshelltest.Error500After, 0.03), fault("*", nutshelltest.Empty200, 0.03),
				fault("*", nutshelltest.Truncated, 0.03),
			}
		},
		"late commits": func(c *nutshelltest.Config) {
			upload := late
			upload.Match, upload.Rate = "rest:POST *", nutshelltest.Rate(0.3)
			c.Faults = []nutshelltest.Fault{late, upload}
		},
		"closed before": func(c *nutshelltest.Config) {
			c.Faults = []nutshelltest.Fault{fault("*", nutshelltest.CloseBefore, 0.05)}
		},
		"gets are limited": func(c *nutshelltest.Config) {
			c.GetRatePerSecond, c.GetBurst, c.FindRatePerSecond, c.FindBurst = 20, 4, 5, 10
		},
		"five percent": func(c *nutshelltest.Config) {
			for _, kind := range []string{nutshelltest.HTTP429, nutshelltest.HTTP500, nutshelltest.HTTP502, nutshelltest.HTTP503, nutshelltest.HTTP504} {
				f := fault("*", kind, 0.05)
				f.Times = 3 // a write in doubt costs a time-out
				c.Faults = append(c.Faults, f)
			}
		},
		"slow": func(c *nutshelltest.Config) { c.Faults = []nutshelltest.Fault{slow} },
		"limiter without a word": func(c *nutshelltest.Config) {
			c.LimiterStatus, c.RetryAfterHeader = 503, false
			c.QuotaPerSecond, c.QuotaBurst, c.FindRatePerSecond, c.FindBurst = 60, 60, 5, 10
		},
		"hidden quota": func(c *nutshelltest.Config) {
			c.QuotaPerSecond, c.QuotaBurst, c.FindRatePerSecond, c.FindBurst = 60, 60, 5, 10
		},
		"files": func(c *nutshelltest.Config) {
			c.Faults = []nutshelltest.Fault{fault("rest:POST *", nutshelltest.CloseAfter, 0.3), fault("rest:*", nutshelltest.HTTP503, 0.1)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := unlimited()
			tune(&c)
			require.NoError(t, c.Validate())
			newStack(t, small(), c).whole(slug(name), "", nil)
		})
	}
}

// TestAccountsDiffer moves an account into Nutshells that differ in what they show and how they answer.
func TestAccountsDiffer(t *testing.T) {
	t.Parallel()
	for name, tune := range map[string]func(*nutshelltest.Config){
		"full shapes": func(c *nutshelltest.Config) {
			c.RecordShape, c.AttributeShape, c.StubShape, c.DateShape = "full", "full", "old", "object"
			c.EmptyMaps, c.LegacyErrorNull, c.Geocode, c.URLScheme, c.UnlabelledFrom = "array", true, true, true, 5
			c.LeadDueDefault, c.NewLeadRev = "30d", 0
		},
		"empty objects": func(c *nutshelltest.Config) {
			c.EmptyMaps, c.ListedNotes, c.RESTAttributes, c.FilterKeys, c.RESTOrder = "object", "stub", "bare", "id", "id"
			c.PHPEscapes, c.ETag, c.TimelineEmails, c.NoteBumpsParent = false, false, true, true
		},
		"empty nulls": func(c *nutshelltest.Config) {
			c.EmptyMaps, c.GetDeleted, c.UnknownKeys, c.DateAuthorInput, c.RESTUndelete = "null", "404", "reject", "reject", "off"
			c.LinkBumpsBoth, c.RESTUnknownFilter, c.FileSHA256 = false, "ignore", true
		},
		"mixed":        func(c *nutshelltest.Config) { c.EmptyMaps, c.ParentNotesMax, c.RESTListFields = "mixed", 3, "off" },
		"shuffled ids": func(c *nutshelltest.Config) { c.IDOrder = "shuffled"; c.Faults = lost },
		"shuffled, no lists": func(c *nutshelltest.Config) {
			c.IDOrder, c.RESTLists, c.ParentNotesMax = "shuffled", "off", 3
			c.Faults = lost
		},
		"lag": func(c *nutshelltest.Config) { c.FindLagSeconds = 1; c.Faults = lost },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := unlimited()
			tune(&c)
			require.NoError(t, c.Validate())
			s := newStack(t, small(), c)
			if name == "lag" {
				s.file("nutshell.yaml", "limits: {call_timeout_s: 2, upload_timeout_s: 5, read_lag_s: 2}\n")
			}
			s.whole(slug(name), "", nil)
		})
	}
}

var lost = []nutshelltest.Fault{fault("new*", nutshelltest.CloseAfter, 0.05), fault("edit*", nutshelltest.CloseAfter, 0.05)}

// TestNobodyGetsWhatHasNoOwner: an account that gives records without owner to the caller is sent an empty one.
func TestNobodyGetsWhatHasNoOwner(t *testing.T) {
	t.Parallel()
	c := unlimited()
	c.OwnerDefault = "caller"
	s := newStack(t, small(), c)
	s.put("tasks", map[string]any{"title": "Nobody's", "contact_id": s.firstID("contacts")})
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"caller","sample_size":20,"delta_window":"0s"}`)
	s.finish("caller")
	s.judge("caller", before, false, func(a *oracle.Account) { a.Policies = oracle.Policies{} })
	s.exactlyOnce()
	s.clean("caller")
}

// TestWhatAnAccountAltersIsReported: text that a server cuts, trims or alters without a word never passes for equal.
func TestWhatAnAccountAltersIsReported(t *testing.T) {
	t.Parallel()
	for name, tune := range map[string]func(*nutshelltest.Config){
		"trims":  func(c *nutshelltest.Config) { c.TrimStrings = true },
		"astral": func(c *nutshelltest.Config) { c.StripAstral = true },
		"cuts":   func(c *nutshelltest.Config) { c.TruncateSilently = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := unlimited()
			tune(&c)
			src := small()
			src.DirtyText = 0.3
			s := newStack(t, src, c)
			note := s.put("notes", map[string]any{"parent_type": "contact", "parent_id": s.firstID("contacts"), "body": "house 🏠 sold   \n\n  "})
			before := s.dest.Snapshot()
			s.work()
			s.start(`{"migration":"` + name + `","sample_size":20,"delta_window":"0s","discrepancy_threshold":1,` + fallback + `}`)
			s.finish(name)
			named := s.reported(name, before)
			assert.True(t, named[oracle.Ref{Object: "notes", ID: note}] || name == "cuts", "the altered note is named")
		})
	}
}

// TestFilesThatAreNotTakenBecomeLinks covers the two ways an account says that it takes no files.
func TestFilesThatAreNotTakenBecomeLinks(t *testing.T) {
	t.Parallel()
	for files, probes := range map[string]string{"off": "true", "405": "false"} {
		t.Run(files, func(t *testing.T) {
			t.Parallel()
			c := unlimited()
			c.NoteFiles = files
			s := newStack(t, small(), c)
			s.whole("links-"+files, `"write_probes":`+probes+`,`, func(a *oracle.Account) { a.FilesOffered = false })
		})
	}
}

func TestFieldsWithoutARouteAreMadeByHand(t *testing.T) {
	t.Parallel()
	c := unlimited()
	c.RESTCustomFields = "off"
	s := newStack(t, small(), c)
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"byhand","sample_size":20,"delta_window":"0s",` + fallback + `}`)
	p := s.untilPark("byhand", "by hand")
	assert.Contains(t, p.Reason, "Rezora_ID__c")
	s.defineByHand("byhand")
	s.resume("byhand")
	s.finish("byhand")
	s.judge("byhand", before, false, nil)
}

// defineByHand makes the custom fields that the pre-migration report lists.
func (s *stack) defineByHand(migration string) {
	s.Helper()
	var pre struct {
		Fields []struct {
			Entity, Name, Type string
			Multiple, Exists   bool
			Choices            []string
		}
	}
	require.NoError(s, json.Unmarshal(s.archived(migration, "pre-migration.json"), &pre))
	for _, f := range pre.Fields {
		if !f.Exists {
			_, err := s.dest.AddCustomField(f.Entity, nutshelltest.FieldDef{Name: f.Name, Type: f.Type, Choices: f.Choices, IsMultiple: f.Multiple})
			require.NoError(s, err, f.Name)
		}
	}
}

// TestFaultsOfRezoraLeaveNoTrace reads a source that misbehaves.
func TestFaultsOfRezoraLeaveNoTrace(t *testing.T) {
	t.Parallel()
	for name, tune := range map[string]func(*rezoratest.Config){
		"transport": func(c *rezoratest.Config) { c.FailEvery, c.CutBody, c.DropConnection, c.HTMLError = 13, 19, 23, 29 },
		"paging": func(c *rezoratest.Config) {
			c.RepeatPage, c.EmptyMiddlePage = 3, true
			c.ExpireCursorOnce = []string{"contacts", "notes", "activities"}
		},
		"forms": func(c *rezoratest.Config) {
			c.NumericIDs, c.OddTimes, c.UnknownFields, c.FutureDates, c.NullTotal, c.NoFields = true, true, true, true, true, true
		},
		"no counts": func(c *rezoratest.Config) { c.NoCount, c.TombstoneBare, c.CollidingEventIDs = true, true, true },
		"files":     func(c *rezoratest.Config) { c.AttachmentRedirect = "same_host" },
		"quota":     func(c *rezoratest.Config) { c.QuotaPerSecond, c.RetryAfterForm = 40, "mixed" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := small()
			tune(&c)
			newStack(t, c, unlimited()).whole(slug(name), "", nil)
		})
	}
}

// TestFilesThatCannotBeHadAreListed: an attachment whose bytes are wrong or gone is named, one that comes badly is asked for again.
func TestFilesThatCannotBeHadAreListed(t *testing.T) {
	t.Parallel()
	for name, kinds := range map[string][]string{
		"wrong bytes": {"wrong_hash", "wrong_size", "missing"}, "bad ways": {"no_range", "cut", "expired_once"}, "slow ways": {"slow"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStack(t, small(), unlimited())
			faults := map[string]string{}
			for i, row := range s.source.Rows("attachments", false) {
				id, _ := row["id"].(string)
				faults[id] = kinds[i%len(kinds)]
			}
			require.NoError(t, s.source.Configure(func(c *rezoratest.Config) { c.AttachmentFault = faults }))
			p := s.whole(slug(name), "", nil)
			if name != "wrong bytes" {
				return
			}
			var rec struct {
				Flagged []struct {
					Object, Reason string
					SourceID       string `json:"source_id"`
				}
			}
			require.NoError(t, json.Unmarshal(s.archived(slug(name), "reconciliation.json"), &rec))
			told, flaggedAttachments := map[string]int{}, int64(0)
			for _, f := range rec.Flagged {
				if f.Object == "attachments" {
					flaggedAttachments++
				}
				if f.Object == "attachments" && strings.Contains(f.Reason, "the bytes cannot be had") {
					told[f.SourceID]++
				}
			}
			require.NotEmpty(t, told)
			for id := range faults {
				assert.LessOrEqual(t, told[id], 1, "%s is listed once, with the true reason", id)
			}
			assert.Equal(t, flaggedAttachments, objectOf(p, "attachments").Flagged, "the progress counts what the report lists")
		})
	}
}

// TestARowThatMovesDuringTheWalkArrives: rows are touched and deleted after every page.
func TestARowThatMovesDuringTheWalkArrives(t *testing.T) {
	t.Parallel()
	c := small()
	c.UpdateMidWalk, c.DeleteMidWalk = 2, 1
	c.NoTombstonesFor = []string{"notes", "leads"}
	s := newStack(t, c, unlimited())
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"walk","sample_size":20,"delta_window":"0s","page_size":50,` + fallback + `}`)
	gate := s.untilGate("walk")
	approved, err := oracle.SourceOf(s.source, false)
	require.NoError(t, err)
	require.NoError(t, s.source.Configure(func(c *rezoratest.Config) { c.UpdateMidWalk, c.DeleteMidWalk = 0, 0 }))
	s.confirm("walk", gate)
	p := s.result("walk", 2*time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	s.judge("walk", before, false, func(a *oracle.Account) { a.Approved = &approved })
	s.clean("walk")
}

func TestAnUnknownStatusOfTheSourceParks(t *testing.T) {
	t.Parallel()
	c := small()
	c.UnknownEnums = true
	s := newStack(t, c, unlimited())
	s.work()
	s.start(`{"migration":"enums","sample_size":20,"delta_window":"0s",` + fallback + `}`)
	p := s.untilPark("enums", "status")
	assert.Equal(t, api.PhaseOwners, p.Phase)
}
