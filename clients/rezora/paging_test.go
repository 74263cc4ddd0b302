package rezora_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/record"
)

// profileOf is dv1 with another way of paging.
func profileOf(t *testing.T, paging string) string {
	t.Helper()
	text, err := os.ReadFile("profiles/dv1.yaml")
	require.NoError(t, err)
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "paging:") {
			lines[i] = "paging: " + paging
		}
	}
	file := filepath.Join(t.TempDir(), "profile.yaml")
	require.NoError(t, os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600))
	return file
}

var dialects = map[string]string{
	"page":           "{style: page, limit_param: limit, limit: 500, page_param: p}",
	"page from zero": "{style: page, limit_param: limit, limit: 500, page_param: p, first_page: 0}",
	"offset":         "{style: offset, limit_param: limit, limit: 500, offset_param: skip}",
	"link_header":    "{style: link_header, limit_param: limit, limit: 500}",
}

// listed serves n contacts in one of the dialects; no page is larger than most, whatever is asked.
func listed(dialect string, n, most int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		limit, _ := strconv.Atoi(q.Get("limit"))
		if limit == 0 || limit > most {
			limit = most
		}
		from, _ := strconv.Atoi(q.Get("skip"))
		page, _ := strconv.Atoi(q.Get("p"))
		switch dialect {
		case "page":
			from = (page - 1) * limit
		case "page from zero":
			from = page * limit
		}
		var items []string
		for i := from; i < min(n, from+limit); i++ {
			items = append(items, contact(fmt.Sprintf("%05d", i+1), i))
		}
		if dialect == "link_header" && from+limit < n {
			next := *r.URL
			q.Set("skip", strconv.Itoa(from+limit))
			q.Set("note", "a,b<c>;d")
			next.RawQuery = q.Encode()
			last := url.URL{Path: r.URL.Path, RawQuery: "skip=999"}
			w.Header().Add("Link", `<`+last.String()+`>; rel="last"`)
			w.Header().Add("Link", `<http://`+r.Host+next.String()+`>; title="more, of it"; rel="prefetch Next"`)
		}
		send(w, 200, envelope("", items...))
	}
}

func TestEveryStyleOfPagingReadsEverything(t *testing.T) {
	for dialect, paging := range dialects {
		for _, rows := range []int{0, 1, 6, 7} {
			serve := listed(dialect, rows, 100)
			s := newScript(t, func(w http.ResponseWriter, r *http.Request, _ int) { serve(w, r) })
			o := options(s.URL)
			o.Profile = profileOf(t, paging)
			got, res, err := ids(t, client(t, o), rezora.WalkRequest{Limit: 3})
			require.NoError(t, err, "%s, %d rows", dialect, rows)
			assert.Len(t, got, rows, dialect)
			assert.Equal(t, rows, res.State.Rows, dialect)
			for i := range got {
				assert.Equal(t, fmt.Sprintf("%05d", i+1), got[i], dialect)
			}
		}
	}
}

// A source that serves fewer rows than were asked for is read to its end all the same.
func TestACappedPageIsNotTheEnd(t *testing.T) {
	for dialect, paging := range dialects {
		serve := listed(dialect, 23, 5)
		s := newScript(t, func(w http.ResponseWriter, r *http.Request, _ int) { serve(w, r) })
		o := options(s.URL)
		o.Profile = profileOf(t, paging)
		got, _, err := ids(t, client(t, o), rezora.WalkRequest{Limit: 50})
		require.NoError(t, err, dialect)
		assert.Len(t, got, 23, dialect)
	}
}

func TestEveryStyleOfPagingGoesOnAfterADeath(t *testing.T) {
	for dialect, paging := range dialects {
		serve := listed(dialect, 9, 100)
		s := newScript(t, func(w http.ResponseWriter, r *http.Request, _ int) { serve(w, r) })
		o := options(s.URL)
		o.Profile = profileOf(t, paging)
		death := errors.New("death")
		var stored []string
		var place rezora.WalkState
		for pages := 0; ; {
			_, err := client(t, o).Walk(t.Context(), rezora.WalkRequest{Kind: record.Contacts, Limit: 2, Resume: place}, func(_ context.Context, p rezora.Page) error {
				if pages++; pages%2 == 0 {
					return death
				}
				for _, r := range p.Records {
					stored = append(stored, r.ID)
				}
				b, err := json.Marshal(p.State)
				require.NoError(t, err)
				place = rezora.WalkState{}
				return json.Unmarshal(b, &place)
			})
			if err == nil {
				break
			}
			require.ErrorIs(t, err, death, dialect)
		}
		assert.Len(t, stored, 9, dialect)
	}
}

