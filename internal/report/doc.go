// Package report writes what people and their scripts read of a migration: the report before anything moves, the sample's field by field
// comparison, the reconciliation, the rollback, the guide to what has to be rebuilt by hand, and the archives of what Nutshell cannot hold.
//
// A report is a plain struct that says all there is to say; JSON writes exactly that, HTML the same for a reader who knows neither JSON nor
// Temporal. Pages stand alone: no network, no file beside them, a content security policy that allows nothing but their own style and
// script, and they work without the script but for filtering. Values of records are escaped, always. The digest of a report binds a
// decision to the report's data, the effective map and the extract (I8).
package report
