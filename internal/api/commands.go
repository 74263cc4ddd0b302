package api

import (
	"encoding/json"
	"fmt"
)

// Way is one way to send a message: the tool, and the exact command line for it.
type Way struct {
	Tool    string
	Command string
}

// Commands gives the exact commands that send a message to a running migration, for each tool an operator may have at hand. digest is
// used by confirm only; approved tells yes from no.
func Commands(message, migration, digest string, approved bool) []Way {
	id, payload := MigrationIDPrefix+migration, Payload(message, digest, approved)
	starter := fmt.Sprintf("starter %s %s", message, migration)
	if message == Confirm {
		verb := "--approve"
		if !approved {
			verb = "--reject"
		}
		starter += fmt.Sprintf(" %s --approver you@example.com --report %s", verb, short(digest))
	}
	return []Way{
		{"starter", starter},
		{"temporal", fmt.Sprintf("temporal workflow signal --workflow-id %s --name %s --input '%s'", id, message, payload)},
		{"tctl", fmt.Sprintf("tctl workflow signal --workflow_id %s --name %s --input '%s'", id, message, payload)},
	}
}

// Payload is the text to paste into "Send a signal" of Temporal's Web UI.
func Payload(message, digest string, approved bool) string {
	var v any = By{By: "you@example.com"}
	switch message {
	case Confirm:
		v = Decision{Approved: approved, Approver: "you@example.com", Report: short(digest)}
	case Cutover:
		v = CutoverBy{By: "you@example.com"}
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "{}"
	}
	return string(b)
}

// RollbackCommands start the rollback of a migration whose workflow is closed.
func RollbackCommands(migration string) []Way {
	b, err := json.Marshal(RollbackInput{Migration: migration, By: "you@example.com", Reason: "", Edited: "keep"})
	if err != nil {
		b = []byte("{}")
	}
	start := fmt.Sprintf("--type %s --task-queue %s", RollbackWorkflow, TaskQueue)
	return []Way{
		{"starter", "starter rollback " + migration},
		{"temporal", fmt.Sprintf("temporal workflow start --workflow-id %s%s %s --input '%s'", RollbackIDPrefix, migration, start, b)},
		{"tctl", fmt.Sprintf("tctl workflow start --workflow_id %s%s --workflow_type %s --taskqueue %s --execution_timeout 2592000 --input '%s'",
			RollbackIDPrefix, migration, RollbackWorkflow, TaskQueue, b)},
	}
}
