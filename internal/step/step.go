// Package step is what workflows and activities know of each other: names, small inputs and small results. Nothing here holds a record
// or personal data (I5): everything below stands in Temporal's history for ever.
package step

import (
	"time"

	"rezora2nutshell/internal/api"
)

// Names of the activities. They stand in running histories: never renamed.
const (
	Open       = "Open"
	Preflight  = "Preflight"
	Extract    = "Extract"
	Owners     = "Owners"
	Plan       = "Plan"
	PreReport  = "PreReport"
	Probe      = "Probe"
	Fields     = "Fields"
	PickSample = "PickSample"
	Write      = "Write"
	Settle     = "Settle"
	SampleDiff = "SampleDiff"
	Recrawl    = "Recrawl"
	Archive    = "Archive"
	PlanDelta  = "PlanDelta"
	Reconcile  = "Reconcile"
	Repair     = "Repair"
	Finish     = "Finish"
	SetPause   = "SetPause"
	Record     = "Record"
	AwaitHost  = "AwaitHost"
	OpenUndo   = "OpenUndo"
	PlanUndo   = "PlanUndo"
	Undo       = "Undo"
	Prove      = "Prove"
	Requeue    = "Requeue"
	OpenRetry  = "OpenRetry"
	Retry      = "Retry"
	Notify     = "Notify"

	KeepRehearsal = "KeepRehearsal"
)

// Ref says which migration an activity works for, in which ledger and accounts. A worker that sees others refuses without side effect.
type Ref struct {
	Migration  string `json:"migration"`
	Generation int    `json:"generation"`
	Ledger     string `json:"ledger"`
	Nutshell   string `json:"nutshell"`
	Rezora     string `json:"rezora"`
	Attributes bool   `json:"attributes"` // the three search attributes are registered
}

// Outcome is what every step answers besides its own result: exactly one of finished, more to do, paused or parked.
type Outcome struct {
	Paused bool      `json:"paused,omitempty"` // returned early since the pause bit is set; call again after resume
	More   bool      `json:"more,omitempty"`   // handed over after its time; call again at once
	Park   *Park     `json:"park,omitempty"`
	Calls  api.Calls `json:"calls,omitzero"` // calls to Nutshell of the whole run so far
}

// Get gives the outcome of any result that embeds one.
func (o Outcome) Get() Outcome { return o }

// Put sets the outcome of any result that embeds one.
func (o *Outcome) Put(x Outcome) { *o = x }

// Answer is a step's result.
type Answer interface{ Get() Outcome }

// Park asks the run to wait for a person.
type Park struct {
	Code     string `json:"code"`                // short word, one a runbook page
	Reason   string `json:"reason"`              // cause and cure, ids only
	Accept   bool   `json:"accept,omitempty"`    // accept is an answer too
	ByItself bool   `json:"by_itself,omitempty"` // AwaitHost tells when it is over
	Host     string `json:"host,omitempty"`      // rezora or nutshell, with ByItself
	Refused  string `json:"refused,omitempty"`   // the step whose refused records resume tries again
}

// Counters are the progress numbers of all objects, absolute.
type Counters struct {
	Objects []api.ObjectProgress `json:"objects,omitempty"`
}

// OpenIn starts a generation.
type OpenIn struct {
	Input      []byte `json:"input"` // the payload as received
	WorkflowID string `json:"workflow_id"`
	FirstRunID string `json:"first_run_id"`
}

// OpenOut identifies the ledger, the generation and the accounts.
type OpenOut struct {
	Outcome
	Ref Ref `json:"ref"`
}

// In is the input of every step that needs nothing more.
type In struct {
	Ref      Ref  `json:"ref"`
	Accepted bool `json:"accepted,omitempty"` // a person accepted what the step parked on
}

// ExtractIn reads one round of the source.
type ExtractIn struct {
	Ref   Ref  `json:"ref"`
	Round int  `json:"round"`
	Last  bool `json:"last,omitempty"` // the last delta round: legacy is read again, too
}

// ExtractOut counts what was read.
type ExtractOut struct {
	Outcome
	Rows    int64 `json:"rows"`
	Changed int64 `json:"changed"`
}

// OwnersOut counts the owner decisions.
type OwnersOut struct {
	Outcome
	Agents  int `json:"agents"`
	Matched int `json:"matched"`
	Orphans int `json:"orphans"`
}

// PlanOut holds the totals and the steps with their sizes.
type PlanOut struct {
	Outcome
	Counters
	Steps []Size `json:"steps,omitempty"`
}

// Size is the number of effects of one step.
type Size struct {
	Step   string `json:"step"`
	N      int64  `json:"n"`
	Sample int64  `json:"sample,omitempty"`
}

// ReportOut links a report.
type ReportOut struct {
	Outcome
	Counters
	URL       string `json:"url,omitempty"`
	Digest    string `json:"digest,omitempty"`
	AuditHead string `json:"audit_head,omitempty"`
	Findings  bool   `json:"findings,omitempty"` // discrepancies or in-doubt rows were accepted
	Above     bool   `json:"above,omitempty"`    // the discrepancy rate is above the threshold
}

