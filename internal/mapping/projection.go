package mapping

import (
	"encoding/json"

	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/target"
)

// Objects of reports and of the effect journal.
const (
	Companies    = "companies"
	People       = "people"
	LeadObjects  = "leads"
	NoteObjects  = "notes"
	TaskObjects  = "tasks"
	Activities   = "activities"
	Attachments  = "attachments"
	roleRecord   = "record"
	roleClose    = "close"
	roleComplete = "complete"
	roleNote     = "note"
	roleFile     = "file"
)

// Roles of a projection: what it is to its source record.
const (
	RoleRecord   = roleRecord   // the record itself
	RoleClose    = roleClose    // the edit that closes a lead by its outcome
	RoleComplete = roleComplete // the edit that completes a task
	RoleNote     = roleNote     // a note beside the record: lead note, further parts of a description, note of a file
	RoleFile     = roleFile     // the upload of a file to its note
)

// Verbs of a projection.
const (
	VerbCreate = "create"
	VerbEdit   = "edit"
	VerbUpload = "upload"
)

// Ref names a record that was or will be migrated, or a record of the account itself.
type Ref struct {
	Object   string // companies, people, leads
	SourceID string
	ID       int64 // Nutshell id of a record of the account that has no source record; else 0
}

// String is "<object>/<source id>".
func (r Ref) String() string { return r.Object + "/" + r.SourceID }

// Reason says why a record is not in Nutshell, in words a person understands; ids only.
type Reason struct{ Code, Text string }

// Flag is a remark on a record that is migrated all the same; ids only.
type Flag struct {
	Code, Text string
	N          int64 // how many of it, at least 1
}

// What became of a source value (mapping page, section 7).
const (
	Carried     = "carried"     // it is in Nutshell as it was
	Transformed = "transformed" // it is in Nutshell in another form
	Truncated   = "truncated"   // it is not, or not wholly, in Nutshell; the rest is in the archive
	Archived    = "archived"    // it is in the archive only
	Refused     = "refused"     // its record is quarantined
)

// Fate says what became of N values of a source field; fields of nested objects are written with dots.
type Fate struct {
	Object string // resource of the source
	Field  string
	Fate   string
	N      int64
}

// File is the upload of an attachment.
type File struct {
	Name        string
	ContentType string
	Size        int64
	SHA256      string
}

// Attached is where an attachment comes from and what its bytes are.
type Attached struct {
	Parent string // "<type>/<id>" of its parent at the source
	Size   int64
	SHA256 string
}

// Projection is what Nutshell must show of a source record, or of one part of it.
type Projection struct {
	Object     string // object of the effect journal
	SourceID   string
	Role       string
	Parent     string // "<object>/<source id>" of the record it hangs on, "" when it stands alone
	Part       int    // 1..Parts
	Parts      int
	Type       string // Nutshell's entity type; Files for an upload
	Verb       string
	Wants      []target.Want
	Header     string // header line without the number of the part: the marker of notes, tasks and activities
	Text       string // note, or description of a task or activity, of this part
	NoteOn     Ref    // record that a note, or the note of a file, is written on
	ActAs      string // e-mail of the user a note is written as, "" for the key's user
	File       *File
	Attached   *Attached // of an attachment's notes and file
	Link       string    // archive link in a file's note, "" when the file is uploaded
	Quarantine *Reason
	Flags      []Flag
	Fates      []Fate                     // on the first projection of a record only
	Carries    []string                   // source fields that its text, or its call, carries besides those of its demands
	Uses       []Use                      // what it takes from rows that records share: agents, campaigns
	KeepRaw    bool                       // something was lost: the raw record goes to records/
	Shortened  map[string]json.RawMessage // field -> whole array that did not fit
	Kept       map[string][]string        // key of a shortened array -> keys of the rows whose elements are still in it
}

// archiveOnly reports whether the map itself keeps the record in the archive; nothing went wrong with it.
func (p *Projection) archiveOnly() bool {
	if p.Quarantine == nil {
		return false
	}
	return p.Object == Attachments || p.Quarantine.Code == CodeTooMany || p.Quarantine.Code == CodeNoReceivers
}

// How an agent got its user.
const (
	HowMatched  = "matched"
	HowFallback = "fallback"
	HowNone     = "none"
)

// UserDecision is the user that stands for an agent.
type UserDecision struct {
	UserID int64
	Email  string
	How    string // matched, fallback or none
	Orphan bool   // no enabled user has the agent's address
}

// Env is what the account and the run decide; the same for all records of a migration.
type Env struct {
	Limits        Limits
	Users         map[string]UserDecision // by agent id, orphans included
	FallbackUser  int64                   // 0 = none set
	Fields        FieldPlan
	ActivityTypes map[string]int64 // call, email, meeting -> id; absent: the account lacks the type
	Outcomes      map[string]int64 // won, lost -> id
	MilestoneID   int64            // first stage of the pipeline of new leads, 0 = the account's default
	ClosesNow     bool             // the account gives a closed lead the moment of its closing, whatever time is sent
	CompletesNow  bool             // so it does with a task
	Impersonate   bool
	Files         bool   // the account takes files
	LinkBase      string // what links in notes start with, without a trailing slash
	Agent         func(id string) (record.Agent, bool)
}

func (e *Env) agent(id string) (record.Agent, bool) {
	if e.Agent == nil || blank(id) {
		return record.Agent{}, false
	}
	return e.Agent(id)
}

// user is the matched user of an agent; an orphan has none, whatever stands in for it elsewhere.
func (e *Env) user(agentID string) (UserDecision, bool) {
	u, ok := e.Users[agentID]
	return u, ok && u.How == HowMatched && u.UserID != 0
}
