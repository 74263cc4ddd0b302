package report

import "io"

// Rollback says what was undone, what stays and why, and proves that nothing else changed.
type Rollback struct {
	Migration    string       `json:"-"`
	Created      CreatedBack  `json:"created"`
	Updated      UpdatedBack  `json:"updated"`
	Kept         []KeptRecord `json:"kept"`
	Proof        Proof        `json:"proof"`
	CustomFields []string     `json:"custom_fields"` // stay in Nutshell: no call removes a definition
	Changed      []Trace      `json:"changed"`       // records behind proof.untouched_changed
}

// CreatedBack counts the records that the migration had made. A person's deletion counts as deleted.
type CreatedBack struct {
	Deleted int64 `json:"deleted"`
	Kept    int64 `json:"kept"`
	Failed  int64 `json:"failed"`
}

// UpdatedBack counts the records that were there before and that the migration had changed.
type UpdatedBack struct {
	Restored int64 `json:"restored"`
	Kept     int64 `json:"kept"`
	Failed   int64 `json:"failed"`
}

// KeptRecord is a record that stays as it is, and why.
type KeptRecord struct {
	Object     string `json:"object"`
	SourceID   string `json:"source_id"`
	TargetType string `json:"target_type"`
	TargetID   int64  `json:"target_id"`
	Reason     string `json:"reason"`
}

// Proof is the account read again after the rollback.
type Proof struct {
	UntouchedChecked int64 `json:"untouched_checked"` // records of the first crawl without an effect or link of ours
	UntouchedChanged int64 `json:"untouched_changed"` // of those, the ones that carry a trace of ours
	EditedByOthers   int64 `json:"edited_by_others"`  // of those, the ones that users changed meanwhile: no failure
	RestoredEqual    int64 `json:"restored_equal"`    // merged records equal to their pre-image but for users' edits
}

// Trace is a record that should not carry anything of ours, and does.
type Trace struct {
	TargetType string `json:"target_type"`
	TargetID   int64  `json:"target_id"`
	Reason     string `json:"reason"`
}

// Clean reports whether everything was undone that may be undone, and nothing else was touched.
func (r Rollback) Clean() bool {
	return r.Created.Failed == 0 && r.Updated.Failed == 0 && r.Proof.UntouchedChanged == 0
}

// JSON writes rollback.json.
func (r Rollback) JSON(w io.Writer) error {
	r.Kept, r.CustomFields, r.Changed = list(r.Kept), list(r.CustomFields), list(r.Changed)
	return encode(w, r)
}
