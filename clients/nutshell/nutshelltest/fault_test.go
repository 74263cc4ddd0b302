package nutshelltest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

// wire is one HTTP answer as a client sees it, or the error instead.
type wire struct {
	status int
	header http.Header
	body   string
	err    error
}

func over(ctx context.Context, s *nutshelltest.Server, verb, path, body string) wire {
	r, err := http.NewRequestWithContext(ctx, verb, s.URL+path, strings.NewReader(body))
	if err != nil {
		return wire{err: err}
	}
	r.GetBody = nil
	r.SetBasicAuth(nutshelltest.SeedUser, nutshelltest.SeedKey)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(r)
	if err != nil {
		return wire{err: err}
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return wire{res.StatusCode, res.Header, string(b), err}
}

const newEd = `{"id":"c-1","method":"newContact","params":{"contact":{"name":"Ed"}}}`

func TestFaultKinds(t *testing.T) {
	for _, tc := range []struct {
		fault   nutshelltest.Fault
		stored  bool
		status  int // 0: no answer at all
		content string
		retry   string
	}{
		{nutshelltest.Fault{Kind: nutshelltest.HTTP429, RetryAfter: 7}, false, 429, `"code":429`, "7"},
		{nutshelltest.Fault{Kind: nutshelltest.HTTP429}, false, 429, `"code":429`, "1"},
		{nutshelltest.Fault{Kind: nutshelltest.HTTP500}, false, 500, `"code":-32603`, ""},
		{nutshelltest.Fault{Kind: nutshelltest.HTTP502}, false, 502, "<html>", ""},
		{nutshelltest.Fault{Kind: nutshelltest.HTTP503, RetryAfter: 3}, false, 503, "<html>", "3"},
		{nutshelltest.Fault{Kind: nutshelltest.HTTP504}, false, 504, "<html>", ""},
		{nutshelltest.Fault{Kind: nutshelltest.CloseBefore}, false, 0, "", ""},
		{nutshelltest.Fault{Kind: nutshelltest.CloseAfter}, true, 0, "", ""},
		{nutshelltest.Fault{Kind: nutshelltest.Error500After}, true, 500, `"code":-32603`, ""},
		{nutshelltest.Fault{Kind: nutshelltest.Empty200}, true, 200, "", ""},
		{nutshelltest.Fault{Kind: nutshelltest.Truncated}, true, 200, `{"result":`, ""},
		{nutshelltest.Fault{Kind: nutshelltest.Slow, DelayMs: 30}, true, 200, `"id":"c-1"`, ""},
		{nutshelltest.Fault{Kind: nutshelltest.LateCommit, DelayMs: 30}, true, 200, `"id":"c-1"`, ""},
	} {
		t.Run(tc.fault.Kind, func(t *testing.T) {
			s := nutshelltest.NewServer(nutshelltest.DefaultConfig())
			defer s.Close()
			tc.fault.Match, tc.fault.Times = "newContact", 1
			s.SetFaults(tc.fault)
			began := time.Now()
			got := over(t.Context(), s, "POST", "/api/v1/json", newEd)
			require.GreaterOrEqual(t, time.Since(began), time.Duration(tc.fault.DelayMs)*time.Millisecond)
			if tc.status == 0 {
				require.ErrorIs(t, got.err, io.EOF, "closed without a byte")
			} else {
				require.NoError(t, got.err)
				require.Equal(t, tc.status, got.status)
				require.Contains(t, got.body, tc.content)
				require.Equal(t, tc.retry, got.header.Get("Retry-After"))
			}
			if tc.fault.Kind == nutshelltest.Empty200 {
				require.Equal(t, "0", got.header.Get("Content-Length"))
			}
			if tc.fault.Kind == nutshelltest.Truncated {
				require.False(t, strings.HasSuffix(got.body, "}"))
			}
			require.Equal(t, tc.stored, len(s.Snapshot().Contacts) == 1)
			require.Equal(t, 1, s.Stats().Faults[tc.fault.Kind])
			require.Equal(t, 200, over(t.Context(), s, "POST", "/api/v1/json", newEd).status, "times is over")
		})
	}
}

func TestLateCommitOutlivesTheClient(t *testing.T) {
	s := nutshelltest.NewServer(nutshelltest.DefaultConfig())
	defer s.Close()
	s.SetFaults(nutshelltest.Fault{Match: "newContact", Kind: nutshelltest.LateCommit, DelayMs: 100})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, over(ctx, s, "POST", "/api/v1/json", newEd).err, context.DeadlineExceeded)
	require.Empty(t, s.Snapshot().Contacts)
	require.Eventually(t, func() bool { return len(s.Snapshot().Contacts) == 1 }, 5*time.Second, 5*time.Millisecond)
}

