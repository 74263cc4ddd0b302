package nutshelltest_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

// rest GETs a path with raw query values and returns the rows of the key.
func (a api) rest(path, key string) []string {
	a.Helper()
	w := a.do("GET", path, nil)
	require.Equal(a, 200, w.Code, "%s: %s", path, w.Body)
	out := []string{}
	for _, row := range decode(a, w.Body.Bytes()).(obj)[key].(list) {
		out = append(out, row.(obj)["id"].(string))
	}
	return out
}

// bad GETs a path that is refused with 400 and returns the detail.
func (a api) bad(path, key string) string {
	a.Helper()
	w := a.do("GET", path, nil)
	require.Equal(a, 400, w.Code, "%s: %s", path, w.Body)
	b := decode(a, w.Body.Bytes()).(obj)
	require.Equal(a, list{}, b[key])
	e := b["errors"].(list)[0].(obj)
	require.Equal(a, names("id type code detail href status title field"), keys(e))
	return e["detail"].(string)
}

func filter(k, v string) string {
	return "filter%5B" + url.QueryEscape(k) + "%5D=" + url.QueryEscape(v)
}

func TestRESTList(t *testing.T) {
	a := open(t)
	for name, kind := range map[string]string{"Legacy ID": "Text", "N": "Number", "B": "Boolean", "D": "Date", "C": "Currency", "W": "DateTime"} {
		a.field("Contacts", name, kind)
	}
	a.field("Contacts", "odd [x] 50%+", "Text")
	_, err := a.s.AddCustomField("Contacts", nutshelltest.FieldDef{Name: "M", Type: "Enum", Choices: []string{"x", "y z"}, IsMultiple: true})
	require.NoError(t, err)
	a.contact(obj{"name": "bo Zed", "customFields": obj{"Legacy ID": "p-991", "N": "7.10", "B": true, "D": "2024-03-01", "M": list{"x", "y z"}}})
	a.contact(obj{"name": "Ann Rey", "customFields": obj{"Legacy ID": "p-992", "N": 7.1, "odd [x] 50%+": "v"}})
	a.contact(obj{"name": "ann rey", "customFields": obj{"Legacy ID": "p-991", "M": "x"}})
	for query, want := range map[string][]string{
		"":                           {"2-contacts", "3-contacts", "1-contacts"}, // by name without case, ties by id
		filter("Legacy ID", "p-991"): {"3-contacts", "1-contacts"},
		filter("Legacy ID", "P-991"): {},
		filter("Legacy ID", "p-99"):  {},
		"filter[Legacy+ID][]=p-992":  {"2-contacts"},
		filter("Legacy ID", "p-991") + "&" + filter("B", "true"): {"1-contacts"},
		filter("N", "7.1"):                   {"2-contacts", "1-contacts"},
		filter("N", "7.10"):                  {},
		filter("D", "2024-03-01"):            {"1-contacts"},
		filter("M", "x"):                     {"3-contacts", "1-contacts"},
		filter("M", "y z"):                   {"1-contacts"},
		filter("odd [x] 50%+", "v"):          {"2-contacts"},
		"q=zzz&email=x&sort=id":              {"2-contacts", "3-contacts", "1-contacts"},
		"page%5Blimit%5D=2&page%5Bpage%5D=1": {"1-contacts"},
		"page[page]=9":                       {},
	} {
		require.Equal(t, want, a.rest("/rest/contacts?"+query, "contacts"), query)
	}
	w := a.do("GET", "/rest/contacts?"+filter("Legacy ID", "p-991")+"&page[limit]=1", nil)
	require.JSONEq(t, `{"meta":{"count":2,"total":3,"instanceId":"501"},"links":{},"contacts":[{"id":"3-contacts","type":"contacts","name":"ann rey"}]}`, w.Body.String())
	require.NotEmpty(t, w.Header().Get("x-nutshell-request-id"))
	for query, detail := range map[string]string{
		"page[page]=-1":     "Invalid page number: -1",
		"page[page]=x":      "Invalid page number: x",
		"page[limit]=0":     "Invalid page limit: 0",
		"page[limit]=10001": "Invalid page limit: 10001",
		filter("Foo", "1"):  "unknown filter: Foo",
		filter("name", "x"): "unknown filter: name",
		filter("C", "1"):    "not filterable: C",
		filter("W", "1"):    "not filterable: W",
	} {
		require.Equal(t, detail, a.bad("/rest/contacts?"+query, "contacts"))
	}
	// the index follows edits, deletions and undeletions
	a.editContact(a.get("Contact", 1), obj{"customFields": obj{"Legacy ID": "p-1", "M": nil}})
	require.Equal(t, []string{"3-contacts"}, a.rest("/rest/contacts?"+filter("Legacy ID", "p-991"), "contacts"))
	require.Equal(t, []string{"1-contacts"}, a.rest("/rest/contacts?"+filter("Legacy ID", "p-1"), "contacts"))
	require.Equal(t, []string{"3-contacts"}, a.rest("/rest/contacts?"+filter("M", "x"), "contacts"))
	a.call("deleteContact", obj{"contactId": 3, "rev": "0"})
	require.Empty(t, a.rest("/rest/contacts?"+filter("Legacy ID", "p-991"), "contacts"))
	a.do("POST", "/rest/contacts/3/undelete", nil)
	require.Len(t, a.rest("/rest/contacts?"+filter("Legacy ID", "p-991"), "contacts"), 1)
}

