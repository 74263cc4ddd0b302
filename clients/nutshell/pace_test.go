package nutshell_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/limit"
)

// recorder is a limiter that lets everything pass.
type recorder struct {
	mu       sync.Mutex
	asked    [][]string
	reported []report
	err      error
}

type report struct {
	classes []string
	latency time.Duration
	refused bool
	after   time.Duration
}

func (r *recorder) Acquire(_ context.Context, classes ...string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, classes)
	return r.err
}

func (r *recorder) Done(classes []string, latency time.Duration, refused bool, after time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reported = append(r.reported, report{classes, latency, refused, after})
}

var _ nutshell.Limiter = (*limit.Limiter)(nil)

func TestClassesOfCalls(t *testing.T) {
	s := newStand(t, func(_ int, in arrived, w http.ResponseWriter) {
		switch {
		case in.verb == http.MethodGet:
			answer(w, 200, `{"contacts":[]}`)
		case in.rpc.Method[:3] == "get" && in.rpc.Method != "getUpdateTimes":
			ok(in, w, contact)
		default:
			ok(in, w, "[]")
		}
	})
	all, find, get := []string{"all"}, []string{"all", "find"}, []string{"all", "get"}
	for _, row := range []struct {
		name string
		call func(context.Context, *nutshell.Client) error
		want []string
	}{
		{"get", func(ctx context.Context, c *nutshell.Client) error {
			_, err := c.Get(ctx, nutshell.Contacts, 1)
			return err
		}, get},
		{"getUser", func(ctx context.Context, c *nutshell.Client) error { _, err := c.Me(ctx, ""); return err }, get},
		{"getUpdateTimes", func(ctx context.Context, c *nutshell.Client) error { _, err := c.UpdateTimes(ctx); return err }, all},
		{"full find", func(ctx context.Context, c *nutshell.Client) error {
			_, err := c.Find(ctx, nutshell.Leads, nutshell.Query{})
			return err
		}, find},
		{"stub find", func(ctx context.Context, c *nutshell.Client) error {
			_, err := c.Find(ctx, nutshell.Leads, nutshell.Query{Stubs: true})
			return err
		}, all},
		{"users", func(ctx context.Context, c *nutshell.Client) error { _, err := c.Users(ctx); return err }, find},
		{"milestones", func(ctx context.Context, c *nutshell.Client) error { _, err := c.Milestones(ctx); return err }, all},
		{"timeline", func(ctx context.Context, c *nutshell.Client) error {
			_, _, err := c.Timeline(ctx, nutshell.Leads, 1, 1, false)
			return err
		}, all},
		{"REST", func(ctx context.Context, c *nutshell.Client) error {
			_, err := c.RestFilter(ctx, nutshell.Contacts, "a", "b", 0)
			return err
		}, all},
	} {
		r := &recorder{}
		c := s.client(t, func(o *nutshell.Options) { o.Limiter = r })
		require.NoError(t, row.call(t.Context(), c), row.name)
		assert.Equal(t, [][]string{row.want}, r.asked, row.name)
		assert.Equal(t, row.want, r.reported[0].classes, row.name)
		assert.False(t, r.reported[0].refused)
		assert.Positive(t, r.reported[0].latency)
	}
}

func TestTheLimiterHearsOfRefusals(t *testing.T) {
	for _, row := range []struct {
		status  int
		body    string
		refused bool
		after   time.Duration
	}{
		{429, "", true, 7 * time.Second},
		{503, `{"error":{"code":503,"message":"x"}}`, true, 7 * time.Second},
		{503, "<html>", false, 7 * time.Second}, // maintenance: hold back, learn nothing
		{500, "", false, 0},
	} {
		s := newStand(t, func(n int, in arrived, w http.ResponseWriter) {
			if n == 1 {
				answer(w, row.status, row.body, "Retry-After", "7")
				return
			}
			ok(in, w, contact)
		})
		r := &recorder{}
		c := s.client(t, func(o *nutshell.Options) { o.Limiter, o.MaxRetryAfter = r, time.Minute })
		start := time.Now()
		_, err := c.Get(t.Context(), nutshell.Contacts, 1)
		require.NoError(t, err)
		assert.Less(t, time.Since(start), time.Second, "the limiter does the waiting")
		assert.Equal(t, row.refused, r.reported[0].refused, "HTTP %d", row.status)
		assert.Equal(t, row.after, r.reported[0].after, "HTTP %d", row.status)
		assert.Len(t, r.asked, 2, "each attempt asks")
	}
}

func TestPauseKeepsCallsFromBeingSent(t *testing.T) {
	s := newStand(t, nil)
	b := limit.NewMemory()
	b.SetPaused(true)
	l, err := limit.New(limit.Options{Backend: b})
	require.NoError(t, err)
	c := s.client(t, func(o *nutshell.Options) { o.Limiter = l })
	_, err = c.Create(t.Context(), nutshell.Contacts, nil)
	assert.True(t, nutshell.IsNotSent(err))
	assert.ErrorIs(t, err, limit.ErrPaused)
	_, err = c.Get(t.Context(), nutshell.Contacts, 1)
	assert.ErrorIs(t, err, limit.ErrPaused)
	assert.Empty(t, s.seen())
	assert.Empty(t, s.observed())
}

func TestALimiterOutOfOrderStopsTheCall(t *testing.T) {
	s := newStand(t, nil)
	down := errors.New("store is down")
	c := s.client(t, func(o *nutshell.Options) { o.Limiter = &recorder{err: down} })
	_, err := c.Create(t.Context(), nutshell.Contacts, nil)
	assert.True(t, nutshell.IsNotSent(err))
	assert.ErrorIs(t, err, down)
}

func TestCallsInFlightAreBounded(t *testing.T) {
	var writes, finds, all, mostWrites, mostFinds, mostAll atomic.Int32
	up := func(n, most *atomic.Int32) {
		v := n.Add(1)
		for old := most.Load(); v > old && !most.CompareAndSwap(old, v); old = most.Load() {
		}
	}
	s := newStand(t, func(_ int, in arrived, w http.ResponseWriter) {
		n, most := &writes, &mostWrites
		if in.rpc.Method == "findContacts" {
			n, most = &finds, &mostFinds
		}
		up(&all, &mostAll)
		up(n, most)
		time.Sleep(5 * time.Millisecond)
		n.Add(-1)
		all.Add(-1)
		if n == &finds {
			ok(in, w, "[]")
			return
		}
		ok(in, w, contact)
	})
	c := s.client(t, func(o *nutshell.Options) { o.Concurrency, o.WritesParallel = 4, 2 })
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			var err error
			if i%2 == 0 {
				_, err = c.Create(t.Context(), nutshell.Contacts, nil)
			} else {
				_, err = c.Find(t.Context(), nutshell.Contacts, nutshell.Query{})
			}
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	assert.EqualValues(t, 2, mostWrites.Load())
	assert.EqualValues(t, 1, mostFinds.Load())
	assert.LessOrEqual(t, mostAll.Load(), int32(4))
}
