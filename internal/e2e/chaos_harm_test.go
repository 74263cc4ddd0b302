package e2e

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/stretchr/testify/assert"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

// link is the network between a worker and a host.
type link struct {
	name  string
	proxy *toxiproxy.Proxy
}

// link puts a proxy before a host and answers its address.
func (c *chaos) link(name, url string) string {
	p := c.behind(url)
	c.links = append(c.links, &link{name, p})
	return p.Listen
}

// harm is one thing that can happen. It lasts until it returns, and leaves the world whole.
type harm struct {
	name   string
	weight int
	late   bool // not while nobody compares any more
	do     func(c *chaos, r *rand.Rand)
}

// The two hands: one takes processes and networks, the other what Nutshell answers.
var (
	breaks = []harm{
		{"kill", 5, false, (*chaos).kill}, {"outage", 5, false, (*chaos).outage}, {"hush", 2, false, (*chaos).hush},
		{"restart", 1, false, (*chaos).restart}, {"postgres", 1, false, (*chaos).killPostgres},
	}
	spoils = []harm{
		{"lost answers", 3, false, func(c *chaos, r *rand.Rand) {
			c.faults(r, 0, nutshelltest.CloseAfter, nutshelltest.Error500After, nutshelltest.Empty200, nutshelltest.Truncated)
		}},
		{"refusals", 3, false, func(c *chaos, r *rand.Rand) {
			c.faults(r, 0, nutshelltest.HTTP429, nutshelltest.HTTP500, nutshelltest.HTTP502, nutshelltest.HTTP503, nutshelltest.HTTP504, nutshelltest.CloseBefore)
		}},
		{"late commits", 2, true, func(c *chaos, r *rand.Rand) { c.faults(r, 500+r.IntN(4000), nutshelltest.LateCommit) }},
		{"slow", 1, false, func(c *chaos, r *rand.Rand) { c.faults(r, 1500+r.IntN(1000), nutshelltest.Slow) }},
		{"quota", 3, false, (*chaos).quota},
	}
)

// harm lets both hands work, n times each, and answers how to stop them. A seed gives the same harms in the same order.
func (c *chaos) harm(stream uint64, n int, late bool) (calm func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var hands sync.WaitGroup
	seed := c.rnd.Uint64()
	for i, hand := range [][]harm{breaks, spoils} {
		hands.Go(func() {
			r := rand.New(rand.NewPCG(seed, 2*stream+uint64(i)))
			for range n {
				if pass(ctx, time.Duration(100+r.IntN(1900))*time.Millisecond); ctx.Err() != nil {
					return
				}
				h := pick(r, hand)
				own := rand.New(rand.NewPCG(r.Uint64(), 0))
				if h.late && !late {
					continue
				}
				h.do(c, own)
			}
		})
	}
	return func() { cancel(); hands.Wait() }
}

func pick(r *rand.Rand, from []harm) harm {
	total := 0
	for _, h := range from {
		total += h.weight
	}
	n := r.IntN(total)
	for _, h := range from {
		if n -= h.weight; n < 0 {
			return h
		}
	}
	return from[0]
}

func pass(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (c *chaos) kill(r *rand.Rand) {
	c.mu.Lock()
	w := c.slots[r.IntN(len(c.slots))]
	c.mu.Unlock()
	c.did("kill", "worker %d", w.PID())
	assert.NoError(c, w.Kill9())
}

func (c *chaos) restart(*rand.Rand) {
	c.did("restart", "the Temporal server")
	assert.NoError(c, c.lane.temporal.Kill9())
	assert.NoError(c, c.lane.temporal.Restart(context.Background()))
}

func (c *chaos) killPostgres(r *rand.Rand) {
	if !c.shared {
		c.kill(r)
		return
	}
	c.did("postgres", "killed")
	assert.NoError(c, c.lane.postgres.Kill9())
	assert.NoError(c, c.lane.postgres.Restart(context.Background()))
}

// outage cuts a link: what is under way breaks off, nothing new gets through.
func (c *chaos) outage(r *rand.Rand) {
	l, lasts := c.links[r.IntN(len(c.links))], time.Duration(100+r.IntN(2500))*time.Millisecond
	c.did("outage", "%s for %s", l.name, lasts)
	l.proxy.Stop()
	time.Sleep(lasts)
	assert.Eventually(c, func() bool { return l.proxy.Start() == nil }, 10*time.Second, 50*time.Millisecond, l.name)
}

// hush lets requests through and swallows the answers: the connections stay open until it ends.
func (c *chaos) hush(r *rand.Rand) {
	l, lasts := c.links[r.IntN(2)], time.Duration(500+r.IntN(3000))*time.Millisecond
	c.did("hush", "%s for %s", l.name, lasts)
	_, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(`{"name":"hush","type":"timeout","stream":"downstream","attributes":{"timeout":0}}`))
	assert.NoError(c, err)
	time.Sleep(lasts)
	assert.NoError(c, l.proxy.Toxics.RemoveToxic(context.Background(), "hush"))
}

// faults makes every kind of fault likely for a while.
func (c *chaos) faults(r *rand.Rand, delayMs int, kinds ...string) {
	rate, lasts := 0.02+0.1*r.Float64(), time.Duration(500+r.IntN(2500))*time.Millisecond
	c.did(kinds[0], "%d kinds, each %.0f %%, for %s", len(kinds), 100*rate, lasts)
	rules := make([]nutshelltest.Fault, len(kinds))
	for i, kind := range kinds {
		rules[i] = fault("*", kind, rate)
		rules[i].DelayMs = delayMs
	}
	c.dest.SetFaults(rules...)
	time.Sleep(lasts)
	c.dest.SetFaults()
}

// quota cuts the call rate, silently, and gives it back.
func (c *chaos) quota(r *rand.Rand) {
	rate, lasts := float64(5+r.IntN(40)), time.Duration(1000+r.IntN(3000))*time.Millisecond
	c.did("quota", "%.0f a second for %s", rate, lasts)
	c.limit(func(l *nutshelltest.Limits) {
		l.QuotaPerSecond, l.QuotaBurst, l.FindRatePerSecond, l.FindBurst, l.GetRatePerSecond = rate, int(rate), 2, 4, rate/2
	})
	time.Sleep(lasts)
	c.limit(func(l *nutshelltest.Limits) { l.QuotaPerSecond, l.FindRatePerSecond, l.GetRatePerSecond = 0, 0, 0 })
}

// did writes a harm down.
func (c *chaos) did(what, format string, args ...any) {
	c.mu.Lock()
	c.counts[what]++
	c.mu.Unlock()
	c.note(what+": "+format, args...)
}

func (c *chaos) note(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries = append(c.entries, fmt.Sprintf("%6.2f s  ", time.Since(c.began).Seconds())+fmt.Sprintf(format, args...))
}

// diary is what happened, in order.
func (c *chaos) diary() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.entries, "\n")
}

// harms counts what happened.
func (c *chaos) harms() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, what := range slices.Sorted(maps.Keys(c.counts)) {
		out = append(out, fmt.Sprintf("%s %d", what, c.counts[what]))
	}
	return strings.Join(out, ", ")
}
