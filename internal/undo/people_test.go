package undo_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/report"
	"rezora2nutshell/internal/target"
)

func link(entityType string, id int64) map[string]any {
	return map[string]any{"entityType": entityType, "id": id}
}

// keptAs finds why a record stays.
func keptAs(rep report.Rollback, entityType string, id int64) string {
	i := slices.IndexFunc(rep.Kept, func(k report.KeptRecord) bool { return k.TargetType == entityType && k.TargetID == id })
	if i < 0 {
		return ""
	}
	return rep.Kept[i].Reason
}

func (w *world) live(entityType string, id int64) bool {
	for _, r := range records(w.sim.Snapshot())[entityType] {
		if r.ID == id {
			return r.Live()
		}
	}
	return false
}

// What people did since stays, and is the only thing that stays.
func TestWhatPeopleTouchedStays(t *testing.T) {
	type who struct {
		entityType, object, id, role string
	}
	cases := map[string]struct {
		do     func(w *world, id int64)
		on     who
		reason string
		force  bool // force removes it
	}{
		"a field of a person": {func(w *world, id int64) {
			require.NoError(t, w.sim.EditContact(id, map[string]any{"description": "my words"}))
		}, who{"Contacts", "people", "c-4", "record"}, "a person changed it: description", true},
		"a value of ours taken away": {func(w *world, id int64) {
			require.NoError(t, w.sim.EditContact(id, map[string]any{"phone": map[string]any{}}))
		}, who{"Contacts", "people", "c-4", "record"}, "a person changed it: phone", true},
		"a note on a person": {func(w *world, id int64) { w.must(w.sim.AddNote("Contacts", id, "mine")) },
			who{"Contacts", "people", "c-2", "record"}, "note", true},
		"a task on a person": {func(w *world, id int64) {
			w.must(w.sim.CreateTask(map[string]any{"title": "x", "entity": link("Contacts", id)}))
		}, who{"Contacts", "people", "c-4", "record"}, "task", true},
		"an activity with a person": {func(w *world, id int64) {
			w.must(w.sim.CreateActivity(map[string]any{"name": "x", "activityTypeId": 1, "startTime": "2026-01-01T10:00:00Z", "endTime": "2026-01-01T10:00:00Z",
				"participants": []any{link("Contacts", id)}}))
		}, who{"Contacts", "people", "c-4", "record"}, "activity", true},
		"a lead of people's with a person": {func(w *world, id int64) {
			w.must(w.sim.CreateLead(map[string]any{"description": "x", "contacts": []any{link("Contacts", id)}}))
		}, who{"Contacts", "people", "c-4", "record"}, "lead", true},
		"a person of people's in a company": {func(w *world, id int64) {
			w.must(w.sim.CreateContact(map[string]any{"name": "Gus", "accounts": []any{map[string]any{"id": id}}}))
		}, who{"Accounts", "companies", "org-3", "record"}, "a person changed it: contacts", true},
		"a note on a lead": {func(w *world, id int64) { w.must(w.sim.AddNote("Leads", id, "mine")) },
			who{"Leads", "leads", "l-1", "record"}, "note", true},
		"a lead that was reopened": {func(w *world, id int64) {
			require.NoError(t, w.sim.EditLead(id, map[string]any{"status": 0}))
		}, who{"Leads", "leads", "l-2", "record"}, "a person changed it: ", true},
		"the text of a note": {func(w *world, id int64) { require.NoError(t, w.sim.EditNote(id, "[Rezora note n-1] corrected")) },
			who{"Notes", "notes", "n-1", "record"}, "a person changed it: note", true},
		"a file on a note": {func(w *world, id int64) { w.must(w.sim.AddFile(id, "x.txt", "text/plain", []byte("x"))) },
			who{"Notes", "attachments", "f-1", "note"}, "file", true},
		"a file on the note of a lead": {func(w *world, id int64) { w.must(w.sim.AddFile(id, "x.txt", "text/plain", []byte("x"))) },
			who{"Notes", "leads", "l-1", "note"}, "file", true},
		"a task": {func(w *world, id int64) {
			require.NoError(t, w.sim.EditTask(id, map[string]any{"title": "Call Dan today"}))
		},
			who{"Tasks", "tasks", "t-1", "record"}, "a person changed it: title", true},
		"an activity": {func(w *world, id int64) {
			require.NoError(t, w.sim.EditActivity(id, map[string]any{"location": "Bar"}))
		},
			who{"Activities", "activities", "a-1", "record"}, "a person changed it: location", true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.target(c.on.object, c.on.id, c.on.role)
			c.do(w, id)
			rep := w.undone("keep")
			assert.True(t, w.live(c.on.entityType, id), "the touched record stays")
			assert.Contains(t, keptAs(rep, c.on.entityType, id), c.reason)
			assert.EqualValues(t, 1, rep.Created.Kept, "%+v", rep.Kept)
			assert.EqualValues(t, 14, rep.Created.Deleted)
			assert.EqualValues(t, 2, rep.Updated.Restored)
			assert.Zero(t, rep.Created.Failed+rep.Updated.Failed+rep.Proof.UntouchedChanged, "%+v", rep.Changed)
			w.closed()

			w.runID++
			rep = w.undone("force")
			assert.False(t, w.live(c.on.entityType, id), "force removes it")
			assert.EqualValues(t, 15, rep.Created.Deleted)
			assert.Zero(t, rep.Created.Kept)
			w.closed()
		})
	}
}

