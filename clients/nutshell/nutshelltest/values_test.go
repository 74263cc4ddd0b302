package nutshelltest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

// n writes a number as the wire has it.
func n(s string) json.Number { return json.Number(s) }

func TestCustomFieldValues(t *testing.T) {
	a := open(t)
	for name, kind := range map[string]string{"text": "Text", "long": "Long Text", "num": "number", "cur": "CURRENCY", "date": "Date",
		"when": "Date_Time", "yes": "Boolean"} {
		a.field("Contacts", name, kind)
	}
	a.field("Contacts", "one", "Enum", "x", "y")
	a.field("Contacts", "many", "enum-multiple", "x", "y", "z")
	const bad = "!"
	for _, tc := range []struct {
		field string
		in    any
		want  any // bad: refused with reason
		why   string
	}{
		{"text", strings.Repeat("🦉", 255), strings.Repeat("🦉", 255), ""},
		{"text", strings.Repeat("🦉", 256), bad, "longer than 255 characters"},
		{"text", 5, bad, "not a string"},
		{"long", strings.Repeat("x", 65536), strings.Repeat("x", 65536), ""},
		{"long", strings.Repeat("x", 65537), bad, "longer than 65536 characters"},
		{"num", n("1500000000000"), n("1500000000000"), ""},
		{"num", n("1.5e3"), n("1500"), ""},
		{"num", n("-0.00050"), n("-0.0005"), ""},
		{"num", "007.10", n("7.1"), ""},
		{"num", "-0", n("0"), ""},
		{"num", n("123456789012345"), n("123456789012345"), ""},
		{"num", n("1234567890123456"), bad, "not a number"},
		{"num", n("0.00001"), bad, "not a number"},
		{"num", "+5", bad, "not a number"},
		{"num", "1e3", bad, "not a number"},
		{"num", true, bad, "not a number"},
		{"cur", obj{"currency": "EUR", "amount": n("500")}, obj{"currency": "EUR", "amount": "500.00"}, ""},
		{"cur", n("12.5"), obj{"currency": "USD", "amount": "12.50"}, ""},
		{"cur", "-3.1", obj{"currency": "USD", "amount": "-3.10"}, ""},
		{"cur", n("1.005"), bad, "not a currency value"},
		{"cur", obj{"currency": "eur", "amount": 1}, bad, "not a currency value"},
		{"cur", obj{"currency": "EUR"}, bad, "not a currency value"},
		{"date", "2024-02-29", "2024-02-29", ""},
		{"date", "2024-03-01T23:59:00-0800", "2024-03-01", ""},
		{"date", "2023-02-29", bad, "not a date"},
		{"date", "0999-01-01", bad, "not a date"},
		{"date", "03/01/2024", bad, "not a date"},
		{"when", "2026-03-01T10:00:00.75+02:00", "2026-03-01T08:00:00+0000", ""},
		{"when", "2026-03-01T08:00:00+0000", "2026-03-01T08:00:00+0000", ""},
		{"when", "1969-12-31T23:59:59Z", "1969-12-31T23:59:59+0000", ""},
		{"when", "2026-03-01T08:00:00", bad, "not a date-time"},
		{"when", "2026-03-01", bad, "not a date-time"},
		{"yes", true, true, ""}, {"yes", 0, false, ""}, {"yes", "1", true, ""}, {"yes", "false", false, ""},
		{"yes", "yes", bad, "not a boolean"}, {"yes", 2, bad, "not a boolean"},
		{"one", "y", "y", ""}, {"one", "Y", bad, "not one of the choices"}, {"one", list{"y"}, bad, "not one of the choices"},
		{"many", list{"z", "x", "z"}, list{"z", "x"}, ""}, {"many", "y", list{"y"}, ""},
		{"many", list{"x", "q"}, bad, "not one of the choices"}, {"many", list{n("1")}, bad, "not one of the choices"},
	} {
		in := obj{"contact": obj{"name": "Ed", "customFields": obj{tc.field: tc.in}}}
		if tc.want == bad {
			a.want(400, "customFields."+tc.field+": "+tc.why, "newContact", in)
			continue
		}
		got := a.one("newContact", in)
		require.Equal(t, obj{tc.field: tc.want}, got["customFields"], "%s %v", tc.field, tc.in)
		require.Equal(t, got["customFields"], a.get("Contact", id(got))["customFields"])
	}
	object := open(t, func(c *nutshelltest.Config) { c.DateShape = "object" })
	object.field("Contacts", "d", "Date")
	require.Equal(t, obj{"d": obj{"timestamp": n("1709251200")}}, object.contact(obj{"name": "x", "customFields": obj{"d": "2024-03-01"}})["customFields"])
}

