package mapping_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
)

var onPerson = &mapping.Ref{Object: "people", SourceID: "9001234"}

func note(t *testing.T, e *mapping.Env, body string, in mapping.NoteInput) []mapping.Projection {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(body), &in.Note))
	in.Raw = json.RawMessage(body)
	return mapping.Default().Note(e, in)
}

func TestNote(t *testing.T) {
	t.Parallel()
	const body = `{"id":"33017","parent_type":"contact","parent_id":"9001234","author_agent_id":"3107","author_name":"x","body":"Met at open house.<br>Wants a yard.","noted_at":"2024-03-09T19:40:00Z","deleted":false}`
	p := note(t, env(), body, mapping.NoteInput{On: onPerson})[0]
	assert.Equal(t, "[Rezora note 33017] 2024-03-09T19:40:00Z - Priya Lindqvist\n\nMet at open house.\nWants a yard.", p.Text)
	assert.Equal(t, []string{"notes", "record", "people/9001234", "Notes", "create", ""}, []string{p.Object, p.Role, p.Parent, p.Type, p.Verb, p.ActAs})
	assert.Equal(t, "@people/9001234", sent(p)["entity"])
	assert.NotContains(t, sent(p), "user")
	assert.Equal(t, mapping.Transformed, fate(p, "body"))
	assert.Equal(t, mapping.Archived, fate(p, "author_name"))
	assert.Equal(t, mapping.Transformed, fate(p, "parent_id"))
}

func TestNoteAuthor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ agent, author, owner, want string }{
		"display_name":                {"3107", "", "", "Priya Lindqvist"},
		"else first and last name":    {"3120", "x", "3107", "Sam Vale"},
		"else e-mail":                 {"3130", "", "", "orphan@example.com"},
		"an agent without any name":   {"3140", "Ann\nRey", "3107", "Ann Rey"},
		"nothing known of the agent":  {"3140", "", "3107", "unknown"},
		"else author_name":            {"", " Ann ", "3107", " Ann "},
		"inferred from the owner":     {"", "", "3107", "Priya Lindqvist (inferred)"},
		"an agent that is not served": {"77", "", "3107", "Priya Lindqvist (inferred)"},
		"none":                        {"", "", "", "unknown"},
	} {
		body, err := json.Marshal(map[string]string{"id": "1", "author_agent_id": c.agent, "author_name": c.author, "body": "b"})
		require.NoError(t, err)
		p := note(t, env(), string(body), mapping.NoteInput{On: onPerson, ParentOwner: c.owner})[0]
		assert.Equal(t, "[Rezora note 1] unknown - "+c.want+"\n\nb", p.Text, name)
		assert.Equal(t, strings.HasSuffix(c.want, "(inferred)"), len(flags(p)) == 1, "flagged when inferred")
	}
}

func TestNoteIsWrittenAsItsStatedAuthor(t *testing.T) {
	t.Parallel()
	e := env()
	e.Impersonate = true
	stated := note(t, e, `{"id":"1","author_agent_id":"3107","body":"b"}`, mapping.NoteInput{On: onPerson})[0]
	assert.Equal(t, "ann@example.com", stated.ActAs)
	assert.Equal(t, map[string]any{"entityType": "Users", "id": int64(2)}, sent(stated)["user"])
	for _, c := range []mapping.NoteInput{
		{On: onPerson, ParentOwner: "3107"},                              // inferred
		{On: onPerson, Note: record.Note{AuthorAgentID: "3130"}},         // no user
		{On: onPerson, Note: record.Note{AuthorAgentID: "3140"}},         // fallback is no author
		{On: onPerson, Note: record.Note{AuthorName: "Priya Lindqvist"}}, // no agent
	} {
		assert.Empty(t, mapping.Default().Note(e, c)[0].ActAs)
	}
	x := mapping.Default().Interaction(e, mapping.InteractionInput{Person: onPerson, Interaction: record.Interaction{Type: "email", AgentID: "3107"}})[0]
	assert.Empty(t, x.ActAs, "everything else by the key's user")
}

