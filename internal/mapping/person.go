package mapping

import (
	"encoding/json"
	"strings"

	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/target"
)

// CompanyRef is the company that a person is linked to.
type CompanyRef struct {
	SourceID string
	ID       int64  // Nutshell id of an account without source record; else 0
	Name     string // the name it has in Nutshell
}

// PersonInput is a contact and everything that other rows say about it.
type PersonInput struct {
	record.Contact
	Raw           json.RawMessage             // the canonical item; nil: the record is encoded again
	Unsubscribed  bool                        // unsubscribed in either source, beside the record's own field
	Company       *CompanyRef                 // nil: stand-alone
	Ambiguous     string                      // rule under which several companies were found, "" for none
	Groups        []*record.DistributionGroup // served ones, in any order; shared, never changed
	Received      []*record.Campaign          // served ones, in any order; shared, never changed
	Events        []Event                     // any types, in any order
	GroupsLost    int                         // memberships whose group is not served
	CampaignsLost int                         // campaigns received that are not served
}

// Person is what Nutshell must show of a contact.
func (m *Map) Person(env *Env, in PersonInput) Projection {
	c := in.Contact
	if !m.standard(sectionPerson, "accounts") {
		in.Company = nil
	}
	b := newBuild(m, env, record.Contacts, People, Contacts, c.ID)
	on := func(field string) bool { return m.standard(sectionPerson, field) }
	known := on("name") && b.personName(c)
	if on("email") && b.email(c.Email, "email") {
		known = true
	}
	if on("phone") && b.phones(labelled{"mobile", c.Phones.Mobile}, labelled{"work", c.Phones.Work},
		labelled{"home", c.Phones.Home}, labelled{"fax", c.Phones.Fax}) > 0 {
		known = true
	}
	if !known {
		b.quarantine(CodeNothing, "the contact has neither name, e-mail nor phone that Nutshell takes")
	}
	if on("address") {
		b.address("home", c.Addresses.Home, "addresses.home")
		b.address("business", c.Addresses.Business, "addresses.business")
	}
	b.companyLink(in)
	if on("owner") {
		b.ownerOf("owner", c.OwnerAgentID, "owner_agent_id")
		if blank(c.OwnerAgentID) && env.FallbackUser == 0 {
			b.flag(FlagOwnerNone, "no owner: the contact has no agent, and no fallback owner is set")
		}
	}
	b.identity(c.Common)
	b.customText(FieldContactType, c.ContactType, "contact_type")
	if in.Company == nil || in.Company.Name != c.CompanyName {
		b.customText(FieldCompanyName, c.CompanyName, "company_name")
	} else if !blank(c.CompanyName) {
		b.fates.mark(Carried, "company_name")
	}
	b.ownerField(c.OwnerAgentID)
	b.consent(in)
	b.customText(FieldEmailStatus, c.EmailStatus, "email_status")
	b.groups(in)
	b.campaigns(in)
	b.engagement(in)
	b.score(c.Scores)
	b.listings(in)
	b.properties(objectContact, c.CustomProperties)
	return b.done(in.Raw, c)
}

// personName demands both parts when both exist, else the name as one text, trimmed. One part alone is not used.
func (b *build) personName(c record.Contact) bool {
	limit := b.env.Limits.Name
	if !blank(c.FirstName) && !blank(c.LastName) {
		given := b.accepts("name.givenName", c.FirstName, limit, "first_name")
		if family := b.accepts("name.familyName", c.LastName, limit, "last_name"); given && family {
			b.put(target.NameParts(c.FirstName, c.LastName), "first_name", "last_name")
			return true
		}
	}
	if blank(c.Name) {
		return false
	}
	name := strings.TrimSpace(c.Name)
	if !b.accepts("name", name, limit, "name") {
		return false
	}
	w := target.NameText(name).From(c.Name)
	if name != c.Name {
		w = w.As(target.Transformed, "trimmed")
	}
	b.put(w, "name")
	return true
}

// companyLink demands the link with the title as its relationship; the title of a stand-alone person is the description.
func (b *build) companyLink(in PersonInput) {
	c := in.Contact
	if in.Ambiguous != "" {
		b.flag(FlagCompanyUnlinked, "several companies under the rule "+in.Ambiguous+": stand-alone")
	}
	if in.Company == nil {
		if b.m.standard(sectionPerson, "description") {
			b.text("description", c.Title, b.env.Limits.Description, "title")
		}
		return
	}
	title := ""
	if !blank(c.Title) && b.accepts("accounts.relationship", c.Title, b.env.Limits.Name, "title") {
		title = c.Title
		b.fates.mark(Carried, "title")
	}
	w := linkTo("accounts", Ref{Object: Companies, SourceID: in.Company.SourceID, ID: in.Company.ID}, title)
	if in.Company.ID == 0 && in.Company.SourceID == c.CompanyID {
		b.put(w, "company_id")
		return
	}
	b.put(w)
}

func (b *build) ownerField(agentID string) {
	if blank(agentID) {
		return
	}
	owner, part := "Rezora agent "+agentID, PartID
	if a, ok := b.env.agent(agentID); ok && !blank(a.Email) {
		owner, part = strings.TrimSpace(a.Email), PartAddress
	}
	if _, on := b.env.Fields.BuiltIn(b.m, Contacts, FieldOwner); on {
		b.use(record.Agents, agentID, part)
	}
	b.builtIn(FieldOwner, owner, target.Transformed, "the owner agent", "agent "+agentID, "owner_agent_id")
}

func (b *build) consent(in PersonInput) {
	if in.Contact.Unsubscribed || in.Unsubscribed {
		b.builtIn(FieldUnsubscribed, true, target.Equal, "", "true", "unsubscribed")
	} else if _, on := b.env.Fields.BuiltIn(b.m, Contacts, FieldUnsubscribed); on {
		b.fates.mark(Transformed, "unsubscribed") // false is the field's absence
	}
	b.customTime(FieldUnsubAt, in.UnsubscribedAt, "unsubscribed_at")
	b.customTime(FieldOptInAt, in.OptIn.FirstAt, "opt_in.first_at")
}
