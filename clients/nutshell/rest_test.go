package nutshell_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell"
)

func TestRestFilter(t *testing.T) {
	c, s := body(t, 200, `{"meta":{"count":2,"total":2406},"links":{},"contacts":[{"id":"4101-contacts","name":"x"},{"id":4102}]}`)
	ids, err := c.RestFilter(t.Context(), nutshell.Contacts, "Legacy ID", "p 9+9&x", 2)
	require.NoError(t, err)
	assert.Equal(t, []int64{4101, 4102}, ids)
	in := s.seen()[0]
	assert.Equal(t, "GET", in.verb)
	u, err := url.Parse(in.uri)
	require.NoError(t, err)
	assert.Equal(t, "/rest/contacts", u.Path)
	assert.NotContains(t, u.RawQuery, "[", "brackets are encoded")
	assert.Equal(t, url.Values{"filter[Legacy ID]": {"p 9+9&x"}, "page[page]": {"2"}, "page[limit]": {"100"}}, u.Query())
	assert.Empty(t, in.body)
}

func TestRestFaults(t *testing.T) {
	for _, row := range []struct {
		status int
		body   string
		want   nutshell.Outcome
		reason string
		calls  int
	}{
		{400, `{"meta":{},"contacts":[],"errors":[{"title":"Invalid filter","detail":null}]}`, nutshell.Refused, "Invalid filter", 1},
		{400, `{"contacts":[],"errors":[{"title":"Invalid filter","detail":"unknown filter: X"}]}`, nutshell.Refused, "Invalid filter: unknown filter: X", 1},
		{401, "<html>", nutshell.Refused, "", 1},
		{404, "<html>", nutshell.Refused, "", 1},
		{405, `"Internal Error"`, nutshell.Refused, "Internal Error", 1},
		{403, `{"code":403,"message":"Forbidden"}`, nutshell.Refused, "Forbidden", 1},
		{500, `{"code":500,"message":"Internal Server Error"}`, nutshell.Failed, "Internal Server Error", 2},
		{502, "<html>", nutshell.Failed, "", 2},
		{200, "", nutshell.Failed, "", 2},
		{200, `{"contacts":[{"id":"41`, nutshell.Failed, "", 2},
		{200, `{"accounts":[]}`, nutshell.Failed, "", 2},
		{200, `{"contacts":[{}]}`, nutshell.Failed, "", 2},
		{200, `"x"`, nutshell.Failed, "", 2},
	} {
		s := newStand(t, func(_ int, _ arrived, w http.ResponseWriter) { answer(w, row.status, row.body) })
		c := s.client(t, func(o *nutshell.Options) { o.Retries = 1 })
		_, err := c.RestFilter(t.Context(), nutshell.Contacts, "secret key", "secret value", 0)
		e, is := nutshell.AsError(err)
		require.True(t, is, "%d %s", row.status, row.body)
		assert.Equal(t, row.want, e.Outcome, "%d %s", row.status, row.body)
		assert.Equal(t, row.reason, e.Reason)
		assert.Len(t, s.seen(), row.calls, "%d %s", row.status, row.body)
		assert.NotContains(t, err.Error(), "secret")
		assert.NotContains(t, err.Error(), s.URL)
	}
}

func TestMultiGetAsksForAHundredAtATime(t *testing.T) {
	s := newStand(t, func(n int, in arrived, w http.ResponseWriter) {
		if n == 2 {
			answer(w, 404, "<html>") // none of them is left
			return
		}
		list := strings.Split(strings.TrimPrefix(in.uri, "/rest/leads/"), ",")
		answer(w, 200, `{"meta":{},"leads":[{"id":"`+list[0]+`"}]}`)
	})
	ids := make([]int64, 250)
	for i := range ids {
		ids[i] = int64(1000 + i)
	}
	live, err := s.client(t, nil).MultiGet(t.Context(), nutshell.Leads, ids)
	require.NoError(t, err)
	assert.Equal(t, []int64{1000, 1200}, live)
	assert.Len(t, s.seen(), 3)
	assert.True(t, strings.HasPrefix(s.seen()[2].uri, "/rest/leads/1200-leads,1201-leads"))
}

