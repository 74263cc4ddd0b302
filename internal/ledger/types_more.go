package ledger

import (
	"time"

	"rezora2nutshell/internal/record"
)

// Ref names what a source record becomes.
type Ref struct {
	Object   string
	SourceID string
	Role     string // "" = the record itself (RoleRecord)
}

// FlagRow is a finding about a source record, for the reports; the reason holds ids only (I5).
type FlagRow struct {
	Object   string // an object (people, leads, ...), or the kind of a record that is archived only
	SourceID string
	Code     string
	Reason   string
}

// EffectFilter chooses effects; what is left at its zero value does not matter.
type EffectFilter struct {
	Object    string
	Step      string
	States    []State
	Roles     []string
	Verbs     []Verb
	Sample    bool // only those in the sample
	HasTarget bool // only those with a target id
	Round     *int
	Reverse   bool // last first
}

// Observation is what Nutshell shows of a record that an effect wrote, read again after its outcome.
type Observation struct {
	Key      EffectKey
	TargetID int64 // 0 = as it is; another one when a sweep found that the effect's record is a different one
	Rev      string
	Shown    map[string]string // nil = as it is
	Ours     []string          // nil = as it is
}

// RevertRequest asks to move one effect to reverting, so that it may be undone.
type RevertRequest struct {
	Key   EffectKey
	From  State  // the state it must be in: done, skipped, quarantined, planned, or kept by an earlier rollback; reverting takes over a claim whose deadline has passed
	Rev   string // the rev just read, "" = as stored
	Image []byte // the record as it is before the undo changes or deletes it (I2); nil = the stored pre-image says enough
}

// Gap is a kind whose sealed records do not all have an effect.
type Gap struct {
	Kind      record.Kind
	Sealed    int64
	Accounted int64
}

const (
	// DefaultLockWait is how long an opener waits for another process to let go of an SQLite ledger.
	DefaultLockWait = time.Minute
	// RoleRecord is the role of the effect that makes or changes the record itself.
	RoleRecord = "record"
)
