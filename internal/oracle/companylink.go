package oracle

import (
	"strings"

	"rezora2nutshell/internal/record"
)

// companyLinks finds the company of a contact by the three rules of the map, over the whole set.
type companyLinks struct {
	migrated       map[string]bool
	byHost, byName map[string][]string // to company ids
}

func linksOf(list []record.Company) companyLinks {
	out := companyLinks{map[string]bool{}, map[string][]string{}, map[string][]string{}}
	for _, c := range list {
		name := companyName(c)
		if name == "" { // quarantined
			continue
		}
		out.migrated[c.ID] = true
		for _, h := range hosts(c) {
			out.byHost[h] = append(out.byHost[h], c.ID)
		}
		out.byName[fold(name)] = append(out.byName[fold(name)], c.ID)
	}
	return out
}

// of returns the company's id, "" for a contact that stands alone.
func (l companyLinks) of(c record.Contact) string {
	if l.migrated[c.CompanyID] {
		return c.CompanyID
	}
	if address := email(c.Email); address != "" {
		_, domain, _ := strings.Cut(address, "@")
		if domain = bareHost(domain); !freeMail[domain] {
			switch found := l.byHost[domain]; len(found) {
			case 0:
			case 1:
				return found[0]
			default:
				return ""
			}
		}
	}
	if blank(c.CompanyName) {
		return ""
	}
	if found := l.byName[fold(c.CompanyName)]; len(found) == 1 {
		return found[0]
	}
	return ""
}
