package crawl_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
)

// TestEveryHeaderNamesItsRecord writes headers as the map does, for every id that a source may have, and reads them back: a header that is not
// recognised would have its record made twice.
func TestEveryHeaderNamesItsRecord(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("bürg ", 9) + "x"
	for _, id := range []string{"33017", "int-2040", "att/18 ü", "a]b", "a[b]c", "[x", "(2/3)", "Rezora note 5", " padded ", "😀", long, "legacy:" + long} {
		for _, campaign := range []bool{false, true} {
			for object, p := range written(t, id, campaign) {
				h, ok := crawl.ParseHeader(p.Text)
				if assert.True(t, ok, "%s %q: %q", object, id, p.Text) {
					assert.Equal(t, crawl.Header{Object: object, ID: id, Part: 1, Parts: 1}, h, "%q", p.Text)
				}
			}
		}
	}
}

// written are the texts that the map writes for one record of each kind that carries a header.
func written(t *testing.T, id string, campaign bool) map[string]mapping.Projection {
	t.Helper()
	m, env, person := mapping.Default(), &mapping.Env{Limits: mapping.DefaultLimits(), Files: true}, mapping.Ref{Object: mapping.People, SourceID: "1"}
	common := record.Common{ID: id}
	out := map[string]mapping.Projection{
		"tasks": m.Task(env, mapping.TaskInput{Task: record.Task{Common: common, Title: "Call"}, Person: &person})[0],
		"activities": m.Interaction(env, mapping.InteractionInput{
			Interaction: record.Interaction{Common: common, Type: "call", Direction: "inbound", StartedAt: record.At(time.Now())}, Person: &person})[0],
		"attachments": m.Attachment(env, mapping.AttachmentInput{
			Attachment: record.Attachment{Common: common, Filename: "a] (1).pdf"}, On: &person, Size: 7, SHA256: "00"})[0],
	}
	env.ActivityTypes = map[string]int64{"call": 1} // now an activity, before a note
	note := mapping.NoteInput{Note: record.Note{Common: common, Body: "Met", AuthorName: "Ann [Sales]"}, On: &person}
	if campaign {
		note.Campaign, note.Receivers = &record.Campaign{Name: "Just [Listed] (5)"}, 1
		out["activities"] = m.Interaction(env, mapping.InteractionInput{Interaction: record.Interaction{Common: common, Type: "call", StartedAt: record.At(time.Now())}, Person: &person})[0]
	}
	out["notes"] = m.Note(env, note)[0]
	for _, p := range m.Lead(env, mapping.LeadInput{Lead: record.Lead{Common: common, Message: "Hello"}}) {
		if p.Text != "" {
			out["leads"] = p
		}
	}
	return out
}