func TestAPersonsDeletionCountsAsDeleted(t *testing.T) {
	for _, shape := range []string{"record", "404"} {
		w := newWorld(t, func(c *nutshelltest.Config) { c.GetDeleted = shape })
		require.NoError(t, w.sim.DeleteContact(w.target("people", "c-2", "record")))
		require.NoError(t, w.sim.DeleteAccount(w.target("companies", "org-2", "record")))
		require.NoError(t, w.sim.DeleteNote(w.target("notes", "n-1", "record")))
		require.NoError(t, w.sim.DeleteContact(w.own.ann))
		rep := w.undone("keep")
		assert.EqualValues(t, 15, rep.Created.Deleted, "%+v", rep.Kept)
		assert.Zero(t, rep.Created.Kept+rep.Created.Failed+rep.Updated.Failed)
		assert.EqualValues(t, 1, rep.Updated.Restored)
		assert.EqualValues(t, 1, rep.Updated.Kept)
		assert.Contains(t, keptAs(rep, "Contacts", w.own.ann), "deleted")
		before := content(w.before)
		for name := range content(w.sim.Snapshot()) {
			_, was := before[name]
			assert.True(t, was, "%s is ours and lives", name)
		}
		w.closed()
	}
}

func TestEditsOfPeopleOnMergedRecordsStay(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.sim.EditContact(w.own.ann, map[string]any{
		"phone":    map[string]any{"home": "+15125550101", "work": "+15125550999", "mobile": "+15125550888"},
		"tags":     []string{},
		"owner":    nil,
		"leads":    []any{},
		"accounts": []any{map[string]any{"id": w.own.other, "relationship": "Owner"}, map[string]any{"id": w.target("companies", "org-2", "record"), "relationship": "Buyer"}},
	}))
	rep := w.undone("keep")
	got := content(w.sim.Snapshot())
	ann := got["Contacts/"+itoa(w.own.ann)]
	assert.ElementsMatch(t, []string{"*home=+15125550101", "work=+15125550999", "mobile=+15125550888"}, ann.Lists["phone"], "the number that a person corrected stays")
	assert.Empty(t, ann.Tags)
	assert.Empty(t, ann.CustomFields, "our key goes")
	assert.Equal(t, []string{"Accounts/" + itoa(w.own.other) + " as Owner"}, ann.Links["accounts"], "our link goes, the corrected one stays")
	assert.EqualValues(t, 1, rep.Updated.Kept)
	assert.EqualValues(t, 1, rep.Updated.Restored)
	assert.EqualValues(t, 2, rep.Proof.RestoredEqual, "but for users' edits")
	assert.Equal(t, "a person changed it, and that stays: phone", keptAs(rep, "Contacts", w.own.ann))
}

func TestOthersMayWorkMeanwhile(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.sim.EditContact(w.own.bea, map[string]any{"description": "edited"}))
	require.NoError(t, w.sim.DeleteTask(w.own.task))
	rep := w.undone("keep")
	assert.EqualValues(t, 6, rep.Proof.UntouchedChecked)
	assert.EqualValues(t, 2, rep.Proof.EditedByOthers)
	assert.Zero(t, rep.Proof.UntouchedChanged)
	assert.True(t, rep.Clean())
}

