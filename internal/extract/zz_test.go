package extract_test

import (
	"os"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/step"
	"runtime"
	"testing"
	"time"
)

func TestZZ(t *testing.T) {
	size := os.Getenv("ZZ")
	if size == "" {
		t.Skip()
	}
	w := newWorld(t, true, func(c *rezoratest.Config) { c.Size = size })
	w.preflight()
	st := time.Now()
	turn := step.NewTurn("x", time.Hour)
	stop := make(chan struct{})
	go func() {
		last := ""
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				if b := turn.Beat(); b.Step != last {
					last = b.Step
					t.Log(time.Since(st).Round(10*time.Millisecond), b)
				}
			}
		}
	}()
	s, err := w.reader.Round(t.Context(), turn, w.caps, 0, false)
	close(stop)
	time.Sleep(50 * time.Millisecond)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Log(err, s.Rows, s.Changed, time.Since(st), m.Sys>>20)
}
