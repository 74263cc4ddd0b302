package effect

import "sync"

// Marks are the highest ids seen of each entity type. The mark before a create is where a look-up for it may stop, as long as ids grow.
// A mark that is too low only makes a look-up longer.
type Marks struct {
	mu      sync.Mutex
	highest map[string]int64
}

// NewMarks begins with what a crawl saw.
func NewMarks(seen map[string]int64) *Marks {
	m := &Marks{highest: map[string]int64{}}
	for t, id := range seen {
		m.highest[t] = id
	}
	return m
}

// Saw notes an id.
func (m *Marks) Saw(entityType string, id int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.highest[entityType] = max(m.highest[entityType], id)
}

// Highest is the highest id seen of a type, 0 for none.
func (m *Marks) Highest(entityType string) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.highest[entityType]
}