func TestPhones(t *testing.T) {
	a := open(t)
	for _, tc := range []struct{ in, country, number, ext, formatted, e164 string }{
		{"+15125550142", "1", "5125550142", "", "512-555-0142", "+15125550142"},
		{"(512) 555-0142 x77", "1", "5125550142", "77", "512-555-0142", "+15125550142"},
		{"1.512.555.0142 ext.9", "1", "5125550142", "9", "512-555-0142", "+15125550142"},
		{"512/555/0142#1234567", "1", "5125550142", "1234567", "512-555-0142", "+15125550142"},
		{"+44 20 7946 0958", "44", "2079460958", "", "2079460958", "+442079460958"},
		{"+7 495 123-45-67", "7", "4951234567", "", "4951234567", "+74951234567"},
		{"+353 1 234 5678", "353", "12345678", "", "12345678", "+35312345678"},
		{"+1234567", "", "+1234567", "", "+1234567", ""},
		{"+1234567890123456", "", "+1234567890123456", "", "+1234567890123456", ""},
		{"555-0142", "", "555-0142", "", "555-0142", ""},
		{"25125550142", "", "25125550142", "", "25125550142", ""},
		{"ask Ed", "", "ask Ed", "", "ask Ed", ""},
		{"512-555-0142 x12345678", "", "512-555-0142 x12345678", "", "512-555-0142 x12345678", ""},
	} {
		phone := a.contact(obj{"phone": obj{"work": tc.in}})["phone"].(obj)
		null := func(s string) any {
			if s == "" {
				return nil
			}
			return s
		}
		want := obj{"countryCode": null(tc.country), "number": tc.number, "extension": null(tc.ext), "numberFormatted": tc.formatted, "E164": null(tc.e164)}
		require.Equal(t, want, phone["work"], tc.in)
		again := a.contact(obj{"phone": phone})["phone"]
		require.Equal(t, phone, again, "the output object as input")
	}
	a.want(400, "phone: longer than 50 characters", "newContact", obj{"contact": obj{"phone": strings.Repeat("1", 51)}})
	a.want(400, "phone: not a string", "newContact", obj{"contact": obj{"phone": list{5}}})
}