// A trace of ours on a record that the journal does not name is a finding.
func TestTheProofFindsTraces(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.sim.EditContact(w.own.bea, map[string]any{"customFields": map[string]any{"Rezora_ID__c": "c-9"}}))
	rep := w.undone("keep")
	assert.EqualValues(t, 1, rep.Proof.UntouchedChanged)
	assert.Contains(t, rep.Changed[0].Reason, "Rezora_ID__c")
	assert.False(t, rep.Clean())
}

// Between the decision and the call somebody edits the record: its rev moved, so it is read and judged again.
func TestAnEditInTheLastMomentIsSeen(t *testing.T) {
	w := newWorld(t)
	r := w.attempt("keep")
	r, steps, err := w.undoer(r, w.client).Survey(t.Context(), turn(), r, 1)
	require.NoError(t, err)
	id := w.target("people", "c-4", "record")
	require.NoError(t, w.sim.EditContact(id, map[string]any{"description": "just now"}))
	require.NoError(t, w.sim.EditAccount(w.own.merged, map[string]any{"description": "just now"}))
	for _, s := range steps {
		_, err := w.undoer(r, w.client).Page(t.Context(), turn(), s.Step, 1, s.N)
		require.NoError(t, err)
	}
	rep, err := w.undoer(r, w.client).Prove(t.Context(), turn(), r, 1)
	require.NoError(t, err)
	assert.True(t, w.live("Contacts", id))
	assert.EqualValues(t, 1, rep.Created.Kept)
	assert.EqualValues(t, 2, rep.Updated.Restored)
	assert.Equal(t, "just now", content(w.sim.Snapshot())["Accounts/"+itoa(w.own.merged)].Fields["description"])
}

// A note hung on a record moves no rev: once the crawl is old, the record itself is asked, and the newest tasks and activities.
func TestAnOldCrawlIsNotTrusted(t *testing.T) {
	w := newWorld(t)
	r := w.attempt("keep")
	r, steps, err := w.undoer(r, w.client).Survey(t.Context(), turn(), r, 1)
	require.NoError(t, err)
	withNote, withTask := w.target("people", "c-4", "record"), w.target("companies", "org-3", "record")
	withFile := w.target("notes", "n-3", "record")
	w.must(w.sim.AddNote("Contacts", withNote, "mine"))
	w.must(w.sim.CreateTask(map[string]any{"title": "x", "entity": link("Accounts", withTask)}))
	w.must(w.sim.AddFile(withFile, "x.txt", "text/plain", []byte("x")))
	w.clock.add(time.Hour)
	for _, s := range steps {
		_, err := w.undoer(r, w.client).Page(t.Context(), turn(), s.Step, 1, s.N)
		require.NoError(t, err)
	}
	rep, err := w.undoer(r, w.client).Prove(t.Context(), turn(), r, 1)
	require.NoError(t, err)
	assert.True(t, w.live("Contacts", withNote))
	assert.True(t, w.live("Accounts", withTask))
	assert.True(t, w.live("Notes", withFile))
	assert.EqualValues(t, 3, rep.Created.Kept, "%+v", rep.Kept)
}

// The delta edits a merged record again: its first pre-image is what it goes back to.
func TestLaterEditsGoBackToTheFirstPreImage(t *testing.T) {
	w := newWorld(t)
	k := key("people", "c-1", "record")
	k.Epoch = 1
	w.plan("delta/1", ledger.Effect{EffectKey: k, Round: 1, Verb: ledger.Edit, How: "merged", TargetID: w.own.ann}, mapping.Projection{Type: "Contacts",
		Wants: ours("c-1", target.NameParts("Ann", "Lee"), target.Phone("work", "5125550777"), target.Text("description", "other words"),
			target.Link("accounts", "companies", "org-2", "Seller"), target.UserRef("owner", 2))})
	k2 := key("people", "c-4", "record")
	k2.Epoch = 1
	w.plan("delta/1", ledger.Effect{EffectKey: k2, Round: 1, Verb: ledger.Edit, How: "created", TargetID: w.target("people", "c-4", "record")},
		mapping.Projection{Type: "Contacts", Wants: ours("c-4", target.NameText("Fay"), target.Phone("mobile", "5125550106"))})
	w.write("delta/1")
	rep := w.undone("keep")
	assert.Equal(t, content(w.before), content(w.sim.Snapshot()))
	assert.EqualValues(t, 15, rep.Created.Deleted)
	assert.EqualValues(t, 2, rep.Proof.RestoredEqual)
	w.closed()
}

