package devstack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

var handedOut = struct {
	sync.Mutex
	ports map[int]bool
}{ports: map[int]bool{}}

// FreePort returns a TCP port of the loopback interface that nobody listens on and that this process was not given before.
// Another process may still take it: whoever listens on it must be ready to ask again.
func FreePort() (int, error) {
	const tries = 100
	for range tries {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 0, fmt.Errorf("find a free port: %w", err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		if err := l.Close(); err != nil {
			return 0, fmt.Errorf("find a free port: %w", err)
		}
		handedOut.Lock()
		taken := handedOut.ports[port]
		handedOut.ports[port] = true
		handedOut.Unlock()
		if !taken {
			return port, nil
		}
	}
	return 0, fmt.Errorf("find a free port: all of %d tries were in use", tries)
}

// ErrEnded is in the error of WaitFor when the process it watches has ended.
var ErrEnded = errors.New("the process ended while starting")

// WaitFor calls ready every few milliseconds until it succeeds, ctx ends, or the process p (may be nil) has ended. The error
// carries the last failure of ready, or what the process had to say.
func WaitFor(ctx context.Context, what string, p *Process, ready func(context.Context) error) error {
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	var ended <-chan struct{}
	if p != nil {
		ended = p.Done()
	}
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w (%w)", what, ctx.Err(), err)
		case <-ended:
			return fmt.Errorf("%s is not ready: %w: %s", what, ErrEnded, p.LogHead(4000))
		case <-tick.C:
		}
	}
}
