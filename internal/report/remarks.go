package report

import (
	"cmp"
	"encoding/json"
	"slices"
)

// listed is how many records of one code a report names; beyond that they are counted. The ledger has them all.
const listed = 1000

// Remark is what happened, for one reason, to a number of records.
type Remark struct {
	Code    string         `json:"code"`
	Title   string         `json:"title"`
	Count   int64          `json:"count"`
	Records []RemarkRecord `json:"records"` // the first ones
}

// RemarkRecord is one record of a remark; ids only.
type RemarkRecord struct {
	Object   string `json:"object"`
	SourceID string `json:"source_id"`
	Reason   string `json:"reason"`
}

// More is the number of records that are counted only.
func (r Remark) More() int64 { return r.Count - int64(len(r.Records)) }

// Remarks collects remarks by code; its size is bounded. The zero value is ready; its JSON is its whole state.
type Remarks struct {
	by map[string]*Remark
}

// Add adds a record. The code is a short word; one that the package knows gets a title in plain words.
func (r *Remarks) Add(object, sourceID, code, reason string) {
	if r.by == nil {
		r.by = map[string]*Remark{}
	}
	m := r.by[code]
	if m == nil {
		m = &Remark{Code: code, Title: remarkTitle(code), Records: []RemarkRecord{}}
		r.by[code] = m
	}
	m.Count++
	if len(m.Records) < listed {
		m.Records = append(m.Records, RemarkRecord{object, sourceID, reason})
	}
}

// All are the remarks in the order of their weight for a reader, those without a known code last.
func (r Remarks) All() []Remark {
	out := make([]Remark, 0, len(r.by))
	for _, m := range r.by {
		out = append(out, *m)
	}
	slices.SortFunc(out, func(a, b Remark) int {
		return cmp.Or(cmp.Compare(remarkRank(a.Code), remarkRank(b.Code)), cmp.Compare(a.Code, b.Code))
	})
	return out
}

// Count is the number of records under a code.
func (r Remarks) Count(code string) int64 {
	if m := r.by[code]; m != nil {
		return m.Count
	}
	return 0
}

// Total is the number of records under all codes.
func (r Remarks) Total() int64 {
	n := int64(0)
	for _, m := range r.by {
		n += m.Count
	}
	return n
}

// MarshalJSON writes the remarks.
func (r Remarks) MarshalJSON() ([]byte, error) { return json.Marshal(r.All()) }

// UnmarshalJSON reads remarks.
func (r *Remarks) UnmarshalJSON(b []byte) error {
	var all []Remark
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	r.by = make(map[string]*Remark, len(all))
	for _, m := range all {
		r.by[m.Code] = &m
	}
	return nil
}
