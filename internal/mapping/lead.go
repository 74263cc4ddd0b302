package mapping

import (
	"encoding/json"
	"strings"

	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/target"
)

// LeadInput is a lead and what the set decided about it.
type LeadInput struct {
	record.Lead
	Raw          json.RawMessage
	Contact      *record.Contact // of contact_id, whether it is migrated or not
	Person       *Ref            // LinkPerson
	Ambiguous    bool            // several people have the lead's e-mail
	Company      *Ref            // the Person's company, else that of company_id; nil: none is migrated
	CampaignName string          // "" when the campaign is not served
}

// Lead is what Nutshell must show of a lead: the record, the edit that closes it, and the note with what has no field.
func (m *Map) Lead(env *Env, in LeadInput) []Projection {
	l := in.Lead
	b := newBuild(m, env, record.Leads, LeadObjects, Leads, l.ID)
	on := func(field string) bool { return m.standard(sectionLead, field) }
	if on("description") {
		b.leadDescription(in)
	}
	if in.Ambiguous {
		b.flag(FlagPersonUnlinked, "several people have the lead's e-mail: none is linked")
	}
	if in.Person != nil && on("contacts") {
		w := linkTo("contacts", *in.Person, "")
		if in.Person.Object == People && in.Person.SourceID == l.ContactID {
			b.put(w, "contact_id")
		} else {
			b.put(w.As(target.Transformed, "the only person with the lead's e-mail"))
		}
	}
	if in.Company != nil && on("primaryAccount") {
		w := refTo("primaryAccount", *in.Company)
		if in.Company.ID == 0 && in.Company.SourceID == l.CompanyID {
			b.put(w, "company_id")
		} else {
			b.put(w.As(target.Transformed, "the company of the lead's person"))
		}
	}
	if on("assignee") {
		b.ownerOf("assignee", l.AgentID, "agent_id")
	}
	if env.MilestoneID != 0 {
		b.put(target.EntityRef("milestone", "Milestones", env.MilestoneID).From("").As(target.Transformed, "the first stage of the chosen pipeline"))
	}
	closing := b.leadStatus(in)
	b.identity(l.Common)
	b.leadScore(l.Score)
	b.customText(FieldLeadStatus, l.Status, "status")
	b.customText(FieldLeadSource, l.Source, "source")
	var notes []Projection
	if on("note") {
		notes = b.leadNote(in)
	}
	out := []Projection{b.done(in.Raw, l)}
	if closing != nil {
		out = append(out, *closing)
	}
	out = append(out, notes...)
	return sharing(out)
}

func (b *build) leadDescription(in LeadInput) {
	usable := func(s string) bool { return !blank(s) && !strings.ContainsRune(s, 0) }
	var fields []string
	whole := ""
	switch {
	case usable(in.Name):
		whole, fields = in.Name, []string{"name"}
	case in.Contact != nil && usable(ContactName(*in.Contact)):
		whole = ContactName(*in.Contact)
	}
	switch {
	case whole == "":
		whole = "Rezora lead " + in.ID
	case usable(in.Source):
		whole += ": " + in.Source
		fields = append(fields, "source")
	}
	text, cut := Shorten(whole, b.env.Limits.LeadDescription)
	w := target.Text("description", text).From(whole)
	if whole != in.Name {
		w = w.As(target.Transformed, "name and source")
	}
	if cut {
		why := tooLong(whole, b.env.Limits.LeadDescription) + ", shortened"
		b.flag(FlagShortened, "description: "+why)
		w = w.As(target.Truncated, why+"; "+inRecords)
	}
	b.put(w, fields...)
}

