package rezora_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/record"
)

// TestWhatAgesDuringAWalk lets tokens and cursors run out between two pages: the walk goes on with new ones and misses nothing.
func TestWhatAgesDuringAWalk(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*rezoratest.Config)
		every  bool // after each page; else after the second one
	}{
		"tokens":  {func(c *rezoratest.Config) { c.Auth, c.TokenTTL = "token_exchange", 60 }, true},
		"cursors": {func(c *rezoratest.Config) { c.Auth, c.CursorTTL = "token_exchange", 60 }, false},
	} {
		t.Run(name, func(t *testing.T) {
			var shift atomic.Int64
			sim, c := simulated(t, func(c *rezoratest.Config) {
				tc.change(c)
				c.Users = []rezoratest.Credential{{User: "mig", Password: "secret"}}
				c.Now = func() time.Time { return time.Now().Add(time.Duration(shift.Load())) }
			}, func(o *rezora.Options) {
				o.Auth.Mode, o.Auth.Secret = rezora.TokenExchange, rezora.Static("mig:secret")
			})
			pages, seen := 0, map[string]bool{}
			_, err := c.Walk(context.Background(), rezora.WalkRequest{Kind: record.Contacts, Limit: 5}, func(_ context.Context, p rezora.Page) error {
				for _, r := range p.Records {
					seen[r.ID] = true
				}
				if pages++; tc.every || pages == 2 {
					shift.Add(int64(61 * time.Second))
				}
				return nil
			})
			require.NoError(t, err)
			assert.Len(t, seen, len(sim.Rows("contacts", false)))
		})
	}
}
