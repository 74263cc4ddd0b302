package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/rezoratest"
)

// TestOddSourcesArriveByTheMap moves accounts whose rows are odd, all by the same map.
func TestOddSourcesArriveByTheMap(t *testing.T) {
	t.Parallel()
	for name, tune := range map[string]func(*rezoratest.Config){
		"dirty text":        func(c *rezoratest.Config) { c.DirtyText = 0.5 },
		"custom properties": func(c *rezoratest.Config) { c.OddCustomProperties = 0.5; c.DirtyText = 0.1 },
		"dangling": func(c *rezoratest.Config) {
			c.DanglingRefs, c.DuplicateInAgent, c.CompanyCycle = 0.2, 0.2, true
		},
		"files": func(c *rezoratest.Config) { c.AttachmentOdd = true },
		"all": func(c *rezoratest.Config) {
			c.DirtyText, c.OddCustomProperties, c.DanglingRefs, c.CompanyCycle = 0.3, 0.3, 0.1, true
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := small()
			tune(&c)
			newStack(t, c, unlimited()).whole(slug(name), "", nil)
		})
	}
}

// TestOddRecordsArriveByTheMap puts the records into an account that are hardest to carry.
func TestOddRecordsArriveByTheMap(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	person := s.firstID("contacts")
	note := func(body string) {
		s.put("notes", map[string]any{"parent_type": "contact", "parent_id": person, "body": body, "noted_at": "2024-03-10T07:30:00Z"})
	}
	note(strings.Repeat("seventy thousand ", 4200))
	note(strings.Repeat("x", 70_000))
	note("<p>Dear &amp; near,<br>see <a href=\"https://example.com/a?b=1&amp;c=2\">here</a></p><script>alert(1)</script><ul><li>one<li>two</ul>")
	note("thanks @[users:1-users] and @[contacts:2-contacts] for that")
	note("[Rezora note 1] 2020-01-01T00:00:00Z - somebody else")
	note("   \n ")
	for i := range 3000 {
		s.put("activities", map[string]any{
			"type": "open", "contact_id": person, "campaign_id": s.firstID("campaigns"),
			"occurred_at": time.Date(2024, 12, 31, 23, 59, 59, 0, time.UTC).Add(time.Duration(i) * time.Minute).Format(time.RFC3339),
		})
	}
	for i, status := range []string{"new", "contacted", "qualified", "nurturing", "converted", "lost"} {
		s.put("leads", map[string]any{"name": fmt.Sprintf("Lead %d", i), "status": status, "contact_id": person})
	}
	s.put("leads", map[string]any{"status": "new"})
	s.put("tasks", map[string]any{"title": "", "status": "completed", "contact_id": person})
	s.put("tasks", map[string]any{"title": strings.Repeat("long ", 80), "status": "completed", "contact_id": person, "due_at": "2024-02-29T23:59:59Z"})
	s.put("contacts", map[string]any{"name": " ", "first_name": "", "email": ""})
	s.put("contacts", map[string]any{"name": "", "email": "only.mail@example.org"})
	s.put("contacts", map[string]any{"name": "No Mail At All", "phones": map[string]any{"mobile": "not a number"}})
	s.put("companies", map[string]any{"name": "", "legal_name": " "})
	for i, moment := range []string{"1969-12-31T23:59:59Z", "2024-03-10T09:59:59Z", "2024-11-03T08:30:00Z", "2000-02-29T00:00:00Z", "2038-01-19T03:14:08Z"} {
		s.put("interactions", map[string]any{"type": "call", "contact_id": person, "subject": fmt.Sprintf("at %d", i), "started_at": moment, "ended_at": "2001-01-01T00:00:00Z"})
	}
	odd := map[string]string{} // e-mail -> contact, of people whose names are hard to carry
	for i, name := range []string{
		"Síle O'Neil", "O&#39;Neil &amp; Sons &lt;Ltd&gt;", "Zoë 🏡👩‍👩‍👧 Kim", "שרה כהן", "\u202eevil\u202c Bo", "Line\nBreak\tTab", `Quote "Q" \ Back`, "MÃ¼ller", strings.Repeat("long ", 80),
	} {
		email := fmt.Sprintf("odd%d@example.com", i)
		odd[email] = s.put("contacts", map[string]any{
			"name": name, "email": "  " + strings.ToUpper(email[:1]) + email[1:] + "\t", "title": name, "company_name": name, "created_at": "2023-12-31T23:59:59Z",
			"custom_properties": map[string]any{"Birthday": "2024-02-29", "Home Anniversary": "1999-12-31", "Motto": name},
		})
	}
	for _, file := range []map[string]any{
		{"filename": "plan of 12 MiB.pdf", "size": 12 << 20, "content_type": "application/pdf"}, {"filename": "empty.txt", "size": 0, "content_type": "text/plain"},
		{"filename": "../../etc/passwd", "size": 10, "content_type": "text/plain"}, {"filename": `..\\..\\boot.ini`, "size": 10, "content_type": "text/plain"},
		{"filename": "inv\u202egpj.exe", "size": 10, "content_type": "text/plain"}, {"filename": "CON\u0000\n.txt", "size": 10, "content_type": "text/plain"},
		{"filename": " ", "size": 10, "content_type": ""}, {"filename": strings.Repeat("n", 300) + ".tar.gz", "size": 10, "content_type": "application/gzip"},
	} {
		file["parent_type"], file["parent_id"] = "contact", person
		s.put("attachments", file)
	}
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"oddest","sample_size":20,"delta_window":"0s",` + fallback + `}`)
	s.finish("oddest")
	s.judge("oddest", before, false, nil)
	s.clean("oddest")
	assert.NotEmpty(t, s.archived("oddest", "engagement/"+person+".json"))
	for email, id := range odd {
		n := 0
		for _, r := range s.dest.Snapshot().Contacts {
			if key := r.CustomFields["Rezora_ID__c"]; len(key) == 1 && key[0] == id {
				n++
				assert.Contains(t, strings.ToLower(fmt.Sprintf("%+v", r)), email, "the address, without its padding")
			}
		}
		assert.Equal(t, 1, n, "contact %s arrived", id)
	}
	for name := range s.filesOf("oddest") {
		assert.NotContains(t, name, "..", "a file name is never a path")
	}
	require.Empty(t, s.source.Stats().Violations)
}
