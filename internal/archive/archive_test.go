package archive_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/archive"
)

// stores runs a test against a folder and against a bucket: both promise the same.
func stores(t *testing.T, test func(t *testing.T, a *archive.Archive)) {
	t.Run("folder", func(t *testing.T) { test(t, openFolder(t, t.TempDir())) })
	t.Run("bucket", func(t *testing.T) { test(t, openBucket(t, "")) })
	t.Run("bucket with a prefix", func(t *testing.T) { test(t, openBucket(t, "/crm/moves")) })
}

func openFolder(t *testing.T, dir string) *archive.Archive {
	t.Helper()
	a, err := archive.Open(t.Context(), (&url.URL{Scheme: "file", Path: dir}).String(), "")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, a.Close()) })
	return a
}

func openBucket(t *testing.T, path string) *archive.Archive {
	t.Helper()
	backend := s3mem.New()
	require.NoError(t, backend.CreateBucket("moves"))
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	a, err := archive.Open(t.Context(), "s3://moves"+path+"?region=us-east-1&use_path_style=true&endpoint="+url.QueryEscape(server.URL), "https://files.example.com/moves/")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, a.Close()) })
	return a
}

func write(t *testing.T, f *archive.Folder, name, text string) {
	t.Helper()
	require.NoError(t, f.Write(t.Context(), name, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }))
}

func read(t *testing.T, f *archive.Folder, name string) string {
	t.Helper()
	r, err := f.Read(t.Context(), name)
	require.NoError(t, err)
	defer r.Close()
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(b)
}

func names(t *testing.T, f *archive.Folder, prefix string) []string {
	t.Helper()
	out := []string{}
	for file, err := range f.List(t.Context(), prefix) {
		require.NoError(t, err)
		out = append(out, file.Name)
	}
	return out
}

func TestAFileIsReplacedWhollyOrNotAtAll(t *testing.T) {
	stores(t, func(t *testing.T, a *archive.Archive) {
		f := a.For("acme")
		write(t, f, "id-map.csv", "first")
		write(t, f, "id-map.csv", "second, and longer")
		assert.Equal(t, "second, and longer", read(t, f, "id-map.csv"))

		broken := errors.New("the ledger is gone")
		err := f.Write(t.Context(), "id-map.csv", func(w io.Writer) error { _, _ = io.WriteString(w, "half"); return broken })
		require.ErrorIs(t, err, broken)
		assert.Contains(t, err.Error(), "id-map.csv")
		assert.Equal(t, "second, and longer", read(t, f, "id-map.csv"))

		require.ErrorIs(t, f.Write(t.Context(), "new.csv", func(io.Writer) error { return broken }), broken)
		ok, err := f.Exists(t.Context(), "new.csv")
		require.NoError(t, err)
		assert.False(t, ok)
		assert.Equal(t, []string{"id-map.csv"}, names(t, f, ""))
	})
}

func TestACancelledWriteChangesNothing(t *testing.T) {
	stores(t, func(t *testing.T, a *archive.Archive) {
		f := a.For("acme")
		write(t, f, "a.json", "before")
		ctx, cancel := context.WithCancel(t.Context())
		err := f.Write(ctx, "a.json", func(w io.Writer) error { _, err := io.WriteString(w, "after"); cancel(); return err })
		require.Error(t, err)
		assert.Equal(t, "before", read(t, f, "a.json"))
		assert.Equal(t, []string{"a.json"}, names(t, f, ""))
	})
}

func TestSizeExistsDeleteAndMissingFiles(t *testing.T) {
	stores(t, func(t *testing.T, a *archive.Archive) {
		ctx, f := t.Context(), a.For("acme")
		write(t, f, "attachments/att-1/floor plan.pdf", "12345")
		write(t, f, "empty", "")
		n, err := f.Size(ctx, "attachments/att-1/floor plan.pdf")
		require.NoError(t, err)
		assert.EqualValues(t, 5, n)
		n, err = f.Size(ctx, "empty")
		require.NoError(t, err)
		assert.Zero(t, n)
		ok, err := f.Exists(ctx, "attachments/att-1/floor plan.pdf")
		require.NoError(t, err)
		assert.True(t, ok)
		ok, err = f.Exists(ctx, "attachments")
		require.NoError(t, err)
		assert.False(t, ok, "a folder is no file")
		_, err = f.Read(ctx, "attachments/att-1")
		require.ErrorIs(t, err, fs.ErrNotExist)
		_, err = f.Size(ctx, "nothing")
		require.ErrorIs(t, err, fs.ErrNotExist)
		require.NoError(t, f.Delete(ctx, "nothing"))
		require.NoError(t, f.Delete(ctx, "attachments/att-1/floor plan.pdf"))
		require.NoError(t, f.Delete(ctx, "attachments/att-1/floor plan.pdf"))
		assert.Equal(t, []string{"empty"}, names(t, f, ""))
	})
}

