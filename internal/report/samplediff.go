package report

import (
	"io"
	"strconv"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/target"
)

// SampleDiff compares every record that was written for the sample with what Nutshell shows of it. About a thousand records: it is held
// whole.
type SampleDiff struct {
	Migration   string        `json:"-"`
	Approvers   []string      `json:"-"` // e-mails of those who may decide; none = anybody
	Digest      string        `json:"digest"`
	Records     []DiffRecord  `json:"records"`
	Quarantined []Quarantined `json:"quarantined"`
	Summary     Summary       `json:"summary"` // filled by JSON, HTML and Seal

	Capabilities []Capability `json:"-"` // of the Nutshell account, as the probes that write found them; part of the summary
}

// DiffRecord is one record of Nutshell: each note, task, activity, file note and part of a split text is its own.
type DiffRecord struct {
	Object     string      `json:"object"`
	SourceID   string      `json:"source_id"`
	TargetType string      `json:"target_type"`
	TargetID   int64       `json:"target_id"`
	Fields     []DiffField `json:"fields"`
}

// DiffField is one value that the map demands, and what Nutshell shows.
type DiffField struct {
	Field   string `json:"field"`
	Source  string `json:"source"`
	Target  string `json:"target"`
	Verdict string `json:"verdict"` // equal, transformed, truncated, missing or mismatch
	Reason  string `json:"reason"`
}

// Quarantined is a record that is not in Nutshell, and why.
type Quarantined struct {
	Object   string `json:"object"`
	SourceID string `json:"source_id"`
	Reason   string `json:"reason"`
}

// Summary counts the sample. A record has the worst verdict of its fields.
type Summary struct {
	Records     int             `json:"records"`
	Fields      int             `json:"fields"`
	Faults      int             `json:"faults"` // fields missing or different
	Quarantined int             `json:"quarantined"`
	Verdicts    VerdictCounts   `json:"verdicts"` // of fields
	Objects     []ObjectSummary `json:"objects"`

	Capabilities []Capability `json:"capabilities"`
}

// VerdictCounts counts fields, or records, by verdict.
type VerdictCounts struct {
	Equal       int `json:"equal"`
	Transformed int `json:"transformed"`
	Truncated   int `json:"truncated"`
	Missing     int `json:"missing"`
	Mismatch    int `json:"mismatch"`
}

// ObjectSummary counts the records of one object by their worst verdict.
type ObjectSummary struct {
	Object      string        `json:"object"`
	Records     int           `json:"records"`
	Quarantined int           `json:"quarantined"`
	Worst       VerdictCounts `json:"worst"`
}

func (c *VerdictCounts) add(verdict string) {
	switch verdict {
	case target.Equal:
		c.Equal++
	case target.Transformed:
		c.Transformed++
	case target.Truncated:
		c.Truncated++
	case target.Missing:
		c.Missing++
	default: // an unknown verdict is never taken for a good one
		c.Mismatch++
	}
}

// severity orders verdicts from the harmless one to the worst.
var severity = map[string]int{target.Equal: 0, target.Transformed: 1, target.Truncated: 2, target.Mismatch: 3, target.Missing: 4}

// Worst is the worst verdict of the record's fields.
func (r DiffRecord) Worst() string {
	worst := target.Equal
	for _, f := range r.Fields {
		v := f.Verdict
		if _, known := severity[v]; !known {
			v = target.Mismatch
		}
		if severity[v] > severity[worst] {
			worst = v
		}
	}
	return worst
}

// Sum counts the records and fields.
func (d SampleDiff) Sum() Summary {
	s := Summary{Records: len(d.Records), Quarantined: len(d.Quarantined), Capabilities: list(d.Capabilities)}
	place := map[string]int{}
	for i, o := range api.Objects {
		place[o] = i
		s.Objects = append(s.Objects, ObjectSummary{Object: o})
	}
	of := func(object string) *ObjectSummary {
		i, known := place[object]
		if !known {
			i = len(s.Objects)
			place[object] = i
			s.Objects = append(s.Objects, ObjectSummary{Object: object})
		}
		return &s.Objects[i]
	}
	for _, r := range d.Records {
		o := of(r.Object)
		o.Records++
		o.Worst.add(r.Worst())
		s.Fields += len(r.Fields)
		for _, f := range r.Fields {
			s.Verdicts.add(f.Verdict)
		}
	}
	for _, q := range d.Quarantined {
		of(q.Object).Quarantined++
	}
	s.Faults = s.Verdicts.Missing + s.Verdicts.Mismatch
	return s
}

// JSON writes sample-diff.json.
func (d SampleDiff) JSON(w io.Writer) error {
	d.Summary = d.Sum()
	d.Records, d.Quarantined = list(d.Records), list(d.Quarantined)
	for i, r := range d.Records {
		if r.Fields == nil {
			d.Records[i].Fields = []DiffField{}
		}
	}
	return encode(w, d)
}

func (d *SampleDiff) seal(digest string) { d.Digest, d.Summary = digest, d.Sum() }

// CSV writes one line a field, for spreadsheets and scripts; a quarantined record is one line with the verdict "quarantined".
func (d SampleDiff) CSV(w io.Writer) error {
	t := newTable(w, "object", "source_id", "target_type", "target_id", "field", "verdict", "source", "target", "reason")
	for _, r := range d.Records {
		for _, f := range r.Fields {
			t.row(r.Object, r.SourceID, r.TargetType, strconv.FormatInt(r.TargetID, 10), f.Field, f.Verdict, f.Source, f.Target, f.Reason)
		}
	}
	for _, q := range d.Quarantined {
		t.row(q.Object, q.SourceID, "", "", "", "quarantined", "", "", q.Reason)
	}
	return t.close()
}
