package e2e

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/oracle"
	"rezora2nutshell/internal/report"
)

// judge holds the account against the map by the independent judge.
func (s *stack) judge(migration string, before nutshelltest.Snapshot, legacy bool, change func(*oracle.Account)) {
	s.Helper()
	src, err := oracle.SourceOf(s.source, legacy)
	require.NoError(s, err)
	dest, err := oracle.DestinationOf(s.dest)
	require.NoError(s, err)
	a := oracle.Account{
		Source: src, Before: before, Dest: dest, FilesOffered: true, LinkBase: "file://" + filepath.Join(s.dir, "archive") + "/" + migration,
		Policies: oracle.Policies{OnOrphans: "fallback", FallbackOwner: "bo@example.com"},
	}
	if change != nil {
		change(&a)
	}
	problems := oracle.Judge(a)
	assert.Empty(s, oracle.Lines(problems, 20), "%d differences from the map", len(problems))
}

const fallback = `"on_orphans":"fallback","fallback_owner":"bo@example.com"`

// furnish puts people, companies and leads of their own into the account, some of whom the source knows too.
func (s *stack) furnish() nutshelltest.Snapshot {
	s.Helper()
	n := 0
	for _, row := range s.source.Rows("contacts", false) {
		email, _ := row["email"].(string)
		if strings.Count(email, "@") != 1 || strings.ContainsAny(email, " ;,") || n >= 6 {
			continue
		}
		n++
		_, err := s.dest.CreateContact(map[string]any{
			"name": fmt.Sprintf("Already There %d", n), "email": map[string]any{"0": email, "work": fmt.Sprintf("other%d@example.com", n)},
			"phone": map[string]any{"mobile": "+13035550199"}, "description": "ours since 2019",
		})
		require.NoError(s, err)
	}
	for _, row := range s.source.Rows("companies", false) {
		if domain, _ := row["domain"].(string); domain != "" {
			_, err := s.dest.CreateAccount(map[string]any{"name": "Known as something else", "url": "https://www." + domain})
			require.NoError(s, err)
			break
		}
	}
	_, err := s.dest.CreateContact(map[string]any{"name": "Nobody Else", "email": "nobody.else@example.com"})
	require.NoError(s, err)
	return s.dest.Snapshot()
}

