package target

import "encoding/json"

// The statuses of a lead (nutshell contract 3.4).
const (
	leadOpen    = "0"
	leadPending = "1"
)

// leadChange gathers what an edit says about a lead's state, which the API takes only in certain combinations (nutshell contract 3.4): an
// outcome closes, with the time given or now; a bare closed status is refused; status 0 reopens and clears the closing.
type leadChange struct {
	status, outcome, closed *demand
	clear                   map[Path]bool
}

func isLeadState(p Path) bool { return p == "status" || p == "outcome" || p == "closedTime" }

func (c *leadChange) put(d *demand) {
	switch d.path {
	case "status":
		c.status = d
	case "outcome":
		c.outcome = d
	case "closedTime":
		c.closed = d
	}
}

// write adds the state to the body. A closed status without an outcome, demanded or there, cannot be sent and is left to the outcome.
func (c *leadChange) write(v *View, body map[string]any) {
	statusNow, _ := v.Fields["status"]
	outcomeNow, isClosed := v.Fields["outcome"]
	closedNow, hasTime := v.Fields["closedTime"]
	switch {
	case c.status != nil && c.status.canon == leadOpen:
		if statusNow.Canon != leadOpen {
			body["status"] = json.Number(leadOpen)
		}
	case c.status != nil && c.status.canon == leadPending:
		if statusNow.Canon != leadPending {
			body["isPending"] = true
		}
	case c.outcome == nil && (c.clear["outcome"] || c.clear["status"]):
		body["status"] = json.Number(leadOpen)
	case c.outcome != nil:
		wrongTime := c.closed != nil && !(hasTime && c.closed.equal(closedNow))
		if isClosed && c.outcome.equal(outcomeNow) && !wrongTime {
			return
		}
		body["outcome"] = c.outcome.wire
		if c.closed != nil {
			body["closedTime"] = c.closed.wire
		} else if hasTime {
			body["closedTime"] = closedNow.Wire
		}
	case c.closed != nil:
		if !hasTime || !c.closed.equal(closedNow) {
			body["closedTime"] = c.closed.wire
		}
	}
}
