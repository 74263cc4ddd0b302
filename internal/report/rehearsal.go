package report

// Rehearsal is what a rehearsal said the target root would be, and whether it came out so.
type Rehearsal struct {
	TargetRoot string      `json:"target_root"`
	At         string      `json:"at"` // RFC 3339
	Same       bool        `json:"same"`
	Records    []Differing `json:"records"`           // that came out otherwise
	Changed    int         `json:"changed_at_source"` // further ones, which the source has changed since the extract was sealed
	More       bool        `json:"more"`              // there are more than can be named here
}

// Differing is a record that came out otherwise than rehearsed.
type Differing struct {
	Object   string `json:"object"`
	SourceID string `json:"source_id"`
}

// Say tells in words whether it came out as rehearsed.
func (r Rehearsal) Say() string {
	switch n := len(r.Records); {
	case r.Same:
		return "It came out exactly as rehearsed (" + r.At + ")."
	case n == 0 && !r.More:
		return "It came out as rehearsed (" + r.At + "), but for " + plural(r.Changed, "record", "records") + " that changed in Rezora since then."
	case r.More:
		return "It came out otherwise than rehearsed (" + r.At + "), for more records than can be named here."
	case r.Changed == 0:
		return plural(n, "record", "records") + " came out otherwise than rehearsed (" + r.At + ")."
	default:
		return plural(n, "record", "records") + " came out otherwise than rehearsed (" + r.At + "); " + plural(r.Changed, "more record", "more records") + " changed in Rezora since then."
	}
}
