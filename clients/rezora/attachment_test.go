package rezora_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
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

var content = strings.Repeat("0123456789", 2000)

func attachment(edit func(*record.Attachment)) record.Attachment {
	sum := sha256.Sum256([]byte(content))
	a := record.Attachment{Common: record.Common{ID: "att-1"}, Filename: "../../etc/passwd", Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:])}
	if edit != nil {
		edit(&a)
	}
	return a
}

func part(t *testing.T, have string) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "part"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	_, err = f.WriteString(have)
	require.NoError(t, err)
	return f
}

// file serves the content with ranges under an ETag.
func file(etag string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", etag)
		http.ServeContent(w, r, "x.bin", time.Time{}, strings.NewReader(content))
	}
}

func TestPartsAreContinuedWhenTheFileIsTheSame(t *testing.T) {
	for name, tc := range map[string]struct{ have, etag, sent string }{
		"same":        {content[:5000], `"e1"`, "bytes=5000-"},
		"other etag":  {"garbage", `"e0"`, "bytes=7-"},
		"no etag":     {content[:5000], ``, ""},
		"weak etag":   {content[:5000], `W/"e1"`, ""},
		"too long":    {content + "x", `"e1"`, ""},
		"same length": {strings.Repeat("x", len(content)), `"e1"`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			serve := file(`"e1"`)
			s := newScript(t, func(w http.ResponseWriter, r *http.Request, _ int) { serve(w, r) })
			f := part(t, tc.have)
			got, err := client(t, options(s.URL)).Attachment(context.Background(), rezora.AttachmentRequest{Attachment: attachment(nil), Have: int64(len(tc.have)), ETag: tc.etag}, f)
			require.NoError(t, err)
			assert.Equal(t, attachment(nil).SHA256, got.SHA256)
			assert.Equal(t, `"e1"`, got.ETag)
			b, err := os.ReadFile(f.Name())
			require.NoError(t, err)
			assert.Equal(t, content, string(b))
			assert.Equal(t, tc.sent, s.requests()[0].Header.Get("Range"))
			assert.Equal(t, "identity", s.requests()[0].Header.Get("Accept-Encoding"))
			assert.Equal(t, "/api/v1/attachments/att-1/content", s.requests()[0].URL.Path)
		})
	}
}

func TestCompletePartsAreNotFetchedAgain(t *testing.T) {
	s := newScript(t, func(w http.ResponseWriter, _ *http.Request, _ int) { send(w, 500, "") })
	got, err := client(t, options(s.URL)).Attachment(context.Background(), rezora.AttachmentRequest{Attachment: attachment(nil), Have: int64(len(content)), ETag: `"e1"`}, part(t, content))
	require.NoError(t, err)
	assert.EqualValues(t, len(content), got.Size)
	assert.Empty(t, s.requests())
}

func TestCutsAreContinued(t *testing.T) {
	serve := file(`"e1"`)
	s := newScript(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if n > 3 {
			serve(w, r)
			return
		}
		w.Header().Set("ETag", `"e1"`)
		var from int
		if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err == nil {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(content)-1, len(content)))
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(content)-from))
		if from > 0 {
			w.WriteHeader(http.StatusPartialContent)
		}
		_, _ = w.Write([]byte(content[from : from+3000]))
	})
	var told []int64
	_, err := client(t, options(s.URL)).Attachment(context.Background(), rezora.AttachmentRequest{Attachment: attachment(nil), Progress: func(have int64, _ string) { told = append(told, have) }}, part(t, ""))
	require.NoError(t, err)
	assert.Equal(t, []int64{3000, 6000, 9000}, told)
	assert.Equal(t, "bytes=9000-", s.requests()[3].Header.Get("Range"))
	assert.Equal(t, `"e1"`, s.requests()[3].Header.Get("If-Range"))
}

