package nutshelltest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

func TestNoteText(t *testing.T) {
	const text = "Hi @[users:2-users] & @[users:99-users]\r\n<b>'\"</b>\nend "
	for _, mentions := range []bool{true, false} {
		a := open(t, func(c *nutshelltest.Config) { c.Mentions = mentions })
		a.contact(obj{"name": "Ed"})
		got := a.note("Contacts", 1, text)
		require.Equal(t, text, got["noteMarkup"])
		if mentions {
			require.Equal(t, strings.Replace(text, "@[users:2-users]", "Ann Rey", 1), got["note"])
			require.Equal(t, "Hi <span class=\"mention\">Ann Rey</span> &amp; @[users:99-users]<br />\r\n&lt;b&gt;&#039;&quot;&lt;/b&gt;<br />\nend ", got["noteHtml"])
		} else {
			require.Equal(t, text, got["note"])
		}
		require.Equal(t, "2026-03-02T08:00:00+0000", got["date"])
		require.Equal(t, "Bo Lind", got["user"].(obj)["name"])
		require.Equal(t, "Ed", got["contact"].(obj)["name"])
		require.Equal(t, got, a.get("Note", 1))
	}
}

func TestNoteRefusals(t *testing.T) {
	a := open(t)
	a.contact(obj{"name": "Ed"})
	entity := obj{"entityType": "Contacts", "id": 1, "name": "more keys are ignored"}
	for _, blank := range []string{"", " \n\t"} {
		a.want(400, "note: required", "newNote", obj{"entity": entity, "note": blank})
	}
	a.want(400, "note: longer than 65536 characters", "newNote", obj{"entity": entity, "note": strings.Repeat("é", 65537)})
	require.NotNil(t, a.one("newNote", obj{"entity": entity, "note": strings.Repeat("🦉", 65536)}))
	require.NotNil(t, a.one("newNote", obj{"entity": entity, "note": obj{"entityType": "Notes", "note": "x"}}))
	require.NotNil(t, a.one("newNote", list{entity, "positional"}))
	a.want(400, "entity: Contacts 99 does not exist", "newNote", obj{"entity": obj{"entityType": "Contacts", "id": 99}, "note": "x"})
	code, _ := a.refused("newNote", obj{"entity": obj{"entityType": "Users", "id": 1}, "note": "x"})
	require.Equal(t, 400, code)
	a.want(-32602, "Invalid params: entity", "newNote", obj{"note": "x"})
	a.want(-32602, "Invalid params: note", "newNote", obj{"entity": entity})
	a.call("deleteContact", obj{"contactId": 1, "rev": "0"})
	a.want(400, "entity: Contacts 1 does not exist", "newNote", obj{"entity": entity, "note": "x"})
	require.Equal(t, "Ed", a.get("Note", 1)["contact"].(obj)["name"], "a note still shows its deleted parent")
	require.Equal(t, true, a.call("deleteNote", obj{"noteId": 1, "rev": "0"}))
}

func TestEditNote(t *testing.T) {
	a := open(t, func(c *nutshelltest.Config) {
		c.APIKeys = []nutshelltest.APIKey{{Key: nutshelltest.SeedKey, UserID: 1}, {Key: "annskey-0123456789", UserID: 2}}
	})
	a.contact(obj{"name": "Ed"})
	a.note("Contacts", 1, "x")
	edit := func(rev string) obj { return obj{"noteId": 1, "rev": rev, "note": "y"} }
	a.as("ann@example.com", "annskey-0123456789").want(403, "note can no longer be edited", "editNote", edit("0"))
	a.want(409, "rev key is out-of-date", "editNote", edit("4"))
	a.s.Advance(24 * time.Hour)
	got := a.one("editNote", edit("0"))
	require.Equal(t, "y", got["note"])
	require.Equal(t, "1", got["rev"])
	a.s.Advance(time.Second)
	a.want(403, "note can no longer be edited", "editNote", edit("1"))
	require.Equal(t, true, a.call("deleteNote", obj{"noteId": 1, "rev": "1"}), "deletable for good")
}

