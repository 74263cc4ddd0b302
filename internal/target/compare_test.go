package target_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"rezora2nutshell/internal/target"
)

// The comparison rules of nutshell contract 7.9.
func TestEqualByTheContract(t *testing.T) {
	for _, c := range []struct {
		name    string
		record  string
		want    target.Want
		verdict string
		shown   string
	}{
		{"money by value", `"customFields": {"Budget": {"currency": "USD", "amount": "500.00"}}`,
			target.Custom("Budget", target.KindCurrency, map[string]any{"currency": "USD", "amount": "500"}), "equal", "USD 500"},
		{"money without currency", `"customFields": {"Budget": {"currency": "USD", "amount": "500.00"}}`, target.Custom("Budget", target.KindCurrency, "500.0"), "equal", "USD 500"},
		{"other money", `"customFields": {"Budget": {"currency": "USD", "amount": "500.00"}}`, target.Custom("Budget", target.KindCurrency, "501"), "mismatch", "USD 500"},
		{"numbers by value", `"customFields": {"Size": "1200.50"}`, target.Custom("Size", target.KindNumber, "1.2005e3"), "equal", "1200.5"},
		{"a number in a field that is not known", `"customFields": {"New": "12.0"}`, target.Custom("New", target.KindNumber, "12"), "equal", "12.0"},
		{"a time in a field that is not known", `"customFields": {"New": "2026-03-01T08:00:00+0000"}`, target.Custom("New", target.KindDateTime, at), "equal", "2026-03-01T08:00:00+0000"},
		{"truth by value", `"customFields": {"Active": 1}`, target.Custom("Active", target.KindBoolean, true), "equal", "true"},
		{"false is a value", `"customFields": {"Active": false}`, target.Custom("Active", target.KindBoolean, false), "equal", "false"},
		{"a date as an object", `"customFields": {"Born": {"timestamp": 1709251200}}`, target.Custom("Born", target.KindDate, "2024-03-01"), "equal", "2024-03-01"},
		{"text to the letter", `"description": "a"`, target.Text("description", "a "), "mismatch", "a"},
		{"tags ignoring case", `"tags": ["vip"]`, target.Tag("VIP"), "equal", "vip"},
		{"e-mails ignoring case and label", `"email": {"work": "INES@x.example"}`, target.Email("ines@X.example"), "equal", "INES@x.example"},
		{"no such e-mail", `"email": {"work": "other@x.example"}`, target.Email("ines@X.example"), "missing", ""},
		{"urls without scheme", `"url": {"3": "http://x.example/A"}`, target.URL("https://x.example/A"), "equal", "http://x.example/A"},
		{"urls keep their case", `"url": {"3": "http://x.example/A"}`, target.URL("x.example/a"), "mismatch", "http://x.example/A"},
		{"phones by E.164", `"phone": {"work": {"number": "5125550142", "numberFormatted": "512-555-0142", "E164": "+15125550142"}}`, target.Phone("work", "1 (512) 555-0142"), "equal", "512-555-0142"},
		{"phones with another country", `"phone": {"work": {"number": "5125550142", "E164": "+445125550142"}}`, target.Phone("work", "+1 512 555 0142"), "mismatch", "5125550142"},
		{"phones by digits when one side has no E.164", `"phone": {"work": {"number": "030 1234567", "E164": "+49301234567"}}`, target.Phone("work", "(030) 123-4567"), "equal", "030 1234567"},
		{"phones by digits when the other side has none", `"phone": {"work": {"number": "512 555 0142", "E164": null}}`, target.Phone("work", "(512) 555-0142"), "equal", "512 555 0142"},
		{"phones with extension", `"phone": {"work": {"number": "5125550142", "extension": "12", "numberFormatted": "512-555-0142", "E164": "+15125550142"}}`,
			target.Phone("work", "512-555-0142 ext. 12"), "equal", "512-555-0142 x12"},
		{"phones without the extension", `"phone": {"work": {"number": "5125550142", "E164": "+15125550142"}}`, target.Phone("work", "512-555-0142 ext. 12"), "mismatch", "5125550142"},
		{"phones in words", `"phone": {"work": {"number": "1-800-FLOWERS", "E164": null}}`, target.Phone("work", "1-800-GOFEDEX"), "mismatch", "1-800-FLOWERS"},
		{"phones without label go by value", `"phone": {"4": {"number": "030 1234567", "E164": "+49301234567"}}`, target.Phone("", "0301234567"), "equal", "030 1234567"},
		{"an address in parts", `"address": {"home": {"address_1": "1 Main", "city": "Austin", "country": null, "timezone": "x"}}`,
			target.Address("home", target.AddressParts{Line1: "1 Main", City: "Austin"}), "equal", "1 Main, Austin"},
		{"an address with another part", `"address": {"0": {"address_1": "1 Main", "city": "Waco"}}`,
			target.Address("", target.AddressParts{Line1: "1 Main", City: "Austin"}), "mismatch", "1 Main, Waco"},
		{"links with their relationship", `"accounts": [{"id": 310, "relationship": "Buyer"}]`, target.Link("accounts", "companies", "org-7", "Buyer"), "equal", "Buyer (Accounts/310)"},
		{"links with another", `"accounts": [{"id": 310, "relationship": "Boss"}]`, target.Link("accounts", "companies", "org-7", "Buyer"), "mismatch", "Boss (Accounts/310)"},
		{"links without", `"accounts": [{"id": 310}]`, target.Link("accounts", "companies", "org-7", ""), "equal", "Accounts/310"},
		{"no link", `"accounts": []`, target.Link("accounts", "companies", "org-7", ""), "missing", ""},
		{"a link to nowhere", `"accounts": []`, target.Link("accounts", "companies", "gone", ""), "missing", ""},
		{"a name in parts, whatever is displayed", `"name": {"givenName": "Ines", "familyName": "Okafor", "salutation": null, "displayName": "Okafor, Ines"}`,
			target.NameParts("Ines", "Okafor"), "equal", "Okafor, Ines"},
		{"a name with a salutation of a person's", `"name": {"givenName": "Ed", "familyName": "Vale", "salutation": "Mr", "displayName": "Mr. Ed Vale"}`,
			target.NameParts("Ed", "Vale"), "mismatch", "Mr. Ed Vale"},
		{"a name as text, whatever the parts", `"name": {"givenName": "Tern", "familyName": "Homes Inc", "displayName": "Tern Homes Inc"}`, target.NameText("Tern Homes Inc"), "equal", "Tern Homes Inc"},
		{"a name as text, displayed otherwise", `"name": {"givenName": "Tern", "familyName": "Homes", "displayName": "Tern Homes (VIP)"}`, target.NameText("Tern Homes"), "mismatch", "Tern Homes (VIP)"},
		{"owner", `"owner": {"id": "2", "entityType": "Users"}`, target.UserRef("owner", 2), "equal", "Users/2"},
		{"a team is no user", `"owner": {"id": "2", "entityType": "Teams"}`, target.UserRef("owner", 2), "mismatch", "Teams/2"},
		{"a choice among several", `"customFields": {"Lists": ["b", "a"]}`, target.Custom("Lists", target.KindSelect, "a"), "equal", "a"},
		{"no such choice", `"customFields": {"Lists": ["b"]}`, target.Choices("Lists", []string{"a"})[0], "missing", ""},
		{"a verdict that the map foresees", `"description": "ab…"`, target.Text("description", "ab…").From("abc").As(target.Truncated, "over 3 characters"), "truncated", "ab…"},
		{"a foreseen verdict that does not hold", `"description": "ab"`, target.Text("description", "ab…").From("abc").As(target.Truncated, "over 3 characters"), "mismatch", "ab"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := target.Compare([]target.Want{c.want}, read(t, "Contacts", `{"id": 1, `+c.record+`}`), migrated.resolve)[0]
			assert.Equal(t, c.verdict, f.Verdict)
			assert.Equal(t, c.shown, f.Target)
			assert.Equal(t, c.want.Field, f.Field)
			if f.Fault() {
				assert.NotEmpty(t, f.Reason)
			}
		})
	}
}

