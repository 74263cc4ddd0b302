package rezora_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/record"
)

func TestWalkReadsEveryPageAndTellsTheWatermark(t *testing.T) {
	serve := paged(7)
	s := newScript(t, func(w http.ResponseWriter, r *http.Request, _ int) { serve(w, r) })
	got, res, err := ids(t, client(t, options(s.URL)), rezora.WalkRequest{Limit: 3, IncludeDeleted: true,
		Since: time.Date(2024, 4, 1, 12, 0, 0, 5000, time.UTC)})
	require.NoError(t, err)
	assert.Equal(t, []string{"00001", "00002", "00003", "00004", "00005", "00006", "00007"}, got)
	assert.Equal(t, "2024-05-02T07:55:00Z", res.Watermark.Format(time.RFC3339), "as_of less 300 s")
	assert.Equal(t, 7, res.State.Rows)
	for i, r := range s.requests() {
		q := r.URL.Query()
		assert.Equal(t, http.MethodGet, r.Method)
		assert.Equal(t, "/api/v1/contacts", r.URL.Path)
		assert.Equal(t, "2024-04-01T12:00:00Z", q.Get("updated_since"), "page %d repeats its parameters", i)
		assert.Equal(t, "true", q.Get("include_deleted"))
		assert.Equal(t, "Bearer tok-1", r.Header.Get("Authorization"))
		assert.Equal(t, "gzip", r.Header.Get("Accept-Encoding"))
		assert.Equal(t, "application/json", r.Header.Get("Accept"))
		assert.NotEmpty(t, r.Header.Get("User-Agent"))
		assert.LessOrEqual(t, len(r.Header.Get("X-Request-Id")), 64)
		assert.NotEmpty(t, r.Header.Get("X-Request-Id"))
	}
}

func TestWalkResumesAfterTheLastPageThatWasStored(t *testing.T) {
	serve := paged(9)
	s := newScript(t, func(w http.ResponseWriter, r *http.Request, _ int) { serve(w, r) })
	c := client(t, options(s.URL))
	var stored []string
	var place []byte
	crash := errors.New("crash")
	for pages := 0; ; {
		var state rezora.WalkState
		if place != nil {
			require.NoError(t, json.Unmarshal(place, &state))
		}
		_, err := c.Walk(context.Background(), rezora.WalkRequest{Kind: record.Contacts, Limit: 2, Resume: state},
			func(_ context.Context, p rezora.Page) error {
				if pages++; pages%2 == 0 {
					return crash // before anything of this page is stored
				}
				for _, r := range p.Records {
					stored = append(stored, r.ID)
				}
				b, err := json.Marshal(p.State)
				place = b
				return err
			})
		if err == nil {
			break
		}
		require.ErrorIs(t, err, crash)
	}
	assert.Len(t, stored, 9)
	assert.Equal(t, "00009", stored[8])
}

func TestEmptyPageWithCursorIsNotTheEnd(t *testing.T) {
	s := newScript(t, func(w http.ResponseWriter, r *http.Request, n int) {
		send(w, 200, [](string){envelope("a", contact("1", 1)), envelope("b"), envelope("", contact("2", 2))}[n-1])
	})
	got, _, err := ids(t, client(t, options(s.URL)), rezora.WalkRequest{})
	require.NoError(t, err)
	assert.Equal(t, []string{"1", "2"}, got)
}

func TestCursorLoops(t *testing.T) {
	for name, cursors := range map[string][]string{"same": {"a", "a"}, "cycle": {"a", "b", "c", "a"}, "late": {"x", "a", "b", "c", "b"}} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, func(w http.ResponseWriter, _ *http.Request, n int) {
				send(w, 200, envelope(cursors[(n-1)%len(cursors)], contact(fmt.Sprint(n), n)))
			})
			_, _, err := ids(t, client(t, options(s.URL)), rezora.WalkRequest{})
			require.ErrorIs(t, err, rezora.ErrCursorLoop)
			assert.Len(t, s.requests(), len(cursors), "noticed at once")
		})
	}
}

func TestCursorLoopIsFoundAcrossRestartsOfTheProcess(t *testing.T) {
	cycle := []string{"a", "b", "c", "d", "e"}
	s := newScript(t, func(w http.ResponseWriter, _ *http.Request, n int) {
		send(w, 200, envelope(cycle[n%len(cycle)], contact(fmt.Sprint(n), n)))
	})
	c := client(t, options(s.URL))
	var state rezora.WalkState
	crash := errors.New("crash")
	for i := 0; ; i++ {
		require.Less(t, i, 40, "the loop must be found")
		stored := false
		_, err := c.Walk(context.Background(), rezora.WalkRequest{Kind: record.Contacts, Resume: state}, func(_ context.Context, p rezora.Page) error {
			if stored {
				return crash
			}
			state, stored = p.State, true
			return nil
		})
		if errors.Is(err, rezora.ErrCursorLoop) {
			return
		}
		require.ErrorIs(t, err, crash)
	}
}

