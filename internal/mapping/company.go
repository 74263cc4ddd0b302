package mapping

import (
	"encoding/json"
	"strings"

	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/target"
)

// CompanyInput is a company and what the set decided about it.
type CompanyInput struct {
	record.Company
	Raw        json.RawMessage // the canonical item; nil: the record is encoded again
	ParentName string          // the name the parent has in Nutshell, "" when it is not migrated
	ParentCut  bool            // the link to the parent is cut, for it closes a cycle
}

// companyName is the first of name, legal_name and "City, State" that Nutshell takes, whole, with its source fields.
func companyName(c record.Company) (name string, fields []string) {
	usable := func(s string) bool { return !blank(s) && !strings.ContainsRune(s, 0) }
	switch {
	case usable(c.Name):
		return c.Name, []string{"name"}
	case usable(c.LegalName):
		return c.LegalName, []string{"legal_name"}
	case usable(c.Address.City) && usable(c.Address.State):
		return c.Address.City + ", " + c.Address.State, []string{"address.city", "address.state"}
	}
	return "", nil
}

// CompanyName is the name that a company gets in Nutshell; "" when it is quarantined for want of one.
func (m *Map) CompanyName(env *Env, c record.Company) string {
	name, _ := companyName(c)
	name, _ = Shorten(name, env.Limits.Name)
	return name
}

// Company is what Nutshell must show of a company.
func (m *Map) Company(env *Env, in CompanyInput) Projection {
	c := in.Company
	b := newBuild(m, env, record.Companies, Companies, Accounts, c.ID)
	b.companyName(c)
	on := func(field string) bool { return m.standard(sectionCompany, field) }
	if on("url") {
		b.companyURL(c)
	}
	if on("phone") {
		b.phones(labelled{"main", c.Phones.Main}, labelled{"fax", c.Phones.Fax})
	}
	if on("address") {
		b.address("", c.Address, "address")
	}
	if on("email") {
		b.email(c.Email, "email")
	}
	if on("owner") {
		b.fallbackOwner("owner")
	}
	b.identity(c.Common)
	b.parent(in)
	b.customText(FieldCompanyKind, c.Kind, "kind")
	b.properties(objectCompany, c.CustomProperties)
	return b.done(in.Raw, c)
}

func (b *build) companyName(c record.Company) {
	whole, fields := companyName(c)
	if whole == "" {
		b.quarantine(CodeNothing, "the company has neither name, legal name, nor city and state")
		return
	}
	name, cut := Shorten(whole, b.env.Limits.Name)
	w := target.Text("name", name).From(whole)
	switch {
	case cut:
		why := tooLong(whole, b.env.Limits.Name) + ", shortened"
		b.flag(FlagShortened, "name: "+why)
		w = w.As(target.Truncated, why+"; "+inRecords)
	case len(fields) > 1:
		w = w.As(target.Transformed, "city and state, for the company has no name")
	case fields[0] == "legal_name":
		w = w.As(target.Transformed, "the legal name, for the company has no name")
	}
	b.put(w, fields...)
	if !cut && fields[0] == "legal_name" {
		b.fates.mark(Carried, fields...)
	}
}

func (b *build) companyURL(c record.Company) {
	if !blank(c.Website) {
		if b.accepts("url", c.Website, b.env.Limits.URL, "website") {
			b.put(target.URL(c.Website), "website")
			return
		}
	}
	if !blank(c.Domain) {
		if url := "https://" + c.Domain; b.accepts("url", url, b.env.Limits.URL, "domain") {
			b.put(target.URL(url).From(c.Domain).As(target.Transformed, "the domain, for the company has no website"), "domain")
		}
	}
}

func (b *build) parent(in CompanyInput) {
	if blank(in.ParentID) {
		return
	}
	switch {
	case in.ParentCut:
		b.flag(FlagParentLost, "the link to parent "+in.ParentID+" is cut, for it closes a cycle")
	case blank(in.ParentName):
		b.flag(FlagParentLost, "parent "+in.ParentID+" was not migrated")
	default:
		b.builtIn(FieldParent, in.ParentName, target.Transformed, "the name the parent has in Nutshell", in.ParentID, "parent_id")
	}
}
