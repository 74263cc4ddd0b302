package mapping

import (
	"encoding/json"
	"fmt"

	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/target"
)

// NoteInput is a note and the record it goes on.
type NoteInput struct {
	record.Note
	Raw         json.RawMessage
	On          *Ref             // Person, Company or Lead; nil: the parent was not migrated
	ParentOwner string           // agent who owns the parent, where the author is unknown
	Campaign    *record.Campaign // of a note on a campaign, which goes on each person who received it
	Receivers   int              // of a note on a campaign: migrated people who received it
	Again       bool             // a campaign note on a further person: its fates were counted with the first
}

// Note is what Nutshell must show of a note on one record, part by part.
func (m *Map) Note(env *Env, in NoteInput) []Projection {
	n := in.Note
	b := newBuild(m, env, record.Notes, NoteObjects, "Notes", n.ID)
	author, stated := b.author(in)
	header := "[Rezora note " + n.ID + "] " + headerTime(n.NotedAt) + " - " + author
	if in.Campaign != nil {
		header = "Campaign Note: " + headerName(in.Campaign.Name) + " " + header
		b.use(record.Campaigns, in.ParentID, PartName)
	}
	if n.NotedAt.Set() {
		b.fates.mark(Transformed, "noted_at")
	}
	body := b.plain(n.Body, "body")
	if in.On == nil {
		if why := m.campaignNoteKept(in); why != nil {
			b.p.Quarantine = why
		} else {
			b.orphan(n.ParentType, n.ParentID)
		}
		b.p.Header, b.p.Text = header, JoinText(header, body)
		return []Projection{b.done(in.Raw, n)}
	}
	b.fates.mark(Transformed, "id", "parent_type", "parent_id")
	b.p.Parent = in.On.String()
	if env.Impersonate && stated {
		if u, ok := env.user(n.AuthorAgentID); ok {
			b.p.ActAs = u.Email
			b.use(record.Agents, n.AuthorAgentID, PartAddress)
			b.p.Wants = append(b.p.Wants, target.UserRef("user", u.UserID).From("agent "+n.AuthorAgentID).
				As(target.Transformed, "the user with the author's address"))
		}
	}
	b.p.Carries = []string{"body"}
	parts := b.noteParts(b.p, *in.On, header, body, n.Body)
	if !in.Again {
		closed := b.done(in.Raw, n)
		parts[0].Fates, parts[0].KeepRaw = closed.Fates, closed.KeepRaw
	}
	return parts
}

// campaignNoteKept says why a campaign note stays in the archive; nil when it goes to people.
func (m *Map) campaignNoteKept(in NoteInput) *Reason {
	switch {
	case in.Campaign == nil:
		return nil
	case in.Receivers == 0:
		return &Reason{CodeNoReceivers, "no migrated person received campaign " + in.ParentID + "; the note is in campaigns.csv and records/"}
	case in.Receivers > m.CampaignNotePeople:
		return &Reason{CodeTooMany, fmt.Sprintf("%d people received campaign %s, more than %d; the note is in campaigns.csv and records/",
			in.Receivers, in.ParentID, m.CampaignNotePeople)}
	}
	return nil
}

// AuthorUnknown tells that the source does not say who wrote a note: its parent's owner stands in.
func (e *Env) AuthorUnknown(n record.Note) bool {
	_, known := e.agent(n.AuthorAgentID)
	return !known && blank(n.AuthorName)
}

// author is the name in the header, and whether the source states an agent as the author.
func (b *build) author(in NoteInput) (name string, stated bool) {
	n := in.Note
	if a, ok := b.env.agent(n.AuthorAgentID); ok {
		if name := AgentName(a); name != "" {
			b.fates.mark(Transformed, "author_agent_id")
			b.use(record.Agents, n.AuthorAgentID, PartName)
			return name, true
		}
		stated = true
	}
	if !blank(n.AuthorName) {
		b.fates.mark(Carried, "author_name")
		return headerName(n.AuthorName), stated
	}
	if a, ok := b.env.agent(in.ParentOwner); ok && !stated {
		if name := AgentName(a); name != "" {
			b.flag(FlagAuthorInferred, "the author is inferred from the owner of the parent")
			b.use(record.Agents, in.ParentOwner, PartName)
			return name + " (inferred)", false
		}
	}
	return Unknown, stated
}

// parentObjects are the objects that items hang on, by the source's word.
var parentObjects = map[string]string{"contact": People, "company": Companies, "lead": LeadObjects}

// orphan quarantines an item whose parent was not migrated, at the place where it belongs should the parent still come.
func (b *build) orphan(parentType, parentID string) {
	if object := parentObjects[parentType]; object != "" {
		b.p.Parent = Ref{Object: object, SourceID: parentID}.String()
	}
	b.quarantine(CodeParent, "its parent, "+parentType+" "+parentID+", was not migrated")
}