func TestNoteWithoutBodyOrParent(t *testing.T) {
	t.Parallel()
	p := note(t, env(), `{"id":"1","body":" ","parent_type":"contact","parent_id":"5"}`, mapping.NoteInput{On: onPerson})[0]
	assert.Equal(t, "[Rezora note 1] unknown - unknown", p.Text, "its header is its content")
	p = note(t, env(), `{"id":"1","body":"b","parent_type":"contact","parent_id":"5"}`, mapping.NoteInput{})[0]
	require.NotNil(t, p.Quarantine)
	assert.Equal(t, mapping.CodeParent, p.Quarantine.Code)
	assert.Contains(t, p.Quarantine.Text, "contact 5", "naming the parent")
	assert.Equal(t, mapping.Refused, fate(p, "body"))
	p = note(t, env(), `{"id":"1","body":"a\u0000b"}`, mapping.NoteInput{On: onPerson})[0]
	assert.Equal(t, "[Rezora note 1] unknown - unknown", p.Text)
	assert.Equal(t, mapping.Truncated, fate(p, "body"))
	assert.Equal(t, "truncated", want(t, p, "body").Verdict)
}

func TestNoteOverTheLimitIsSplit(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("word é🏠 ", 20000)
	raw, err := json.Marshal(map[string]string{"id": "1", "author_agent_id": "77", "body": body, "noted_at": "2024-03-09T19:40:00Z"})
	require.NoError(t, err)
	out := note(t, env(), string(raw), mapping.NoteInput{On: onPerson, ParentOwner: "3107"})
	require.Len(t, out, 3)
	var all strings.Builder
	for i, p := range out {
		head, text, _ := strings.Cut(p.Text, "\n\n")
		assert.Equal(t, "[Rezora note 1] 2024-03-09T19:40:00Z - Priya Lindqvist (inferred) ("+string(rune('1'+i))+"/3)", head, "the number at the end of the header")
		assert.Equal(t, "[Rezora note 1] 2024-03-09T19:40:00Z - Priya Lindqvist (inferred)", p.Header)
		assert.Equal(t, []int{i + 1, 3}, []int{p.Part, p.Parts})
		assert.LessOrEqual(t, utf8.RuneCountInString(p.Text), 65536)
		assert.Equal(t, i == 0, len(p.Fates) > 0, "fates are told once")
		assert.Equal(t, i == 0, len(p.Flags) > 0)
		all.WriteString(text)
	}
	assert.Equal(t, body, all.String(), "nothing is cut")
}

func TestCampaignNote(t *testing.T) {
	t.Parallel()
	const body = `{"id":"9","parent_type":"campaign","parent_id":"70","author_agent_id":"3107","body":"b","noted_at":"2024-03-09T19:40:00Z"}`
	c := &record.Campaign{Name: "Just\nListed"}
	p := note(t, env(), body, mapping.NoteInput{On: onPerson, Campaign: c, Receivers: 200})[0]
	assert.Equal(t, "Campaign Note: Just Listed [Rezora note 9] 2024-03-09T19:40:00Z - Priya Lindqvist\n\nb", p.Text)
	again := note(t, env(), body, mapping.NoteInput{On: onPerson, Campaign: c, Receivers: 200, Again: true})[0]
	assert.Empty(t, again.Fates)
	for code, n := range map[string]int{mapping.CodeTooMany: 201, mapping.CodeNoReceivers: 0} {
		kept := note(t, env(), body, mapping.NoteInput{Campaign: c, Receivers: n})[0]
		require.NotNil(t, kept.Quarantine)
		assert.Equal(t, code, kept.Quarantine.Code)
		assert.Equal(t, mapping.Archived, fate(kept, "body"), "by a rule of the map, not refused")
		assert.True(t, kept.KeepRaw)
	}
}

func task(t *testing.T, body string, person *mapping.Ref) []mapping.Projection {
	t.Helper()
	in := mapping.TaskInput{Raw: json.RawMessage(body), Person: person}
	require.NoError(t, json.Unmarshal([]byte(body), &in.Task))
	return mapping.Default().Task(env(), in)
}