func TestFaultRules(t *testing.T) {
	a := open(t)
	a.contact(obj{"name": "Ed"})
	status := func(method string) int { return a.rpc(method, obj{"contactId": 1}).Code }
	a.s.SetFaults(
		nutshelltest.Fault{Match: "get*", Kind: nutshelltest.HTTP502, Skip: 1, Times: 1},
		nutshelltest.Fault{Match: "getContact", Kind: nutshelltest.HTTP504, Times: 1},
		nutshelltest.Fault{Match: "instanceData", Kind: nutshelltest.HTTP500, Rate: nutshelltest.Rate(0)},
	)
	require.Equal(t, 504, status("getContact"), "the first rule lets one match pass")
	require.Equal(t, 502, status("getContact"))
	require.Equal(t, 200, status("getContact"))
	require.Equal(t, 200, status("instanceData"))

	// "after" faults neither touch nor count refusals
	a.s.SetFaults(nutshelltest.Fault{Match: "getContact", Kind: nutshelltest.Empty200, Times: 1})
	require.Equal(t, 404, a.rpc("getContact", obj{"contactId": 9}).Code)
	require.Empty(t, a.rpc("getContact", obj{"contactId": 1}).Body.String())

	a.s.SetFaults(nutshelltest.Fault{Match: "rest:POST /rest/notes/*/files", Kind: nutshelltest.HTTP500}, nutshelltest.Fault{Match: "rest:GET *", Kind: nutshelltest.HTTP503})
	note := id(a.note("Contacts", 1, "x"))
	w := a.upload(note, "a.txt", "", "x")
	require.Equal(t, 500, w.Code)
	require.JSONEq(t, `{"code":500,"message":"Internal Server Error"}`, w.Body.String())
	require.Equal(t, 503, a.do("GET", "/rest/contacts", nil).Code)
	require.Equal(t, 200, a.do("POST", "/rest/contacts/1/undelete", nil).Code)
	a.s.SetFaults(nutshelltest.Fault{Match: "*", Kind: nutshelltest.HTTP429})
	for _, code := range []int{a.rpc("x", nil).Code, a.post("{").Code, a.do("GET", "/rest/contacts", nil).Code} {
		require.Equal(t, 429, code)
	}
	require.Contains(t, a.post(`{"id":"c-9","method":"x"}`).Body.String(), `"id":"c-9"`, "id is echoed where the body parses")
}

func TestFaultRateIsReproducible(t *testing.T) {
	run := func(seed int64) (out []int) {
		a := open(t, func(c *nutshelltest.Config) {
			c.Seed = seed
			c.Faults = []nutshelltest.Fault{{Match: "getUser", Kind: nutshelltest.HTTP500, Rate: nutshelltest.Rate(0.3)}}
		})
		for range 400 {
			out = append(out, a.rpc("getUser", obj{}).Code)
		}
		return out
	}
	one := run(1)
	require.Equal(t, one, run(1))
	require.NotEqual(t, one, run(2))
	failed := 0
	for _, s := range one {
		if s == 500 {
			failed++
		}
	}
	require.InDelta(t, 120, failed, 40)
}

func TestLatency(t *testing.T) {
	a := open(t)
	a.s.SetLatency(nutshelltest.Latency{Dist: "fixed", P50ms: 20})
	began := time.Now()
	a.call("instanceData", nil)
	require.GreaterOrEqual(t, time.Since(began), 20*time.Millisecond)
	for _, l := range []nutshelltest.Latency{{Dist: "uniform", P50ms: 1}, {Dist: "lognormal", P50ms: 1, P99ms: 3}, {Dist: "none"}, {}} {
		a.s.SetLatency(l)
		a.call("instanceData", nil)
	}
	require.Panics(t, func() { a.s.SetLatency(nutshelltest.Latency{Dist: "pareto"}) })
	require.Panics(t, func() { a.s.SetFaults(nutshelltest.Fault{Match: "*", Kind: "x"}) })
}

