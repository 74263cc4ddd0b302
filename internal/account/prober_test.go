package account_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/ledger"
)

// world is a ledger, a simulator and a prober between them.
type world struct {
	*account.Prober
	s *nutshelltest.Server
}

type setup struct {
	configure func(*nutshelltest.Config)
	before    func(*testing.T, *nutshelltest.Server)
	options   func(*nutshell.Options)
}

func newWorld(t *testing.T, x setup) *world {
	t.Helper()
	cfg := nutshelltest.DefaultConfig()
	cfg.FindRatePerSecond = 0
	if x.configure != nil {
		x.configure(&cfg)
	}
	s := nutshelltest.NewServer(cfg)
	t.Cleanup(s.Close)
	if x.before != nil {
		x.before(t, s)
	}
	l, err := ledger.Open(t.Context(), ledger.Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "ledger.db")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	run, err := l.Begin(t.Context(), ledger.BeginRequest{Name: "acme", WorkflowID: "migration/acme", FirstRunID: "1", NutshellAccount: "501", RezoraAccount: "r"})
	require.NoError(t, err)
	w := &world{s: s, Prober: &account.Prober{Run: run, Timeout: unit, Margin: unit / 3, Poll: 5 * time.Millisecond, LagMost: 20 * unit}}
	w.Client = w.client(t, x.options)
	w.Facts, err = account.Read(t.Context(), w.Client)
	require.NoError(t, err)
	w.Marks = map[nutshell.EntityType]int64{}
	for typ, list := range map[nutshell.EntityType][]nutshelltest.Record{nutshell.Accounts: s.Snapshot().Accounts, nutshell.Contacts: s.Snapshot().Contacts, nutshell.Leads: s.Snapshot().Leads} {
		for _, r := range list {
			w.Marks[typ] = max(w.Marks[typ], r.ID)
		}
	}
	s.ResetStats()
	return w
}

func (w *world) client(t *testing.T, change func(*nutshell.Options)) *nutshell.Client {
	t.Helper()
	o := nutshell.Options{BaseURL: w.s.URL, Username: nutshelltest.SeedUser, APIKey: nutshelltest.SeedKey,
		Timeout: unit, RetryWait: time.Millisecond, MaxRetryAfter: 5 * time.Millisecond}
	if change != nil {
		change(&o)
	}
	c, err := nutshell.New(o)
	require.NoError(t, err)
	return c
}

// left are the live records that carry the mark of a probe, and the files.
func (w *world) left() []string {
	var out []string
	snap := w.s.Snapshot()
	for typ, list := range map[string][]nutshelltest.Record{"contact": snap.Contacts, "account": snap.Accounts, "lead": snap.Leads, "note": snap.Notes, "task": snap.Tasks} {
		for _, r := range list {
			if !r.Live() {
				continue
			}
			for _, v := range r.Fields {
				if strings.Contains(v, "Migration probe") {
					out = append(out, typ)
					break
				}
			}
		}
	}
	for range snap.Files {
		out = append(out, "file")
	}
	return out
}

// clean asserts that nothing is left in Nutshell and nothing is open in the journal.
func (w *world) clean(t *testing.T) {
	t.Helper()
	require.Empty(t, w.left(), "probe records left behind")
	for _, r := range w.rows(t) {
		switch r.State {
		case ledger.Reverted, ledger.Kept, ledger.Quarantined, ledger.Skipped:
		default:
			require.Failf(t, "open row", "%s %s is %s", r.EffectKey, r.Verb, r.State)
		}
		if r.Verb == ledger.Delete && r.State == ledger.Kept {
			require.NotEmpty(t, r.PreImage, "%s", r.EffectKey)
			require.NotEmpty(t, r.Rev, "%s", r.EffectKey)
		}
	}
}

func (w *world) rows(t *testing.T) []ledger.Effect {
	t.Helper()
	var rows []ledger.Effect
	require.NoError(t, w.Run.EachEffect(context.Background(), ledger.EffectFilter{Object: account.ObjectProbes}, func(e ledger.Effect) error {
		rows = append(rows, e)
		return nil
	}))
	return rows
}

func texts(p account.Probes) map[string]string {
	out := map[string]string{}
	for _, f := range p.Findings {
		out[f.Probe] += f.Text + "\n"
	}
	return out
}

func TestAnAccountAsTheContractHasIt(t *testing.T) {
	w := newWorld(t, setup{before: everyField})
	out, err := w.Probe(t.Context())
	require.NoError(t, err)
	assert.True(t, out.Ran && out.Files && !out.ClosesNow && out.Undelete && out.Filter, "%+v", out)
	assert.False(t, out.IDsUnordered || out.OwnerDefault)
	assert.Zero(t, out.NoteChars)
	assert.Empty(t, out.Altered)
	assert.Empty(t, out.Findings)
	w.clean(t)
	assert.Less(t, w.s.Stats().Calls(), int64(60))
	t.Log("calls", w.s.Stats().Calls())
	n := len(w.s.Snapshot().CustomFields["Contacts"])
	assert.Equal(t, 9, n, "no field is defined by the probes")
}

// everyField gives contacts a field of every type.
func everyField(t *testing.T, s *nutshelltest.Server) {
	t.Helper()
	for _, typ := range nutshelltest.AllFieldTypes {
		def := nutshelltest.FieldDef{Name: "Probe " + typ, Type: typ}
		if typ == "select" {
			def.Choices = []string{"A", "B"}
		}
		_, err := s.AddCustomField("Contacts", def)
		require.NoError(t, err)
	}
	_, err := s.AddCustomField("Contacts", nutshelltest.FieldDef{Name: "Probe lists", Type: "select", Choices: []string{"A", "B"}, IsMultiple: true})
	require.NoError(t, err)
}
