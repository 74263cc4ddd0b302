package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
)

// exported writes the whole account of a source as a folder of files, as a vendor would hand it over: contacts and companies as CSV,
// events as JSON lines, the others as arrays, with a manifest and the bytes of the attachments.
func (s *stack) exported() string {
	s.Helper()
	dir := filepath.Join(s.dir, "export")
	require.NoError(s, os.MkdirAll(filepath.Join(dir, "files"), 0o700))
	counts, files := map[string]int{}, map[string]any{}
	for _, resource := range allResources {
		rows := s.served(resource)
		counts[resource] = len(rows)
		name, content := resource+".json", []byte(nil)
		switch resource {
		case "contacts", "companies":
			name, content = resource+".csv", s.asCSV(rows)
		case "activities":
			content = append(bytes.Join(bytesOf(rows), []byte("\n")), "\n\n"...)
		default:
			content = slices.Concat([]byte("\xef\xbb\xbf["), bytes.Join(bytesOf(rows), []byte(",\n")), []byte("]"))
		}
		require.NoError(s, os.WriteFile(filepath.Join(dir, name), content, 0o600))
		sum := sha256.Sum256(content)
		files[name] = map[string]any{"bytes": len(content), "sha256": hex.EncodeToString(sum[:])}
	}
	for _, raw := range s.served("attachments") {
		var a struct{ ID string }
		require.NoError(s, json.Unmarshal(raw, &a))
		if b, ok := s.bytesOf(a.ID); ok {
			require.NoError(s, os.WriteFile(filepath.Join(dir, "files", a.ID), b, 0o600))
		}
	}
	manifest, err := json.Marshal(map[string]any{"format": "rezora-export", "version": 1, "as_of": time.Now().UTC().Format(time.RFC3339), "counts": counts, "files": files})
	require.NoError(s, err)
	require.NoError(s, os.WriteFile(filepath.Join(dir, "manifest.json"), manifest, 0o600))
	return dir
}

func bytesOf(rows []json.RawMessage) [][]byte {
	out := make([][]byte, len(rows))
	for i, r := range rows {
		out[i] = r
	}
	return out
}

func (s *stack) bytesOf(attachment string) ([]byte, bool) {
	s.Helper()
	req, err := http.NewRequest(http.MethodGet, s.source.URL+"/api/v1/attachments/"+attachment+"/content", nil)
	require.NoError(s, err)
	req.Header.Set("Authorization", "Bearer token-of-the-tests")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s, err)
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	require.NoError(s, err)
	return b, resp.StatusCode == http.StatusOK
}

// asCSV flattens rows: dotted names for nested fields, JSON text for lists and maps, nothing for null.
func (s *stack) asCSV(rows []json.RawMessage) []byte {
	s.Helper()
	header := map[string]bool{}
	flat := make([]map[string]string, len(rows))
	for i, raw := range rows {
		flat[i] = map[string]string{}
		var walk func(prefix string, v any)
		walk = func(prefix string, v any) {
			header[prefix] = true
			switch x := v.(type) {
			case nil:
			case string:
				flat[i][prefix] = x
			case map[string]any:
				if prefix == "custom_properties" {
					b, err := json.Marshal(x)
					require.NoError(s, err)
					flat[i][prefix] = string(b)
					return
				}
				delete(header, prefix)
				for k, inner := range x {
					walk(strings.TrimPrefix(prefix+"."+k, "."), inner)
				}
			default:
				b, err := json.Marshal(x)
				require.NoError(s, err)
				flat[i][prefix] = string(b)
			}
		}
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		var v any
		require.NoError(s, d.Decode(&v))
		walk("", v)
	}
	names := slices.Sorted(maps.Keys(header))
	names = slices.DeleteFunc(names, func(n string) bool { return n == "" || header[n+".street"] || header[n+".open"] })
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	require.NoError(s, w.Write(names))
	for _, row := range flat {
		line := make([]string, len(names))
		for i, n := range names {
			line[i] = row[n]
		}
		require.NoError(s, w.Write(line))
	}
	w.Flush()
	require.NoError(s, w.Error())
	return out.Bytes()
}

// on gives a stack a task queue of its own, where a test has several.
func (s *stack) on(name string) {
	s.queue += "-" + name
	s.env["TEMPORAL_TASK_QUEUE"] = s.queue
}

// canonical reads the live records that a migration staged, by kind and id.
func (s *stack) canonical(migration string) map[record.Kind]map[string]record.Record {
	s.Helper()
	ctx := context.Background()
	l, err := ledger.Open(ctx, ledger.Options{URL: s.env["LEDGER_URL"], ReadOnly: true})
	require.NoError(s, err)
	defer func() { _ = l.Close() }()
	run, err := l.Run(ctx, migration)
	require.NoError(s, err)
	out := map[record.Kind]map[string]record.Record{}
	for _, kind := range record.Kinds {
		out[kind] = map[string]record.Record{}
		require.NoError(s, run.Each(ctx, kind, true, func(r ledger.Staged) error {
			out[kind][r.ID] = r.Record
			return nil
		}))
	}
	return out
}