// A company's name is text: only a person's name that was sent in parts ignores what is displayed.
func TestACompanysNameIsComparedToTheLetter(t *testing.T) {
	v := read(t, "Accounts", `{"id": 1, "name": "Tern|Homes"}`)
	assert.Equal(t, target.Mismatch, target.Compare([]target.Want{target.Text("name", "Tern")}, v, nil)[0].Verdict)
}

func TestLocationEqualsTheTextOrItsFirstLine(t *testing.T) {
	want := []target.Want{target.Text("location", "12 Elm St")}
	for _, shown := range []string{`"12 Elm St"`, `{"address_1": "12 Elm St", "city": ""}`, `{"address_1": "12 Elm St", "city": "Austin"}`} {
		assert.False(t, target.Compare(want, read(t, "Activities", `{"id": 1, "location": `+shown+`}`), nil)[0].Fault(), shown)
	}
	other := read(t, "Activities", `{"id": 1, "location": {"address_1": "13 Elm St"}}`)
	assert.Equal(t, target.Mismatch, target.Compare(want, other, nil)[0].Verdict)
}

func TestRootLines(t *testing.T) {
	wants := []target.Want{
		target.Text("description", "a=b\n\tc"), target.Link("accounts", "companies", "org-7", "Buyer"), target.UserRef("owner", 2), target.Phone("home", "5125550001"),
		target.Omit("email", "x", "refused"),
	}
	line := target.DemandLine("people", "c-1", wants, migrated.resolve, migrated.back)
	assert.Equal(t, "people\tc-1\taccounts:@companies/org-7=Buyer\tdescription=a\\3db\\0a\\09c\towner=Users/2\tphone:home=+15125550001", line)

	record := `{"id": %s, "rev": "9", "description": "a=b\n\tc", "accounts": [{"id": %s, "relationship": "Buyer"}, {"id": 999}], "owner": {"id": 2},
		"phone": {"home": "(512) 555-0001"}, "email": {"0": "mine@x.example"}}`
	v := read(t, "Contacts", replace(replace(record, "4101"), "310"))
	assert.Equal(t, line, target.ShownLine("people", "c-1", wants, v, migrated.resolve, migrated.back))

	other := ids{{Object: "companies", SourceID: "org-7"}: 77}
	assert.Equal(t, line, target.DemandLine("people", "c-1", wants, other.resolve, other.back), "ids of Nutshell have no part in it")
	assert.Equal(t, line, target.ShownLine("people", "c-1", wants, read(t, "Contacts", replace(replace(record, "5"), "77")), other.resolve, other.back))

	assert.NotEqual(t, line, target.ShownLine("people", "c-1", wants, read(t, "Contacts", replace(replace(record, "4101"), "311")), migrated.resolve, migrated.back))
	reversed := append([]target.Want{wants[3], wants[2]}, wants[:2]...)
	assert.Equal(t, line, target.DemandLine("people", "c-1", reversed, migrated.resolve, migrated.back), "the order of demands has no part in it")

	task := []target.Want{target.LinkRef("entity", "people", "c-1")}
	shown := read(t, "Tasks", `{"id": 1, "entity": {"stub": true, "id": 4101, "entityType": "Contacts"}}`)
	line = target.DemandLine("tasks", "t-1", task, migrated.resolve, migrated.back)
	assert.Equal(t, "tasks\tt-1\tentity=@people/c-1", line)
	assert.Equal(t, line, target.ShownLine("tasks", "t-1", task, shown, migrated.resolve, migrated.back))
}