func TestTask(t *testing.T) {
	t.Parallel()
	const body = `{"id":"tsk-118","contact_id":"9001234","assignee_agent_id":"3107","title":"Send comparables","description":"<p>Soon</p>","due_at":"2024-05-06T15:00:00Z","completed_at":null,"status":"open","created_at":"2024-05-01T10:15:00Z","updated_at":"2024-05-01T10:15:00Z"}`
	out := task(t, body, onPerson)
	require.Len(t, out, 1)
	got := sent(out[0])
	assert.Equal(t, "Send comparables", got["title"])
	assert.Equal(t, "2024-05-06T15:00:00Z", got["dueTime"])
	assert.Equal(t, map[string]any{"entityType": "Users", "id": int64(2)}, got["assignee"])
	assert.Equal(t, "@people/9001234", got["entity"])
	assert.Equal(t, "[Rezora task tsk-118] created 2024-05-01T10:15:00Z\n\nSoon", got["description"])
	assert.Equal(t, mapping.Transformed, fate(out[0], "description"))

	out = task(t, `{"id":"t","title":" ","assignee_agent_id":"3140"}`, nil)
	assert.Equal(t, "Rezora task t", sent(out[0])["title"], "blank title")
	assert.Equal(t, "[Rezora task t] created unknown", sent(out[0])["description"])
	assert.NotContains(t, sent(out[0]), "entity", "none: without entity")
	assert.NotContains(t, sent(out[0]), "assignee", "without user is left out, whatever the policy for owners")
	assert.Equal(t, []string{mapping.FlagUserNone}, flags(out[0]), "and listed")

	out = task(t, `{"id":"t","title":"x","contact_id":"5","status":"completed","updated_at":"2024-05-01T10:15:00Z"}`, nil)
	for _, p := range out {
		require.NotNil(t, p.Quarantine)
		assert.Contains(t, p.Quarantine.Text, "contact 5")
	}
}

func TestTaskCompletion(t *testing.T) {
	t.Parallel()
	for want, body := range map[string]string{
		"2024-05-02T00:00:00Z": `{"id":"t","title":"x","status":"completed","completed_at":"2024-05-02T00:00:00Z","updated_at":"2024-05-03T00:00:00Z"}`,
		"2024-05-03T00:00:00Z": `{"id":"t","title":"x","status":"completed","completed_at":null,"updated_at":"2024-05-03T00:00:00Z"}`,
	} {
		out := task(t, body, nil)
		require.Len(t, out, 2, "in a second call")
		assert.NotContains(t, sent(out[0]), "completedTime")
		assert.Equal(t, []string{"complete", "edit", "Tasks", "tasks/t"}, []string{out[1].Role, out[1].Verb, out[1].Type, out[1].Parent})
		assert.Equal(t, want, sent(out[1])["completedTime"])
	}
	out := task(t, `{"id":"t","title":"x","status":"open","completed_at":"2024-05-02T00:00:00Z"}`, nil)
	require.Len(t, out, 1, "an open task stays open")
	assert.Equal(t, []string{mapping.FlagOpenCompleted}, flags(out[0]), "its completion time is reported")
	assert.Equal(t, "truncated", want(t, out[0], "completedTime").Verdict)
}

