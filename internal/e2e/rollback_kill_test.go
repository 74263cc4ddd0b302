package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/oracle"
)

// TestARollbackThatIsKilledAgainAndAgain undoes EFFECTS effects while the worker is killed KILLS times and users go on editing what they
// find: the account is as it was, and every edit is kept and listed (I7, I9).
func TestARollbackThatIsKilledAgainAndAgain(t *testing.T) {
	effects, kills := sizeOf(t, "EFFECTS", 2000), sizeOf(t, "KILLS", 5)
	users := &editors{rng: rand.New(rand.NewPCG(seedOf(t), 3)), most: max(40, effects/300)}
	people := effects * 20 / 41 // a person and a note each, a company for twenty
	c := rezoratest.DefaultConfig()
	c.Data = accountOf(people, 1, 1)
	s := newStack(t, c, unlimited())
	users.stack = s
	users.crowd(people)
	before := s.dest.Snapshot()
	s.hurry(8)
	s.file("nutshell.yaml", "limits: {call_timeout_s: 2, read_lag_s: 0, finds_per_s: 1000}\n") // what a dead worker had claimed is free again soon
	s.work()
	patience := time.Minute + time.Duration(effects)*20*time.Millisecond
	s.start(`{"migration":"undone-killed","write_probes":false,"delta_window":"0s",` + fallback + `}`)
	s.confirm("undone-killed", s.until("undone-killed", "the gate", patience, func(p api.Progress) bool { return p.WaitingFor == api.Confirm }))
	p := s.result("undone-killed", patience)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	users.find(before)

	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	made := s.written()
	run, err := s.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: api.RollbackIDPrefix + "undone-killed", TaskQueue: s.queue},
		api.RollbackWorkflow, json.RawMessage(`{"migration":"undone-killed"}`))
	require.NoError(t, err)
	began := time.Now()
	for killed := 0; killed < kills; { // spread over the rollback
		require.NoError(t, ctx.Err(), "%d kills of %d", killed, kills)
		users.edit(1 + users.most/(4*kills))
		if undone := s.written() - made; undone >= made*int64(killed-killed%2)/int64(kills+1) { // every other one as it starts
			require.NoError(t, s.workers[len(s.workers)-1].Kill9())
			s.work()
			killed++
		}
		time.Sleep(20 * time.Millisecond)
	}
	var back api.Progress
	require.NoError(t, run.Get(ctx, &back))
	require.Equal(t, api.StatusRolledBack, back.Status, back.Reason)
	t.Logf("%d calls that made something, %d to undo it, %d kills, %d edits, in %s", made, s.written()-made, kills, len(users.edits), time.Since(began).Round(time.Second))

	assert.Empty(t, oracle.Lines(oracle.Untouched(before, s.dest.Snapshot(), users.edits), 20))
	var rep undone
	require.NoError(t, json.Unmarshal(s.archived("undone-killed", "rollback.json"), &rep))
	assert.Zero(t, rep.Created.Failed+rep.Updated.Failed)
	assert.Zero(t, rep.Proof.UntouchedChanged)
	t.Logf("created %+v, updated %+v, proof %+v", rep.Created, rep.Updated, rep.Proof)
	users.listed(rep)
}

// editors are users who edit records that a migration made, merged or never touched.
type editors struct {
	*stack
	rng   *rand.Rand
	most  int // edits
	pool  []int64
	ours  map[int64]bool // records that the migration made
	edits []oracle.Edit
}

// crowd gives the account people whom the source knows too, and others.
func (u *editors) crowd(people int) {
	for i := range people/20 + 20 {
		person := map[string]any{"name": fmt.Sprintf("Bystander %d", i), "email": map[string]any{"0": fmt.Sprintf("b%d@example.org", i)}, "description": "ours since 2019"}
		if i%2 == 0 {
			person["email"] = map[string]any{"0": fmt.Sprintf("p%d@example.com", i*7%people)}
		}
		_, err := u.dest.CreateContact(person)
		require.NoError(u, err)
	}
}

// find learns which people there are now.
func (u *editors) find(before nutshelltest.Snapshot) {
	old := map[int64]bool{}
	for _, r := range before.Contacts {
		old[r.ID] = true
	}
	u.ours = map[int64]bool{}
	for _, r := range u.dest.Snapshot().Contacts {
		u.pool = append(u.pool, r.ID)
		u.ours[r.ID] = !old[r.ID]
	}
	u.rng.Shuffle(len(u.pool), func(i, j int) { u.pool[i], u.pool[j] = u.pool[j], u.pool[i] })
}

// edit makes up to n edits: a field, or a note that is hung on the record. A record that has gone cannot be edited any more.
func (u *editors) edit(n int) {
	for ; n > 0 && len(u.edits) < u.most && len(u.pool) > 0; n-- {
		id := u.pool[0]
		u.pool = u.pool[1:]
		if u.rng.IntN(3) > 0 {
			if u.dest.EditContact(id, map[string]any{"description": "called, wants a garden"}) == nil {
				u.edits = append(u.edits, oracle.Edit{Type: "Contacts", ID: id, Field: "description"})
			}
			continue
		}
		if note, err := u.dest.AddNote("Contacts", id, "left a message"); err == nil {
			u.edits = append(u.edits, oracle.Edit{Type: "Notes", ID: note}, oracle.Edit{Type: "Contacts", ID: id, Field: "notes"})
		}
	}
}

// listed checks that the report names every record of the migration that an edit kept.
func (u *editors) listed(rep undone) {
	kept := map[int64]bool{}
	for _, k := range rep.Kept {
		if k.TargetType == "Contacts" {
			kept[k.TargetID] = true
		}
	}
	live := map[int64]bool{}
	for _, r := range u.dest.Snapshot().Contacts {
		live[r.ID] = r.Live()
	}
	for _, e := range u.edits {
		if e.Type == "Contacts" && u.ours[e.ID] {
			assert.True(u, live[e.ID], "person %d stays", e.ID)
			assert.True(u, kept[e.ID], "person %d is listed", e.ID)
		}
	}
}