// A source that does not heed the place of a page would be read for ever.
func TestAPlaceThatIsIgnoredIsNoticed(t *testing.T) {
	for _, dialect := range []string{"page", "offset"} {
		serve := listed("other", 9, 100)
		s := newScript(t, func(w http.ResponseWriter, r *http.Request, _ int) {
			r.URL.RawQuery = "limit=3"
			serve(w, r)
		})
		o := options(s.URL)
		o.Profile = profileOf(t, dialects[dialect])
		_, _, err := ids(t, client(t, o), rezora.WalkRequest{Limit: 3})
		require.ErrorIs(t, err, rezora.ErrCursorLoop, dialect)
	}
}

// No link leads the credential elsewhere, and none that leads nowhere is followed.
func TestLinksElsewhereAreNotFollowed(t *testing.T) {
	for link, cause := range map[string]string{
		`<http://elsewhere.example/api/v1/contacts?skip=3>; rel=next`: "not followed",
		`</api/v1/agents?skip=3>; rel=next`:                           "not followed",
		`<?limit=3>; rel="next"`:                                      "does not advance",
	} {
		s := newScript(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set("Link", link)
			send(w, 200, envelope("", contact("1", 1)))
		})
		o := options(s.URL)
		o.Profile = profileOf(t, dialects["link_header"])
		_, _, err := ids(t, client(t, o), rezora.WalkRequest{Limit: 3})
		require.ErrorContains(t, err, cause, link)
		assert.Len(t, s.requests(), 1)
	}
}

func TestPreflightReadsTwoPagesInEveryStyle(t *testing.T) {
	for dialect, paging := range dialects {
		serve := listed(dialect, 60, 100)
		other := dv1ish(nil)
		answer := func(ignored bool) func(http.ResponseWriter, *http.Request, int) {
			return func(w http.ResponseWriter, r *http.Request, n int) {
				q := r.URL.Query()
				if strings.HasSuffix(r.URL.Path, "/account") || strings.HasSuffix(r.URL.Path, "/count") || q.Get("fields") == "id" || q.Get("updated_since") != "" ||
					strings.HasSuffix(r.URL.Path, "/activities") || strings.HasSuffix(r.URL.Path, "/social_posts") {
					other(w, r, n)
					return
				}
				if ignored {
					q.Set("p", map[bool]string{true: "0", false: "1"}[dialect == "page from zero"])
					q.Del("skip")
					r.URL.RawQuery = q.Encode()
				}
				w.Header().Set("Date", "Thu, 02 May 2024 08:00:00 GMT")
				serve(w, r)
			}
		}
		o := options(newScript(t, answer(false)).URL)
		o.Profile = profileOf(t, paging)
		caps, err := client(t, o).Preflight(t.Context())
		require.NoError(t, err, dialect)
		assert.Equal(t, rezora.Offered, caps.Of(record.Contacts).Offer, dialect)

		o = options(newScript(t, answer(true)).URL)
		o.Profile = profileOf(t, paging)
		_, err = client(t, o).Preflight(t.Context())
		require.Error(t, err, dialect)
		assert.Contains(t, err.Error(), "the profile needs another paging style", dialect)
	}
}

func TestAPagingStyleNeedsItsParameter(t *testing.T) {
	for paging, want := range map[string]string{
		"{style: page, limit: 5}":   "paging.page_param is missing",
		"{style: offset, limit: 5}": "paging.offset_param is missing",
		"{style: cursor, limit: 5}": "paging.cursor_param is missing",
		"{style: pages, limit: 5}":  "use one of cursor, page, offset, link_header, none",
	} {
		o := options("http://127.0.0.1:1")
		o.Profile = profileOf(t, paging)
		_, err := rezora.New(o)
		require.ErrorContains(t, err, want)
	}
}
