package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
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
	held  map[int64]bool // people of the account before
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
	policy, deletes := pick("merge", "merge", "skip", "create"), pick("flag", "delete")
	name := fmt.Sprint("medley-", seed)
	t.Logf("SEED=%d existing=%s source_deletes=%s", seed, policy, deletes)

	m := &medleyRun{stack: newStack(t, source, dest), rng: rng, held: map[int64]bool{}}
	m.crowd()
	before := m.dest.Snapshot()
	for _, r := range before.Contacts {
		m.held[r.ID] = true
	}
	approved, err := oracle.SourceOf(m.source, false)
	require.NoError(t, err)
	m.work()
	m.start(`{"migration":"` + name + `","existing":"` + policy + `","source_deletes":"` + deletes + `","sample_size":15,"delta_window":"5s","delta_interval":"1s","discrepancy_threshold":1,` + fallback + `}`)
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
	t.Logf("faults %v", m.faults(name))
	m.judge(name, before, false, func(a *oracle.Account) {
		a.Approved, a.Policies.Existing, a.Policies.SourceDeletes, a.Edits = &approved, policy, deletes, m.edits
	})
	back := m.rollback(name)
	require.Equal(t, api.StatusRolledBack, back.Status, back.Reason)
	var rep undone
	require.NoError(t, json.Unmarshal(m.archived(name, "rollback.json"), &rep))
	assert.Zero(t, rep.Created.Failed+rep.Updated.Failed)
	assert.Zero(t, rep.Proof.UntouchedChanged)
	after := m.dest.Snapshot()
	gone := map[int64]bool{}
	for _, r := range after.Contacts {
		gone[r.ID] = !r.Live()
	}
	hands := slices.DeleteFunc(slices.Clone(m.edits), func(e oracle.Edit) bool {
		return e.Field == "parent" || e.Field == "accounts" && gone[e.ID] // a person who takes a link of ours away has not touched the record
	})
	if !assert.Empty(t, oracle.Lines(oracle.Untouched(before, after, hands), 20), "after the rollback") {
		t.Logf("edits %v", m.edits)
		t.Logf("kept %v", rep.Kept)
	}
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
		switch m.rng.IntN(18) {
		case 0:
			edit("Contacts", r.ID, "description", m.dest.EditContact(r.ID, map[string]any{"description": "met at the fair"}))
		case 1:
			edit("Contacts", r.ID, "phone", m.dest.EditContact(r.ID, map[string]any{"phone": map[string]any{"mobile": "+13035550111", "work": "+13035550112", "--primary": "+13035550112"}}))
		case 2:
			id, err := m.dest.AddNote("Contacts", r.ID, "left a message")
			edit("Notes", id, "", err)
		case 3:
			if m.held[r.ID] { // what is linked to it would count as changed by a person too
				continue
			}
			m.deleted("Contacts", r.ID, m.dest.DeleteContact(r.ID))
			for _, note := range r.Notes { // it lives on, but its parent does not show
				m.edits = append(m.edits, oracle.Edit{Type: "Notes", ID: note, Field: "parent"})
			}
		case 4:
			edit("Contacts", r.ID, "customFields", m.dest.EditContact(r.ID, map[string]any{"customFields": map[string]any{"Distribution_Groups__c": "[]", "Engagement_Score__c": 7}}))
		case 5:
			edit("Contacts", r.ID, "accounts", m.dest.EditContact(r.ID, map[string]any{"accounts": []any{}}))
		}
	}
	for _, r := range live(snap.Accounts) {
		switch m.rng.IntN(14) {
		case 0:
			edit("Accounts", r.ID, "description", m.dest.EditAccount(r.ID, map[string]any{"description": "visited"}))
		case 1:
			edit("Accounts", r.ID, "name", m.dest.EditAccount(r.ID, map[string]any{"name": "Renamed"}))
		}
	}
	for _, r := range live(snap.Notes) {
		if m.rng.IntN(20) == 0 {
			m.deleted("Notes", r.ID, m.dest.DeleteNote(r.ID))
		}
	}
	for _, r := range live(snap.Tasks) {
		if m.rng.IntN(10) == 0 {
			m.deleted("Tasks", r.ID, m.dest.DeleteTask(r.ID))
		}
	}
	for _, r := range live(snap.Leads) {
		switch m.rng.IntN(10) {
		case 0:
			m.deleted("Leads", r.ID, m.dest.DeleteLead(r.ID))
		case 1:
			edit("Leads", r.ID, "description", m.dest.EditLead(r.ID, map[string]any{"description": "hot"}))
		}
	}
}

// deleted remembers a deletion by a person, for the map and for the undo.
func (m *medleyRun) deleted(entity string, id int64, err error) {
	require.NoError(m, err)
	m.edits = append(m.edits, oracle.Edit{Type: entity, ID: id}, oracle.Edit{Type: entity, ID: id, Field: "deleted"})
}
