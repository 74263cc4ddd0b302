package mapping

import "rezora2nutshell/internal/target"

// LinksPeople tells that the map links people to companies.
func (m *Map) LinksPeople() bool { return m.standard(sectionPerson, "accounts") }

// LinksOnly is what is demanded of a record of the account under the policy skip: no field is written, links still go to it. What
// is not written is archived.
func (p Projection) LinksOnly() Projection {
	var links []target.Want
	for _, w := range p.Wants {
		if w.Link != nil {
			links = append(links, w)
		}
	}
	inLink := map[string]bool{}
	if len(links) > 0 {
		inLink = map[string]bool{"company_id": true, "title": true}
	}
	fates := make([]Fate, len(p.Fates))
	for i, f := range p.Fates {
		if fates[i] = f; !inLink[f.Field] && f.Fate != Refused {
			fates[i].Fate = Archived
		}
	}
	var flags []Flag
	for _, f := range p.Flags {
		if f.Code == FlagCompanyUnlinked {
			flags = append(flags, f)
		}
	}
	p.Wants, p.Fates, p.Flags, p.Shortened, p.KeepRaw = links, fates, flags, nil, true
	return p
}
