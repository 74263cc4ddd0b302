package nutshell_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell"
)

// result makes a client whose every JSON-RPC call has that result.
func result(t *testing.T, text string) *nutshell.Client {
	t.Helper()
	return newStand(t, func(_ int, in arrived, w http.ResponseWriter) { ok(in, w, text) }).client(t, nil)
}

// body makes a client whose every call has that answer.
func body(t *testing.T, status int, text string) (*nutshell.Client, *stand) {
	t.Helper()
	s := newStand(t, func(_ int, _ arrived, w http.ResponseWriter) { answer(w, status, text) })
	return s.client(t, nil), s
}

func TestRecordsInEveryForm(t *testing.T) {
	for name, text := range map[string]string{
		"as recorded":      contact,
		"id as string":     `{"id":"4101","entityType":"Contacts","rev":"2"}`,
		"REST id":          `{"id":"4101-contacts","rev":"2"}`,
		"rev as number":    `{"id":4101,"rev":2}`,
		"stub false":       `{"stub":false,"id":4101,"rev":"2","deletedTime":null}`,
		"unknown keys":     `{"id":4101,"rev":"2","zap":{"a":[1]}}`,
		"everything empty": `{"id":4101,"rev":"2","email":[],"phone":{},"url":null,"customFields":[]}`,
	} {
		e, err := result(t, text).Get(t.Context(), nutshell.Contacts, 4101)
		require.NoError(t, err, name)
		assert.Equal(t, int64(4101), e.ID, name)
		assert.Equal(t, "2", e.Rev, name)
		assert.Equal(t, nutshell.Contacts, e.Type, name)
		assert.False(t, e.Stub, name)
		assert.False(t, e.Deleted, name)
		assert.Empty(t, nutshell.Object(e.Raw["email"]), name)
		assert.Empty(t, nutshell.Object(e.Raw["customFields"]), name)
	}
}

func TestSuccessWithNullErrorAndForeignIDs(t *testing.T) {
	for _, text := range []string{
		`{"error":null,"result":` + contact + `,"id":null}`,
		`{"result":` + contact + `}`,
	} {
		c, _ := body(t, 200, text)
		_, err := c.Get(t.Context(), nutshell.Contacts, 4101)
		assert.NoError(t, err, text)
	}
}

func TestDeletedRecords(t *testing.T) {
	e, err := result(t, `{"id":4101,"rev":"3","deletedTime":"2026-03-02T08:10:00+0000"}`).Get(t.Context(), nutshell.Contacts, 4101)
	require.NoError(t, err)
	assert.True(t, e.Deleted)
	c, _ := body(t, 404, `{"error":{"code":404,"message":"Contact not found"}}`)
	_, err = c.Get(t.Context(), nutshell.Contacts, 4101)
	assert.True(t, nutshell.IsNotFound(err))
	assert.False(t, nutshell.IsMethodMissing(err))
	c, _ = body(t, 404, `{"error":{"code":-32601,"message":"Method not found"}}`)
	_, err = c.Get(t.Context(), nutshell.Contacts, 4101)
	assert.False(t, nutshell.IsNotFound(err))
	assert.True(t, nutshell.IsMethodMissing(err))
}

func TestLargeNumbersStayExact(t *testing.T) {
	e, err := result(t, `{"id":9007199254740991,"rev":"1","customFields":{"n":123456789012345.6789}}`).Get(t.Context(), nutshell.Contacts, 1)
	require.NoError(t, err)
	assert.Equal(t, int64(9007199254740991), e.ID)
	assert.Equal(t, json.Number("123456789012345.6789"), nutshell.Object(e.Raw["customFields"])["n"])
}

