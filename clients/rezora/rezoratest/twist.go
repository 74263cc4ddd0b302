package rezoratest

import "maps"

const (
	unknownShare = 0.05 // of rows that get an enum outside the lists
	futureShare  = 0.03 // of rows that get a date ahead of the clock
)

// twist plays the switches that change what a generated row says.
func (g *generator) twist(item any) {
	c := g.cfg
	if c.UnknownEnums && g.odd.Float64() < unknownShare {
		twistEnum(item)
	}
	if c.FutureDates && g.odd.Float64() < futureShare {
		g.twistDate(item)
	}
	if c.DanglingRefs > 0 && g.odd.Float64() < c.DanglingRefs {
		twistRef(item)
	}
	if c.DirtyText > 0 && g.odd.Float64() < c.DirtyText {
		g.twistText(item)
	}
	if x, ok := item.(*contact); ok && c.OddCustomProperties > 0 && g.odd.Float64() < c.OddCustomProperties {
		x.Custom = maps.Clone(x.Custom)
		g.twistProperties(x.Custom)
	}
}

func twistEnum(item any) {
	switch x := item.(type) {
	case *company:
		x.Status = "dormant"
	case *agent:
		x.Status = "sabbatical"
	case *contact:
		x.ContactType = "Lukewarm"
	case *group:
		if x.Kind == "standard" {
			x.Kind = "smart"
		}
	case *template:
		x.Version = "v3"
	case *listing:
		x.Status = "auction"
	case *campaign:
		x.Kind = "podcast"
	case *recipient:
		x.Status = "held"
	case *sequence:
		x.Trigger.Type = "weather_changed"
	case *enrollment:
		x.Status = "snoozed"
	case *lead:
		x.Status = "parked"
	case *task:
		x.Status = "waiting"
	case *interaction:
		x.Direction = "sideways"
	case *socialPost:
		x.Status = "boosted"
	}
}

// twistDate moves a date of the record ahead of the clock; updated_at, the
// server's own, stays.
func (g *generator) twistDate(item any) {
	ahead := instant(g.now + 400*day)
	switch x := item.(type) {
	case *contact:
		x.CreatedAt = ahead
	case *note:
		x.NotedAt = ahead
	case *task:
		x.DueAt = ahead
	case *interaction:
		x.StartedAt = ahead
		if x.EndedAt != 0 {
			x.EndedAt = ahead + 600
		}
	case *event:
		x.OccurredAt = ahead
	case *lead:
		x.CreatedAt = ahead
	case *listing:
		x.ListDate = opt(ahead.date())
	}
}

// nowhere is an id that no row has.
const nowhere = "999999999"

func twistRef(item any) {
	switch x := item.(type) {
	case *company:
		if x.Kind == "office" {
			x.ParentID = "brk-" + nowhere
		}
	case *agent:
		x.OfficeID = "loc-" + nowhere
	case *teamMembership:
		x.TeamID = nowhere
	case *contact:
		if !x.IsSelf {
			x.CompanyID = "org-" + nowhere
		}
	case *groupMembership:
		x.ContactID = "99" + x.ID
	case *campaign:
		x.GroupIDs = append([]string{nowhere}, x.GroupIDs...)
	case *recipient:
		x.ContactID = "99" + x.ID
	case *enrollment:
		x.SequenceID = "seq-" + nowhere
	case *lead:
		x.AgentID = nowhere
	case *note:
		x.ParentID = nowhere
	case *task:
		x.AssigneeAgentID = nowhere
	case *interaction:
		x.ContactID = nowhere
	case *event:
		x.ContactID = nowhere
	case *attachment:
		x.UploadedByAgentID = nowhere
	}
}

// dirt is text as years of imports leave it: entities, UTF-8 read as Latin-1,
// emoji, right-to-left text, control characters.
var dirt = []string{"O&#39;Neil &amp; Co", "RenÃ©e", "House 🏡 hunter", "שלום وأهلا", "tab\tand\u0001bell\u0007", "line\r\nbreak\u2028end", "e\u0301 combining"}

func (g *generator) twistText(item any) {
	d := pick(g.odd, dirt)
	switch x := item.(type) {
	case *company:
		x.Name += " " + d
	case *agent:
		x.Bio = opt(d)
	case *contact:
		if !x.IsSelf {
			x.Name = d
		}
	case *group:
		if x.Kind == "standard" {
			x.Name += " " + d
		}
	case *campaign:
		x.Subject = d
	case *template:
		x.Name = d
	case *listing:
		x.Remarks = opt(d)
	case *lead:
		x.Message = opt(d)
	case *note:
		x.Body = d + "\n" + x.Body
	case *task:
		x.Title = d
	case *interaction:
		x.Subject = opt(d)
	case *socialPost:
		x.Text = opt(d)
	case *event:
		if x.Detail != nil {
			x.Detail.UserAgent = d
		}
	}
}

var oddPropertyNames = []string{"a.dotted.name", "Größe", " padded ", "Areas", "Household", "Score"}

// twistProperties adds what a clean map never holds.
func (g *generator) twistProperties(m map[string]any) {
	switch g.odd.IntN(5) {
	case 0:
		long := make([]rune, 300)
		for i := range long {
			long[i] = 'w'
		}
		m["Lender"] = string(long)
	case 1:
		m["a.dotted.name"], m["Größe"], m[" padded "] = "x", "y", "z"
	case 2:
		m["Areas"] = []any{"Boulder", "Erie", nil, 3}
	case 3:
		m["Household"] = map[string]any{"adults": 2, "pets": []string{"dog"}}
	case 4:
		m["Birthday"], m["Pre-approved"], m["Score"] = nil, "perhaps", 12345678901234567
	}
}
