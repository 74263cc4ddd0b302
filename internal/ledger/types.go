package ledger

import (
	"encoding/json"
	"errors"
	"time"

	"rezora2nutshell/internal/record"
)

// Errors that callers tell apart with errors.Is.
var (
	ErrUnknownMigration = errors.New("unknown migration")
	ErrNameUsed         = errors.New("migration name is in use")
	ErrForeign          = errors.New("this worker uses another ledger or account") // fingerprints differ
	ErrShredded         = errors.New("the migration's key was destroyed")
	ErrLocked           = errors.New("the ledger file is locked by another process")
	ErrUndoing          = errors.New("the migration is being rolled back, or was: nothing is written any more")
	ErrIllegal          = errors.New("illegal transition") // a programming error: the rows were of another state than the caller may touch
)

// DeletedByPerson is the code of what people have deleted in Nutshell: of an effect that is not carried out since its record is gone, and of a
// flag on a record of ours that something still to be written referred to. A deletion is an edit: it stands (I7).
const DeletedByPerson = "deleted_by_person"

// State is where an effect stands (design: planned -> intent -> done | quarantined | in_doubt, later reverting -> reverted | kept).
type State string

// The states of an effect. Skipped belongs to a record that needs no call: it was linked by policy, or is already equal.
const (
	Planned     State = "planned"
	Intent      State = "intent"
	Done        State = "done"
	Skipped     State = "skipped"
	Quarantined State = "quarantined"
	InDoubt     State = "in_doubt"
	Reverting   State = "reverting"
	Reverted    State = "reverted"
	Kept        State = "kept"
)

// Verb is the kind of call an effect needs.
type Verb string

// The verbs. Define makes a custom field, upload sends a file's bytes to a note that an effect of the same source made.
const (
	Create Verb = "create"
	Edit   Verb = "edit"
	Delete Verb = "delete"
	Upload Verb = "upload"
	Define Verb = "define"
)

// EffectKey identifies an intended effect on Nutshell within one generation of a migration.
type EffectKey struct {
	Object   string // companies people leads notes tasks activities attachments fields probes
	SourceID string // source id; of a field: "<entity>/<name>"
	Role     string // record, close, complete, note, file, ...: what this effect is to its source record
	Parent   string // "<object>/<source id>" of the record it hangs on, "" when it stands alone
	Part     int    // 1..n of a split text, else 1
	Epoch    int    // 0 = the load; grows when the record changes again
}

// Effect is one row of the journal.
type Effect struct {
	EffectKey
	Step       string // page sequence it belongs to: fields, companies, people, leads, timeline, delta/<round>/<object>, ...
	Ord        int64  // 1..N dense within the step
	SampleOrd  int64  // 1..n dense within the step's sample, 0 = not in the sample
	Round      int    // 0 = extract, >0 = delta round that planned it
	Verb       Verb
	State      State
	How        string // created, merged, linked, adopted
	TargetType string // Nutshell's entity type
	TargetID   int64
	Rev        string
	BodyHash   string
	Token      string    // claim token, "" when unclaimed
	Deadline   time.Time // no request of this claim starts or ends after it
	HighWater  int64     // highest destination id of the type seen before the request
	Attempts   int
	Absent     int               // times a listing after the deadline and the read lag did not show the record
	AbsentAt   time.Time         // last such listing
	Code       string            // short machine word of the reason: parent_missing, refused, ...
	Reason     string            // plain sentence; ids only (I5)
	Shown      map[string]string // field path -> keyed hash of what Nutshell showed after our last write
	Ours       []string          // the paths this effect wrote
	PreImage   []byte            // the record as it was before an edit or delete, with its rev; encrypted at rest (I2)
	UpdatedAt  time.Time
}

// ClaimRequest asks to move one effect from planned to intent (I2, I4).
type ClaimRequest struct {
	Key        EffectKey
	BodyHash   string
	HighWater  int64
	TargetType string
	TargetID   int64  // edits, deletes and uploads
	Rev        string // edits and deletes
	PreImage   []byte // required for edits and deletes of records
}

// Claim is a granted claim.
type Claim struct {
	Key      EffectKey
	Token    string
	Deadline time.Time

	row *current // as the claim left it
}

// Outcome settles a claim. State is done, skipped, quarantined, in_doubt, or planned when it is proved that nothing was sent.
type Outcome struct {
	Claim  Claim
	State  State
	How    string
	Type   string
	ID     int64
	Rev    string
	Shown  map[string]string
	Ours   []string
	Code   string
	Reason string
	// Wait cuts the deadline of an effect that goes to in_doubt: its call has ended, and the request may still be carried out for so
	// long from now. 0 leaves the claim's deadline.
	Wait time.Duration
}

// Resolution moves an effect whose claim has passed its deadline, or which is in doubt, without a live claim.
type Resolution struct {
	Key   EffectKey
	From  State  // the state it must be in: intent (deadline passed) or in_doubt
	Token string // the lost claim's token: the row must still carry it
	Outcome
}

// Cursor is where a walk over a source collection stands; committed with the rows it follows (I1).
type Cursor struct {
	Walk  string    // which of several walks over a kind: current, legacy:<agent>, sweep; "" is a walk too
	Next  string    // opaque cursor of the next page, "" = from the start
	AsOf  time.Time // the source's clock at the first page of the walk
	High  time.Time // highest updated_at committed in this walk
	Pages int
	Rows  int64
	Done  bool
	State json.RawMessage `json:",omitempty"` // whatever else the walk needs to go on
}

// Sealed describes the frozen set of one kind in one round.
type Sealed struct {
	Kind  record.Kind
	Round int
	Count int64
	Root  string // 64 hex digits over sorted (id, content hash)
}

// Staged is a source record read back from the ledger. Of a deleted one Canon, Raw and Legacy are the last live ones the ledger saw.
type Staged struct {
	record.Record
	Seq       int64           // position in the sealed set it was read through, 0 when read by id
	Round     int             // round in which it last changed
	Flags     []string        // codes of its flags, sorted; filled by Get, GetMany and SealedPage
	Tombstone json.RawMessage // the tombstone of a deleted record as the source served it, else nil
}

// DestRecord is one record of the account as a crawl saw it.
type DestRecord struct {
	Type     string
	ID       int64
	Rev      string
	Deleted  bool
	SourceID string              // our key on it ("" = a record of people's own): value of Rezora_ID__c, or of a header line "<object>/<id>"
	Keys     map[string][]string // match key name -> plain values; stored as keyed hashes
	Hash     string              // content hash over what people can change
	Body     []byte              // the record as shown; encrypted at rest; nil = not kept
}

// Decision is what was decided about one record over the sealed set and the crawl, before anything is written.
type Decision struct {
	Kind  record.Kind
	ID    string
	Data  json.RawMessage // small, ids only
	Crawl int             // the crawl it was decided over
}

// AuditEvent is one line to append to the hash-chained log; Fields hold ids and counts only (I5).
type AuditEvent struct {
	Event  string
	Fields map[string]any
}

// Count is a number of effects of one object in one state.
type Count struct {
	Object string
	Role   string
	Verb   Verb
	State  State
	How    string
	Round  int
	N      int64
}
