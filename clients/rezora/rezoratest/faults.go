package rezoratest

import (
	"net/http"
	"slices"
	"sync"
)

// faultPlan is what the "every n" switches hold for one request.
type faultPlan struct {
	drop, fail, html, cut, slow bool
}

// faultBook counts the requests of each API.
type faultBook struct {
	mu    sync.Mutex
	count map[string]int
	turn  int
}

func (b *faultBook) next(api string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.count == nil {
		b.count = map[string]int{}
	}
	b.count[api]++
	return b.count[api]
}

func (b *faultBook) alternate() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn++
	return (b.turn - 1) % 2
}

// undisturbed decides the faults of this request and plays those that replace
// the answer; then it returns false.
func (x *exchange) undisturbed() bool {
	n := x.s.faults.next(x.api)
	c := x.cfg
	if len(c.FaultAPIs) > 0 && !slices.Contains(c.FaultAPIs, x.api) {
		return true
	}
	due := func(every int) bool { return every > 0 && n%every == 0 }
	x.plan = faultPlan{drop: due(c.DropConnection), fail: due(c.FailEvery), html: due(c.HTMLError), cut: due(c.CutBody), slow: c.SlowBodyMs > 0}
	switch {
	case x.plan.drop:
		x.s.stats.fault("dropConnection")
		panic(http.ErrAbortHandler)
	case x.plan.fail:
		x.s.stats.fault("failEvery")
		if c.FailStatus == 429 || c.FailStatus == 503 {
			x.retryAfter(1)
		}
		x.fail(c.FailStatus, faultCode[c.FailStatus], "fault by switch")
		return false
	case x.plan.html:
		x.s.stats.fault("htmlError")
		x.send(http.StatusOK, "text/html; charset=utf-8", htmlPage(http.StatusOK))
		return false
	}
	return true
}

var faultCode = map[int]string{
	408: "timeout", 429: "rate_limited", 500: "internal",
	502: "bad_gateway", 503: "unavailable", 504: "timeout",
}
