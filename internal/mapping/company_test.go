package mapping_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/mapping"
)

const alder = `{"id":"loc-31","kind":"office","parent_id":"brk-12","name":"Alder & Finch Realty, Boulder","legal_name":null,
 "domain":"boulder.example.com","email":" Boulder@example.com ","website":"https://boulder.example.com","phones":{"main":"303-555-0110","fax":"303-555-0119"},
 "address":{"street":"200 Canyon Way","street2":"","city":"Boulder","state":"CO","zip":"08302","country":"US"},"timezone":"America/Denver","status":"active",
 "custom_properties":{},"created_at":"2015-03-01T00:00:00Z","updated_at":"2023-11-20T17:02:00Z","deleted":false,"deleted_at":null}`

func TestCompany(t *testing.T) {
	t.Parallel()
	e := env()
	e.FallbackUser = 7
	p := mapping.Default().Company(e, mapping.CompanyInput{Company: company(t, alder), Raw: json.RawMessage(alder), ParentName: "Alder & Finch"})
	assert.Equal(t, "companies", p.Object)
	assert.Equal(t, "Accounts", p.Type)
	assert.Equal(t, mapping.RoleRecord, p.Role)
	assert.Nil(t, p.Quarantine)
	got := sent(p)
	assert.Equal(t, "Alder & Finch Realty, Boulder", got["name"])
	assert.Equal(t, "https://boulder.example.com", got["url:boulder.example.com"])
	assert.Equal(t, "303-555-0110", got["phone:main"])
	assert.Equal(t, "303-555-0119", got["phone:fax"])
	assert.Equal(t, "Boulder@example.com", got["email:boulder@example.com"], "e-mails are trimmed everywhere")
	assert.Equal(t, map[string]any{"entityType": "Users", "id": int64(7)}, got["owner"], "owner: the fallback owner if set")
	var address any
	for path, wire := range got {
		if strings.HasPrefix(path, "address:#") {
			address = wire
		}
	}
	assert.Equal(t, map[string]any{"address_1": "200 Canyon Way", "city": "Boulder", "state": "CO", "postalCode": "08302", "country": "US"}, address,
		"unlabelled, leading zeros of the zip kept")
	assert.Equal(t, "loc-31", custom(p, mapping.FieldID))
	assert.Equal(t, "2015-03-01T00:00:00Z", custom(p, mapping.FieldCreatedAt))
	assert.Equal(t, "Alder & Finch", custom(p, mapping.FieldParent), "the name the parent has in Nutshell")
	assert.Equal(t, "office", custom(p, mapping.FieldCompanyKind))
	assert.True(t, p.KeepRaw, "fields without a line are archived")
	for field, want := range map[string]string{
		"id": mapping.Carried, "name": mapping.Carried, "parent_id": mapping.Transformed, "domain": mapping.Archived, "website": mapping.Carried,
		"timezone": mapping.Archived, "status": mapping.Archived, "updated_at": mapping.Archived, "deleted": mapping.Archived, "email": mapping.Transformed,
		"address.zip": mapping.Carried, "address.street2": "", "phones.fax": mapping.Carried, "legal_name": "",
	} {
		assert.Equal(t, want, fate(p, field), field)
	}
}

func TestCompanyName(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 256)
	for name, c := range map[string]struct {
		body, want, verdict string
	}{
		"name":                  {`{"id":"c","name":" Tern ","legal_name":"L"}`, " Tern ", "equal"},
		"else legal name":       {`{"id":"c","name":"  ","legal_name":"Tern LLC"}`, "Tern LLC", "transformed"},
		"else City, State":      {`{"id":"c","name":"","address":{"city":"Boulder","state":"CO"}}`, "Boulder, CO", "transformed"},
		"both parts needed":     {`{"id":"c","name":"","address":{"city":"Boulder","state":" "}}`, "", ""},
		"else quarantined":      {`{"id":"c"}`, "", ""},
		"over 255 characters":   {`{"id":"c","name":"` + long + `"}`, strings.Repeat("é", 254) + "…", "truncated"},
		"a refused one is none": {`{"id":"c","name":"a\u0000b","legal_name":"Tern LLC"}`, "Tern LLC", "transformed"},
	} {
		p := mapping.Default().Company(env(), mapping.CompanyInput{Company: company(t, c.body), Raw: json.RawMessage(c.body)})
		assert.Equal(t, c.want, mapping.Default().CompanyName(env(), company(t, c.body)), name)
		if c.want == "" {
			require.NotNil(t, p.Quarantine, name)
			assert.Equal(t, mapping.CodeNothing, p.Quarantine.Code)
			assert.Equal(t, mapping.Refused, fate(p, "id"), name)
			continue
		}
		w := want(t, p, "name")
		assert.Equal(t, c.want, w.Wire, name)
		assert.Equal(t, c.verdict, w.Verdict, name)
		assert.Equal(t, c.verdict == "truncated", len(flags(p)) == 1, name)
	}
}

func TestCompanyURL(t *testing.T) {
	t.Parallel()
	body := `{"id":"c","name":"n","domain":"tern.example.com","website":" "}`
	p := mapping.Default().Company(env(), mapping.CompanyInput{Company: company(t, body), Raw: json.RawMessage(body)})
	assert.Equal(t, "https://tern.example.com", sent(p)["url:tern.example.com"], "website, else https://<domain>")
	assert.NotContains(t, sent(p), "owner", "no fallback owner is set")
}

func TestCompanyParent(t *testing.T) {
	t.Parallel()
	body := `{"id":"c","name":"n","parent_id":"p"}`
	for _, in := range []mapping.CompanyInput{{ParentName: "P", ParentCut: true}, {}} {
		in.Company = company(t, body)
		p := mapping.Default().Company(env(), in)
		assert.Nil(t, custom(p, mapping.FieldParent))
		assert.Equal(t, []string{mapping.FlagParentLost}, flags(p), "reported")
		assert.Equal(t, mapping.Archived, fate(p, "parent_id"))
	}
}

func TestHierarchyPlacesParentsBeforeChildren(t *testing.T) {
	t.Parallel()
	order, cut := mapping.Hierarchy(map[string]string{
		"a": "z", "z": "", "b": "a", "c": "gone", // a tree and a dangling parent
		"n": "m", "m": "o", "o": "n", "p": "o", // a cycle and its child
		"s": "s", // its own parent
	})
	assert.Equal(t, map[string]bool{"m": true, "s": true}, cut, "in a cycle the company with the lowest id loses its parent")
	assert.Equal(t, []string{"c", "m", "s", "z", "a", "n", "b", "o", "p"}, order)
}
