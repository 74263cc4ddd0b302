package rezora

import (
	"context"
	"time"

	"rezora2nutshell/clients/rezora/internal/canon"
	"rezora2nutshell/internal/record"
)

// Source is what extraction needs of a source, be it an API or a folder of exported files.
type Source interface {
	// Identify gives the fingerprint of the account, cheaply: Rezora's account id, or where the source is.
	Identify(ctx context.Context) (string, error)
	// Preflight finds out what the source offers (rezora contract 11). Differences that cannot be adapted to are errors that
	// name cause and cure.
	Preflight(ctx context.Context) (Capabilities, error)
	// Walk reads a resource page by page and calls page for each; what page stores, rows and state together, is where a later
	// Walk resumes (I1). Delivery is at least once. Only a nil error means that the read is complete.
	Walk(ctx context.Context, req WalkRequest, page func(context.Context, Page) error) (WalkResult, error)
	// Count asks how many items there are; OK is false when the source cannot say.
	Count(ctx context.Context, kind record.Kind, req CountRequest) (Count, error)
	// Item reads one record by the id of record.Record.
	Item(ctx context.Context, kind record.Kind, id string) (record.Record, State, error)
	// SweepIDs calls fn with the ids of all live records; the sweep is clean only when the error is nil.
	SweepIDs(ctx context.Context, kind record.Kind, caps *Capability, fn func(context.Context, []string) error) error
	// Attachment writes the bytes of an attachment to dst (rezora contract 5).
	Attachment(ctx context.Context, req AttachmentRequest, dst Part) (Download, error)
}

// State is what a single read says about a record.
type State string

// The states of a single read.
const (
	Live   State = "live"
	Gone   State = "gone"   // deleted, the source says so
	Absent State = "absent" // unknown to the source
)

// WalkRequest asks for a resource, whole or since a time.
type WalkRequest struct {
	Kind           record.Kind
	Since          time.Time         // inclusive on updated_at; zero for everything
	Before         time.Time         // exclusive; zero for no end
	IncludeDeleted bool              // tombstones too
	IDsOnly        bool              // ask for ids alone, where the source can (Capability.FieldsID)
	Total          bool              // ask for the total with the first page
	Filters        map[string]string // rezora contract 4.1
	Limit          int               // 0 is the page size of Caps or of the profile
	Caps           *Capability       // what preflight found, nil for the profile's word
	Resume         WalkState         // zero to begin
}

// WalkState is a place in a walk. The caller stores it with the rows of its page, as JSON, and hands it back to resume.
type WalkState struct {
	Cursor     string    `json:"cursor,omitempty"`
	Since      time.Time `json:"since,omitzero"`       // of the walk as it runs, later than asked after a restart
	AsOf       time.Time `json:"as_of,omitzero"`       // the source's time at the first page of the first walk
	MaxUpdated time.Time `json:"max_updated,omitzero"` // highest updated_at of the pages so far
	Pages      int       `json:"pages"`
	Rows       int       `json:"rows"`
	Restarts   int       `json:"restarts,omitempty"` // after expired cursors
	Guard      Guard     `json:"guard,omitzero"`
	Done       bool      `json:"done,omitempty"`
}

// Page is what one answer brought.
type Page struct {
	Kind     record.Kind
	Records  []record.Record
	First    bool // of the walk, not of a resumed part of it
	Last     bool
	Total    *int // with the first page, when asked for and known
	AsOf     time.Time
	State    WalkState
	Oddities map[Oddity]int // fields with something odd, without values
}

// Oddity is a field with what was odd about it.
type Oddity = canon.Oddity

// WalkResult is a walk that has ended.
type WalkResult struct {
	AsOf      time.Time // zero when the source does not tell its time
	Watermark time.Time // AsOf less the overlap: the Since of the next delta
	Total     *int
	State     WalkState
}

// CountRequest narrows a count as WalkRequest narrows a walk.
type CountRequest struct {
	Since, Before  time.Time
	IncludeDeleted bool
	Filters        map[string]string
	Caps           *Capability
}

// Count is the source's own count.
type Count struct {
	N    int
	AsOf time.Time
	OK   bool
}
