package report

// Handover is what people still have to do; counts decide which points the checklist has.
type Handover struct {
	Agents       int           `json:"agents"`         // whose roles and permissions are set up by hand
	Orphans      int           `json:"orphans"`        // agents without a Nutshell user
	Groups       int64         `json:"groups"`         // distribution groups, each a saved filter
	Sequences    int64         `json:"sequences"`      // drip sequences to rebuild
	MergeFields  []string      `json:"merge_fields"`   // placeholders of templates that Nutshell does not know
	CustomFields []string      `json:"custom_fields"`  // made by this migration
	Undecided    []string      `json:"undecided"`      // properties, statuses, choices that came up after the approval
	InDoubt      int64         `json:"in_doubt"`       // records in doubt that a person accepted
	Rejected     int64         `json:"quarantined"`    // records that are not in Nutshell
	Files        []ArchiveFile `json:"files"`          // in the archive
	Attachments  int64         `json:"attachments"`    // files that are in the archive only, or linked
	SourceFlags  int64         `json:"source_deletes"` // records deleted in Rezora, left in Nutshell
}

// ArchiveFile is a file of the archive.
type ArchiveFile struct {
	Name string `json:"name"`
	URL  string `json:"url"`
	Size int64  `json:"size"`
}
