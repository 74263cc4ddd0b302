package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/oracle"
)

// bucket is an S3 store of the test, and what lies in it under a migration.
func (s *stack) bucket() (location string, files func(migration string) map[string]string, pages *httptest.Server) {
	s.Helper()
	backend := s3mem.New()
	require.NoError(s, backend.CreateBucket("moves"))
	server := httptest.NewServer(gofakes3.New(backend).Server())
	s.Cleanup(server.Close)
	read := func(name string) ([]byte, bool) {
		o, err := backend.GetObject("moves", name, nil)
		if err != nil {
			return nil, false
		}
		defer func() { _ = o.Contents.Close() }()
		b, err := io.ReadAll(o.Contents)
		return b, err == nil
	}
	pages = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // the archive as people open it
		b, ok := read("crm/" + strings.TrimPrefix(r.URL.Path, "/files/"))
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(b)
	}))
	s.Cleanup(pages.Close)
	return "s3://moves/crm?region=us-east-1&use_path_style=true&endpoint=" + url.QueryEscape(server.URL), func(migration string) map[string]string {
		list, err := backend.ListBucket("moves", &gofakes3.Prefix{HasPrefix: true, Prefix: "crm/" + migration + "/"}, gofakes3.ListBucketPage{})
		require.NoError(s, err)
		out := map[string]string{}
		for _, o := range list.Contents {
			b, ok := read(o.Key)
			require.True(s, ok, o.Key)
			out[strings.TrimPrefix(o.Key, "crm/"+migration+"/")] = string(b)
		}
		return out
	}, pages
}

// filesOf are the files of a migration in a folder.
func (s *stack) filesOf(migration string) map[string]string {
	s.Helper()
	out := map[string]string{}
	root := filepath.Join(s.dir, "archive", migration)
	require.NoError(s, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		out[filepath.ToSlash(strings.TrimPrefix(path, root+"/"))] = string(b)
		return err
	}))
	return out
}

var (
	linkLine = regexp.MustCompile(`(?m)^(http://\S+/attachments/\S+)$`)
	hashed   = regexp.MustCompile(`sha256 ([0-9a-f]{64})`)
)

// TestTheArchiveInABucketIsThatOfAFolder moves one account twice, with its archive in a folder and in a bucket: the same files with the
// same content. Nutshell takes no files here, so every attachment is a link; each one opens, and leads to the bytes that its note names.
func TestTheArchiveInABucketIsThatOfAFolder(t *testing.T) {
	t.Parallel()
	source, dest := small(), unlimited()
	source.AttachmentOdd = true
	dest.NoteFiles = "off"
	in := newStack(t, source, dest)
	in.whole("archived-move", "", func(a *oracle.Account) { a.FilesOffered = false })
	want := in.filesOf("archived-move")

	s := newStack(t, source, dest)
	s.on("bucket")
	location, files, pages := s.bucket()
	s.env["ARCHIVE_URL"], s.env["ARCHIVE_LINK_BASE"] = location, pages.URL+"/files"
	s.env["AWS_ACCESS_KEY_ID"], s.env["AWS_SECRET_ACCESS_KEY"] = "key", "secret"
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"bucket-move","sample_size":20,"delta_window":"0s",` + fallback + `}`)
	s.finish("bucket-move")
	s.judge("bucket-move", before, false, func(a *oracle.Account) { a.FilesOffered, a.LinkBase = false, pages.URL+"/files/bucket-move" })
	got := files("bucket-move")

	assert.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)), "the same files, and nothing beside them")
	same := 0
	for name, text := range want {
		switch strings.SplitN(name, "/", 2)[0] {
		case "campaigns.csv", "social-posts.csv", "listings.json", "records", "templates", "engagement", "attachments", "rebuild-guide.json":
			same++
			assert.Equal(t, strings.ReplaceAll(text, "archived-move", "bucket-move"), got[name], name)
		}
	}
	assert.Greater(t, same, 20)

	opened := 0
	for _, note := range s.dest.Snapshot().Notes {
		text := note.Fields["note"]
		link, hash := linkLine.FindStringSubmatch(text), hashed.FindStringSubmatch(text)
		if link == nil || !note.Live() {
			continue
		}
		resp, err := http.Get(link[1])
		require.NoError(t, err)
		b, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, resp.StatusCode, link[1])
		sum := sha256.Sum256(b)
		assert.Equal(t, hash[1], hex.EncodeToString(sum[:]), link[1])
		opened++
	}
	assert.Positive(t, opened, "links were there to open")
	t.Logf("%d files, %d compared, %d links opened", len(got), same, opened)
}
