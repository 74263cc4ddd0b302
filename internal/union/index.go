package union

import (
	"context"

	"rezora2nutshell/internal/record"
)

// Index shows the records of the current API and the decisions taken so far. A store answers from keyed hashes; nothing here needs
// memory that grows with the account.
type Index interface {
	// Live finds a live record of current by id, as the union has it by now: with what earlier legacy records brought.
	Live(ctx context.Context, kind record.Kind, id string) (record.Record, bool, error)
	// LiveByKey gives the ids of the live records of current with a Key, at least two of them when there are several.
	LiveByKey(ctx context.Context, kind record.Kind, key []string) ([]string, error)
	// Tomb reports a tombstone of current by id.
	Tomb(ctx context.Context, kind record.Kind, id string) (bool, error)
	// TombByKey reports whether a tombstone of current has the Key.
	TombByKey(ctx context.Context, kind record.Kind, key []string) (bool, error)
	// Decided gives the id in the union of a legacy record that was decided before, "" when it was left out; ok is false when no
	// legacy record of that id has been decided.
	Decided(ctx context.Context, kind record.Kind, legacyID string) (unionID string, ok bool, err error)
}

// State is the answer to a probe.
type State string

// The answers to a probe.
const (
	ProbedLive    State = "live"
	ProbedGone    State = "gone"
	ProbedAbsent  State = "absent"
	ProbedUnknown State = "" // current does not say: counted as unprobed
)

// Probe asks current for one record that is in neither of its sets; nil when there is nobody to ask.
type Probe func(ctx context.Context, kind record.Kind, id string) (record.Record, State, error)