func TestListedNotes(t *testing.T) {
	a := open(t)
	a.contact(obj{"name": "Ed", "note": list{"one", "two"}})
	a.account(obj{"name": "Tern", "note": "three"})
	a.lead(obj{"note": "four"})
	for _, parent := range []struct{ what, key string }{{"Contact", "contact"}, {"Account", "account"}} {
		got := a.get(parent.what, 1)["notes"].(list)[0].(obj)
		require.NotContains(t, got, "stub")
		require.Contains(t, got, parent.key)
		require.Contains(t, got, "noteMarkup")
	}
	got := a.get("Lead", 1000)["notes"].(list)[0].(obj)
	require.Equal(t, true, got["stub"])
	require.Equal(t, names(noteKeys+" stub"), keys(got))
	require.Equal(t, []int64{1, 2}, linkIDs(a.get("Contact", 1)["notes"]), "id ascending")
	a.call("deleteNote", obj{"noteId": 1, "rev": "0"})
	require.Equal(t, []int64{2}, linkIDs(a.get("Contact", 1)["notes"]))

	stub := open(t, func(c *nutshelltest.Config) { c.ListedNotes = "stub"; c.ParentNotesMax = 2 })
	stub.contact(obj{"name": "Ed"})
	for i := range 4 {
		stub.note("Contacts", 1, fmt.Sprint(i))
	}
	listed := stub.get("Contact", 1)["notes"].(list)
	require.Equal(t, []int64{3, 4}, linkIDs(listed), "the newest n, id ascending")
	require.Equal(t, names("stub id rev entityType modifiedTime note date user file"), keys(listed[0].(obj)))
	require.Len(t, stub.many("findTimeline", obj{"query": obj{"entityType": "Contacts", "id": 1}}), 4)
}

func TestTimeline(t *testing.T) {
	a := open(t)
	a.contact(obj{"name": "Ed"})
	a.lead(obj{})
	a.activity(obj{"participants": list{obj{"entityType": "Contacts", "id": 1}}, "leads": list{obj{"id": 1000}}, "logNote": obj{"note": "spoke"}, "status": 1})
	a.note("Contacts", 1, "later")
	query := obj{"query": obj{"entityType": "Contacts", "id": 1}}
	got := a.many("findTimeline", query)
	require.Len(t, got, 2, "the log note is in no parent's timeline")
	require.Equal(t, "Activities", got[0]["entityType"], "by time: the activity is of 2024")
	require.Equal(t, a.get("Activity", 1), got[0])
	require.Equal(t, a.get("Note", id(got[1])), got[1])
	require.Equal(t, []any{"Notes"}, []any{a.many("findTimeline", obj{"query": query["query"], "orderDirection": "DESC", "limit": 1})[0]["entityType"]})
	require.Len(t, a.many("findTimeline", obj{"query": obj{"entityType": "Leads", "id": 1000}}), 1)
	a.want(404, "Account not found", "findTimeline", obj{"query": obj{"entityType": "Accounts", "id": 1}})
	a.want(-32602, "Invalid params: query", "findTimeline", obj{})
	a.want(-32602, "Invalid params: query", "findTimeline", obj{"query": obj{"entityType": "Users", "id": 1}})
	a.call("deleteContact", obj{"contactId": 1, "rev": "0"})
	require.Len(t, a.many("findTimeline", query), 2, "a deleted record still answers")

	mail := open(t, func(c *nutshelltest.Config) { c.TimelineEmails = true })
	mail.contact(obj{"name": "Ed"})
	entry := mail.many("findTimeline", query)[0]
	require.Equal(t, "Emails", entry["entityType"])
	require.NotContains(t, entry, "rev")
	for _, k := range names("id createdTime sentTime to from subject body") {
		require.Contains(t, entry, k)
	}
}