func TestExpiredCursorRestartsAtWhatIsStored(t *testing.T) {
	s := newScript(t, func(w http.ResponseWriter, r *http.Request, n int) {
		switch n {
		case 1:
			send(w, 200, envelope("a", contact("1", 10), contact("2", 20)))
		case 2:
			send(w, 410, `{"error":{"code":"cursor_expired","status":410}}`)
		default:
			send(w, 200, `{"data":[`+contact("2", 20)+`,`+contact("3", 30)+`],"meta":{"next_cursor":null,"as_of":"2024-05-02T09:00:00Z"}}`)
		}
	})
	got, res, err := ids(t, client(t, options(s.URL)), rezora.WalkRequest{})
	require.NoError(t, err)
	assert.Equal(t, []string{"1", "2", "2", "3"}, got)
	last := s.requests()[2].URL.Query()
	assert.Equal(t, "2024-05-01T00:00:20Z", last.Get("updated_since"))
	assert.Empty(t, last.Get("cursor"))
	assert.Equal(t, asOf, res.AsOf.Format(time.RFC3339), "of the first walk")
}

func TestExpiredCursorsHaveABound(t *testing.T) {
	s := newScript(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if r.URL.Query().Get("cursor") != "" {
			send(w, 410, `{"error":{"code":"cursor_expired"}}`)
			return
		}
		send(w, 200, envelope("a", contact("1", 10)))
	})
	_, _, err := ids(t, client(t, options(s.URL)), rezora.WalkRequest{})
	require.ErrorIs(t, err, rezora.ErrRestarts)
	assert.Len(t, s.requests(), 12, "the first walk and five more")
}

func TestIncompleteReadsAreErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		status     int
		body       string
		notOffered bool
		rejected   bool
	}{
		"forbidden":    {403, ``, true, false},
		"not found":    {404, `"nope"`, true, false},
		"bad":          {400, `{"error":{"code":"invalid_parameter"}}`, false, false},
		"unauthorized": {401, `<html>`, false, true},
		"unlisted":     {418, `{}`, false, false},
		"no id":        {200, envelope("", `{"name":"x"}`), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, func(w http.ResponseWriter, _ *http.Request, _ int) { send(w, tc.status, tc.body) })
			_, _, err := ids(t, client(t, options(s.URL)), rezora.WalkRequest{})
			require.Error(t, err)
			assert.Equal(t, tc.notOffered, rezora.IsNotOffered(err))
			assert.Equal(t, tc.rejected, rezora.IsRejected(err))
			assert.False(t, rezora.IsPassing(err))
			assert.Len(t, s.requests(), 1, "no retry")
		})
	}
}

func TestSweepAsksForIDsOnlyAndSkipsTombstones(t *testing.T) {
	s := newScript(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		assert.Equal(t, "id", r.URL.Query().Get("fields"))
		send(w, 200, envelope("", `{"id":"1","updated_at":"2024-05-01T00:00:00Z","deleted":false}`, `{"id":"2","deleted":true}`))
	})
	c := client(t, options(s.URL))
	var got []string
	require.NoError(t, c.SweepIDs(context.Background(), record.Contacts, nil, func(_ context.Context, ids []string) error {
		got = append(got, ids...)
		return nil
	}))
	assert.Equal(t, []string{"1"}, got)
	require.ErrorIs(t, c.SweepIDs(context.Background(), record.Activities, nil, nil), rezora.ErrNotSwept)
}

func TestHugePagesAreAskedForInHalves(t *testing.T) {
	serve := paged(40)
	s := newScript(t, func(w http.ResponseWriter, r *http.Request, _ int) { serve(w, r) })
	o := options(s.URL)
	o.Limits.MaxBody = 1500
	got, _, err := ids(t, client(t, o), rezora.WalkRequest{Limit: 40})
	require.NoError(t, err)
	assert.Len(t, got, 40)
}

func TestHTMLComesWithTemplatesOnly(t *testing.T) {
	s := newScript(t, func(w http.ResponseWriter, r *http.Request, _ int) { send(w, 200, envelope("")) })
	c := client(t, options(s.URL))
	for _, kind := range []record.Kind{record.Templates, record.Campaigns} {
		_, _, err := ids(t, c, rezora.WalkRequest{Kind: kind})
		require.NoError(t, err)
	}
	assert.Equal(t, "html", s.requests()[0].URL.Query().Get("include"))
	assert.Empty(t, s.requests()[1].URL.Query().Get("include"))
}