func TestCredentialsStayHome(t *testing.T) {
	var home string
	seen := map[string]string{}
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen["other"] = r.Header.Get("Authorization") + r.Header.Get("X-Api-Key")
		http.Redirect(w, r, home+"/back", http.StatusFound)
	}))
	defer other.Close()
	serve := file(`"e1"`)
	s := newScript(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		seen[r.URL.Path] = r.Header.Get("X-Api-Key")
		if r.URL.Path == "/back" {
			serve(w, r)
			return
		}
		http.Redirect(w, r, other.URL+"/signed?sig=1", http.StatusFound)
	})
	home = s.URL
	o := options(s.URL)
	o.Auth.Mode, o.Attachments.AllowPrivateHosts = rezora.Header, true
	_, err := client(t, o).Attachment(context.Background(), rezora.AttachmentRequest{Attachment: attachment(func(a *record.Attachment) { a.DownloadURL = "/files/1" })}, part(t, ""))
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"/files/1": "tok-1", "other": "", "/back": ""}, seen, "never past a redirect to elsewhere")

	o.Attachments.AllowPrivateHosts = false
	_, err = client(t, o).Attachment(context.Background(), rezora.AttachmentRequest{Attachment: attachment(func(a *record.Attachment) { a.DownloadURL = other.URL + "/x?sig=2" })}, part(t, ""))
	require.ErrorContains(t, err, "private")
	assert.NotContains(t, err.Error(), "sig=2")
}

func TestLinksAreRefreshed(t *testing.T) {
	serve := file(`"e1"`)
	s := newScript(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		switch r.URL.Path {
		case "/fresh":
			serve(w, r)
		case "/old":
			send(w, 403, ``)
		default:
			send(w, 200, fmt.Sprintf(`{"data":{"id":"att-1","size":%d,"download_url":"/fresh"}}`, len(content)))
		}
	})
	c := client(t, options(s.URL))
	for name, edit := range map[string]func(*record.Attachment){
		"refused": func(a *record.Attachment) { a.DownloadURL = "/old" },
		"passed": func(a *record.Attachment) {
			a.DownloadURL, a.DownloadExpiresAt = "/old", record.At(time.Now().Add(-time.Minute))
		},
	} {
		_, err := c.Attachment(context.Background(), rezora.AttachmentRequest{Attachment: attachment(edit)}, part(t, ""))
		require.NoError(t, err, name)
	}
}

func TestFilesThatFailAlone(t *testing.T) {
	for name, tc := range map[string]struct {
		edit     func(*record.Attachment)
		item     int
		content  int
		requests int
		want     error
	}{
		"mismatch":      {edit: func(a *record.Attachment) { a.SHA256 = strings.Repeat("0", 64) }, content: 200, requests: 3, want: rezora.ErrFileMismatch},
		"longer":        {edit: func(a *record.Attachment) { a.Size-- }, content: 200, requests: 3, want: rezora.ErrFileMismatch},
		"missing":       {content: 404, requests: 1, want: rezora.ErrFileMissing},
		"deleted":       {content: 403, item: 410, requests: 2, want: rezora.ErrFileGone},
		"never allowed": {content: 403, item: 200, requests: 7, want: rezora.ErrFileExpired},
		"too large":     {edit: func(a *record.Attachment) { a.Size = 3 << 30 }, requests: 0, want: rezora.ErrFileTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, func(w http.ResponseWriter, r *http.Request, _ int) {
				switch {
				case !strings.HasSuffix(r.URL.Path, "/content"):
					send(w, tc.item, fmt.Sprintf(`{"data":{"id":"att-1","size":%d}}`, len(content)))
				case tc.content == 200:
					file(`"e1"`)(w, r)
				default:
					send(w, tc.content, ``)
				}
			})
			_, err := client(t, options(s.URL)).Attachment(context.Background(), rezora.AttachmentRequest{Attachment: attachment(tc.edit)}, part(t, ""))
			require.ErrorIs(t, err, tc.want)
			reason, alone := rezora.AttachmentFailure(err)
			assert.True(t, alone)
			assert.NotEmpty(t, reason)
			assert.Len(t, s.requests(), tc.requests)
		})
	}
}
