package report

import "io"

// HTML writes sample-diff.html.
func (d SampleDiff) HTML(w io.Writer) error { return d.JSON(w) }

// HTML writes pre-migration.html.
func (p PreMigration) HTML(w io.Writer) error { return p.JSON(w) }

// HTML writes reconciliation.html.
func (r Reconciliation) HTML(w io.Writer) error { return r.JSON(w) }

// HTML writes rollback.html.
func (r Rollback) HTML(w io.Writer) error { return r.JSON(w) }