func TestOddButLegalNames(t *testing.T) {
	odd := []string{
		strings.Repeat("n", 251) + ".pdf", "a b+c&d=e#f?g%h.txt", "__0x2f__.txt", "name.attrs", "план дома 🏠.pdf", ".hidden", "a:b*[c]", "x.tmp", "..a", "a..",
	}
	stores(t, func(t *testing.T, a *archive.Archive) {
		f := a.For("acme")
		for i, name := range odd {
			write(t, f, fmt.Sprintf("attachments/%d/%s", i, name), name)
		}
		for i, name := range odd {
			assert.Equal(t, name, read(t, f, fmt.Sprintf("attachments/%d/%s", i, name)))
		}
		assert.Len(t, names(t, f, "attachments/"), len(odd))
	})
}

func TestNamesNeverLeaveTheFolder(t *testing.T) {
	bad := []string{
		"", ".", "..", "../other/file", "a/../../b", "/etc/passwd", "a//b", "a/", "a/./b", `..\up`, "nul\x00", "new\nline", "bad\xff", strings.Repeat("n", 256),
		".unfinished-00000000-000000000000",
	}
	stores(t, func(t *testing.T, a *archive.Archive) {
		ctx, f := t.Context(), a.For("acme")
		for _, name := range bad {
			require.Error(t, f.Write(ctx, name, func(io.Writer) error { return nil }), "%q", name)
			_, err := f.Read(ctx, name)
			require.Error(t, err, "%q", name)
			require.Error(t, f.Delete(ctx, name), "%q", name)
		}
		for _, migration := range []string{"", "..", "a/b", `a\b`} {
			g := a.For(migration)
			require.Error(t, g.Write(ctx, "a", func(io.Writer) error { return nil }), "%q", migration)
			require.Error(t, g.MoveRun(ctx, 1), "%q", migration)
			for _, err := range g.List(ctx, "") {
				require.Error(t, err)
			}
		}
		assert.Empty(t, names(t, f, ""))
	})
}

func TestASymbolicLinkDoesNotLeadOut(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	a := openFolder(t, dir)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "acme"), 0o700))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "acme", "records")))
	require.Error(t, a.For("acme").Write(t.Context(), "records/people.jsonl", func(io.Writer) error { return nil }))
	left, err := os.ReadDir(outside)
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestListIsInOrderAndKnowsPrefixes(t *testing.T) {
	stores(t, func(t *testing.T, a *archive.Archive) {
		f := a.For("acme")
		for _, name := range []string{"records/people.jsonl", "records/leads.jsonl", "records.txt", "audit.jsonl", "engagement/9.json", "runs/1/audit.jsonl"} {
			write(t, f, name, name)
		}
		write(t, a.For("acme-2"), "other.csv", "x")
		assert.Equal(t, []string{"audit.jsonl", "engagement/9.json", "records.txt", "records/leads.jsonl", "records/people.jsonl"}, names(t, f, ""))
		assert.Equal(t, []string{"records/leads.jsonl", "records/people.jsonl"}, names(t, f, "records/"))
		assert.Equal(t, []string{"records.txt", "records/leads.jsonl", "records/people.jsonl"}, names(t, f, "rec"))
		assert.Equal(t, []string{"runs/1/audit.jsonl"}, names(t, f, "runs/1/"))
		assert.Empty(t, names(t, f, "nothing/"))
		assert.Empty(t, names(t, a.For("unknown"), ""))
		for file, err := range f.List(t.Context(), "records/leads.jsonl") {
			require.NoError(t, err)
			assert.EqualValues(t, len("records/leads.jsonl"), file.Size)
			break // a caller may stop early
		}
	})
}

func TestMoveRunKeepsGenerationsApart(t *testing.T) {
	stores(t, func(t *testing.T, a *archive.Archive) {
		ctx, f := t.Context(), a.For("acme")
		require.NoError(t, f.MoveRun(ctx, 1), "nothing to move")
		for _, name := range []string{"audit.jsonl", "attachments/a/1.pdf", "attachments/a/2.pdf"} {
			write(t, f, name, "one")
		}
		require.NoError(t, f.MoveRun(ctx, 1))
		require.NoError(t, f.MoveRun(ctx, 1))
		assert.Empty(t, names(t, f, ""))
		write(t, f, "audit.jsonl", "two")
		require.NoError(t, f.MoveRun(ctx, 2))
		assert.Equal(t, []string{"runs/1/attachments/a/1.pdf", "runs/1/attachments/a/2.pdf", "runs/1/audit.jsonl"}, names(t, f, "runs/1/"))
		assert.Equal(t, []string{"runs/2/audit.jsonl"}, names(t, f, "runs/2/"))
		assert.Equal(t, "one", read(t, f, "runs/1/audit.jsonl"))
		assert.Equal(t, "two", read(t, f, "runs/2/audit.jsonl"))
		require.Error(t, f.MoveRun(ctx, 0))
	})
}

