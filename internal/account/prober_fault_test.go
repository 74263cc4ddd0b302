package account_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/account"
)

// sequence lists the calls of one undisturbed run of the probes.
func sequence(t *testing.T) []string {
	t.Helper()
	var calls []string
	w := newWorld(t, setup{before: everyField})
	w.Client = w.client(t, func(o *nutshell.Options) {
		o.Observer = func(_ context.Context, i nutshell.CallInfo) { calls = append(calls, string(i.Kind)+" "+i.Method) }
	})
	_, err := w.Probe(t.Context())
	require.NoError(t, err)
	return calls
}

func isWrite(call string) bool { return !strings.HasPrefix(call, "read ") }

// One fault at any call leaves no record behind, and never a wrong outcome: what one lost answer hides is looked up.
func TestOneFaultAtEveryCall(t *testing.T) {
	type fault struct {
		at   int
		kind string
	}
	var cases []fault
	others := []string{nutshelltest.CloseBefore, nutshelltest.Error500After, nutshelltest.Empty200, nutshelltest.HTTP503, nutshelltest.HTTP429, nutshelltest.Truncated}
	for at, call := range sequence(t) {
		if !isWrite(call) {
			cases = append(cases, fault{at, nutshelltest.Truncated})
			continue
		}
		cases = append(cases, fault{at, nutshelltest.CloseAfter}, fault{at, others[at%len(others)]})
	}
	together(t, len(cases), func(i int) {
		name := fmt.Sprintf("%s at call %d", cases[i].kind, cases[i].at)
		w := newWorld(t, setup{before: everyField})
		w.s.SetFaults(nutshelltest.Fault{Match: "*", Kind: cases[i].kind, Skip: cases[i].at, Times: 1})
		out, err := w.Probe(t.Context())
		if assert.NoError(t, err, name) {
			assert.True(t, out.Files && !out.ClosesNow && out.Undelete && out.Filter && !out.IDsUnordered, "%s: %+v", name, out)
			assert.Empty(t, out.Findings, name)
		}
		assert.Empty(t, w.left(), name)
	})
}

// A fault that stays is the careful assumption, stated as a finding; the probes it does not touch have their outcome all the same.
func TestAFaultThatStays(t *testing.T) {
	for match, x := range map[string]struct {
		probe string
		check func(*testing.T, account.Probes)
	}{
		"newLead":                             {"P15", func(t *testing.T, p account.Probes) { assert.False(t, p.ClosesNow) }},
		"rest:POST /rest/notes/*/files":       {"P17", func(t *testing.T, p account.Probes) { assert.False(t, p.FilesOffered()) }},
		"findContacts":                        {"P9", func(t *testing.T, p account.Probes) { assert.False(t, p.IDsGrow()) }},
		"newTask":                             {"P15", func(t *testing.T, p account.Probes) { assert.False(t, p.CompletesNow) }},
		"editTask":                            {"P15", func(t *testing.T, p account.Probes) { assert.False(t, p.CompletesNow) }},
		"editLead":                            {"P15", func(t *testing.T, p account.Probes) { assert.False(t, p.ClosesNow) }},
		"rest:GET /rest/contacts":             {"P10", func(t *testing.T, p account.Probes) { assert.False(t, p.Filter) }},
		"findTimeline":                        {"P14", func(*testing.T, account.Probes) {}},
		"rest:POST /rest/contacts/*/undelete": {"P19", func(t *testing.T, p account.Probes) { assert.False(t, p.Undelete) }},
	} {
		for _, kind := range []string{nutshelltest.CloseBefore, nutshelltest.HTTP500} {
			t.Run(match+" "+kind, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, setup{before: everyField})
				w.s.SetFaults(nutshelltest.Fault{Match: match, Kind: kind})
				out, err := w.Probe(t.Context())
				require.NoError(t, err)
				assert.Contains(t, texts(out)[x.probe], "could not be found out")
				x.check(t, out)
				w.s.SetFaults()
				w.clean(t)
			})
		}
	}
}

// A request that is carried out long after its claim's deadline leaves a record which the next clean-up finds.
func TestALateCommit(t *testing.T) {
	for _, match := range []string{"newAccount", "newContact", "newLead", "newTask", "newNote"} {
		t.Run(match, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{})
			w.s.SetFaults(nutshelltest.Fault{Match: match, Kind: nutshelltest.LateCommit, DelayMs: int(5 * unit / time.Millisecond), Times: 1})
			_, err := w.Probe(t.Context())
			require.NoError(t, err)
			require.Eventually(t, func() bool { return w.s.Stats().InFlight == 0 }, 60*unit, 2e7)
			require.NoError(t, w.CleanUp(t.Context()))
			w.clean(t)
		})
	}
}

// killer dies at its n-th exchange, before it is sent or after its answer came, the way a process does: no line after runs.
type killer struct {
	http.RoundTripper
	n     atomic.Int64
	after bool
}

func (k *killer) RoundTrip(r *http.Request) (*http.Response, error) {
	left := k.n.Add(-1)
	if left == 0 && !k.after || left < 0 {
		runtime.Goexit()
	}
	resp, err := k.RoundTripper.RoundTrip(r)
	if left == 0 && err == nil {
		b, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		resp.Body = io.NopCloser(bytes.NewReader(b))
		runtime.Goexit()
	}
	return resp, err
}

// A worker that dies at any call leaves a journal from which the next one deletes everything, then probes anew (I9).
func TestDeathAtEveryCall(t *testing.T) {
	type death struct {
		at    int
		after bool
	}
	var cases []death
	for at, call := range sequence(t) {
		if isWrite(call) { // a death between two writes is one after the first of them
			cases = append(cases, death{at + 1, false}, death{at + 1, true})
		}
	}
	together(t, len(cases), func(i int) {
		name := fmt.Sprintf("call %d, after %v", cases[i].at, cases[i].after)
		w := newWorld(t, setup{before: everyField})
		alive := w.Client
		k := &killer{RoundTripper: nutshell.NewTransport(1), after: cases[i].after}
		k.n.Store(int64(cases[i].at))
		w.Client = w.client(t, func(o *nutshell.Options) { o.Transport = k })
		died := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			defer close(died)
			_, _ = w.Probe(ctx)
		}()
		<-died
		cancel()
		w.Client = alive
		out, err := w.Probe(t.Context())
		if assert.NoError(t, err, name) {
			assert.Empty(t, out.Findings, name)
			assert.True(t, out.Files && !out.ClosesNow && out.Undelete && out.Filter, "%s: %+v", name, out)
		}
		assert.Empty(t, w.left(), name)
	})
}