// leadStatus demands the status of an open lead, and returns the edit that closes a won or lost one.
func (b *build) leadStatus(in LeadInput) *Projection {
	status, ok := b.m.LeadStatus(in.Status)
	if !ok {
		b.quarantine(CodeStatus, "the map has no line for the lead's status")
		return nil
	}
	if !status.Closed() {
		n := int64(0)
		if status == Pending {
			n = 1
		}
		w := target.Int("status", n).From(in.Status)
		if in.Status != string(status) {
			w = w.As(target.Transformed, "the map's line for the status")
		}
		b.put(w, "status")
		return nil
	}
	p := b.beside(RoleClose, VerbEdit, Leads, Ref{Object: LeadObjects, SourceID: in.ID})
	b.fates.mark(Transformed, "status")
	outcome := b.env.Outcomes[string(status)]
	if outcome == 0 {
		p.Quarantine = &Reason{Code: CodeOutcome, Text: "the account has no outcome for " + string(status)}
		return p
	}
	p.Wants = append(p.Wants, target.EntityRef("outcome", "Lead_Outcomes", outcome).From(in.Status).
		As(target.Transformed, "the outcome of the map's line for the status"))
	closed, field, why := in.ConvertedAt, "converted_at", ""
	if !closed.Set() {
		closed, field, why = in.UpdatedAt, "updated_at", "the last change, for the lead has no converted_at"
	}
	if !closed.Set() {
		b.flag(FlagClosedTime, "the lead has neither converted_at nor updated_at: it is closed as of now")
		return p
	}
	if b.env.ClosesNow {
		p.Wants, p.Carries = append(p.Wants, b.closedBeside(closed, field)), []string{"status"}
		return p
	}
	w := target.Time("closedTime", closed.Time)
	if why != "" {
		w = w.As(target.Transformed, why)
	}
	p.Wants, p.Carries = append(p.Wants, w), []string{"status", field}
	b.fates.mark(Carried, field)
	return p
}

// closedBeside keeps a closing time that the account does not take in a custom field, else in the archive.
func (b *build) closedBeside(closed record.Time, field string) target.Want {
	f, on := b.env.Fields.BuiltIn(b.m, Leads, FieldClosedAt)
	if !on {
		return b.ownTime("closedTime", closed, field)
	}
	b.builtIn(FieldClosedAt, closed.Time, target.Equal, "", closed.String(), field)
	return target.Time("closedTime", closed.Time).AnyValue().As(target.Transformed, "the account puts its own time; this one stands in "+f.Name)
}

// ownTime demands a time in whose place the account puts its own.
func (b *build) ownTime(path target.Path, t record.Time, field string) target.Want {
	b.flag(FlagOwnTime, string(path)+": the account puts its own time; "+inRecords)
	b.fates.mark(Truncated, field)
	return target.Time(path, t.Time).AnyValue().As(target.Truncated, "the account puts its own time; "+inRecords)
}

func (b *build) leadScore(score record.Num) {
	if score == "" {
		return
	}
	n, ok := nutshellNumber(string(score))
	if !ok {
		b.refuse("customFields."+FieldScore, string(score), "not a number that Nutshell takes", "score")
		return
	}
	b.builtIn(FieldScore, json.Number(n), target.Equal, "", string(score), "score")
}

// leadNote carries what has no field: one line a key, in a fixed order.
func (b *build) leadNote(in LeadInput) []Projection {
	l := in.Lead
	var lines []string
	line := func(key, value string) {
		if !blank(value) {
			lines = append(lines, key+": "+value)
		}
	}
	line("message", b.plain(l.Message, "message"))
	line("phone", b.line(l.Phone, "phone", Carried))
	line("email", b.line(strings.TrimSpace(l.Email), "email", Carried))
	if id := b.line(l.CampaignID, "campaign_id", Transformed); id != "" {
		name := headerName(in.CampaignName)
		if blank(name) {
			name = Unknown
		} else {
			b.use(record.Campaigns, id, PartName|PartID)
		}
		line("campaign", name+" ("+id+")")
	}
	line("listing", b.line(l.ListingID, "listing_id", Carried))
	if len(lines) == 0 {
		return nil
	}
	on := Ref{Object: LeadObjects, SourceID: l.ID}
	header := "[Rezora lead " + l.ID + "] " + headerTime(l.CreatedAt)
	p := b.beside(RoleNote, VerbCreate, "Notes", on)
	p.Carries = []string{"message", "phone", "email", "campaign_id", "listing_id"}
	return b.noteParts(*p, on, header, strings.Join(lines, "\n"), "message, phone, email, campaign and listing")
}