func TestMoveRunGoesOnAfterAnInterruption(t *testing.T) {
	stores(t, func(t *testing.T, a *archive.Archive) {
		ctx, f := t.Context(), a.For("acme")
		want := []string{}
		for i := range 20 {
			name := fmt.Sprintf("engagement/%02d.json", i)
			write(t, f, name, name)
			want = append(want, "runs/1/"+name)
		}
		write(t, f, "runs/1/engagement/00.json", "engagement/00.json") // an interrupted move left a copy in both places
		stopped, cancel := context.WithCancel(ctx)
		cancel()
		require.Error(t, f.MoveRun(stopped, 1))
		require.NoError(t, f.MoveRun(ctx, 1))
		assert.Empty(t, names(t, f, ""))
		assert.Equal(t, want, names(t, f, "runs/1/"))
		assert.Equal(t, "engagement/07.json", read(t, f, "runs/1/engagement/07.json"))
	})
}

func TestManyWritersOfOneFileDoNotMix(t *testing.T) {
	stores(t, func(t *testing.T, a *archive.Archive) {
		f := a.For("acme")
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				text := strings.Repeat(string(rune('a'+i)), 100_000)
				_ = f.Write(t.Context(), "campaigns.csv", func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
			})
		}
		wg.Wait()
		got := read(t, f, "campaigns.csv")
		assert.Equal(t, strings.Repeat(got[:1], 100_000), got)
		assert.Equal(t, []string{"campaigns.csv"}, names(t, f, ""))
	})
}

func TestFilesOfAFolderAreForTheirOwnerOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "archive")
	a := openFolder(t, dir)
	write(t, a.For("acme"), "templates/1.html", "x")
	for path, mode := range map[string]fs.FileMode{dir: 0o700, dir + "/acme": 0o700, dir + "/acme/templates": 0o700, dir + "/acme/templates/1.html": 0o600} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, mode, info.Mode().Perm(), path)
	}
}

// A worker that is killed leaves an unfinished file; it is never listed, and goes with the next attempt.
func TestWhatAKilledWriterLeftIsRemoved(t *testing.T) {
	dir := t.TempDir()
	f := openFolder(t, dir).For("acme")
	write(t, f, "records/people.jsonl", "x")
	stale := ""
	require.NoError(t, f.Write(t.Context(), "records/people.jsonl", func(w io.Writer) error {
		entries, err := os.ReadDir(filepath.Join(dir, "acme", "records"))
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), ".unfinished-") {
				stale = e.Name()
			}
		}
		return err
	}))
	require.NotEmpty(t, stale)
	left := filepath.Join(dir, "acme", "records", stale)
	require.NoError(t, os.WriteFile(left, []byte("half"), 0o600))
	assert.Equal(t, []string{"records/people.jsonl"}, names(t, f, ""))
	write(t, f, "records/people.jsonl", "y")
	assert.NoFileExists(t, left)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "acme", stale), []byte("half"), 0o600))
	require.NoError(t, f.MoveRun(t.Context(), 1))
	assert.NoFileExists(t, filepath.Join(dir, "acme", stale))
}

func TestLinks(t *testing.T) {
	dir := t.TempDir()
	f := openFolder(t, dir).For("acme-2026")
	assert.Equal(t, "file://"+dir+"/acme-2026", f.URL(""))
	assert.Equal(t, "file://"+dir+"/acme-2026/attachments/att-510/floor%20plan%20%231%3F.pdf", f.URL("attachments/att-510/floor plan #1?.pdf"))
	b := openBucket(t, "").For("acme")
	assert.Equal(t, "https://files.example.com/moves/acme/%D0%B0.html", b.URL("а.html"))
}

func TestBadStoresAreRefusedAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	server := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	defer server.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	for _, location := range []string{
		"ftp://host/x", "file://relative/x", "file://" + file, "file:///tmp/x?color=red", "file:///tmp/x#1", "://", "",
		"s3://nowhere?region=us-east-1&use_path_style=true&endpoint=" + url.QueryEscape(server.URL),
	} {
		_, err := archive.Open(t.Context(), location, "")
		require.Error(t, err, location)
		assert.NotContains(t, err.Error(), "\n", location)
	}
}

func TestALibrarysParametersAreTaken(t *testing.T) {
	a, err := archive.Open(t.Context(), "file://"+t.TempDir()+"?metadata=skip&no_tmp_dir=1&create_dir=1", "")
	require.NoError(t, err)
	require.NoError(t, a.Close())
}
