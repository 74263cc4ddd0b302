// Package uniontest holds an index of the union in memory, for tests: simple enough to be right by inspection.
package uniontest

import (
	"context"
	"strings"

	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/union"
)

// Memory is a union.Index over maps.
type Memory struct {
	live    map[record.Kind]map[string]record.Record // of current, as merged so far
	tombs   map[record.Kind]map[string]record.Record
	added   map[record.Kind]map[string]record.Record
	decided map[record.Kind]map[string]string
}

// New is an empty index.
func New() *Memory {
	return &Memory{live: map[record.Kind]map[string]record.Record{}, tombs: map[record.Kind]map[string]record.Record{},
		added: map[record.Kind]map[string]record.Record{}, decided: map[record.Kind]map[string]string{}}
}

var _ union.Index = (*Memory)(nil)

func put[V any](m map[record.Kind]map[string]V, kind record.Kind, id string, v V) {
	if m[kind] == nil {
		m[kind] = map[string]V{}
	}
	m[kind][id] = v
}

// Current adds a record of the current API.
func (m *Memory) Current(rec record.Record) {
	if rec.Deleted {
		delete(m.live[rec.Kind], rec.ID)
		put(m.tombs, rec.Kind, rec.ID, rec)
		return
	}
	delete(m.tombs[rec.Kind], rec.ID)
	put(m.live, rec.Kind, rec.ID, rec)
}

// Apply stores a decision as a ledger would.
func (m *Memory) Apply(d union.Decision) {
	put(m.decided, d.Kind, d.LegacyID, d.UnionID)
	switch {
	case !d.Stored:
	case d.Class == union.Live:
		put(m.live, d.Kind, d.UnionID, d.Record)
	default:
		put(m.added, d.Kind, d.UnionID, d.Record)
	}
}

// Union gives the records of the union by id.
func (m *Memory) Union(kind record.Kind) map[string]record.Record {
	out := map[string]record.Record{}
	for id, rec := range m.live[kind] {
		out[id] = rec
	}
	for id, rec := range m.added[kind] {
		out[id] = rec
	}
	return out
}

// Live implements union.Index.
func (m *Memory) Live(_ context.Context, kind record.Kind, id string) (record.Record, bool, error) {
	rec, ok := m.live[kind][id]
	return rec, ok, nil
}

// LiveByKey implements union.Index.
func (m *Memory) LiveByKey(_ context.Context, kind record.Kind, key []string) ([]string, error) {
	return withKey(m.live[kind], key)
}

// Tomb implements union.Index.
func (m *Memory) Tomb(_ context.Context, kind record.Kind, id string) (bool, error) {
	_, ok := m.tombs[kind][id]
	return ok, nil
}

// TombByKey implements union.Index.
func (m *Memory) TombByKey(_ context.Context, kind record.Kind, key []string) (bool, error) {
	ids, err := withKey(m.tombs[kind], key)
	return len(ids) > 0, err
}

// Decided implements union.Index.
func (m *Memory) Decided(_ context.Context, kind record.Kind, legacyID string) (string, bool, error) {
	id, ok := m.decided[kind][legacyID]
	return id, ok, nil
}

func withKey(in map[string]record.Record, key []string) ([]string, error) {
	var out []string
	for id, rec := range in {
		have, err := union.Key(rec)
		if err != nil {
			return nil, err
		}
		if have != nil && strings.Join(have, "\x00") == strings.Join(key, "\x00") {
			out = append(out, id)
		}
	}
	return out, nil
}