func TestDictionaries(t *testing.T) {
	a := open(t)
	for _, tc := range []struct {
		in   any
		want obj
	}{
		{"a@x.com", obj{"0": "a@x.com", "--primary": "a@x.com"}},
		{list{"a@x.com", "", "b@x.com", "a@x.com"}, obj{"0": "a@x.com", "1": "b@x.com", "2": "a@x.com", "--primary": "a@x.com"}},
		{obj{"10": "b@x.com", "9": "a@x.com"}, obj{"0": "a@x.com", "1": "b@x.com", "--primary": "a@x.com"}},
		{obj{"work": "w@x.com", "home": "h@x.com"}, obj{"work": "w@x.com", "home": "h@x.com", "--primary": "h@x.com"}},
		{obj{"work": "w@x.com", "3": "n@x.com"}, obj{"work": "w@x.com", "0": "n@x.com", "--primary": "n@x.com"}},
		{obj{"home": "h@x.com", "work": "w@x.com", "--primary": "w@x.com"}, obj{"home": "h@x.com", "work": "w@x.com", "--primary": "w@x.com"}},
		{obj{"work": "w@x.com", "--primary": "p@x.com"}, obj{"0": "p@x.com", "work": "w@x.com", "--primary": "p@x.com"}},
		{obj{"--primary": "p@x.com"}, obj{"0": "p@x.com", "--primary": "p@x.com"}},
		{obj{"work": "", "home": "h@x.com"}, obj{"home": "h@x.com", "--primary": "h@x.com"}},
	} {
		require.Equal(t, tc.want, a.contact(obj{"name": "x", "email": tc.in})["email"], "%v", tc.in)
	}
	from := open(t, func(c *nutshelltest.Config) { c.UnlabelledFrom = 7; c.URLScheme = true })
	require.Equal(t, obj{"7": "http://x.com", "8": "ftp://y.com", "--primary": "http://x.com"},
		from.contact(obj{"name": "x", "url": list{"x.com", "ftp://y.com"}})["url"])
	require.Equal(t, obj{"0": "x.com", "--primary": "x.com"}, a.contact(obj{"name": "x", "url": "x.com"})["url"])
	for _, bad := range []string{"a", "@x.com", "a@", "a@b@c", "a b@x.com", "a@x\u00a0.com"} {
		a.want(400, "email: not an e-mail address", "newContact", obj{"contact": obj{"email": bad}})
	}
	a.want(400, "email: longer than 255 characters", "newContact", obj{"contact": obj{"email": strings.Repeat("x", 250) + "@x.com"}})
	a.want(400, "email: label longer than 64 characters", "newContact", obj{"contact": obj{"email": obj{strings.Repeat("l", 65): "a@x.com"}}})
	a.want(400, "url: longer than 2048 characters", "newContact", obj{"contact": obj{"name": "x", "url": strings.Repeat("x", 2049)}})
	any := open(t, func(c *nutshelltest.Config) { c.EmailValidation = false })
	require.Equal(t, obj{"0": "not one", "--primary": "not one"}, any.contact(obj{"email": "not one"})["email"])
}

func TestAddresses(t *testing.T) {
	a := open(t)
	want := obj{"name": nil, "address_1": "12 Elm St", "address_2": "", "address_3": "", "city": "Austin", "state": "TX", "postalCode": "",
		"country": "", "location": nil, "locationAccuracy": nil, "timezone": nil}
	one := obj{"address_1": "12 Elm St", "city": "Austin", "state": "TX"}
	for _, in := range []any{one, list{one}, obj{"0": one}} {
		require.Equal(t, obj{"0": want, "--primary": want}, a.account(obj{"name": "x", "address": in})["address"])
	}
	require.Equal(t, obj{"home": want, "--primary": want}, a.account(obj{"name": "x", "address": obj{"home": want}})["address"])
	require.Equal(t, list{"Austin, TX"}, a.many("findAccounts", obj{"limit": 1})[0]["regions"])
	a.want(400, "address: not an address", "newContact", obj{"contact": obj{"name": "x", "address": "12 Elm St"}})
	a.want(400, "address.city: longer than 255 characters", "newContact", obj{"contact": obj{"name": "x", "address": obj{"city": strings.Repeat("x", 256)}}})
	geo := open(t, func(c *nutshelltest.Config) { c.Geocode = true })
	require.NotNil(t, geo.contact(obj{"name": "x", "address": one})["address"].(obj)["0"].(obj)["location"])
}