func TestUndelete(t *testing.T) {
	c, s := body(t, 200, `{"contacts":[{"id":"4101-contacts"}]}`)
	require.NoError(t, c.Undelete(t.Context(), nutshell.Contacts, 4101))
	assert.Equal(t, "POST", s.seen()[0].verb)
	assert.Equal(t, "/rest/contacts/4101/undelete", s.seen()[0].uri)
	assert.True(t, nutshell.IsInDoubt(c.Undelete(t.Context(), nutshell.Contacts, 7)), "the answer names another record")
	c, _ = body(t, 404, "<html>")
	assert.True(t, nutshell.IsNotFound(c.Undelete(t.Context(), nutshell.Contacts, 4101)))
}

func TestFilterKeys(t *testing.T) {
	const entries = `{"customField-12":{"type":"string","title":"Legacy ID","isFilterable":true},
		"a":{"title":"Budget","isFilterable":false},"x":"no entry",
		"b":{"title":"Twice","isFilterable":false},"c":{"title":"Twice","isFilterable":true}}`
	for _, text := range []string{`{"properties":` + entries + `}`, entries} {
		c, _ := body(t, 200, text)
		keys, err := c.FilterKeys(t.Context(), nutshell.Contacts)
		require.NoError(t, err)
		assert.True(t, keys.Listed)
		for field, want := range map[string]string{"Legacy ID": "customField-12", "Twice": "c", "Unlisted": "Unlisted"} {
			key, filterable := keys.Key(field)
			assert.True(t, filterable, field)
			assert.Equal(t, want, key)
		}
		_, filterable := keys.Key("Budget")
		assert.False(t, filterable)
	}
	c, _ := body(t, 404, "<html>")
	keys, err := c.FilterKeys(t.Context(), nutshell.Contacts)
	require.NoError(t, err)
	key, filterable := keys.Key("Legacy ID")
	assert.Equal(t, "Legacy ID", key)
	assert.True(t, filterable)
	assert.False(t, keys.Listed)
	c, _ = body(t, 401, "<html>")
	_, err = c.FilterKeys(t.Context(), nutshell.Contacts)
	assert.True(t, nutshell.IsUnauthorized(err))
}

func TestFieldDefinitionsInEveryForm(t *testing.T) {
	for name, text := range map[string]string{
		"recorded":   `{"name":"Source list","isMultiple":true,"position":1,"type":"Enum","enumElements":{"10":"Past","9":"Sphere"}}`,
		"full":       `{"stub":false,"id":12,"entityType":"Entity_Attributes","name":"Source list","title":"Source list","type":"select","isMultiple":true,"choices":["Sphere","Past"]}`,
		"attribute":  `{"id":"12-attributes","title":"Source list","type":"enum-multiple","enum":["Sphere","Past"]}`,
		"odd word":   `{"name":"Source list","type":" enum_Multiple","enumElements":[],"choices":null,"enum":["Sphere","Past"]}`,
		"decision":   `{"name":"Source list","type":"DECISION","isMultiple":1,"choices":["Sphere","Past"]}`,
		"list print": `{"name":"Source list","type":"Select","isMultiple":"1","enumElements":["Sphere","Past"]}`,
	} {
		var v any
		require.NoError(t, json.Unmarshal([]byte(text), &v))
		d, is := nutshell.DecodeFieldDef(v)
		require.True(t, is, name)
		assert.Equal(t, "Source list", d.Name, name)
		assert.Equal(t, nutshell.FieldSelect, d.Type, name)
		assert.True(t, d.Multiple, name)
		assert.Equal(t, []string{"Sphere", "Past"}, d.Choices, name)
	}
	for word, want := range map[string]nutshell.FieldType{
		"Text": nutshell.FieldText, "long text": nutshell.FieldTextarea, "TEXTAREA": nutshell.FieldTextarea, "number": nutshell.FieldNumber,
		"Currency": nutshell.FieldCurrency, "Date": nutshell.FieldDate, "date-time": nutshell.FieldDateTime, "Date Time": nutshell.FieldDateTime,
		"boolean": nutshell.FieldBoolean, "Enum": nutshell.FieldSelect, "location": "", "": "",
	} {
		got, multiple := nutshell.ParseFieldType(word)
		assert.Equal(t, want, got, word)
		assert.False(t, multiple)
	}
}

