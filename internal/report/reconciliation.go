package report

import "io"

// mostLines bounds each list of a reconciliation; what is beyond is counted. The ledger has every line.
const mostLines = 10000

// Reconciliation holds every record of the union against what Nutshell shows.
type Reconciliation struct {
	Migration       string       `json:"-"`
	Objects         []Reconciled `json:"objects"`
	DiscrepancyRate float64      `json:"discrepancy_rate"`
	Threshold       float64      `json:"threshold"`
	SourceRoot      string       `json:"source_root"`
	TargetRoot      string       `json:"target_root"`
	Edited          []Edit       `json:"edited"`            // fields that people changed since our last write: no faults
	Faults          []FaultLine  `json:"faults"`            // missing, different, unexpected or second copies
	Flagged         []Flagged    `json:"flagged"`           // not in Nutshell, for a stated reason
	Deleted         []Gone       `json:"deleted_at_source"` // not counted in source
	Uncounted       Uncounted    `json:"left_out"`          // lines beyond the most that a list holds
	Remarks         Remarks      `json:"remarks"`           // warnings on records that are in Nutshell
	Fidelity        Fidelity     `json:"fidelity"`
	Handover        Handover     `json:"handover"`
	Rehearsal       *Rehearsal   `json:"rehearsal,omitempty"` // nil when nothing was rehearsed
}

// Reconciled is the account of one object: source = matched + missing + mismatched + flagged + unverified (I3).
type Reconciled struct {
	Object     string `json:"object"`
	Source     int64  `json:"source"`
	Matched    int64  `json:"matched"`
	Missing    int64  `json:"missing"`
	Mismatched int64  `json:"mismatched"`
	Unexpected int64  `json:"unexpected"`
	Duplicated int64  `json:"duplicated"`
	Flagged    int64  `json:"flagged"`
	Unverified int64  `json:"unverified"`
}

// Conserved reports whether every source record is in exactly one column.
func (r Reconciled) Conserved() bool {
	return r.Source == r.Matched+r.Missing+r.Mismatched+r.Flagged+r.Unverified
}

// Discrepancies are the records that are not as they should be.
func (r Reconciled) Discrepancies() int64 {
	return r.Missing + r.Mismatched + r.Unexpected + r.Duplicated + r.Unverified
}

// Edit is a field that a person changed.
type Edit struct {
	Object   string `json:"object"`
	SourceID string `json:"source_id"`
	TargetID int64  `json:"target_id"`
	Field    string `json:"field"`
}

// FaultLine is one discrepancy: missing, mismatch, unexpected or duplicated.
type FaultLine struct {
	Object   string `json:"object"`
	SourceID string `json:"source_id"`
	Field    string `json:"field"`
	Verdict  string `json:"verdict"`
}

// Flagged is a record that is not in Nutshell, and why.
type Flagged struct {
	Object   string `json:"object"`
	SourceID string `json:"source_id"`
	Reason   string `json:"reason"`
}

// Gone is a record that was deleted at the source.
type Gone struct {
	Object   string `json:"object"`
	SourceID string `json:"source_id"`
}

// Uncounted counts the lines that the lists do not hold.
type Uncounted struct {
	Edited  int64 `json:"edited"`
	Faults  int64 `json:"faults"`
	Flagged int64 `json:"flagged"`
	Deleted int64 `json:"deleted_at_source"`
}

// Flag lists a record that is not in Nutshell for a stated reason.
func (r *Reconciliation) Flag(object, sourceID, reason string) {
	r.Flagged = bounded(r.Flagged, Flagged{object, sourceID, reason}, &r.Uncounted.Flagged)
}

// Fault lists a discrepancy.
func (r *Reconciliation) Fault(object, sourceID, field, verdict string) {
	r.Faults = bounded(r.Faults, FaultLine{object, sourceID, field, verdict}, &r.Uncounted.Faults)
}

// Edit lists a field that a person changed.
func (r *Reconciliation) Edit(object, sourceID string, targetID int64, field string) {
	r.Edited = bounded(r.Edited, Edit{object, sourceID, targetID, field}, &r.Uncounted.Edited)
}

// DeletedAtSource lists a record that the source does not have any more; a second mention of the last one does nothing.
func (r *Reconciliation) DeletedAtSource(object, sourceID string) {
	gone := Gone{object, sourceID}
	if n := len(r.Deleted); n > 0 && r.Deleted[n-1] == gone {
		return
	}
	r.Deleted = bounded(r.Deleted, gone, &r.Uncounted.Deleted)
}

func bounded[T any](list []T, line T, beyond *int64) []T {
	if len(list) < mostLines {
		return append(list, line)
	}
	*beyond++
	return list
}

// Finish computes the discrepancy rate: (missing + mismatched + unexpected + duplicated + unverified) / source over all objects. With
// nothing at the source, any discrepancy is a rate of 1.
func (r *Reconciliation) Finish() {
	total := r.Total()
	switch d := total.Discrepancies(); {
	case d == 0:
		r.DiscrepancyRate = 0
	case total.Source == 0:
		r.DiscrepancyRate = 1
	default:
		r.DiscrepancyRate = float64(d) / float64(total.Source)
	}
}

// Total is the sum over all objects.
func (r Reconciliation) Total() Reconciled {
	t := Reconciled{Object: "all"}
	for _, o := range r.Objects {
		t.Source += o.Source
		t.Matched += o.Matched
		t.Missing += o.Missing
		t.Mismatched += o.Mismatched
		t.Unexpected += o.Unexpected
		t.Duplicated += o.Duplicated
		t.Flagged += o.Flagged
		t.Unverified += o.Unverified
	}
	return t
}

// JSON writes reconciliation.json.
func (r Reconciliation) JSON(w io.Writer) error {
	r.Objects, r.Edited, r.Faults, r.Flagged, r.Deleted = list(r.Objects), list(r.Edited), list(r.Faults), list(r.Flagged), list(r.Deleted)
	r.Handover.Files = list(r.Handover.Files)
	if r.Rehearsal != nil {
		was := *r.Rehearsal
		was.Records = list(was.Records)
		r.Rehearsal = &was
	}
	return encode(w, r)
}
