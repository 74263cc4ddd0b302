package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
)

type index struct {
	quarantined  map[string]bool
	hosts, names map[string][]string
}

func (i index) Migrated(id string) bool     { return id != "gone" && !i.quarantined[id] }
func (i index) ByHost(host string) []string { return i.hosts[host] }
func (i index) ByName(key string) []string  { return i.names[key] }

func TestLinkCompany(t *testing.T) {
	t.Parallel()
	companies := index{
		quarantined: map[string]bool{"q": true},
		hosts:       map[string][]string{"tern.example.com": {"t"}, "two.example.com": {"a", "b"}, "q.example.com": {"q"}, "oneleft.example.com": {"q", "t"}, "gmail.com": {"g"}},
		names:       map[string][]string{mapping.NameKey("Tern Homes"): {"n"}, mapping.NameKey("Twice"): {"a", "b"}},
	}
	for name, c := range map[string]struct {
		in        record.Contact
		id, rule  string
		ambiguous bool
	}{
		"company_id decides":                {record.Contact{CompanyID: "x", Email: "a@tern.example.com"}, "x", mapping.ByID, false},
		"a company that is not migrated":    {record.Contact{CompanyID: "gone", Email: "a@tern.example.com"}, "t", mapping.ByDomain, false},
		"a quarantined one":                 {record.Contact{CompanyID: "q", Email: "a@q.example.com", CompanyName: "TERN  homes "}, "n", mapping.ByName, false},
		"domain":                            {record.Contact{Email: " A@Tern.example.com", CompanyName: "Tern Homes"}, "t", mapping.ByDomain, false},
		"quarantined are no candidates":     {record.Contact{Email: "a@oneleft.example.com"}, "t", mapping.ByDomain, false},
		"several candidates end the search": {record.Contact{Email: "a@two.example.com", CompanyName: "Tern Homes"}, "", mapping.ByDomain, true},
		"free mail never identifies":        {record.Contact{Email: "a@gmail.com", CompanyName: "Tern Homes"}, "n", mapping.ByName, false},
		"name, case and white space folded": {record.Contact{CompanyName: " tern\tHOMES"}, "n", mapping.ByName, false},
		"several names":                     {record.Contact{CompanyName: "twice"}, "", mapping.ByName, true},
		"otherwise stand-alone":             {record.Contact{Email: "a@other.example.com", CompanyName: "Other"}, "", "", false},
		"nothing to go by":                  {record.Contact{Email: "a@b@tern.example.com"}, "", "", false},
	} {
		id, rule, ambiguous := mapping.Default().LinkCompany(c.in, companies)
		assert.Equal(t, []any{c.id, c.rule, c.ambiguous}, []any{id, rule, ambiguous}, name)
	}
}

func TestCompanyHosts(t *testing.T) {
	t.Parallel()
	m := mapping.Default()
	assert.Equal(t, []string{"tern.example.com", "shop.example.com"}, m.CompanyHosts(record.Company{Domain: "Tern.example.com", Website: "https://www.shop.example.com/x"}))
	assert.Equal(t, []string{"tern.example.com"}, m.CompanyHosts(record.Company{Domain: "tern.example.com", Website: "http://www.tern.example.com"}))
	assert.Empty(t, m.CompanyHosts(record.Company{Domain: "gmail.com"}))
}

func TestLinkPerson(t *testing.T) {
	t.Parallel()
	migrated := func(id string) bool { return id == "1" }
	people := func(key string) []mapping.Ref {
		return map[string][]mapping.Ref{
			"one@x.com": {{Object: "people", SourceID: "5"}}, "crawled@x.com": {{Object: "people", ID: 77}}, "two@x.com": {{Object: "people", SourceID: "5"}, {Object: "people", ID: 77}},
		}[key]
	}
	for _, c := range []struct {
		in        record.Lead
		want      *mapping.Ref
		ambiguous bool
	}{
		{record.Lead{ContactID: "1", Email: "two@x.com"}, &mapping.Ref{Object: "people", SourceID: "1"}, false},
		{record.Lead{ContactID: "2", Email: " One@x.com"}, &mapping.Ref{Object: "people", SourceID: "5"}, false},
		{record.Lead{Email: "crawled@x.com"}, &mapping.Ref{Object: "people", ID: 77}, false},
		{record.Lead{Email: "two@x.com"}, nil, true},
		{record.Lead{Email: "none@x.com"}, nil, false},
		{record.Lead{}, nil, false},
	} {
		got, ambiguous := mapping.LinkPerson(c.in, migrated, people)
		assert.Equal(t, c.want, got)
		assert.Equal(t, c.ambiguous, ambiguous)
	}
}
