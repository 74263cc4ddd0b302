package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/oracle"
)

// TestAMedleyOfAccounts moves accounts that are odd in many ways at once, into accounts that hold records already, while the source changes
// and people edit in Nutshell; then it takes everything back. MEDLEY=n tries n seeds, SEED=s one.
func TestAMedleyOfAccounts(t *testing.T) {
	t.Parallel()
	first, n := uint64(1), 3
	if text := os.Getenv("MEDLEY"); text != "" {
		var err error
		n, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	if text := os.Getenv("SEED"); text != "" {
		var err error
		first, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	for i := range uint64(n) {
		seed := first + i
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			medley(t, seed)
		})
	}
}

type medleyRun struct {
	*stack
	rng   *rand.Rand
	edits []oracle.Edit
}

func medley(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 7))
	pick := func(words ...string) string { return words[rng.IntN(len(words))] }
	source := small()
	source.Seed = seed
	source.DirtyText, source.OddCustomProperties, source.DanglingRefs = rng.Float64()/3, rng.Float64()/3, rng.Float64()/6
	source.DuplicateInAgent, source.CompanyCycle = rng.Float64()/5, rng.IntN(2) == 0
	dest := unlimited()
	dest.Seed = int64(seed)
	dest.EmptyMaps, dest.RecordShape = pick("absent", "array", "object", "null", "mixed"), pick("recorded", "full")
	dest.ListedNotes, dest.AttributeShape = pick("recorded", "stub"), pick("recorded", "full")
	dest.DateShape, dest.IDOrder = pick("text", "object"), pick("growing", "growing", "shuffled")
	dest.LegacyErrorNull, dest.LinkBumpsBoth, dest.NoteBumpsParent = rng.IntN(2) == 0, rng.IntN(3) > 0, rng.IntN(2) == 0
	dest.GetDeleted, dest.StubShape = pick("record", "404"), pick("new", "old")
	dest.RESTAttributes, dest.FilterKeys, dest.RESTOrder = pick("wrapped", "bare"), pick("name", "id"), pick("name", "id")
	dest.TimelineEmails, dest.URLScheme, dest.Geocode = rng.IntN(2) == 0, rng.IntN(2) == 0, rng.IntN(2) == 0
	policy := pick("merge", "merge", "skip", "create")
	name := fmt.Sprint("medley-", seed)
	t.Logf("SEED=%d existing=%s", seed, policy)

	m := &medleyRun{stack: newStack(t, source, dest), rng: rng}
	m.crowd()
	before := m.dest.Snapshot()
	approved, err := oracle.SourceOf(m.source, false)
	require.NoError(t, err)
	m.work()
	m.start(`{"migration":"` + name + `","existing":"` + policy + `","sample_size":15,"delta_window":"5s","delta_interval":"1s",` + fallback + `}`)
	m.confirm(name, m.untilGate(name))
	m.until(name, "the delta window", 2*time.Minute, func(p api.Progress) bool { return p.Phase == api.PhaseDelta })
	if policy == "skip" { // who a skipped record is, the account does not tell
		m.people()
	} else {
		m.source.Churn(6)
		m.people()
		m.source.Churn(6)
	}
	p := m.result(name, 3*time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	m.judge(name, before, false, func(a *oracle.Account) {
		a.Approved, a.Policies.Existing, a.Edits = &approved, policy, m.edits
	})
	back := m.rollback(name)
	require.Equal(t, api.StatusRolledBack, back.Status, back.Reason)
	assert.Empty(t, oracle.Lines(oracle.Untouched(before, m.dest.Snapshot(), m.edits), 20), "after the rollback")
}

// crowd fills the account with records that the source knows too, and with others.
func (m *medleyRun) crowd() {
	chance := func(p float64) bool { return m.rng.Float64() < p }
	var firms []int64
	for _, row := range m.source.Rows("companies", false) {
		name, _ := row["name"].(string)
		domain, _ := row["domain"].(string)
		switch {
		case chance(0.2) && domain != "":
			id, err := m.dest.CreateAccount(map[string]any{"name": "Held as something else", "url": map[string]any{"0": "http://www." + domain + "/about"}, "phone": "+13035550100"})
			require.NoError(m, err)
			firms = append(firms, id)
		case chance(0.2) && strings.TrimSpace(name) != "" && len([]rune(name)) < 200:
			id, err := m.dest.CreateAccount(map[string]any{"name": "  " + strings.ToUpper(name)})
			require.NoError(m, err)
			firms = append(firms, id)
		}
	}
	for _, row := range m.source.Rows("contacts", false) {
		email, _ := row["email"].(string)
		if email = strings.TrimSpace(email); email == "" || !chance(0.25) || strings.Count(email, "@") != 1 || strings.ContainsAny(email, " \t\n") {
			continue
		}
		person := map[string]any{"name": "Held Already", "email": map[string]any{"0": strings.ToUpper(email)}}
		if chance(0.4) {
			person["email"] = map[string]any{"0": fmt.Sprintf("x%d@example.org", m.rng.IntN(1e6)), "work": email}
		}
		if chance(0.4) {
			person["phone"] = map[string]any{"work": "+13035550177"}
		}
		if chance(0.3) {
			person["description"] = "ours since 2019"
		}
		if chance(0.3) && len(firms) > 0 {
			person["accounts"] = []any{map[string]any{"id": firms[m.rng.IntN(len(firms))], "relationship": "Friend"}}
		}
		for range 1 + m.rng.IntN(5)/4 {
			id, err := m.dest.CreateContact(person)
			require.NoError(m, err)
			if chance(0.3) {
				_, err := m.dest.AddNote("Contacts", id, "known for years")
				require.NoError(m, err)
			}
		}
	}
	_, err := m.dest.CreateContact(map[string]any{"name": "Nobody Else"})
	require.NoError(m, err)
}

// people edit records of ours and their own.
func (m *medleyRun) people() {
	snap := m.dest.Snapshot()
	live := func(list []nutshelltest.Record) []nutshelltest.Record {
		var out []nutshelltest.Record
		for _, r := range list {
			if r.Live() {
				out = append(out, r)
			}
		}
		return out
	}
	edit := func(entity string, id int64, field string, err error) {
		require.NoError(m, err)
		m.edits = append(m.edits, oracle.Edit{Type: entity, ID: id, Field: field})
	}
	for _, r := range live(snap.Contacts) {
		switch m.rng.IntN(12) {
		case 0:
			edit("Contacts", r.ID, "description", m.dest.EditContact(r.ID, map[string]any{"description": "met at the fair"}))
		case 1:
			edit("Contacts", r.ID, "phone", m.dest.EditContact(r.ID, map[string]any{"phone": map[string]any{"mobile": "+13035550111", "work": "+13035550112", "--primary": "+13035550112"}}))
		case 2:
			id, err := m.dest.AddNote("Contacts", r.ID, "left a message")
			edit("Notes", id, "", err)
		}
	}
	for _, r := range live(snap.Accounts) {
		if m.rng.IntN(8) == 0 {
			edit("Accounts", r.ID, "description", m.dest.EditAccount(r.ID, map[string]any{"description": "visited"}))
		}
	}
}
