package effect_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/target"
)

// wire stands between the client and the account; exchange sees each request with its body, and may send it, change it or lose it.
type wire struct {
	next     http.RoundTripper
	exchange func(r *http.Request, body string, send func(*http.Request) (*http.Response, error)) (*http.Response, error)
}

func (x wire) RoundTrip(r *http.Request) (*http.Response, error) {
	var text []byte
	if r.Body != nil {
		var err error
		if text, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(text))
	}
	return x.exchange(r, string(text), x.next.RoundTrip)
}

// through gives the world a client whose calls go through a wire.
func (w *world) through(t *testing.T, exchange func(*http.Request, string, func(*http.Request) (*http.Response, error)) (*http.Response, error)) {
	t.Helper()
	w.client = w.newClient(t, func(o *nutshell.Options) {
		o.Timeout = 4 * unit // the writer's own bounds are looked at, not the client's
		o.Transport = wire{nutshell.NewTransport(3), exchange}
	})
}

// No request starts after its claim has run out, and none lasts longer (I2).
func TestNoCallOutlivesItsClaim(t *testing.T) {
	w := newWorld(t, nil)
	w.people(t, 6)
	w.change = func(x *effect.Writer) { x.Concurrency = 1 }
	deadline := func(body string) time.Time {
		for i := range 6 {
			if id := fmt.Sprintf("p%03d", i); strings.Contains(body, id+"@") {
				return w.effect(t, key(mapping.People, id, mapping.RoleRecord)).Deadline
			}
		}
		return time.Now().Add(time.Hour)
	}
	var once sync.Once
	w.through(t, func(r *http.Request, body string, send func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		if !strings.Contains(body, `"newContact"`) {
			return send(r)
		}
		until := deadline(body)
		assert.True(t, time.Now().Before(until), "a request starts %s after its deadline", time.Since(until))
		hangs := false
		once.Do(func() { hangs = true })
		if hangs {
			<-r.Context().Done()
			assert.True(t, time.Now().Before(until), "a request lasts until %s after its deadline", time.Since(until))
			return nil, r.Context().Err()
		}
		time.Sleep(unit * 9 / 10) // slow, but within the time of one call
		return send(r)
	})
	require.NoError(t, w.finish(t.Context()))
	w.right(t, "")
}

// One listing that does not show a record is no proof that it was not made: the second may.
func TestAbsentCountsOnlyTwice(t *testing.T) {
	w := newWorld(t, nil)
	w.people(t, 1)
	k := key(mapping.People, "p000", mapping.RoleRecord)
	w.s.SetFaults(nutshelltest.Fault{Match: "newContact", Kind: nutshelltest.CloseAfter, Times: 1})
	w.through(t, func(r *http.Request, body string, send func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		if strings.Contains(body, `"findContacts"`) && w.effect(t, k).Absent == 0 {
			return answered(t, r, send, []any{})
		}
		return send(r)
	})
	require.NoError(t, w.finish(t.Context()))
	w.right(t, "")
	assert.EqualValues(t, 1, w.s.Stats().Methods["newContact"].Total())
	assert.Equal(t, 1, w.effect(t, k).Absent)
}

// answered sends a request and puts another result into its answer.
func answered(t *testing.T, r *http.Request, send func(*http.Request) (*http.Response, error), result any) (*http.Response, error) {
	resp, err := send(r)
	if err != nil {
		return resp, err
	}
	var envelope map[string]any
	if !assert.NoError(t, json.NewDecoder(resp.Body).Decode(&envelope)) {
		return nil, errors.New("no envelope")
	}
	envelope["result"] = result
	text, err := json.Marshal(envelope)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	resp.Header.Del("Content-Length")
	return resp, err
}

// A server may ignore a filter and answer whatever it has: a row that it lists is taken for ours only when the record says so.
func TestAFilterThatIsIgnoredAdoptsNothing(t *testing.T) {
	w := newWorld(t, nil)
	others := map[int64]bool{}
	for i := range 3 {
		id, err := w.s.CreateContact(map[string]any{"name": fmt.Sprintf("Other %d", i)})
		require.NoError(t, err)
		others[id] = true
	}
	w.change = func(x *effect.Writer) { x.Filters = true }
	w.people(t, 1)
	w.s.SetFaults(nutshelltest.Fault{Match: "newContact", Kind: nutshelltest.CloseBefore, Times: 1})
	ignored := 0
	w.through(t, func(r *http.Request, _ string, send func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/rest/contacts") && r.URL.RawQuery != "" {
			r.URL.RawQuery = ""
			ignored++
		}
		return send(r)
	})
	require.NoError(t, w.finish(t.Context()))
	assert.Positive(t, ignored)
	w.right(t, "")
	assert.False(t, others[w.effect(t, key(mapping.People, "p000", mapping.RoleRecord)).TargetID])
}

// An edit that is carried out after it was given up, and before it is tried again, is still ours: its pre-image is the record before the
// first try, so that the undo gives that back (I2, I7).
func TestAnEditCarriedOutAfterItWasGivenUp(t *testing.T) {
	w := newWorld(t, nil)
	id, err := w.s.CreateContact(map[string]any{"name": "Bob Users", "email": "bob@example.com"})
	require.NoError(t, err)
	k := key(mapping.People, "p3", mapping.RoleRecord)
	w.add(ledger.Effect{EffectKey: k, Verb: ledger.Edit, TargetID: id, How: "merged"},
		mapping.Projection{Type: "Contacts", Wants: []target.Want{target.Phone("mobile", "+15125550143"), sourceID("p3")}})
	require.NoError(t, w.run.Plan(t.Context(), w.effects))
	var lost *http.Request
	w.through(t, func(r *http.Request, body string, send func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		row := w.effect(t, k)
		switch {
		case strings.Contains(body, `"editContact"`) && lost == nil:
			lost = r.Clone(context.WithoutCancel(t.Context()))
			lost.Body = io.NopCloser(strings.NewReader(body))
			return nil, io.ErrUnexpectedEOF
		case strings.Contains(body, `"getContact"`) && row.State == ledger.Planned && row.Attempts == 1 && lost.Body != nil:
			resp, err := send(lost)
			if err != nil {
				return nil, err
			}
			lost.Body = nil
			require.NoError(t, resp.Body.Close())
		}
		return send(r)
	})
	require.NoError(t, w.finish(t.Context()))
	row := w.effect(t, k)
	require.Nil(t, lost.Body, "the lost edit was carried out")
	assert.Equal(t, ledger.Done, row.State)
	assert.Equal(t, 2, row.Attempts)
	assert.NotContains(t, string(row.PreImage), "Rezora_ID__c")
	assert.NotContains(t, string(row.PreImage), "5550143")
	assert.ElementsMatch(t, []string{"custom:Rezora_ID__c", "phone:mobile"}, row.Ours)
}
