package account

import (
	"context"
	"fmt"
	"strings"
	"time"

	"rezora2nutshell/clients/nutshell"
)

// longLead is the longest description of a lead (nutshell contract 3.4), in characters.
const longLead = 100

// probeLead is P15, and with it P13 and P18 for leads.
func (s *session) probeLead(ctx context.Context) error {
	link := func(e nutshell.Entity) map[string]any { return e.Type.Link(e.ID) }
	body := func(description string) map[string]any {
		return map[string]any{"description": description, "accounts": []any{link(s.account)}, "contacts": []any{link(s.contacts[0])}}
	}
	long := s.text() + " " + strings.Repeat("é", longLead-len(s.text())-1)
	lead, which, err := s.create(ctx, nutshell.Leads, "lead", body(long), body(s.text()))
	if err != nil {
		return err
	}
	s.lead = lead
	s.moved(s.account)
	s.moved(s.contacts[0])
	s.judgeOrder(nutshell.Leads, lead)
	s.judgeOwner("assignee", lead)
	closed, asked, err := s.closeLead(ctx)
	if err != nil {
		return err
	}
	now, err := s.Client.Get(ctx, nutshell.Leads, lead.ID)
	if err != nil {
		return err
	}
	s.lead = s.saw(now)
	if sent := nutshell.Text(now.Raw["description"]); which > 0 || sent != long {
		s.out.Add("P13", fmt.Sprintf("a lead's description of %d characters does not come back whole; the diff report shows which are changed", longLead))
	}
	if closed {
		got, _ := nutshell.Time(now.Raw["closedTime"])
		if s.out.ClosesNow = !got.Equal(asked); s.out.ClosesNow {
			s.out.Add("P15", "a given closing time is not kept; the original stands in a custom field")
		}
	}
	return nil
}

// closeLead closes the session's lead, first by a bare status, which is expected to be refused, then by an outcome with a time of the past.
func (s *session) closeLead(ctx context.Context) (closed bool, at time.Time, err error) {
	outcome, ok := s.leastOutcome()
	if !ok {
		s.out.Add("P15", "the account has no lead outcome to probe with; "+assume("P15", &s.out))
		return false, at, nil
	}
	e, err := s.edit(ctx, "lead/status", s.lead, map[string]any{"status": outcome.Type})
	switch {
	case err == nil:
		s.lead = e
		if status, _ := nutshell.Number(e.Raw["status"]); int(status) == outcome.Type {
			s.out.Add("P15", "a lead can be closed by its status alone; the outcome is sent all the same")
		}
	case !refusedWith(err):
		return false, at, err
	}
	at = lastYear()
	body := map[string]any{"outcome": nutshell.LeadOutcomes.Link(outcome.ID), "closedTime": at.Format(wireTime)}
	e, err = s.edit(ctx, "lead/close", s.lead, body)
	switch {
	case refusedWith(err):
		s.out.Add("P15", "closing a lead with a time is refused; "+assume("P15", &s.out))
		return false, at, nil
	case err != nil:
		return false, at, err
	}
	s.lead = e
	return true, at, nil
}

// wireTime is a time as Nutshell takes it.
const wireTime = "2006-01-02T15:04:05-0700"

func lastYear() time.Time { return time.Now().UTC().AddDate(-1, 0, 0).Truncate(time.Second) }

// leastOutcome prefers a cancelled lead to a lost one, and both to a won one, for the sake of the account's own figures.
func (s *session) leastOutcome() (nutshell.LeadOutcome, bool) {
	best := nutshell.LeadOutcome{}
	for _, o := range s.Facts.Outcomes {
		if o.Type > best.Type {
			best = o
		}
	}
	return best, best.ID != 0
}
