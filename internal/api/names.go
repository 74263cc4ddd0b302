// Package api holds the names outsiders rely on: workflow types, messages, their payloads, phases and statuses, and the strict
// decoding of everything a person can send. Operators' scripts depend on them; they do not change.
package api

// Workflow types, their id prefixes and the default task queue.
const (
	TaskQueue         = "crm-migration"
	MigrationWorkflow = "Migration"
	RollbackWorkflow  = "Rollback"
	PagesWorkflow     = "Pages"
	DeltaWorkflow     = "Delta"
	RetryWorkflow     = "Retry"
	RehearsedWorkflow = "Rehearsed"
	NoticeWorkflow    = "Notice"

	MigrationIDPrefix = "migration/"
	RollbackIDPrefix  = "rollback/"
	RetryIDPrefix     = "retry/" // retry/<migration>
	RehearsedIDPrefix = "rehearsed/"
)

// Messages: each is a signal and an update, Progress is a query.
const (
	Confirm  = "confirm"
	Pause    = "pause"
	Resume   = "resume"
	Cutover  = "cutover"
	Accept   = "accept"
	Rollback = "rollback"

	ProgressQuery = "progress"
	ParkQuery     = "park" // the code of the park, "" when the run is not parked
)

// Search attributes, registered by the worker when the server allows it.
const (
	AttrPhase  = "MigrationPhase"
	AttrStatus = "MigrationStatus"
	AttrDone   = "MigrationDone"
)

// Phases in the order they are passed; PhaseMap only with map_gate confirm, PhaseRollback at any time.
const (
	PhaseExtract        = "extract"
	PhaseOwners         = "owners"
	PhaseMap            = "map"
	PhaseSample         = "sample"
	PhaseApproval       = "approval"
	PhaseCompanies      = "companies"
	PhasePeople         = "people"
	PhaseLeads          = "leads"
	PhaseTimeline       = "timeline"
	PhaseArchive        = "archive"
	PhaseDelta          = "delta"
	PhaseReconciliation = "reconciliation"
	PhaseDone           = "done"
	PhaseRollback       = "rollback"
)

// Phases lists the phases of a migration in order.
var Phases = []string{
	PhaseExtract, PhaseOwners, PhaseMap, PhaseSample, PhaseApproval, PhaseCompanies, PhasePeople, PhaseLeads, PhaseTimeline,
	PhaseArchive, PhaseDelta, PhaseReconciliation, PhaseDone,
}

// Statuses of a migration.
const (
	StatusRunning    = "running"
	StatusWaiting    = "waiting" // at a gate: map or approval
	StatusPaused     = "paused"
	StatusParked     = "parked" // in trouble: reason names cause and cure
	StatusCompleted  = "completed"
	StatusRolledBack = "rolled_back"
	StatusFailed     = "failed"
	StatusCanceled   = "canceled"
)

// Objects in the order of every report.
var Objects = []string{"companies", "people", "leads", "notes", "tasks", "activities", "attachments"}

// BadInput is the type of the application error that closes a workflow as Failed; everything else parks.
const BadInput = "BadInput"
