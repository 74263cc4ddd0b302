package nutshell_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/limit"
)

func BenchmarkCreate(b *testing.B) {
	for _, name := range []string{"bare", "limited"} {
		b.Run(name, func(b *testing.B) {
			s := benchServer(b)
			o := nutshell.Options{BaseURL: s, Username: "u", APIKey: "k"}
			if name == "limited" {
				l, err := limit.New(limit.Options{Backend: limit.NewMemory(), Ceiling: 1e5})
				require.NoError(b, err)
				o.Limiter = l
			}
			c, err := nutshell.New(o)
			require.NoError(b, err)
			start := time.Now()
			var wg sync.WaitGroup
			work := make(chan struct{})
			for range 4 {
				wg.Go(func() {
					for range work {
						if _, err := c.Create(context.Background(), nutshell.Accounts, map[string]any{"name": "x"}); err != nil {
							b.Error(err)
						}
					}
				})
			}
			for b.Loop() {
				work <- struct{}{}
			}
			close(work)
			wg.Wait()
			b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "calls/s")
		})
	}
}

// benchServer answers at once, so that the client is what is measured.
func benchServer(b *testing.B) string {
	b.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"result":`+contact+`}`)
	}))
	b.Cleanup(s.Close)
	return s.URL
}