// What the migration deleted because it was deleted at the source stays deleted; when a person brought it back, it stays with them.
func TestDeletionsOfTheMigrationStay(t *testing.T) {
	w := newWorld(t)
	gone, back := w.target("people", "c-3", "record"), w.target("people", "c-4", "record")
	for id, source := range map[int64]string{gone: "c-3", back: "c-4"} {
		w.plan("delta/1", ledger.Effect{EffectKey: key("people", source, "gone/record"), Round: 1, Verb: ledger.Delete, TargetID: id}, mapping.Projection{Type: "Contacts"})
	}
	for id, source := range map[int64]string{gone: "c-3", back: "c-4"} {
		raw, err := w.client.Get(t.Context(), nutshell.Contacts, id)
		require.NoError(t, err)
		claims, err := w.run.Claim(t.Context(), []ledger.ClaimRequest{{Key: key("people", source, "gone/record"), TargetType: "Contacts", TargetID: id, Rev: raw.Rev, PreImage: []byte(`{}`)}}, time.Minute)
		require.NoError(t, err)
		require.NoError(t, w.client.Delete(t.Context(), nutshell.Contacts, id, raw.Rev))
		_, err = w.run.Settle(t.Context(), []ledger.Outcome{{Claim: *claims[0], State: ledger.Done, How: "deleted"}})
		require.NoError(t, err)
	}
	require.NoError(t, w.sim.Undelete("Contacts", back))
	rep := w.undone("keep")
	assert.False(t, w.live("Contacts", gone))
	assert.True(t, w.live("Contacts", back))
	assert.Contains(t, keptAs(rep, "Contacts", back), "brought it back")
	assert.EqualValues(t, 14, rep.Created.Deleted)
}

// An owner who has left is not taken back; everything else is.
func TestAFormerValueThatIsRefusedKeepsBackItselfAlone(t *testing.T) {
	w := newWorld(t)
	bea := w.own.bea
	require.NoError(t, w.sim.EditContact(bea, map[string]any{"owner": link("Users", 2), "description": "hers"}))
	raw, err := w.client.Get(t.Context(), nutshell.Contacts, bea)
	require.NoError(t, err)
	w.overwrite("c-5", bea, raw, map[string]any{"owner": link("Users", 1), "description": "ours"}, "owner", "description")
	w.sim.SetUserEnabled(2, false)
	rep := w.undone("keep")
	got := content(w.sim.Snapshot())["Contacts/"+itoa(bea)]
	assert.Equal(t, "hers", got.Fields["description"])
	assert.Equal(t, []string{"Users/1"}, got.Links["owner"])
	assert.Zero(t, rep.Updated.Failed)
	assert.Contains(t, keptAs(rep, "Contacts", bea), "does not take the former value back: owner")
}

// overwrite makes a merged record whose former values were replaced.
func (w *world) overwrite(source string, id int64, before nutshell.Entity, fields map[string]any, paths ...string) {
	w.t.Helper()
	ctx := context.Background()
	k := key("people", source, "record")
	require.NoError(w.t, w.run.Plan(ctx, []ledger.Effect{{EffectKey: k, Step: "people", Verb: ledger.Edit, How: "merged", State: ledger.Planned, TargetType: "Contacts", TargetID: id}}))
	claims, err := w.run.Claim(ctx, []ledger.ClaimRequest{{Key: k, TargetType: "Contacts", TargetID: id, Rev: before.Rev, PreImage: marshal(w.t, before.Raw)}}, time.Minute)
	require.NoError(w.t, err)
	after, err := w.client.Edit(ctx, nutshell.Contacts, id, before.Rev, fields)
	require.NoError(w.t, err)
	view, err := target.FromWire("Contacts", after.Raw, w.defs[nutshell.Contacts])
	require.NoError(w.t, err)
	_, err = w.run.Settle(ctx, []ledger.Outcome{{Claim: *claims[0], State: ledger.Done, How: "merged", Type: "Contacts", ID: id, Rev: after.Rev,
		Shown: target.Hashes(view, w.run.ShortHash), Ours: paths}})
	require.NoError(w.t, err)
}

func TestReasonsHoldNoValues(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.sim.EditContact(w.target("people", "c-2", "record"), map[string]any{"email": "secret@x.example", "tags": []string{"VIP"}}))
	rep := w.undone("keep")
	for _, k := range rep.Kept {
		assert.NotContains(t, strings.ToLower(k.Reason), "secret")
		assert.NotContains(t, strings.ToLower(k.Reason), "vip")
	}
	require.NotEmpty(t, rep.Kept)
}