func TestLongTitleAndText(t *testing.T) {
	t.Parallel()
	title := strings.Repeat("é", 256)
	out := task(t, `{"id":"t","title":"`+title+`","description":"body"}`, onPerson)
	assert.Equal(t, strings.Repeat("é", 254)+"…", sent(out[0])["title"])
	assert.Equal(t, "[Rezora task t] created unknown\n\n"+title+"\nbody", sent(out[0])["description"], "the whole as first line of the body")
	assert.Equal(t, []string{mapping.FlagShortened}, flags(out[0]))

	long := `{"id":"t","title":"x","description":"` + strings.Repeat("word ", 30000) + `"}`
	out = task(t, long, onPerson)
	require.Len(t, out, 3)
	assert.True(t, strings.HasPrefix(out[0].Text, "[Rezora task t] created unknown (1/3)\n\n"))
	for i, p := range out[1:] {
		assert.Equal(t, []any{"note", "Notes", "people/9001234", "tasks", i + 2, 3}, []any{p.Role, p.Type, p.Parent, p.Object, p.Part, p.Parts}, "notes on its person")
		assert.Equal(t, p.Text, sent(p)["note"])
	}
	out = task(t, long, nil)
	require.Len(t, out, 1)
	assert.Equal(t, []string{mapping.FlagPartsArchived}, flags(out[0]), "none: records/, flagged")
	assert.True(t, out[0].KeepRaw)
	assert.Equal(t, mapping.Truncated, fate(out[0], "description"))
}

func interaction(t *testing.T, e *mapping.Env, body string, person *mapping.Ref) []mapping.Projection {
	t.Helper()
	in := mapping.InteractionInput{Raw: json.RawMessage(body), Person: person}
	require.NoError(t, json.Unmarshal([]byte(body), &in.Interaction))
	return mapping.Default().Interaction(e, in)
}

func TestActivity(t *testing.T) {
	t.Parallel()
	const body = `{"id":"int-2040","type":"call","contact_id":"9001234","agent_id":"3107","subject":"First call","body":"Talked about budget.","location":"12 Elm St","direction":"outbound","started_at":"2024-04-30T16:00:00Z","ended_at":"2024-04-30T16:12:30Z"}`
	p := interaction(t, env(), body, onPerson)[0]
	assert.Equal(t, map[string]any{
		"name": "First call", "activityType": map[string]any{"entityType": "Activity_Types", "id": int64(1)}, "status": json.Number("1"),
		"startTime": "2024-04-30T16:00:00Z", "endTime": "2024-04-30T16:12:30Z", "location": "12 Elm St", "participants:@people/9001234": "",
		"participants:Users/2": map[string]any{"entityType": "Users", "id": int64(2)}, "description": "[Rezora call int-2040] outbound\n\nTalked about budget.",
	}, sent(p))
	assert.Equal(t, []string{"activities", "Activities", "people/9001234"}, []string{p.Object, p.Type, p.Parent})
	assert.Empty(t, flags(p))

	p = interaction(t, env(), `{"id":"i","type":"meeting","subject":"","started_at":"2024-04-30T16:00:00Z","ended_at":"2024-04-30T15:00:00Z","agent_id":"3130"}`, nil)[0]
	assert.Nil(t, p.Quarantine, "an activity needs no contact")
	assert.Equal(t, "meeting", sent(p)["name"], "name = subject, else the type")
	assert.Equal(t, "[Rezora meeting i]", sent(p)["description"], "nothing follows the bracket")
	assert.Equal(t, sent(p)["startTime"], sent(p)["endTime"], "end = start when missing or earlier")
	assert.Equal(t, []string{mapping.FlagEndSet, mapping.FlagUserNone}, flags(p), "reported; without user left out and listed")
	assert.Equal(t, mapping.Truncated, fate(p, "ended_at"))

	p = interaction(t, env(), `{"id":"i","type":"call"}`, nil)[0]
	require.NotNil(t, p.Quarantine, "Nutshell needs a start")
	p = interaction(t, env(), `{"id":"i","type":"call","started_at":"2024-04-30T16:00:00Z","contact_id":"5"}`, nil)[0]
	require.NotNil(t, p.Quarantine)
	assert.Equal(t, mapping.CodeParent, p.Quarantine.Code)
}