func TestEveryFieldOfEveryRecordIsAsTheMapDemands(t *testing.T) {
	c := small()
	c.Size = "T"
	s := newStack(t, c, unlimited())
	before := s.furnish()
	s.work()
	s.start(`{"migration":"judged","sample_size":50,"delta_window":"0s",` + fallback + `}`)
	s.confirm("judged", s.untilGate("judged"))
	p := s.result("judged", 4*time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	s.judge("judged", before, false, nil)
}

func TestTheDeltaCarriesWhatChangedMeanwhile(t *testing.T) {
	c := small()
	s := newStack(t, c, unlimited())
	before := s.furnish()
	approved, err := oracle.SourceOf(s.source, false)
	require.NoError(t, err)
	s.work()
	s.start(`{"migration":"moving","sample_size":20,"delta_window":"6s","delta_interval":"1s",` + fallback + `}`)
	s.confirm("moving", s.untilGate("moving"))
	s.until("moving", "the delta window", 2*time.Minute, func(p api.Progress) bool { return p.Phase == api.PhaseDelta })
	for range 5 {
		changes := s.source.Churn(8)
		require.NotEmpty(t, changes)
		time.Sleep(800 * time.Millisecond)
	}
	p := s.result("moving", 3*time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	s.judge("moving", before, false, func(a *oracle.Account) { a.Approved = &approved })
}

// TestTheDeltaListsWhatPeopleChangedAndMeetsNewAgents: a field that a person changed is listed, also when the source changed it too and we
// wrote the record again, and when the map demands nothing there. An agent who joins meanwhile owns records as the user with that address.
func TestTheDeltaListsWhatPeopleChangedAndMeetsNewAgents(t *testing.T) {
	s := newStack(t, small(), unlimited())
	user := s.dest.AddUser("Nia Newman", "nia.newman@example.com", true)
	s.work()
	s.start(`{"migration":"meanwhile","sample_size":20,"delta_window":"1h","delta_interval":"1s",` + fallback + `}`)
	s.confirm("meanwhile", s.untilGate("meanwhile"))
	s.until("meanwhile", "the delta window", 2*time.Minute, func(p api.Progress) bool { return p.Phase == api.PhaseDelta })

	people := s.dest.Snapshot().Contacts
	edited, given := people[len(people)-1], people[len(people)-2]
	idOf := func(r nutshelltest.Record) string { return r.CustomFields["Rezora_ID__c"][0] }
	require.NoError(t, s.dest.EditContact(edited.ID, map[string]any{"name": "As People Say", "url": "https://people.example.com"}))
	s.put("contacts", map[string]any{"id": idOf(edited), "name": "As Rezora Says", "contact_type": "Hot"})
	s.put("agents", map[string]any{"id": "999001", "email": "nia.newman@example.com", "status": "active"})
	s.put("contacts", map[string]any{"id": idOf(given), "owner_agent_id": "999001"})
	s.signal("meanwhile", api.Cutover, api.CutoverBy{By: "ops@example.com", Force: true})
	p := s.result("meanwhile", 3*time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)

	var rep report.Reconciliation
	require.NoError(t, json.Unmarshal(s.archived("meanwhile", "reconciliation.json"), &rep))
	assert.Zero(t, rep.DiscrepancyRate)
	assert.ElementsMatch(t, []report.Edit{
		{Object: "people", SourceID: idOf(edited), TargetID: edited.ID, Field: "name"},
		{Object: "people", SourceID: idOf(edited), TargetID: edited.ID, Field: "url"},
	}, rep.Edited)
	for _, r := range s.dest.Snapshot().Contacts {
		switch r.ID {
		case edited.ID:
			assert.Equal(t, "As People Say", r.Fields["displayName"])
			assert.Equal(t, []string{"Hot"}, r.CustomFields["Rezora_Contact_Type__c"])
		case given.ID:
			assert.Equal(t, []string{fmt.Sprintf("Users/%d", user)}, r.Links["owner"])
		}
	}
}

// TestItemsThatComeBeforeTheirParentAreCountedOnce: a round may read a contact's items before the contact. They are set aside and written by
// a later round, the file with its note, and are counted as what they are in the end.
func TestItemsThatComeBeforeTheirParentAreCountedOnce(t *testing.T) {
	s := newStack(t, small(), unlimited())
	before := s.dest.Snapshot()
	approved, err := oracle.SourceOf(s.source, false)
	require.NoError(t, err)
	s.work()
	s.start(`{"migration":"early","sample_size":20,"delta_window":"75s","delta_interval":"1s",` + fallback + `}`)
	s.confirm("early", s.untilGate("early"))
	flagged := func(p api.Progress) (n int64) {
		for _, o := range p.Objects {
			n += o.Flagged
		}
		return n
	}
	aside := flagged(s.until("early", "the delta window", 2*time.Minute, func(p api.Progress) bool { return p.Phase == api.PhaseDelta })) + 4
	s.put("notes", map[string]any{"id": "999101", "parent_type": "contact", "parent_id": "999100", "body": "early", "noted_at": "2024-05-01T10:00:00Z"})
	s.put("tasks", map[string]any{"id": "tsk-999101", "contact_id": "999100", "title": "Early", "status": "open"})
	s.put("interactions", map[string]any{"id": "int-999101", "type": "call", "contact_id": "999100", "started_at": "2024-05-01T10:00:00Z"})
	s.put("attachments", map[string]any{"id": "att-999101", "parent_type": "contact", "parent_id": "999100", "filename": "early.txt", "size": 0})
	s.until("early", "items set aside", time.Minute, func(p api.Progress) bool { return flagged(p) >= aside })
	s.put("contacts", map[string]any{"id": "999100", "name": "Late Lena", "email": "lena@example.com"})
	s.signal("early", api.Cutover, api.CutoverBy{By: "ops@example.com", Force: true})
	p := s.result("early", 3*time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	s.judge("early", before, false, func(a *oracle.Account) { a.Approved = &approved })
	s.clean("early")

	var rep report.Reconciliation
	require.NoError(t, json.Unmarshal(s.archived("early", "reconciliation.json"), &rep))
	for _, f := range rep.Flagged {
		assert.NotContains(t, f.SourceID, "999101", "%s was written", f.Object)
	}
	for _, o := range rep.Objects {
		if resource := map[string]string{"tasks": "tasks", "activities": "interactions", "attachments": "attachments"}[o.Object]; resource != "" {
			assert.EqualValues(t, len(s.source.Rows(resource, false)), o.Source, o.Object)
		}
	}
}

func TestWhatTheSourceDeletesGoesByPolicyUnlessTouched(t *testing.T) {
	s := newStack(t, small(), unlimited())
	before := s.dest.Snapshot()
	approved, err := oracle.SourceOf(s.source, false)
	require.NoError(t, err)
	s.work()
	s.start(`{"migration":"deleting","sample_size":200,"delta_window":"2s","delta_interval":"1s","source_deletes":"delete",` + fallback + `}`)
	gate := s.untilGate("deleting")
	s.confirm("deleting", gate)
	s.until("deleting", "the delta window", 2*time.Minute, func(p api.Progress) bool { return p.Phase == api.PhaseDelta })
	s.source.Churn(120)
	p := s.result("deleting", 3*time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	s.judge("deleting", before, false, func(a *oracle.Account) { a.Approved, a.Policies.SourceDeletes = &approved, "delete" })
}
