package rezora_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/record"
)

const agentRow = `{"id":"3107","email":"priya.lindqvist@example.com","created_at":"2016-09-01T12:00:00Z"}`

// folder writes an export; a file of the value "" is left out.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	base := map[string]string{
		"manifest.json": `{"format":"rezora-export","version":1,"as_of":"2024-05-02T08:00:00Z","counts":{"agents":1,"contacts":1}}`,
		"agents.json":   "[" + agentRow + "]",
		"contacts.json": `{"id":"1","name":"A"}` + "\n\n" + `{"id":"2","deleted":true}`,
	}
	for name, text := range files {
		base[name] = text
	}
	for name, text := range base {
		if text == "" {
			continue
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

func export(t *testing.T, dir string, edit func(*rezora.ExportOptions)) *rezora.Export {
	t.Helper()
	o := rezora.ExportOptions{Dir: dir}
	if edit != nil {
		edit(&o)
	}
	e, err := rezora.NewExport(o)
	require.NoError(t, err)
	return e
}

func rows(t *testing.T, s rezora.Source, kind record.Kind) ([]record.Record, error) {
	t.Helper()
	var out []record.Record
	_, err := s.Walk(context.Background(), rezora.WalkRequest{Kind: kind, IncludeDeleted: true}, func(_ context.Context, p rezora.Page) error {
		out = append(out, p.Records...)
		return nil
	})
	return out, err
}

func TestExportOfTheContract(t *testing.T) {
	csv := "\ufeffid,owner_agent_id,name,email,phones.mobile,shared_agent_ids,custom_properties.Home Anniversary,updated_at\n" +
		`9001234,3107,Marisol Vega,mvega@example.com,720-555-0142,"[""3120""]",2016-05-14,2024-05-01T10:12:00Z` + "\n"
	dir := folder(t, map[string]string{"contacts.json": "", "contacts.csv": csv,
		"manifest.json": `{"format":"rezora-export","version":1,"as_of":"2024-05-02T08:00:00Z","counts":{"agents":1,"contacts":1},"partial":["activities"]}`})
	e := export(t, dir, nil)
	caps, err := e.Preflight(context.Background())
	require.NoError(t, err)
	assert.True(t, caps.Offers(record.Contacts))
	assert.Equal(t, rezora.NotOffered, caps.Of(record.Leads).Offer)
	got, err := rows(t, e, record.Contacts)
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.JSONEq(t, `{"id":"9001234","owner_agent_id":"3107","name":"Marisol Vega","email":"mvega@example.com","phones":{"mobile":"720-555-0142"},
		"shared_agent_ids":["3120"],"custom_properties":{"Home Anniversary":"2016-05-14"},"updated_at":"2024-05-01T10:12:00Z"}`, string(got[0].Canon))
	_, state, err := e.Item(context.Background(), record.Contacts, "9001234")
	require.NoError(t, err)
	assert.Equal(t, rezora.Live, state)
	_, state, err = e.Item(context.Background(), record.Contacts, "1")
	require.NoError(t, err)
	assert.Equal(t, rezora.Absent, state)
}

func TestExportCells(t *testing.T) {
	csv := "id,name,title,is_self,unsubscribed,created_at,scores.open,custom_properties.a.b,custom_properties.c,note to self\r\n" +
		"1,\"Two\r\nlines, \"\"quoted\"\"\",,1,Y,2024-05-01 10:00:00,0.50,x,,kept\r\n" +
		"2,,,,,,,,,"
	e := export(t, folder(t, map[string]string{"contacts.json": "", "contacts.csv": csv}), nil)
	got, err := rows(t, e, record.Contacts)
	require.NoError(t, err)
	require.Len(t, got, 2)
	assert.JSONEq(t, `{"id":"1","name":"Two\r\nlines, \"quoted\"","title":null,"is_self":true,"unsubscribed":true,"created_at":"2024-05-01T10:00:00Z",
		"scores":{"open":0.50},"custom_properties":{"a.b":"x"}}`, string(got[0].Canon))
	assert.Contains(t, string(got[0].Raw), "kept")
	assert.JSONEq(t, `{"id":"2","name":"","title":null,"is_self":null,"unsubscribed":null,"created_at":null,"scores":null}`, string(got[1].Canon))
}

func TestExportRefuses(t *testing.T) {
	manifest := func(text string) map[string]string { return map[string]string{"manifest.json": text} }
	for name, tc := range map[string]struct {
		files map[string]string
		want  string
	}{
		"no manifest":      {manifest(""), "allow_no_manifest"},
		"no counts":        {manifest(`{"as_of":"2024-05-02T08:00:00Z"}`), "counts"},
		"no time":          {manifest(`{"counts":{}}`), "as_of"},
		"wrong count":      {manifest(`{"as_of":"2024-05-02T08:00:00Z","counts":{"contacts":2}}`), "counts 2 live rows, the file has 1"},
		"counted, no file": {manifest(`{"as_of":"2024-05-02T08:00:00Z","counts":{"leads":0}}`), "there is no file"},
		"wrong hash":       {manifest(`{"as_of":"2024-05-02T08:00:00Z","counts":{},"files":{"agents.json":{"bytes":3,"sha256":""}}}`), "size or hash"},
		"escape":           {manifest(`{"as_of":"2024-05-02T08:00:00Z","counts":{},"files":{"../x":{"bytes":3}}}`), "outside"},
		"both forms":       {map[string]string{"contacts.csv": "id\n1\n"}, "both"},
		"no agents":        {map[string]string{"agents.json": "", "manifest.json": `{"as_of":"2024-05-02T08:00:00Z","counts":{}}`}, "no file"},
		"cut list":         {map[string]string{"agents.json": "[" + agentRow}, "cut"},
		"cut cell":         {map[string]string{"contacts.json": "", "contacts.csv": "id,name\n1,\"x"}, "no end"},
		"no id":            {map[string]string{"contacts.json": `[{"name":"x"}]`}, "without key"},
		"properties twice": {map[string]string{"contacts.json": "", "contacts.csv": "id,custom_properties,custom_properties.a\n1,,"}, "both"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := export(t, folder(t, tc.files), nil).Preflight(context.Background())
			require.ErrorContains(t, err, tc.want)
		})
	}
	_, err := export(t, folder(t, manifest("")), func(o *rezora.ExportOptions) { o.AllowNoManifest, o.AsOf = true, "2024-05-02T08:00:00Z" }).Preflight(context.Background())
	require.NoError(t, err)
}

func TestExportRowsOfAWrongWidth(t *testing.T) {
	e := export(t, folder(t, map[string]string{"contacts.json": "", "contacts.csv": "id,name\n1,\"a\nb\"\n2\n3,c,d\n4,e\n"}), nil)
	got, err := rows(t, e, record.Contacts)
	var incomplete *rezora.IncompleteError
	require.ErrorAs(t, err, &incomplete)
	assert.Equal(t, []int{4, 5}, incomplete.Lines)
	assert.Len(t, got, 2, "all others are delivered")
}

func TestExportDelta(t *testing.T) {
	e := export(t, folder(t, nil), nil)
	at := time.Date(2024, 5, 2, 8, 0, 0, 0, time.UTC)
	for since, want := range map[time.Time]int{{}: 2, at: 0, at.Add(-time.Hour): 2} {
		n := 0
		res, err := e.Walk(context.Background(), rezora.WalkRequest{Kind: record.Contacts, Since: since, IncludeDeleted: true}, func(_ context.Context, p rezora.Page) error {
			n += len(p.Records)
			return nil
		})
		require.NoError(t, err)
		assert.Equal(t, want, n)
		assert.Equal(t, at, res.Watermark)
	}
	_, err := e.Walk(context.Background(), rezora.WalkRequest{Kind: record.Contacts, Since: at.Add(time.Hour)}, nil)
	require.ErrorIs(t, err, rezora.ErrExportOlder)
}

func TestExportResumes(t *testing.T) {
	var lines []string
	for i := range 25 {
		lines = append(lines, fmt.Sprintf(`{"id":"%02d"}`, i))
	}
	e := export(t, folder(t, map[string]string{"contacts.json": strings.Join(lines, "\n")}), nil)
	var state rezora.WalkState
	seen, crash := map[string]int{}, errors.New("crash")
	for runs := 0; ; runs++ {
		require.Less(t, runs, 10)
		pages := 0
		_, err := e.Walk(context.Background(), rezora.WalkRequest{Kind: record.Contacts, Limit: 4, Resume: state}, func(_ context.Context, p rezora.Page) error {
			if pages++; pages == 3 {
				return crash
			}
			for _, r := range p.Records {
				seen[r.ID]++
			}
			state = p.State
			return nil
		})
		if err == nil {
			break
		}
	}
	assert.Len(t, seen, 25)
	for id, n := range seen {
		assert.Equal(t, 1, n, id)
	}
}

func TestExportAttachments(t *testing.T) {
	e := export(t, folder(t, map[string]string{"files/att%2F%2E%2E%2F1": "bytes"}), nil)
	f, err := os.Create(filepath.Join(t.TempDir(), "part"))
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	a := record.Attachment{Common: record.Common{ID: "att/../1"}, Size: 5}
	got, err := e.Attachment(context.Background(), rezora.AttachmentRequest{Attachment: a}, f)
	require.NoError(t, err)
	assert.EqualValues(t, 5, got.Size)
	a.Size = 4
	_, err = e.Attachment(context.Background(), rezora.AttachmentRequest{Attachment: a}, f)
	require.ErrorIs(t, err, rezora.ErrFileMismatch)
	a.ID = "other"
	_, err = e.Attachment(context.Background(), rezora.AttachmentRequest{Attachment: a}, f)
	require.ErrorIs(t, err, rezora.ErrFileMissing)
}