// settled is a canonical item without what says nothing: nulls and objects of nothing but nulls, which a CSV cannot tell from missing
// ones, and the links of attachments, which an export has none of.
func settled(t testing.TB, r record.Record) string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(r.Canon))
	d.UseNumber()
	var v any
	require.NoError(t, d.Decode(&v))
	var clean func(v any) any
	clean = func(v any) any {
		m, ok := v.(map[string]any)
		if !ok {
			return v
		}
		for k, inner := range m {
			if inner = clean(inner); inner == nil {
				delete(m, k)
			}
		}
		if len(m) == 0 {
			return nil
		}
		return m
	}
	if m, ok := v.(map[string]any); ok {
		delete(m, "download_url")
		delete(m, "download_expires_at")
	}
	b, err := json.Marshal(clean(v))
	require.NoError(t, err)
	return string(b)
}

func (s *stack) roots(migration string) reconciliation {
	s.Helper()
	var rec reconciliation
	require.NoError(s, json.Unmarshal(s.archived(migration, "reconciliation.json"), &rec))
	return rec
}

// TestAFolderOfExportsIsTheSameSource moves one account twice: from the API, and without it or a token from a folder. The canonical records
// are the same, and so is what Nutshell shows.
func TestAFolderOfExportsIsTheSameSource(t *testing.T) {
	t.Parallel()
	c := small()
	c.OddCustomProperties, c.DirtyText, c.DanglingRefs = 0.2, 0.1, 0.05
	api := newStack(t, c, unlimited())
	api.whole("from-the-api", "", nil)

	folder := newStack(t, c, unlimited())
	folder.on("folder")
	folder.env["REZORA_EXPORT_DIR"] = api.exported()
	delete(folder.env, "REZORA_TOKEN")
	delete(folder.env, "REZORA_BASE_URL")
	folder.work()
	folder.start(`{"migration":"from-a-folder","sample_size":20,"delta_window":"0s",` + fallback + `}`)
	folder.finish("from-a-folder")
	folder.clean("from-a-folder")

	want, got := api.canonical("from-the-api"), folder.canonical("from-a-folder")
	total := 0
	for _, kind := range record.Kinds {
		assert.Len(t, got[kind], len(want[kind]), kind)
		for id, rec := range want[kind] {
			total++
			assert.Equal(t, settled(t, rec), settled(t, got[kind][id]), "%s %s", kind, id)
		}
	}
	t.Logf("%d records compared", total)
	assert.Equal(t, api.roots("from-the-api").SourceRoot, folder.roots("from-a-folder").SourceRoot)
	assert.Equal(t, api.roots("from-the-api").TargetRoot, folder.roots("from-a-folder").TargetRoot)
	assert.Empty(t, folder.source.Stats().Violations)
}

// TestADialectIsTheSameSource moves one account by the shipped profile prototype and by a profile file of the same content.
func TestADialectIsTheSameSource(t *testing.T) {
	t.Parallel()
	c := small()
	c.LegacyOnly = 0
	move := func(migration string, change func(s *stack)) *stack {
		s := newStack(t, c, unlimited())
		s.on(migration)
		change(s)
		s.work()
		s.start(fmt.Sprintf(`{"migration":%q,"sample_size":20,"delta_window":"0s",%s}`, migration, fallback))
		s.finish(migration)
		s.clean(migration)
		return s
	}
	shipped := move("shipped-profile", func(s *stack) { s.env["REZORA_PROFILE"] = "prototype" })
	own := move("own-profile", func(s *stack) {
		text, err := os.ReadFile("../../clients/rezora/profiles/prototype.yaml")
		require.NoError(t, err)
		s.env["REZORA_PROFILE"] = s.file("mine.yaml", strings.Replace(string(text), "profile: prototype", "profile: mine", 1))
	})
	dv1 := move("plain-profile", func(*stack) {})

	a, b, plain := shipped.canonical("shipped-profile"), own.canonical("own-profile"), dv1.canonical("plain-profile")
	for _, kind := range record.Kinds {
		assert.Len(t, b[kind], len(a[kind]), kind)
		for id, rec := range a[kind] {
			assert.JSONEq(t, string(rec.Canon), string(b[kind][id].Canon), "%s %s", kind, id)
		}
	}
	assert.Equal(t, shipped.roots("shipped-profile").SourceRoot, own.roots("own-profile").SourceRoot)
	require.Len(t, a[record.Contacts], len(plain[record.Contacts]))
	for id, rec := range a[record.Contacts] {
		var got, want record.Contact
		require.NoError(t, rec.Decode(&got))
		require.NoError(t, plain[record.Contacts][id].Decode(&want))
		assert.Equal(t, []any{want.OwnerAgentID, want.Name, want.Email, want.ContactType, want.Phones, want.Addresses, want.Unsubscribed, want.CreatedAt},
			[]any{got.OwnerAgentID, got.Name, got.Email, got.ContactType, got.Phones, got.Addresses, got.Unsubscribed, got.CreatedAt}, "contact %s", id)
	}
	assert.Empty(t, a[record.Tasks], "what the dialect does not have is not offered, not invented")
}
