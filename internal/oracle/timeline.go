package oracle

import (
	"slices"
	"strings"

	"rezora2nutshell/internal/record"
)

// timeline checks notes, tasks and interactions.
func (j *judge) timeline() {
	j.leadNotes()
	for _, n := range j.u.notes {
		j.note(n)
	}
	for _, t := range j.u.tasks {
		j.task(t)
	}
	for _, t := range j.u.talks {
		j.talk(t)
	}
}

func stamp(t record.Time) string {
	if !t.Set() {
		return "unknown"
	}
	return t.String()
}

func (j *judge) leadNotes() {
	for _, l := range j.u.leads {
		parent := j.target(objLeads, l.ID)
		lines, any := j.leadNote(l)
		if parent == "" || !any {
			j.settleUnjudged(mark{"lead", l.ID}, parent == "" && j.unjudged(objLeads, l.ID))
			continue
		}
		m := message{object: objNotes, sourceID: l.ID, mark: mark{"lead", l.ID}, rule: ruleLeadNote, parent: parent,
			headers: []string{"[Rezora lead " + l.ID + "] " + stamp(l.CreatedAt)}, limit: j.Limits.NoteChars}
		for _, text := range choices(lines) {
			m.body.exact = append(m.body.exact, text)
			m.body.html = append(m.body.html, laid(text))
		}
		j.author(j.notes(m), "")
	}
}

// choices are the texts that take one of the lawful forms of each line.
func choices(lines [][]string) []string {
	out := []string{""}
	for _, forms := range lines {
		var next []string
		for _, text := range out {
			for _, f := range forms {
				if line := text + "\n" + f; !slices.Contains(next, line) {
					next = append(next, line)
				}
			}
		}
		out = next
	}
	return out
}

// agentName is how headers call an agent, "" when nothing names it.
func (j *judge) agentName(id string) string {
	a, served := j.u.agents[id]
	if !served {
		return ""
	}
	return first(a.DisplayName, strings.TrimSpace(a.FirstName+" "+a.LastName), a.Email)
}

// authors are the lawful names of a note's author; stated is the agent who wrote it, "" when none is named.
func (j *judge) authors(n record.Note) (names []string, stated string) {
	if name := j.agentName(n.AuthorAgentID); name != "" {
		return []string{name}, n.AuthorAgentID
	}
	if !blank(n.AuthorName) {
		return []string{n.AuthorName}, ""
	}
	inferred := "unknown"
	if name := j.agentName(j.ownerOf(n.ParentType, n.ParentID)); name != "" {
		inferred = name + " (inferred)"
	}
	if n.AuthorAgentID != "" { // an author that is not served: whether it is missing the map does not say
		return []string{inferred, "unknown"}, ""
	}
	return []string{inferred}, ""
}

// ownerOf is the owner of a note's parent.
func (j *judge) ownerOf(kind, id string) string {
	switch kind {
	case "contact":
		if i, found := slices.BinarySearchFunc(j.u.contacts, id, func(c record.Contact, id string) int { return strings.Compare(c.ID, id) }); found {
			return j.u.contacts[i].OwnerAgentID
		}
	case "campaign":
		return j.u.campaigns[id].OwnerAgentID
	case "lead":
		if i, found := slices.BinarySearchFunc(j.u.leads, id, func(l record.Lead, id string) int { return strings.Compare(l.ID, id) }); found {
			return j.u.leads[i].AgentID
		}
	}
	return ""
}

var objectOf = map[string]string{"contact": objPeople, "company": objCompanies, "lead": objLeads}

func (j *judge) note(n record.Note) {
	names, stated := j.authors(n)
	m := message{object: objNotes, sourceID: n.ID, mark: mark{"note", n.ID}, rule: ruleNote, body: bodyOf(n.Body), limit: j.Limits.NoteChars}
	prefix := ""
	var parents []string
	if n.ParentType == "campaign" {
		c, served := j.u.campaigns[n.ParentID]
		if !served {
			j.settleUnjudged(m.mark, j.tombstone(record.Campaigns, n.ParentID))
			return
		}
		m.rule, prefix = ruleCampaignNote, campaignPrefix+laid(c.Name)+" "
		if parents = j.receiversOf(n.ParentID); len(parents) > 200 {
			return
		}
	} else {
		object := objectOf[n.ParentType]
		parent := j.target(object, n.ParentID)
		if parent == "" {
			j.settleUnjudged(m.mark, object != "" && j.unjudged(object, n.ParentID))
			return
		}
		parents = []string{parent}
	}
	for _, name := range names {
		m.headers = append(m.headers, prefix+"[Rezora note "+n.ID+"] "+stamp(n.NotedAt)+" - "+name)
	}
	for _, parent := range parents {
		m.parent = parent
		j.author(j.notes(m), stated)
	}
}

// receiversOf are the migrated people who received a campaign.
func (j *judge) receiversOf(campaign string) []string {
	var out []string
	for id := range j.received[campaign] {
		if target := j.target(objPeople, id); target != "" {
			out = append(out, target)
		}
	}
	slices.Sort(out)
	return out
}

// settleUnjudged lets records with a mark pass where the map cannot tell whether they are there.
func (j *judge) settleUnjudged(k mark, lawful bool) {
	if !lawful {
		return
	}
	for _, r := range j.marked.list[k] {
		r.used = true
	}
}

// author checks the user under whom notes were written.
func (j *judge) author(notes []*marked, stated string) {
	want := j.KeyUser
	if stated != "" && j.Impersonate {
		if u := j.user(stated); u != "" {
			want = j.after.userID(u)
		}
	}
	for _, n := range notes {
		if have := n.record.Fields["user"]; have != itoa(want) && j.before.records[n.target()] == nil {
			j.problem(Problem{objNotes, n.id, n.target(), "user", itoa(want), have, ruleAuthor})
		}
	}
}