func TestInteractionWhereTheAccountLacksTheType(t *testing.T) {
	t.Parallel()
	const body = `{"id":"int-3","type":"email","contact_id":"9001234","agent_id":"3107","subject":"Hello","body":"<p>Hi</p>","location":"Desk","direction":"outbound","started_at":"2024-04-30T16:00:00Z"}`
	p := interaction(t, env(), body, onPerson)[0]
	assert.Equal(t, "[Rezora email int-3] 2024-04-30T16:00:00Z - Priya Lindqvist\n\nHello\nLocation: Desk\nHi", p.Text)
	assert.Equal(t, []string{"activities", "Notes", "record", "people/9001234"}, []string{p.Object, p.Type, p.Role, p.Parent})
	assert.Equal(t, mapping.Archived, fate(p, "direction"))
	p = interaction(t, env(), `{"id":"int-3","type":"sms"}`, onPerson)[0]
	assert.Equal(t, "[Rezora sms int-3] unknown - unknown", p.Text)
	p = interaction(t, env(), `{"id":"int-3","type":"email"}`, nil)[0]
	require.NotNil(t, p.Quarantine, "without a contact: quarantined")
}

func attachment(t *testing.T, e *mapping.Env, body string, in mapping.AttachmentInput) []mapping.Projection {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(body), &in.Attachment))
	in.Raw = json.RawMessage(body)
	return mapping.Default().Attachment(e, in)
}

func TestAttachment(t *testing.T) {
	t.Parallel()
	const body = `{"id":"att-510","parent_type":"contact","parent_id":"9001234","filename":"floor plan.pdf","content_type":"application/pdf","size":18231,"sha256":"3f1c"}`
	in := mapping.AttachmentInput{On: onPerson, Size: 18231, SHA256: "3f1c", StoredAt: "acme/attachments/att-510/floor plan.pdf"}
	out := attachment(t, env(), body, in)
	require.Len(t, out, 2)
	assert.Equal(t, "[Rezora file att-510] floor plan.pdf (18231 bytes, sha256 3f1c)", out[0].Text)
	assert.Equal(t, []string{"attachments", "note", "Notes", "people/9001234"}, []string{out[0].Object, out[0].Role, out[0].Type, out[0].Parent})
	assert.Equal(t, []string{"attachments", "file", "Files", "upload"}, []string{out[1].Object, out[1].Role, out[1].Type, out[1].Verb})
	assert.Equal(t, &mapping.File{Name: "floor plan.pdf", ContentType: "application/pdf", Size: 18231, SHA256: "3f1c"}, out[1].File)

	e := env()
	e.Limits.FileBytes = 18230
	out = attachment(t, e, body, in)
	require.Len(t, out, 1, "too large: note with the link")
	assert.Equal(t, "[Rezora file att-510] floor plan.pdf (18231 bytes, sha256 3f1c)\n\nhttps://archive.example.com/x/acme/attachments/att-510/floor%20plan.pdf", out[0].Text)
	e.Limits.FileBytes, e.Files = 1<<20, false
	assert.Len(t, attachment(t, e, body, in), 1, "not offered: the same")

	for code, c := range map[string]mapping.AttachmentInput{
		mapping.CodeParent: {}, mapping.CodeBytes: {On: onPerson, Failed: "404 from the source"}, mapping.CodeArchiveOnly: {On: onPerson, Archive: "its note is a campaign's"},
	} {
		p := attachment(t, env(), body, c)[0]
		require.NotNil(t, p.Quarantine, code)
		assert.Equal(t, code, p.Quarantine.Code)
		assert.Equal(t, mapping.Archived, fate(p, "filename"), "archive only")
	}
	for _, parent := range []string{"campaign", "template", "listing"} {
		p := attachment(t, env(), `{"id":"a","parent_type":"`+parent+`"}`, mapping.AttachmentInput{On: onPerson})[0]
		assert.Equal(t, mapping.CodeArchiveOnly, p.Quarantine.Code, parent)
	}
	p := attachment(t, env(), `{"id":"a","filename":"x/a\nb\u2028.pdf"}`, mapping.AttachmentInput{On: onPerson})
	assert.Equal(t, "[Rezora file a] ab .pdf (0 bytes, sha256 )", p[0].Text, "the header shows it on one line")
	assert.Equal(t, "ab\u2028.pdf", p[1].File.Name)
}