func TestCustomFields(t *testing.T) {
	fields, err := result(t, `{"Contacts":[{"name":"B","position":2,"type":"Text"},{"name":"A","position":1,"type":"Location"}],"Leads":{"7":{"name":"C","type":"Date"}},"Accounts":null}`).CustomFields(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []nutshell.FieldDef{{Name: "A", Word: "Location", Position: 1}, {Name: "B", Word: "Text", Type: nutshell.FieldText, Position: 2}}, fields[nutshell.Contacts])
	assert.Equal(t, []nutshell.FieldDef{{Name: "C", Word: "Date", Type: nutshell.FieldDate}}, fields[nutshell.Leads])
	assert.Empty(t, fields[nutshell.Accounts])
	for _, text := range []string{`[{"id":"12-attributes","title":"A","type":"text"}]`, `{"customFields":[{"id":12,"name":"A","type":"text"}]}`} {
		c, _ := body(t, 200, text)
		defs, err := c.FieldAttributes(t.Context(), nutshell.Leads)
		require.NoError(t, err)
		assert.Equal(t, []nutshell.FieldDef{{ID: 12, Name: "A", Word: "text", Type: nutshell.FieldText}}, defs)
	}
}

func TestCreateCustomField(t *testing.T) {
	for _, row := range []struct {
		def  nutshell.FieldDef
		want string
	}{
		{nutshell.FieldDef{Name: "N", Type: nutshell.FieldTextarea}, `{"name":"N","type":"LongText"}`},
		{nutshell.FieldDef{Name: "N", Type: nutshell.FieldTextarea, Word: "Textarea"}, `{"name":"N","type":"Textarea"}`},
		{nutshell.FieldDef{Name: "N", Type: nutshell.FieldSelect, Multiple: true, Choices: []string{"a"}}, `{"choices":["a"],"isMultiple":true,"name":"N","type":"Enum"}`},
	} {
		c, s := body(t, 200, "")
		require.NoError(t, c.CreateCustomField(t.Context(), nutshell.Accounts, row.def))
		assert.Equal(t, "/rest/accounts/customfield", s.seen()[0].uri)
		assert.JSONEq(t, row.want, string(s.seen()[0].body))
	}
	for _, text := range []string{`{"customFields":[{}]}`, "<html>", "["} {
		c, _ := body(t, 201, text)
		assert.NoError(t, c.CreateCustomField(t.Context(), nutshell.Accounts, nutshell.FieldDef{Name: "N", Type: nutshell.FieldText}), text)
	}
	c, _ := body(t, 409, `{"code":409,"message":"Custom field already exists: N"}`)
	err := c.CreateCustomField(t.Context(), nutshell.Accounts, nutshell.FieldDef{Name: "N", Type: nutshell.FieldText})
	assert.True(t, nutshell.IsExists(err))
	assert.False(t, nutshell.IsStale(err))
	c, s := body(t, 500, "")
	assert.True(t, nutshell.IsInDoubt(c.CreateCustomField(t.Context(), nutshell.Accounts, nutshell.FieldDef{Name: "N", Type: nutshell.FieldText})))
	assert.Len(t, s.seen(), 1)
}

func TestUpload(t *testing.T) {
	content := bytes.Repeat([]byte("deed\r\n--b1--\x00"), 5000)
	var part []byte
	var partType, name, field string
	s := newStand(t, func(n int, in arrived, w http.ResponseWriter) {
		if n == 1 {
			answer(w, 429, "", "Retry-After", "1")
			return
		}
		_, params, err := mime.ParseMediaType(in.header.Get("Content-Type"))
		assert.NoError(t, err)
		r := multipart.NewReader(bytes.NewReader(in.body), params["boundary"])
		p, err := r.NextPart()
		if assert.NoError(t, err) {
			field, name, partType = p.FormName(), p.FileName(), p.Header.Get("Content-Type")
			part, _ = io.ReadAll(p)
			_, err = r.NextPart()
			assert.ErrorIs(t, err, io.EOF)
		}
		answer(w, 201, `{"files":[{"id":"7-files","name":"deed.pdf","mime":"application/pdf","size":"60000","sha256":"ab"}]}`)
	})
	f, err := s.client(t, nil).Upload(t.Context(), 5501, "Grüße \"1\".pdf", "application/pdf", bytes.NewReader(content), int64(len(content)))
	require.NoError(t, err)
	assert.Equal(t, nutshell.File{ID: 7, Name: "deed.pdf", Mime: "application/pdf", Size: 60000, SHA256: "ab"}, f)
	assert.Equal(t, content, part)
	assert.Equal(t, "file", field)
	assert.Equal(t, "Grüße \"1\".pdf", name)
	assert.Equal(t, "application/pdf", partType)
	assert.Len(t, s.seen(), 2)
	assert.Equal(t, "/rest/notes/5501/files", s.seen()[1].uri)
	assert.Equal(t, nutshell.KindUpload, s.observed()[1].Kind)
}

