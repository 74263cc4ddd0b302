package nutshell

import "context"

// gate bounds how many calls pass at once.
type gate chan struct{}

func (g gate) enter(ctx context.Context) error {
	select {
	case g <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g gate) leave() { <-g }

// gates are the bounds on calls in flight (nutshell contract 6.4). They are
// passed before a permit is asked for, so that a permit is used when granted.
type gates struct{ all, writes, finds gate }

func newGates(all, writes, finds int) gates {
	return gates{all: make(gate, max(all, 1)), writes: make(gate, max(writes, 1)), finds: make(gate, max(finds, 1))}
}

// enter passes the narrow gate first, so that a waiting find or write holds no
// slot that another kind of call could use.
func (g gates) enter(ctx context.Context, c *call) (leave func(), err error) {
	var narrow gate
	switch {
	case c.kind.writes():
		narrow = g.writes
	case c.class() == ClassFind:
		narrow = g.finds
	}
	if narrow != nil {
		if err := narrow.enter(ctx); err != nil {
			return nil, err
		}
	}
	if err := g.all.enter(ctx); err != nil {
		if narrow != nil {
			narrow.leave()
		}
		return nil, err
	}
	return func() {
		g.all.leave()
		if narrow != nil {
			narrow.leave()
		}
	}, nil
}