func TestNames(t *testing.T) {
	a := open(t)
	for _, tc := range []struct {
		in   any
		want obj
	}{
		{"Ines Okafor", obj{"givenName": "Ines", "familyName": "Okafor", "salutation": nil, "displayName": "Ines Okafor"}},
		{"Ines de la Cruz", obj{"givenName": "Ines de la", "familyName": "Cruz", "salutation": nil, "displayName": "Ines de la Cruz"}},
		{"Ines", obj{"givenName": "Ines", "familyName": nil, "salutation": nil, "displayName": "Ines"}},
		{obj{"givenName": "Ed", "familyName": "Vale", "salutation": "Mr"}, obj{"givenName": "Ed", "familyName": "Vale", "salutation": "Mr", "displayName": "Mr. Ed Vale"}},
		{obj{"familyName": "Vale", "salutation": "Dr."}, obj{"givenName": nil, "familyName": "Vale", "salutation": "Dr.", "displayName": "Dr. Vale"}},
		{obj{"givenName": "Ed", "displayName": "Eddie"}, obj{"givenName": "Ed", "familyName": nil, "salutation": nil, "displayName": "Eddie"}},
	} {
		require.Equal(t, tc.want, a.contact(obj{"name": tc.in})["name"], "%v", tc.in)
	}
	c := a.contact(obj{"name": obj{"givenName": "Ed", "familyName": "Vale"}})
	c = a.editContact(c, obj{"name": obj{"givenName": "Edwin"}})
	require.Nil(t, c["name"].(obj)["familyName"], "an edit replaces the name whole")
	for _, none := range []obj{{}, {"name": ""}, {"name": obj{"salutation": "Mr"}}, {"description": "x"}, {"email": ""}} {
		a.want(400, "contact: name, phone or email required", "newContact", obj{"contact": none})
	}
	nameless := a.contact(obj{"phone": "5125550142"})
	require.Nil(t, nameless["name"].(obj)["displayName"])
	require.Equal(t, "", a.many("findContacts", obj{"orderDirection": "DESC"})[0]["name"], "a stub's name is a string")
}

func TestTruncateTrimStrip(t *testing.T) {
	a := open(t, func(c *nutshelltest.Config) { c.TruncateSilently = true; c.TrimStrings = true; c.StripAstral = true })
	a.field("Leads", "t", "Text")
	l := a.lead(obj{"description": "  " + strings.Repeat("é", 101), "customFields": obj{"t": strings.Repeat("x", 300)}, "note": " a🦉b "})
	require.Equal(t, strings.Repeat("é", 100), l["description"])
	require.Len(t, l["customFields"].(obj)["t"], 255)
	require.Equal(t, "a?b", l["notes"].(list)[0].(obj)["note"])
	a.want(400, "email: longer than 255 characters", "newContact", obj{"contact": obj{"email": strings.Repeat("x", 300) + "@x.com"}})
	open(t).want(400, "description: longer than 100 characters", "newLead", obj{"lead": obj{"description": strings.Repeat("é", 101)}})
	kept := open(t).contact(obj{"name": "x", "description": " 🦉\r\n "})
	require.Equal(t, " 🦉\r\n ", kept["description"])
}

func FuzzPhonesAndNumbers(f *testing.F) {
	for _, s := range []string{"+15125550142", "512 555 0142x1", "", "+", "x1", "1e5", "-0.0", "\u00e9"} {
		f.Add(s)
	}
	s := nutshelltest.New(nutshelltest.DefaultConfig())
	if _, err := s.AddCustomField("Contacts", nutshelltest.FieldDef{Name: "n", Type: "Number"}); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := s.CreateContact(obj{"name": "x", "phone": text})
		if err != nil {
			return
		}
		c, err := s.Get("Contacts", first)
		require.NoError(t, err)
		if phone, ok := c["phone"]; ok {
			again, err := s.CreateContact(obj{"name": "x", "phone": phone})
			require.NoError(t, err, "output %v is input", phone)
			c2, err := s.Get("Contacts", again)
			require.NoError(t, err)
			require.Equal(t, phone, c2["phone"])
		}
		_, _ = s.CreateContact(obj{"name": "x", "customFields": obj{"n": text}})
	})
}
