package limit

import (
	"context"
	"sync"
)

// Backend keeps the limiter's state for all workers. The ledger implements it.
type Backend interface {
	// Load answers the state of a class and its version; "" and 0 when there is none.
	Load(ctx context.Context, class string) (state string, version int64, err error)
	// Store replaces the state when its version is still the given one (0:
	// none is there yet) and then counts the version up by 1. It answers false,
	// without error, when another worker was first. Losing the last state at a
	// power cut is harmless: it needs no durable commit.
	Store(ctx context.Context, class, state string, version int64) (bool, error)
	// Paused reads the pause bit.
	Paused(ctx context.Context) (bool, error)
}

// Memory is a Backend for one process.
type Memory struct {
	mu     sync.Mutex
	rows   map[string]row
	paused bool
}

type row struct {
	state   string
	version int64
}

// NewMemory makes an empty backend that is not paused.
func NewMemory() *Memory { return &Memory{rows: map[string]row{}} }

// Load implements Backend.
func (m *Memory) Load(_ context.Context, class string) (string, int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.rows[class]
	return r.state, r.version, nil
}

// Store implements Backend.
func (m *Memory) Store(_ context.Context, class, state string, version int64) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rows[class].version != version {
		return false, nil
	}
	m.rows[class] = row{state: state, version: version + 1}
	return true, nil
}

// Paused implements Backend.
func (m *Memory) Paused(context.Context) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.paused, nil
}

// SetPaused sets or clears the pause bit.
func (m *Memory) SetPaused(paused bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.paused = paused
}