// WriteIn writes the effects From..To of a step.
type WriteIn struct {
	Ref      Ref    `json:"ref"`
	Step     string `json:"step"`
	Sample   bool   `json:"sample,omitempty"`
	From     int64  `json:"from"`
	To       int64  `json:"to"`
	Accepted string `json:"accepted,omitempty"` // code of the park a person accepted
}

// WriteOut counts one page.
type WriteOut struct {
	Outcome
	Counters
	Done int64 `json:"done"` // effects of the page that need nothing more
	Left int64 `json:"left"` // set aside: in doubt, or waiting for a parent in doubt
}

// SettleIn resolves what is in doubt in a step, then sweeps.
type SettleIn struct {
	Ref      Ref    `json:"ref"`
	Step     string `json:"step"` // "" = all
	Sample   bool   `json:"sample,omitempty"`
	Undoing  bool   `json:"undoing,omitempty"` // before a rollback: nothing is planned again
	Accepted bool   `json:"accepted,omitempty"`
}

// SettleOut says whether effects were planned again.
type SettleOut struct {
	Outcome
	Counters
	Again bool `json:"again"` // rows went back to planned: write the step again
}

// DeltaIn plans one delta round.
type DeltaIn struct {
	Ref   Ref  `json:"ref"`
	Round int  `json:"round"`
	Last  bool `json:"last,omitempty"`
}

// DeltaOut counts a round.
type DeltaOut struct {
	Outcome
	Counters
	Steps    []Size `json:"steps,omitempty"`
	Deferred int64  `json:"deferred"` // edits that only the last round will carry
	Seconds  int64  `json:"seconds"`  // how long they will take at the rate of now
}

// PauseIn sets or clears the pause bit.
type PauseIn struct {
	Ref     Ref    `json:"ref"`
	Paused  bool   `json:"paused"`
	By      api.By `json:"by"`
	Message string `json:"message,omitempty"` // the message that asked for it: Temporal knows who sent it
}

// RecordIn appends a line to the audit log: a decision, a refused message.
type RecordIn struct {
	Ref     Ref               `json:"ref"`
	Event   string            `json:"event"`
	Message string            `json:"message,omitempty"` // the message that asked for it: Temporal knows who sent it
	Fields  map[string]string `json:"fields,omitempty"`
}

// HostIn waits until a host answers again.
type HostIn struct {
	Ref  Ref    `json:"ref"`
	Host string `json:"host"` // rezora or nutshell
}

// UndoOpenIn opens a closed migration for its rollback.
type UndoOpenIn struct {
	Ref        Ref    `json:"ref,omitzero"`    // as the child of a migration
	Input      []byte `json:"input,omitempty"` // alone: the payload as received
	By         string `json:"by"`
	Reason     string `json:"reason"`
	Edited     string `json:"edited"`
	WorkflowID string `json:"workflow_id"`
	FirstRunID string `json:"first_run_id"`
}

// UndoIn reverts the effects From..To of an undo step.
type UndoIn struct {
	Ref   Ref    `json:"ref"`
	Step  string `json:"step"`
	From  int64  `json:"from"`
	To    int64  `json:"to"`
	Force bool   `json:"force,omitempty"`
}

// RequeueIn names the step whose refused records are tried again. Only that one: nothing comes back to a step that has ended.
type RequeueIn struct {
	Ref  Ref    `json:"ref"`
	Step string `json:"step"`
}

// FinishIn ends a generation.
type FinishIn struct {
	Ref    Ref    `json:"ref"`
	Status string `json:"status"`
	By     api.By `json:"by,omitzero"`
}

// RetryOpenIn opens a migration to try one record again: the payload as received.
type RetryOpenIn struct {
	Input []byte `json:"input"`
}

// RehearsedIn tells how a rehearsal came out: the payload as received.
type RehearsedIn struct {
	Input []byte `json:"input"`
}

// RetryIn names the record.
type RetryIn struct {
	Ref      Ref    `json:"ref"`
	Object   string `json:"object"`
	SourceID string `json:"source_id"`
	By       string `json:"by"`
	Reason   string `json:"reason"`
}

// RetryOut counts what became of the effects that were tried again.
type RetryOut struct {
	Outcome
	api.Retried
	AuditHead string `json:"audit_head,omitempty"`
}

// Kinds of a notice.
const (
	ToldGate = "gate" // a person has to decide
	ToldPark = "park" // a person has to mend or accept something
	ToldEnd  = "end"
)

// NoticeIn is what people are told when a run waits for them or has ended: names, codes and links, causes with ids only.
type NoticeIn struct {
	Kind       string    `json:"kind"`
	Migration  string    `json:"migration"`
	Phase      string    `json:"phase"`
	Status     string    `json:"status"`
	WaitingFor string    `json:"waiting_for,omitempty"`
	Code       string    `json:"code,omitempty"` // of the park
	Cause      string    `json:"cause,omitempty"`
	Report     string    `json:"report,omitempty"` // link to the newest report
	WorkflowID string    `json:"workflow_id"`      // the run that messages are sent to
	RunID      string    `json:"run_id"`
	At         time.Time `json:"at"`
}
