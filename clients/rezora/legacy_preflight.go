package rezora

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rezora2nutshell/internal/record"
)

// LegacyCheck is what preflight of the legacy API needs to know.
type LegacyCheck struct {
	Credentials []Credential
	Current     Source      // for the comparison of ids; nil skips it
	AgentIDs    []string    // agents of the current API that are in scope
	Owner       OwnerFinder // of credentials without an agent
	MatchByID   *bool       // what a person decided; nil when nobody did
	ZoneDecided bool        // a person set legacy.zone
}

// LegacyCapabilities are the result of the legacy API's preflight.
type LegacyCapabilities struct {
	Coverage   []LegacyCoverage `json:"coverage"`              // one a credential, then one for each agent without
	SharedIDs  int              `json:"shared_ids"`            // ids of the sample found in current
	SameEmail  int              `json:"same_email"`            // of these, with the same e-mail
	Sampled    int              `json:"sampled"`               // contacts of the sample
	ZoneOffset string           `json:"zone_offset,omitempty"` // most frequent difference of created_at, when not 0
	Findings   []Finding        `json:"findings,omitempty"`
}

// Sizes of the comparison with current (rezora contract 11).
const (
	sampleAgents   = 10
	sampleContacts = 20
	sharedEnough   = 0.95
)

// Preflight tries every credential, and compares ids and times of a sample with the current API. It only reads.
func (l *LegacyClient) Preflight(ctx context.Context, check LegacyCheck) (LegacyCapabilities, error) {
	var out LegacyCapabilities
	var cmp comparison
	covered := map[string]bool{}
	for _, cred := range check.Credentials {
		cover, err := l.try(ctx, cred, check, &cmp)
		if err != nil && !oneCredential(err) {
			return out, err
		}
		if cover.Coverage != Complete {
			out.Findings = append(out.Findings, Finding{Level: Adapted, Check: "legacy answers", Text: cred.String() + " failed: " + cover.Reason})
		}
		covered[cover.AgentID] = true
		out.Coverage = append(out.Coverage, cover)
	}
	for _, id := range check.AgentIDs {
		if !covered[id] {
			out.Coverage = append(out.Coverage, LegacyCoverage{Level: AgentLevel, AgentID: id, Coverage: NotChecked, Reason: "no credential"})
		}
	}
	out.SharedIDs, out.SameEmail, out.Sampled = cmp.found, cmp.same, cmp.sampled
	if err := cmp.sharedIDs(check, &out); err != nil {
		return out, err
	}
	return out, cmp.zone(check, &out)
}

// compareError is a fault of the current API met during the comparison: no fault of the legacy credential.
type compareError struct{ cause error }

func (e *compareError) Error() string { return "compare with the current API: " + e.cause.Error() }
func (e *compareError) Unwrap() error { return e.cause }

// oneCredential reports a fault that concerns one legacy credential only: the legacy API answers, and refuses or breaks.
func oneCredential(err error) bool {
	var (
		compare *compareError
		status  *StatusError
		answer  *AnswerError
	)
	return !errors.As(err, &compare) && (errors.As(err, &status) || errors.As(err, &answer))
}

// try makes the first reads of a credential.
func (l *LegacyClient) try(ctx context.Context, cred Credential, check LegacyCheck, cmp *comparison) (LegacyCoverage, error) {
	r := l.start(cred, func(context.Context, []record.Record) error { return nil })
	if cred.Level == CompanyLevel {
		rows, err := l.Agents(ctx, cred)
		return r.end(r.take(ctx, rows, err))
	}
	lists, err := l.Lists(ctx, cred, cred.AgentID)
	if err := r.take(ctx, lists, err); err != nil {
		return r.end(err)
	}
	contacts, err := l.Contacts(ctx, cred, cred.AgentID)
	if err := r.take(ctx, contacts, err); err != nil {
		return r.end(err)
	}
	if !slices.ContainsFunc(contacts.Records, func(rec record.Record) bool {
		var c record.Contact
		return rec.Decode(&c) == nil && c.IsSelf
	}) {
		return r.end(&dataError{fmt.Errorf("no self contact")})
	}
	if cred.AgentID == "" {
		if r.cover.AgentID, err = selfOwner(ctx, contacts.Records, check.Owner); err != nil {
			return r.end(err)
		}
	}
	if check.Current != nil && cmp.agents < sampleAgents {
		cmp.agents++
		if err := cmp.agent(ctx, check.Current, contacts.Records); err != nil {
			return r.cover, &compareError{err}
		}
	}
	return r.end(nil)
}

// comparison holds legacy contacts against current ones of the same id.
type comparison struct {
	agents, sampled, found, same int
	offsets                      map[time.Duration]int
}

func (c *comparison) agent(ctx context.Context, current Source, contacts []record.Record) error {
	step := max(1, len(contacts)/sampleContacts) // spread over the whole list
	for i, n := 0, 0; i < len(contacts) && n < sampleContacts; i, n = i+step, n+1 {
		var old, now record.Contact
		if err := contacts[i].Decode(&old); err != nil {
			return err
		}
		c.sampled++
		rec, state, err := current.Item(ctx, record.Contacts, contacts[i].ID)
		if err != nil {
			return err
		}
		if state != Live {
			continue
		}
		if err := rec.Decode(&now); err != nil {
			return err
		}
		c.found++
		if !strings.EqualFold(strings.TrimSpace(old.Email), strings.TrimSpace(now.Email)) {
			continue
		}
		c.same++
		if old.CreatedAt.Set() && now.CreatedAt.Set() {
			if c.offsets == nil {
				c.offsets = map[time.Duration]int{}
			}
			c.offsets[old.CreatedAt.Sub(now.CreatedAt.Time)]++
		}
	}
	return nil
}

func (c *comparison) sharedIDs(check LegacyCheck, out *LegacyCapabilities) error {
	if c.sampled == 0 || c.found > 0 && float64(c.same) >= sharedEnough*float64(c.found) {
		return nil
	}
	text := fmt.Sprintf("%d of %d sampled legacy contact ids exist in current, %d with the same e-mail", c.found, c.sampled, c.same)
	if check.MatchByID == nil {
		return &PreflightError{Kind: record.Contacts, Check: "legacy and current share ids", Cause: text,
			Cure: "decide whether equal ids are equal records and set union.match_by_id to true or false"}
	}
	out.Findings = append(out.Findings, Finding{Level: Warning, Check: "shared ids", Text: text})
	return nil
}

func (c *comparison) zone(check LegacyCheck, out *LegacyCapabilities) error {
	var offset time.Duration
	for o, n := range c.offsets {
		if n > c.offsets[offset] || n == c.offsets[offset] && o.Abs() < offset.Abs() {
			offset = o
		}
	}
	if offset == 0 || c.offsets[offset]*2 < c.same {
		return nil
	}
	out.ZoneOffset = offset.String()
	text := "legacy times differ from current ones by " + offset.String()
	if !check.ZoneDecided {
		return &PreflightError{Kind: record.Contacts, Check: "legacy zone", Cause: text, Cure: "set legacy.zone to the zone of the legacy API's times"}
	}
	out.Findings = append(out.Findings, Finding{Level: Warning, Check: "legacy zone", Text: text})
	return nil
}
