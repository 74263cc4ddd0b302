package api

// Progress answers the progress query and is the result of Migration and Rollback. It holds counters, ids and links, no personal data (I5).
type Progress struct {
	Migration  string           `json:"migration"`
	Phase      string           `json:"phase"`
	Status     string           `json:"status"`
	WaitingFor string           `json:"waiting_for"` // messages that move it on, separated by a space
	Reason     string           `json:"reason"`      // cause and cure in one or two lines
	Objects    []ObjectProgress `json:"objects"`
	Reports    Reports          `json:"reports"`
	Digest     string           `json:"digest"`
	AuditHead  string           `json:"audit_head"`
	Calls      Calls            `json:"calls"`
	ETA        *string          `json:"eta"` // RFC 3339
}

// ObjectProgress counts the records of one object.
type ObjectProgress struct {
	Object   string `json:"object"`
	Total    int64  `json:"total"`
	Created  int64  `json:"created"`
	Updated  int64  `json:"updated"`
	Skipped  int64  `json:"skipped"`
	Flagged  int64  `json:"flagged"`
	InDoubt  int64  `json:"in_doubt"`
	Reverted int64  `json:"reverted"`
	Kept     int64  `json:"kept"`
}

// Done counts the records that need nothing more.
func (o ObjectProgress) Done() int64 { return o.Created + o.Updated + o.Skipped + o.Flagged }

// Reports are the links to the reports written so far.
type Reports struct {
	PreMigration   *string `json:"pre_migration"`
	SampleDiff     *string `json:"sample_diff"`
	Reconciliation *string `json:"reconciliation"`
	Rollback       *string `json:"rollback"`
}

// Calls counts API calls to Nutshell by kind.
type Calls struct {
	Create int64 `json:"create"`
	Edit   int64 `json:"edit"`
	Delete int64 `json:"delete"`
	Read   int64 `json:"read"`
	Upload int64 `json:"upload"`
}

// Latest is the later of two absolute counts: counts only grow, and reports of parallel pages may overtake each other.
func (c Calls) Latest(o Calls) Calls {
	return Calls{
		max(c.Create, o.Create), max(c.Edit, o.Edit), max(c.Delete, o.Delete), max(c.Read, o.Read), max(c.Upload, o.Upload),
	}
}

// Total is the number of calls of every kind.
func (c Calls) Total() int64 { return c.Create + c.Edit + c.Delete + c.Read + c.Upload }

// NewProgress is the progress of a migration that has just started.
func NewProgress(migration, phase string) Progress {
	p := Progress{Migration: migration, Phase: phase, Status: StatusRunning, Objects: make([]ObjectProgress, len(Objects))}
	for i, o := range Objects {
		p.Objects[i].Object = o
	}
	return p
}
