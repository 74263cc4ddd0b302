package e2e

import (
	"fmt"
	"time"
)

func (s *stack) trace(m string) {
	began := time.Now()
	stop := make(chan struct{})
	s.Cleanup(func() { close(stop) })
	go func() {
		last := ""
		for {
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Millisecond):
			}
			p, err := s.progress(m)
			line := fmt.Sprintf("%s %s %s %v", p.Phase, p.Status, p.Reason, err)
			if line != last {
				fmt.Printf("TRACE %6.1f %s\n", time.Since(began).Seconds(), line)
				last = line
			}
		}
	}()
}