func TestTouched(t *testing.T) {
	base := target.Hashes(read(t, "Contacts", `{"id": 1, "name": "A B", "accounts": [{"id": 310, "relationship": "Buyer"}, {"id": 900}], "phone": {"home": "5125550001"}}`), plain)
	base["=description"] = "remembered"
	ours := func(p target.Path) bool { _, id, _ := p.Linked(); return id != 900 && id != 901 }
	for _, c := range []struct {
		name, record string
		touched      []target.Path
	}{
		{"nothing, in another shape", `"name": {"givenName": "A", "familyName": "B", "displayName": "A B"}, "accounts": [{"id": 900}, {"id": 310, "relationship": "Buyer"}],
			"phone": {"home": {"E164": "+15125550001"}}, "modifiedTime": "2030-01-01T00:00:00+0000", "contactedCount": 4`, []target.Path{}},
		{"our links came and went", `"name": "A B", "accounts": [{"id": 900}], "leads": [{"id": 1000}], "phone": {"home": "5125550001"}`, []target.Path{}},
		{"a relationship that a person edited", `"name": "A B", "accounts": [{"id": 310, "relationship": "Boss"}, {"id": 900}], "phone": {"home": "5125550001"}`, []target.Path{"accounts:310"}},
		{"people's links", `"name": "A B", "accounts": [{"id": 310, "relationship": "Buyer"}, {"id": 901}], "phone": {"home": "5125550001"}`, []target.Path{"accounts:900", "accounts:901"}},
		{"fields", `"name": "A C", "accounts": [{"id": 310, "relationship": "Buyer"}, {"id": 900}], "description": "x"`, []target.Path{"description", "name", "phone:home"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.touched, target.Touched(base, read(t, "Contacts", `{"id": 1, `+c.record+`}`), plain, ours))
		})
	}
	company := target.Hashes(read(t, "Accounts", `{"id": 310, "contacts": [{"id": 4101, "relationship": "Buyer"}]}`), plain)
	relabelled := read(t, "Accounts", `{"id": 310, "contacts": [{"id": 4101, "relationship": "Seller"}]}`)
	assert.Empty(t, target.Touched(company, relabelled, plain, ours), "a relationship counts on the person, where it is edited")
	assert.Equal(t, []target.Path{"contacts:4101"}, target.Touched(company, relabelled, plain, nil))
}
