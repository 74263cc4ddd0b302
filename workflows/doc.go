// Package workflows holds the decisions of a migration and nothing else: no clock, no network, no files, no SQL. Read migration.go
// from top to bottom for the story; gate.go, park.go and inbox.go say how people take part in it; pages.go, delta.go, rollback.go
// and notice.go are its children. Everything here replays: it changes only behind workflow.GetVersion.
package workflows
