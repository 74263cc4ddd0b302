package projection

import (
	"sync"

	"rezora2nutshell/internal/record"
)

// cacheSize bounds the campaigns and groups that are kept decoded.
const cacheSize = 4096

// cache keeps up to a number of values and forgets all when it is full: what a page needs again soon is read again once.
type cache[T any] struct {
	mu   sync.Mutex
	most int
	m    map[string]T
}

func newCache[T any](most int) *cache[T] { return &cache[T]{most: most, m: map[string]T{}} }

func (c *cache[T]) get(id string) (T, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.m[id]
	return v, ok
}

func (c *cache[T]) put(id string, v T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.m) >= c.most {
		c.m = map[string]T{}
	}
	c.m[id] = v
}

// Forget drops what is cached: a delta round has staged newer rows.
func (a *Assembler) Forget() {
	a.campaigns, a.groups = newCache[*record.Campaign](cacheSize), newCache[*record.DistributionGroup](cacheSize)
}