func TestFindParamsAndEmptyPages(t *testing.T) {
	s := newStand(t, func(n int, in arrived, w http.ResponseWriter) {
		ok(in, w, []string{"[" + contact + "]", "[]", "{}", "null"}[n-1])
	})
	c := s.client(t, nil)
	list, err := c.Find(t.Context(), nutshell.Contacts, nutshell.Query{})
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Equal(t, int64(4101), list[0].ID)
	for range 3 {
		list, err = c.Find(t.Context(), nutshell.Contacts, nutshell.Query{Desc: true, Page: 3, Limit: 20, Stubs: true, Filter: map[string]any{"accountId": 7}})
		require.NoError(t, err)
		assert.Empty(t, list)
	}
	assert.Equal(t, map[string]any{"query": map[string]any{}, "orderBy": "id", "orderDirection": "ASC", "limit": 100.0, "page": 1.0,
		"stubResponses": false}, s.seen()[0].rpc.Params)
	assert.Equal(t, map[string]any{"query": map[string]any{"accountId": 7.0}, "orderBy": "id", "orderDirection": "DESC", "limit": 20.0, "page": 3.0,
		"stubResponses": true}, s.seen()[1].rpc.Params)
}

func TestAFindWithABrokenEntryIsNoAnswer(t *testing.T) {
	s := newStand(t, func(n int, in arrived, w http.ResponseWriter) {
		ok(in, w, []string{"[null]", `[{"rev":"1"}]`, `{"a":1}`, "[" + contact + "]"}[n-1])
	})
	list, err := s.client(t, nil).Find(t.Context(), nutshell.Contacts, nutshell.Query{})
	require.NoError(t, err)
	assert.Len(t, list, 1)
	assert.Len(t, s.seen(), 4)
}

func TestTimelineSkipsWhatIsNotANoteOrActivity(t *testing.T) {
	rows := []string{
		`{"id":1,"entityType":"Notes","rev":"0","note":"a"}`,
		`{"id":9,"entityType":"Emails","subject":"x"}`,
		`{"id":2,"entityType":"Notes"}`,
		`null`, `"x"`,
		`{"id":3,"entityType":"Activities","rev":1}`,
		`{"id":4,"entityType":"Tasks","rev":"1"}`,
	}
	items, more, err := result(t, "["+strings.Join(rows, ",")+"]").Timeline(t.Context(), nutshell.Contacts, 7, 1, false)
	require.NoError(t, err)
	assert.False(t, more)
	require.Len(t, items, 2)
	assert.Equal(t, nutshell.Notes, items[0].Type)
	assert.Equal(t, nutshell.Activities, items[1].Type)
	full := strings.Repeat(rows[1]+",", 99) + rows[1]
	items, more, err = result(t, "["+full+"]").Timeline(t.Context(), nutshell.Contacts, 7, 1, false)
	require.NoError(t, err)
	assert.Empty(t, items)
	assert.True(t, more, "a page of skipped entries is not the last one")
}

func TestUsers(t *testing.T) {
	users, err := result(t, `[
		{"id":1,"rev":"0","name":"Bo Lind","isEnabled":true,"isAdministrator":true,"emails":["bo@example.com",null,"b@example.com"]},
		{"id":"2","rev":1,"name":"Ann","isEnabled":"1","emails":[null]},
		{"id":3,"rev":"0","name":"Cy","isEnabled":false,"emails":null},
		{"id":4,"rev":"0","name":"Di","isEnabled":0}]`).Users(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []nutshell.User{
		{ID: 1, Rev: "0", Name: "Bo Lind", Emails: []string{"bo@example.com", "b@example.com"}, Enabled: true, Administrator: true},
		{ID: 2, Rev: "1", Name: "Ann", Enabled: true},
		{ID: 3, Rev: "0", Name: "Cy"},
		{ID: 4, Rev: "0", Name: "Di"},
	}, users)
}

