package rezoratest

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// quotaBook holds a token bucket per credential: capacity and refill a second
// are both the quota (rezora contract 3.7).
type quotaBook struct {
	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	level float64
	at    time.Time
}

// take removes one token if there is one and returns what is left.
func (b *quotaBook) take(who string, quota int, now time.Time) (left float64, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.buckets == nil {
		b.buckets = map[string]*bucket{}
	}
	k := b.buckets[who]
	if k == nil {
		k = &bucket{level: float64(quota), at: now}
		b.buckets[who] = k
	}
	if gone := now.Sub(k.at).Seconds(); gone > 0 {
		k.level = math.Min(float64(quota), k.level+gone*float64(quota))
		k.at = now
	}
	if k.level < 1 {
		return k.level, false
	}
	k.level--
	return k.level, true
}

// announceQuota sets the advisory headers of an answer given before the
// credential was known.
func (x *exchange) announceQuota() {
	if x.cfg.QuotaPerSecond > 0 && x.api != apiLegacy {
		x.quotaHeaders(x.cfg.QuotaPerSecond, float64(x.cfg.QuotaPerSecond))
	}
}

func (x *exchange) quotaHeaders(quota int, left float64) {
	missing := (float64(quota) - left) / float64(quota)
	reset := x.now.Add(time.Duration(missing * float64(time.Second)))
	h := x.w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(quota))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(int(left)))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(int64(math.Ceil(float64(reset.UnixNano())/1e9)), 10))
}

// withinQuota charges the request to its credential and answers 429 itself.
func (x *exchange) withinQuota() bool {
	quota := x.cfg.QuotaPerSecond
	if x.api == apiLegacy {
		quota = x.cfg.LegacyQuotaPerSecond
	}
	if quota <= 0 {
		return true
	}
	left, ok := x.s.quotas.take(x.api+" "+x.cred, quota, x.now)
	x.quotaHeaders(quota, left)
	if ok {
		return true
	}
	x.retryAfter(1)
	x.fail(http.StatusTooManyRequests, "rate_limited", "too many requests")
	return false
}
