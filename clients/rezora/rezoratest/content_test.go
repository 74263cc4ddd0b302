package rezoratest_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/rezoratest"
)

// hashed is an attachment with a hash, of some size.
func hashed(t *testing.T, s *rezoratest.Server) (id, sum string, size int) {
	t.Helper()
	for _, a := range s.Rows("attachments", false) {
		if h, ok := a["sha256"].(string); ok {
			n, err := a["size"].(json.Number).Int64()
			require.NoError(t, err)
			return a["id"].(string), h, int(n)
		}
	}
	t.Fatal("no attachment with a hash")
	return
}

func contentPath(id string) string { return "/api/v1/attachments/" + id + "/content" }

func ranged(t *testing.T, s *rezoratest.Server, path string, headers ...string) (answer, error) {
	t.Helper()
	return call(t, http.MethodGet, s.URL+path, func(r *http.Request) {
		r.Header.Set("Accept-Encoding", "identity")
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
	})
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func TestContentAndRanges(t *testing.T) {
	s := start(t)
	id, sum, size := hashed(t, s)
	whole, err := ranged(t, s, contentPath(id))
	require.NoError(t, err)
	assert.Equal(t, 200, whole.Status)
	assert.Len(t, whole.Body, size)
	assert.Equal(t, sum, hash(whole.Body))
	assert.Equal(t, "bytes", whole.Header.Get("Accept-Ranges"))
	tag := whole.Header.Get("ETag")
	assert.Equal(t, `"`+id+`-1"`, tag)

	rest, err := ranged(t, s, contentPath(id), "Range", "bytes=1000-", "If-Range", tag)
	require.NoError(t, err)
	assert.Equal(t, 206, rest.Status)
	assert.Equal(t, sum, hash(append(whole.Body[:1000:1000], rest.Body...)))

	other, err := ranged(t, s, contentPath(id), "Range", "bytes=1000-", "If-Range", `"other"`)
	require.NoError(t, err)
	assert.Equal(t, 200, other.Status, "another validator means start over")
	beyond, err := ranged(t, s, contentPath(id), "Range", "bytes=999999999-")
	require.NoError(t, err)
	assert.Equal(t, 416, beyond.Status)

	assert.Equal(t, 404, get(t, s, contentPath("att-9")).Status)
	require.NoError(t, s.Delete("attachments", id))
	assert.Equal(t, 410, get(t, s, contentPath(id)).Status)
	assert.Equal(t, 404, get(t, s, "/api/v1/contacts/1/content").Status)
}

func TestAttachmentFaults(t *testing.T) {
	for _, fault := range []string{"wrong_hash", "wrong_size", "expired_once", "missing", "no_range", "cut", "slow"} {
		t.Run(fault, func(t *testing.T) {
			s := start(t)
			id, sum, size := hashed(t, s)
			require.NoError(t, s.Configure(func(c *rezoratest.Config) { c.AttachmentFault = map[string]string{id: fault} }))
			item := get(t, s, "/api/v1/attachments/"+id).json(t)["data"].(map[string]any)
			a, err := ranged(t, s, contentPath(id))
			switch fault {
			case "wrong_hash":
				require.NoError(t, err)
				assert.NotEqual(t, hash(a.Body), item["sha256"])
			case "wrong_size":
				require.NoError(t, err)
				n, _ := item["size"].(json.Number).Int64()
				assert.NotEqual(t, len(a.Body), int(n))
			case "expired_once":
				assert.Equal(t, 403, a.Status)
				a, err = ranged(t, s, contentPath(id))
				require.NoError(t, err)
				assert.Equal(t, sum, hash(a.Body))
			case "missing":
				assert.Equal(t, 404, a.Status)
			case "no_range":
				assert.Empty(t, a.Header.Get("Accept-Ranges"))
				a, err = ranged(t, s, contentPath(id), "Range", "bytes=10-")
				require.NoError(t, err)
				assert.Equal(t, 200, a.Status)
				assert.Len(t, a.Body, size)
			case "cut":
				require.Error(t, err)
				assert.Len(t, a.Body, size/2)
				a, err = ranged(t, s, contentPath(id))
				require.NoError(t, err)
				assert.Equal(t, sum, hash(a.Body))
			case "slow":
				require.NoError(t, err)
				assert.Equal(t, sum, hash(a.Body))
			}
		})
	}
}

func TestRedirectToTheSameHost(t *testing.T) {
	c := newClock()
	s := start(t, withClock(c), func(c *rezoratest.Config) { c.AttachmentRedirect = "same_host" })
	id, sum, _ := hashed(t, s)
	a := get(t, s, contentPath(id))
	require.Equal(t, 302, a.Status)
	to := a.Header.Get("Location")
	assert.True(t, strings.HasPrefix(to, "/"), to)
	assert.Equal(t, sum, hash(get(t, s, to).Body))
	assert.Equal(t, 403, get(t, s, to+"0").Status, "a signature cannot be made up")
	c.Add(time.Hour)
	assert.Equal(t, 403, get(t, s, to).Status, "signed links expire")
	assert.Empty(t, s.Stats().Violations)
}

func TestRedirectToAnotherHost(t *testing.T) {
	s := start(t, func(c *rezoratest.Config) { c.AttachmentRedirect = "other_host" })
	id, sum, _ := hashed(t, s)
	to := get(t, s, contentPath(id)).Header.Get("Location")
	require.True(t, strings.HasPrefix(to, "http://"), to)
	require.False(t, strings.HasPrefix(to, s.URL))
	clean, err := call(t, http.MethodGet, to, func(r *http.Request) { r.Header.Del("Authorization") })
	require.NoError(t, err)
	assert.Equal(t, sum, hash(clean.Body))
	assert.Zero(t, s.Stats().LeakedCredentials)
	_, err = call(t, http.MethodGet, to, nil)
	require.NoError(t, err)
	assert.Equal(t, 1, s.Stats().LeakedCredentials)
	assert.Len(t, s.Stats().Violations, 1)
}

func TestAttachmentOdd(t *testing.T) {
	s := start(t, func(c *rezoratest.Config) { c.AttachmentOdd = true })
	names := map[string]int{}
	zero, huge := false, false
	for _, a := range s.Rows("attachments", false) {
		names[a["filename"].(string)]++
		n, _ := a["size"].(json.Number).Int64()
		huge = huge || n == 64<<20
		if n == 0 {
			zero = true
			got := get(t, s, contentPath(a["id"].(string)))
			assert.Equal(t, 200, got.Status)
			assert.Empty(t, got.Body)
		}
	}
	assert.True(t, zero && huge)
	assert.Equal(t, 2, names["same.pdf"])
	assert.Contains(t, names, "../../etc/passwd")
}