func TestReferenceData(t *testing.T) {
	stages, err := result(t, `[{"id":1,"rev":"0","name":"Qualify","position":"1","stagesetId":"1"},{"id":2,"rev":"0","name":"Offer"}]`).Milestones(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []nutshell.Stage{{ID: 1, Name: "Qualify", Position: 1, PipelineID: 1}, {ID: 2, Name: "Offer"}}, stages)
	pipelines, err := result(t, `[{"id":1,"name":"Sales","default":1,"position":1}]`).Stagesets(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []nutshell.Pipeline{{ID: 1, Name: "Sales", Default: true, Position: 1}}, pipelines)
	outcomes, err := result(t, `[{"id":1,"rev":"0","type":"10","description":"Won"}]`).Outcomes(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []nutshell.LeadOutcome{{ID: 1, Description: "Won", Type: 10}}, outcomes)
	types, err := result(t, `[{"stub":true,"id":1,"rev":"0","name":"Call"},{"stub":true,"id":1,"rev":"0","name":"Call"}]`).ActivityTypes(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []nutshell.Ref{{ID: 1, Name: "Call"}}, types, "repeats are dropped")
	tags, err := result(t, `{"Contacts":["VIP",{"name":"Old"},null],"Leads":[]}`).Tags(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[nutshell.EntityType][]string{nutshell.Contacts: {"VIP", "Old"}}, tags)
	tags, err = result(t, `[]`).Tags(t.Context())
	require.NoError(t, err)
	assert.Empty(t, tags)
	account, err := result(t, `{"id":"501","name":"Example Realty","currency":"USD"}`).Instance(t.Context())
	require.NoError(t, err)
	assert.Equal(t, nutshell.Account{ID: "501", Name: "Example Realty", Currency: "USD"}, account)
	times, err := result(t, `{"contacts":"2026-03-02T08:10:00+0000","accounts":null,"leads":"2026-03-02T09:10:00+01:00","x":"2026-03-02T08:10:00Z"}`).UpdateTimes(t.Context())
	require.NoError(t, err)
	at := time.Date(2026, 3, 2, 8, 10, 0, 0, time.UTC)
	assert.Equal(t, map[string]time.Time{"contacts": at, "leads": at, "x": at}, times)
}

func TestAllPagesAreRead(t *testing.T) {
	s := newStand(t, func(n int, in arrived, w http.ResponseWriter) {
		count := 100
		if n == 3 {
			count = 1
		}
		var rows []string
		for i := range count {
			rows = append(rows, `{"id":`+itoa(n*1000+i)+`,"rev":"0","name":"U"}`)
		}
		ok(in, w, "["+strings.Join(rows, ",")+"]")
	})
	users, err := s.client(t, nil).Users(t.Context())
	require.NoError(t, err)
	assert.Len(t, users, 201)
}

func TestServerThatIgnoresPagesDoesNotLoop(t *testing.T) {
	row := `{"id":1,"rev":"0","name":"Call"}`
	types, err := result(t, "["+strings.Repeat(row+",", 99)+row+"]").ActivityTypes(t.Context())
	require.NoError(t, err)
	assert.Len(t, types, 1)
}

func TestSearchByEmail(t *testing.T) {
	contacts, accounts, err := result(t, `{"contacts":[`+contact+`]}`).SearchByEmail(t.Context(), "ines@example.com")
	require.NoError(t, err)
	assert.Len(t, contacts, 1)
	assert.Empty(t, accounts)
}

func TestCallsThatDoNotExistAreNotSent(t *testing.T) {
	c, s := body(t, 200, "{}")
	_, err := c.Create(t.Context(), nutshell.Users, nil)
	assert.True(t, nutshell.IsNotSent(err))
	_, err = c.Create(t.Context(), nutshell.Notes, nil)
	assert.True(t, nutshell.IsNotSent(err))
	_, err = c.Edit(t.Context(), nutshell.Tags, 1, "0", nil)
	assert.True(t, nutshell.IsNotSent(err))
	_, err = c.Find(t.Context(), nutshell.Notes, nutshell.Query{})
	assert.True(t, nutshell.IsNotSent(err))
	assert.Empty(t, s.seen())
}