func TestUploadVerdicts(t *testing.T) {
	for _, row := range []struct {
		status int
		body   string
		is     func(error) bool
	}{
		{404, "<html>", nutshell.IsNotOffered}, {405, `"Internal Error"`, nutshell.IsNotOffered},
		{413, `{"code":413,"message":"File too large (10485760)"}`, nutshell.IsRefused},
		{201, "", nutshell.IsInDoubt}, {201, `{"files":[]}`, nutshell.IsInDoubt}, {500, "", nutshell.IsInDoubt}, {503, "", nutshell.IsInDoubt},
	} {
		c, s := body(t, row.status, row.body)
		_, err := c.Upload(t.Context(), 1, "a", "", strings.NewReader(""), 0)
		assert.True(t, row.is(err), "%d: %v", row.status, err)
		assert.Len(t, s.seen(), 1)
	}
}

func TestAFileThatCannotBeReadIsNotSent(t *testing.T) {
	c, s := body(t, 201, "")
	_, err := c.Upload(t.Context(), 1, "a", "", badSeeker{}, 3)
	assert.True(t, nutshell.IsNotSent(err), "%v", err)
	assert.Empty(t, s.seen())
}

type badSeeker struct{ io.Reader }

func (badSeeker) Seek(int64, int) (int64, error) { return 0, errors.New("gone") }

func TestNoteFiles(t *testing.T) {
	c, _ := body(t, 200, `{"files":[{"id":"7-files","name":"a","size":0},{"id":8}]}`)
	files, err := c.NoteFiles(t.Context(), 5501)
	require.NoError(t, err)
	assert.Equal(t, []nutshell.File{{ID: 7, Name: "a"}, {ID: 8}}, files)
	c, _ = body(t, 200, `{"files":[]}`)
	files, err = c.NoteFiles(t.Context(), 5501)
	require.NoError(t, err)
	assert.Empty(t, files)
}

func TestDownloadGoesOnWhereItBroke(t *testing.T) {
	content := strings.Repeat("0123456789", 100)
	s := newStand(t, func(n int, _ arrived, w http.ResponseWriter) {
		switch n {
		case 1:
			cut(w, content[:333])
		case 2:
			answer(w, 502, "<html>")
		case 3:
			cut(w, content[:100])
		default:
			answer(w, 200, content)
		}
	})
	var b bytes.Buffer
	require.NoError(t, s.client(t, nil).Download(t.Context(), 7, 0, &b))
	assert.Equal(t, content, b.String())
	assert.Equal(t, "/rest/files/7/content", s.seen()[0].uri)
}

// TestDownloadOfWhatIsCutAndCounted: a cut body whose length says so looks whole (nutshell contract, fault truncated).
func TestDownloadOfWhatIsCutAndCounted(t *testing.T) {
	content := strings.Repeat("0123456789", 100)
	s := newStand(t, func(n int, _ arrived, w http.ResponseWriter) {
		switch n {
		case 1:
			answer(w, 200, content[:500])
		case 2:
			answer(w, 200, "")
		default:
			answer(w, 200, content)
		}
	})
	var b bytes.Buffer
	require.NoError(t, s.client(t, nil).Download(t.Context(), 7, int64(len(content)), &b))
	assert.Equal(t, content, b.String())

	short := newStand(t, func(_ int, _ arrived, w http.ResponseWriter) { answer(w, 200, content[:500]) })
	assert.True(t, nutshell.IsCut(short.client(t, nil).Download(t.Context(), 7, int64(len(content)), io.Discard)), "a file that is shorter than listed")
}

func TestDownloadIntoAFullDisk(t *testing.T) {
	c, s := body(t, 200, "content")
	full := errors.New("/spool/secret: no space left")
	err := c.Download(t.Context(), 7, 0, writer(func([]byte) (int, error) { return 0, full }))
	assert.ErrorIs(t, err, full)
	assert.NotContains(t, err.Error(), "secret")
	assert.Len(t, s.seen(), 1)
	c, _ = body(t, 404, "<html>")
	assert.True(t, nutshell.IsNotFound(c.Download(context.Background(), 7, 0, io.Discard)))
}

type writer func([]byte) (int, error)

func (f writer) Write(b []byte) (int, error) { return f(b) }