func TestRESTLeadsAreNamedByDescription(t *testing.T) {
	a := open(t)
	a.lead(obj{"description": "Zoo"})
	a.lead(obj{"description": "apt"})
	require.Equal(t, []string{"1001-leads", "1000-leads"}, a.rest("/rest/leads", "leads"))
	byID := open(t, func(c *nutshelltest.Config) { c.RESTOrder = "id" })
	byID.account(obj{"name": "Zoo"})
	byID.account(obj{"name": "apt"})
	require.Equal(t, []string{"1-accounts", "2-accounts"}, byID.rest("/rest/accounts", "accounts"))
}

func TestFilterSwitches(t *testing.T) {
	a := open(t, func(c *nutshelltest.Config) { c.FilterKeys = "id"; c.RESTUnknownFilter = "ignore" })
	a.field("Accounts", "Legacy ID", "Text")
	a.account(obj{"name": "Tern", "customFields": obj{"Legacy ID": "p-1"}})
	a.account(obj{"name": "Gull"})
	require.Equal(t, []string{"1-accounts"}, a.rest("/rest/accounts?filter[customField-1]=p-1", "accounts"))
	require.Len(t, a.rest("/rest/accounts?"+filter("Legacy ID", "p-1"), "accounts"), 2, "an unknown filter filters nothing")
	fields := decode(t, a.do("GET", "/rest/accounts/list/fields", nil).Body.Bytes()).(obj)["properties"].(obj)
	require.Equal(t, obj{"type": "string", "title": "Legacy ID", "isFilterable": true}, fields["customField-1"])
	off := open(t, func(c *nutshelltest.Config) {
		c.RESTListFields = "off"
		c.RESTLists = "off"
		c.RESTCustomFields = "off"
	})
	off.account(obj{"name": "x"})
	for _, path := range []string{"/rest/accounts/list/fields", "/rest/accounts", "/rest/accounts/1", "/rest/accounts/customfields/attributes"} {
		w := off.do("GET", path, nil)
		require.Equal(t, 404, w.Code, path)
		require.Contains(t, w.Header().Get("Content-Type"), "text/html")
	}
	require.Equal(t, 404, off.do("POST", "/rest/accounts/customfield", body("{}")).Code)
}

func TestListFields(t *testing.T) {
	a := open(t)
	a.field("Leads", "Stage", "Enum", "x", "y")
	a.field("Leads", "Fee", "Currency")
	require.JSONEq(t, `{"properties":{"Stage":{"type":"enum","enum":["x","y"],"title":"Stage","isFilterable":true},
		"Fee":{"type":"string","title":"Fee","isFilterable":false},"name":{"type":"string","title":"Name","isFilterable":false},
		"createdTime":{"type":"string","title":"Created","isFilterable":false}}}`, a.do("GET", "/rest/leads/list/fields", nil).Body.String())
}