func TestLimiters(t *testing.T) {
	a := open(t, func(c *nutshelltest.Config) { c.FindRatePerSecond, c.FindBurst = 0.5, 2 })
	full := obj{"stubResponses": false}
	for _, method := range []string{"findContacts", "findUsers"} {
		require.Equal(t, 200, a.rpc(method, full).Code)
	}
	w := a.rpc("findTeams", full)
	require.Equal(t, 429, w.Code)
	require.Equal(t, "2", w.Header().Get("Retry-After"))
	code, message := failure(t, w)
	require.Equal(t, 429, code)
	require.Equal(t, "Rate limit exceeded", message)
	require.Equal(t, 200, a.rpc("findContacts", obj{}).Code, "stubs are free")
	require.Equal(t, 200, a.rpc("findMarkets", full).Code, "other finds are free")
	a.s.Advance(1500 * time.Millisecond)
	require.Equal(t, "1", a.rpc("findLeads", full).Header().Get("Retry-After"), "a refused call took no token")
	a.s.Advance(500 * time.Millisecond)
	require.Equal(t, 200, a.rpc("findLeads", full).Code)
	require.Equal(t, nutshelltest.LimiterStats{Accepted: 3, Refused: 2}, a.s.Stats().Find)
	limits := a.s.Limits()
	limits.FindRatePerSecond, limits.FindBurst = 1000, 1
	a.s.SetLimits(limits)
	a.s.Advance(time.Second)
	require.Equal(t, 200, a.rpc("findTasks", full).Code)

	get := open(t, func(c *nutshelltest.Config) {
		c.GetRatePerSecond = 1.5
		c.LimiterStatus = 503
		c.RetryAfterHeader = false
	})
	for range 2 {
		require.Equal(t, 200, get.rpc("getUser", obj{}).Code, "burst 0 is the rate rounded up")
	}
	w = get.rpc("getUser", obj{})
	require.Equal(t, 503, w.Code)
	require.Contains(t, w.Body.String(), `"code":503`)
	require.Empty(t, w.Header().Get("Retry-After"))

	quota := open(t, func(c *nutshelltest.Config) { c.QuotaPerSecond, c.QuotaBurst = 1, 2 })
	require.Equal(t, 200, quota.rpc("getUser", obj{}).Code)
	require.Equal(t, 200, quota.do("GET", "/rest/contacts", nil).Code)
	w = quota.do("GET", "/rest/contacts", nil)
	require.Equal(t, 429, w.Code)
	require.JSONEq(t, `{"code":429,"message":"Rate limit exceeded"}`, w.Body.String())
	require.Equal(t, "1", w.Header().Get("Retry-After"))
	require.Equal(t, 200, quota.do("GET", "/api/v1/json", nil).Code, "the description is not counted")
	quota.s.AddAPIKey(nutshelltest.APIKey{Key: "another-key-01234", UserID: 2})
	require.Equal(t, 200, quota.as("ann@example.com", "another-key-01234").rpc("getUser", obj{}).Code, "a bucket for each key")
}

func TestServeEndsWithItsContext(t *testing.T) {
	s := nutshelltest.New(nutshelltest.DefaultConfig())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.ListenAndServe(ctx, "127.0.0.1:0") }()
	cancel()
	require.NoError(t, <-done)
	bad := nutshelltest.New(nutshelltest.DefaultConfig())
	require.Error(t, bad.ListenAndServe(t.Context(), "256.0.0.1:0"))
	var refusal *nutshelltest.Error
	_, err := s.CreateContact(nil)
	require.True(t, errors.As(err, &refusal))
	require.Equal(t, 400, refusal.Code)
	require.NotContains(t, bytes.NewBufferString(err.Error()).String(), "<nil>")
}
