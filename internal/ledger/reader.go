package ledger

import (
	"context"
	"fmt"
)

// readers is how many reads run at once. None of them holds a session while it calls back, so nested reads cannot starve.
const readers = 4

// read runs fn with a session that takes no lock a writer waits for.
func (l *Ledger) read(ctx context.Context, fn func(session) error) error {
	var s session
	select {
	case got, ok := <-l.readers:
		if !ok {
			return ErrClosed
		}
		s = got
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() {
		if s != nil && l.d.pooled {
			_ = s.close()
			s = nil
		}
		l.readers <- s
	}()
	if s == nil {
		var err error
		if s, err = l.open(ctx, l.readDB); err != nil {
			s = nil
			return away(ctx, fmt.Errorf("connect to the ledger: %w", err))
		}
	}
	err := fn(s)
	if err != nil && s.broken() {
		return away(ctx, err)
	}
	return err
}

// away marks the failure of a connection, unless the caller gave up and so ended it.
func away(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return fmt.Errorf("%w: %w", ErrAway, err)
}

// write runs fn in a transaction of the writer; durable ones are on disk when it returns, others may be lost by a power cut.
func (l *Ledger) write(ctx context.Context, durable bool, weight int, fn func(*tx) error) error {
	if l.w == nil {
		return ErrReadOnly
	}
	return l.w.do(ctx, durable, weight, fn)
}

func (l *Ledger) storeClock(ctx context.Context, s session) (int64, error) {
	if l.clock != nil {
		return l.clock().UnixMicro(), nil
	}
	if l.d.clock == "" {
		return now().UnixMicro(), nil
	}
	var n int64
	_, err := one(ctx, s, l.d.clock, nil, &n)
	return n, err
}