func TestCustomFieldRoute(t *testing.T) {
	a := open(t)
	post := func(entity, in string) (int, string) {
		w := a.do("POST", "/rest/"+entity+"/customfield", body(in))
		return w.Code, w.Body.String()
	}
	status, out := post("contacts", `{"name":"Source list","type":"Enum","choices":["Past clients","Sphere"],"isMultiple":true,"other":1}`)
	require.Equal(t, 200, status)
	require.Empty(t, out)
	status, out = post("contacts", `{"name":"SOURCE LIST","type":"Text"}`)
	require.Equal(t, 409, status)
	require.JSONEq(t, `{"code":409,"message":"Custom field already exists: SOURCE LIST"}`, out)
	for in, detail := range map[string]string{
		`{"type":"Text"}`:             "name: required",
		`{"name":" x","type":"Text"}`: "name: leading or trailing space",
		`{"name":"` + strings.Repeat("é", 256) + `","type":"Text"}`: "name: longer than 255 characters",
		`{"name":"x","type":"Colour"}`:                              "type: unknown type",
		`{"name":"x"}`:                                              "type: unknown type",
		`{"name":"x","type":"Enum"}`:                                "choices: a select needs 1-500",
		`{"name":"x","type":"Enum","choices":["a","a"]}`:            "choices: repeated: a",
		`{"name":"x","type":"Enum","choices":[""]}`:                 "choices: each needs 1-255 characters",
		`{"name":"x","type":"Enum","choices":[1]}`:                  "choices: not a string",
		`{"name":"x","type":"Text","choices":["a"]}`:                "choices: only for a select",
		`{"name":"x","type":"Text","isMultiple":true}`:              "isMultiple: only for a select",
		`[]`: "body is not a JSON object", ``: "body is not a JSON object",
	} {
		status, out := post("accounts", in)
		require.Equal(t, 400, status, in)
		b := decode(t, []byte(out)).(obj)
		require.Equal(t, list{}, b["customFields"])
		require.Equal(t, detail, b["errors"].(list)[0].(obj)["detail"], in)
		require.Equal(t, "Invalid custom field", b["errors"].(list)[0].(obj)["title"])
	}
	for i, word := range []string{"Text", "LongText", "Textarea", "number", "CURRENCY", "date", "Date-Time", "date_time", "Boolean"} {
		status, out := post("leads", fmt.Sprintf(`{"name":"f%d","type":%q,"choices":[],"isMultiple":false}`, i, word))
		require.Equal(t, 200, status, out)
	}
	require.JSONEq(t, `{"customFields":[{"id":"1-attributes","title":"Source list","type":"enum-multiple","enum":["Past clients","Sphere"]}]}`,
		a.do("GET", "/rest/contacts/customfields/attributes", nil).Body.String())
	kinds := []string{}
	for _, f := range decode(t, a.do("GET", "/rest/leads/customfields/attributes", nil).Body.Bytes()).(obj)["customFields"].(list) {
		kinds = append(kinds, f.(obj)["type"].(string))
	}
	require.Equal(t, []string{"text", "textarea", "textarea", "number", "currency", "date", "datetime", "datetime", "boolean"}, kinds)
}

func TestBareAttributes(t *testing.T) {
	a := open(t, func(c *nutshelltest.Config) {
		c.RESTAttributes = "bare"
		c.CustomFieldTypes = []string{"text", "select"}
	})
	w := a.do("POST", "/rest/contacts/customfield", body(`{"name":"L","type":"Decision","choices":["a"]}`))
	require.Equal(t, 201, w.Code)
	item := `{"id":"1-attributes","name":"L","title":"L","type":"select","isMultiple":false,"choices":["a"]}`
	require.JSONEq(t, `{"customFields":[`+item+`]}`, w.Body.String())
	require.JSONEq(t, `[`+item+`]`, a.do("GET", "/rest/contacts/customfields/attributes", nil).Body.String())
	w = a.do("POST", "/rest/contacts/customfield", body(`{"name":"N","type":"Number"}`))
	require.Equal(t, 400, w.Code)
	require.Contains(t, w.Body.String(), "type: unknown type")
}

func TestMultiGet(t *testing.T) {
	a := open(t)
	for i := range 3 {
		a.contact(obj{"name": fmt.Sprint(i)})
	}
	a.call("deleteContact", obj{"contactId": 2, "rev": "0"})
	require.Equal(t, []string{"3-contacts", "1-contacts"}, a.rest("/rest/contacts/3-contacts,2-contacts,99,1,1-leads", "contacts"))
	w := a.do("GET", "/rest/contacts/1", nil)
	require.JSONEq(t, `{"meta":{"instanceId":"501"},"links":{},"contacts":[{"id":"1-contacts","type":"contacts","name":"0"}]}`, w.Body.String())
	w = a.do("GET", "/rest/contacts/2,99", nil)
	require.Equal(t, 404, w.Code)
	require.Contains(t, w.Header().Get("Content-Type"), "text/html")
	require.Len(t, a.rest("/rest/contacts/"+strings.Repeat("99,", 99)+"1", "contacts"), 1)
	require.Equal(t, "more than 100 ids", a.bad("/rest/contacts/"+strings.Repeat("99,", 100)+"1", "contacts"))
}
