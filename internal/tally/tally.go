// Package tally counts the calls to Nutshell that one activity makes. The counter travels in the context, so that a client shared by
// many activities can tell whose call it was.
package tally

import (
	"context"
	"sync"
)

type counter struct {
	mu sync.Mutex
	n  map[string]int64
}

type key struct{}

// With begins a count.
func With(ctx context.Context) context.Context {
	return context.WithValue(ctx, key{}, &counter{n: map[string]int64{}})
}

// Count adds one call of a kind; without a counter in the context it does nothing.
func Count(ctx context.Context, kind string) { add(ctx, map[string]int64{kind: 1}) }

// Take gives the calls counted since the last Take.
func Take(ctx context.Context) map[string]int64 {
	c, ok := ctx.Value(key{}).(*counter)
	if !ok {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.n
	c.n = map[string]int64{}
	return out
}

// GiveBack returns calls that could not be stored.
func GiveBack(ctx context.Context, counts map[string]int64) { add(ctx, counts) }

func add(ctx context.Context, counts map[string]int64) {
	c, ok := ctx.Value(key{}).(*counter)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for kind, n := range counts {
		c.n[kind] += n
	}
}
