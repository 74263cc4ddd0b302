package account

import (
	"context"
	"fmt"
	"strings"
	"time"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/step"
)

// longText is the longest name that the contract lets pass (nutshell contract 6.4), in characters.
const longText = 255

// createdBefore is the creation time that probe P16 asks for.
const createdBefore = "2020-02-03T04:05:06+0000"

// base makes the company and the three people that the other probes work on. Without them there is nothing to probe with.
func (s *session) base(ctx context.Context) error {
	long := s.text() + " " + strings.Repeat("x", longText-len(s.text())-1)
	mail := map[string]any{"0": address(s.marker)}
	account, which, err := s.create(ctx, nutshell.Accounts, "account",
		map[string]any{"name": long, "email": mail}, map[string]any{"name": s.text(), "email": mail}, map[string]any{"name": s.text()})
	if err != nil {
		return baseError(nutshell.Accounts, err)
	}
	s.account = account
	if which > 0 {
		s.out.Add("P13", fmt.Sprintf("a name of %d characters was refused; longer names than the account takes are set aside with a reason", longText))
	}
	for i := range s.contacts {
		body := func(with map[string]any) map[string]any {
			b := map[string]any{
				"name":     map[string]any{"givenName": strings.TrimSpace(marking), "familyName": s.marker},
				"accounts": []any{map[string]any{"entityType": string(nutshell.Accounts), "id": account.ID, "relationship": "Probe"}},
			}
			for k, v := range with {
				b[k] = v
			}
			return b
		}
		bodies := []map[string]any{body(map[string]any{"email": mail}), body(nil)}
		dated := i == 1 // P16 asks once
		if dated {
			bodies = append([]map[string]any{body(map[string]any{"email": mail, "createdTime": createdBefore})}, bodies...)
		}
		e, which, err := s.create(ctx, nutshell.Contacts, fmt.Sprintf("contact-%d", i+1), bodies...)
		if err != nil {
			return baseError(nutshell.Contacts, err)
		}
		s.contacts[i] = e
		if i == 0 {
			s.firstRev = e.Rev
		}
		if dated {
			s.judgeCreated(e, which)
		}
	}
	return nil
}

// baseError ends the probes when their records cannot be made.
func baseError(t nutshell.EntityType, err error) error {
	switch {
	case isParked(err):
		return err
	case nutshell.IsForbidden(err):
		return step.Stuck("probe_forbidden", false,
			"Nutshell forbids this key to create %s, or the plan takes no more of them; give the right (is the key read-only?) or upgrade, then resume", t)
	case refusedWith(err):
		return step.Stuck("probe_refused", false,
			"Nutshell refused a plain record of %s (%s); see whether the account demands fields that the contract does not know, then resume", t, cause(err))
	}
	return fmt.Errorf("make probe records of %s: %w", t, err)
}

// judgeCreated is probe P16: a given creation time is ignored or refused.
func (s *session) judgeCreated(e nutshell.Entity, which int) {
	got, _ := nutshell.Time(e.Raw["createdTime"])
	asked, _ := nutshell.Time(createdBefore)
	switch {
	case which > 0:
		s.out.Add("P16", "a given creation time is refused; it is never sent")
	case got.Equal(asked):
		s.out.Add("P16", "a given creation time is honoured; it is not used, since that needs a decision")
	}
}

// probeOrder is P9: newer records have higher ids, and find shows them at once.
func (s *session) probeOrder(ctx context.Context) error {
	s.judgeOrder(nutshell.Accounts, s.account)
	s.judgeOrder(nutshell.Contacts, s.contacts[:]...)
	began := time.Now()
	for {
		missing, err := s.missingInFind(ctx)
		if err != nil {
			return err
		}
		late := time.Since(began)
		if missing == 0 {
			if late >= time.Second {
				s.out.LagSeconds = int(late/time.Second) + 1
				s.out.Add("P9", fmt.Sprintf("find showed new records only after about %d s; look-ups wait for that long", s.out.LagSeconds))
			}
			return nil
		}
		if late > s.lagMost() {
			return step.Stuck("probe_9", false, "find does not show new records %d s after they were made, so that lost answers could not be looked up; "+
				"see whether the user of the API key may see all records, then resume", int(s.lagMost()/time.Second))
		}
		if err := s.wait(ctx); err != nil {
			return err
		}
	}
}

func (s *session) lagMost() time.Duration {
	if s.LagMost > 0 {
		return s.LagMost
	}
	return max(2*time.Minute, 2*s.ReadLag)
}

// missingInFind counts the people of this session that find does not show.
func (s *session) missingInFind(ctx context.Context) (int, error) {
	list, err := s.Client.Find(ctx, nutshell.Contacts, nutshell.Query{Filter: map[string]any{"accountId": s.account.ID}, Desc: true})
	if err != nil {
		return 0, err
	}
	shown := map[int64]bool{}
	for _, e := range list {
		shown[e.ID] = true
	}
	missing := 0
	for _, c := range s.contacts {
		if !shown[c.ID] {
			missing++
		}
	}
	return missing, nil
}

// judgeOrder holds ids in the order of their creation against the highest id seen before.
func (s *session) judgeOrder(t nutshell.EntityType, made ...nutshell.Entity) {
	last := s.Marks[t]
	for _, e := range made {
		if e.ID <= last && !s.out.IDsUnordered {
			s.out.IDsUnordered = true
			s.out.Add("P9", "newer records do not have higher ids: look-ups go by the REST filter or list whole types, which takes longer")
		}
		last = max(last, e.ID)
	}
}

// probeLinks is P12: whether linking moves the rev of the other end.
func (s *session) probeLinks(ctx context.Context) error {
	now, err := s.Client.Get(ctx, nutshell.Accounts, s.account.ID)
	if err != nil {
		return err
	}
	if now.Rev == s.account.Rev {
		s.out.Add("P12", "linking does not move the rev of the other end")
	}
	s.account = s.saw(now)
	if sent := nutshell.Text(now.Raw["name"]); len(sent) < longText && !hasFinding(s.out, "P13") {
		s.out.Add("P13", fmt.Sprintf("a name of %d characters was cut to %d; longer names come back changed", longText, len([]rune(sent))))
	}
	return nil
}

func hasFinding(p Probes, probe string) bool {
	for _, f := range p.Findings {
		if f.Probe == probe {
			return true
		}
	}
	return false
}

// probeOwner is P18 for people; for leads see probeLead. Where the caller is the owner, a person is made with an empty one.
func (s *session) probeOwner(ctx context.Context) error {
	if !s.judgeOwner("owner", s.contacts[0]) {
		return nil
	}
	name := map[string]any{"givenName": strings.TrimSpace(marking), "familyName": s.marker}
	link := map[string]any{"entityType": string(nutshell.Accounts), "id": s.account.ID}
	e, _, err := s.create(ctx, nutshell.Contacts, "contact-4", map[string]any{"name": name, "accounts": []any{link}, "owner": nil})
	if err != nil && !refusedWith(err) {
		return err
	}
	s.moved(s.account)
	s.out.OwnerEmpty = err == nil && len(nutshell.Object(e.Raw["owner"])) == 0
	if s.out.OwnerEmpty {
		s.out.Add("P18", "an empty owner is sent where Rezora has none, and stays empty")
	} else {
		s.out.Add("P18", "an empty owner is not taken: what has no owner in Rezora is the key's user's")
	}
	return nil
}

func (s *session) judgeOwner(key string, e nutshell.Entity) bool {
	if len(nutshell.Object(e.Raw[key])) == 0 {
		return false
	}
	s.out.OwnerDefault = true
	s.out.Add("P18", fmt.Sprintf("%s made without %s get the key's user", e.Type, key))
	return true
}

// probeStale is P11: an edit and a deletion with an old rev are refused and change nothing.
func (s *session) probeStale(ctx context.Context) error {
	c := s.contacts[0]
	stale := s.firstRev
	if stale == c.Rev {
		e, err := s.edit(ctx, "contact-1/touch", c, map[string]any{"description": s.text()})
		if err != nil {
			return err
		}
		s.contacts[0], c = e, e
	}
	if stale == c.Rev {
		s.out.Add("P11", "an edit does not move the rev, so that edits of people in the same moment cannot be told")
		return nil
	}
	_, err := s.editAt(ctx, "contact-1/stale", c, stale, map[string]any{"description": s.text() + " stale"})
	switch {
	case err == nil:
		s.out.Add("P11", "an edit with an old rev is accepted: an edit by a person in the same second may be overwritten")
	case !nutshell.IsRefused(err):
		return err
	}
	err = s.removeOnce(ctx, s.marker, "contact-1/stale", c, stale)
	switch {
	case err == nil:
		s.moved(c)
		s.out.Add("P11", "a deletion with an old rev is accepted: the undo reads each record right before it deletes it")
	case !nutshell.IsRefused(err):
		return err
	}
	return nil
}

// probeUndelete is P19.
func (s *session) probeUndelete(ctx context.Context) error {
	c := s.contacts[2]
	s.moved(c)
	err := s.removeOnce(ctx, s.marker, "contact-3", c, c.Rev)
	for try := 1; nutshell.IsStale(err) && try < tries; try++ {
		if c, err = s.Client.Get(ctx, c.Type, c.ID); err == nil {
			err = s.removeOnce(ctx, s.marker, "contact-3", c, c.Rev)
		}
	}
	if err != nil {
		return err
	}
	gone, err := s.Client.Get(ctx, c.Type, c.ID)
	if err != nil && !nutshell.IsNotFound(err) {
		return err
	}
	s.out.ShowsDeleted = err == nil && gone.Deleted
	if err == nil && !gone.Deleted {
		s.out.Add("P19", "a deleted record is still shown by its id for a while")
	}
	list, err := s.Client.Find(ctx, c.Type, nutshell.Query{Filter: map[string]any{"accountId": s.account.ID}, Desc: true})
	if err != nil {
		return err
	}
	for _, e := range list {
		if e.ID == c.ID {
			s.out.Add("P19", "find still lists a deleted record for a while")
		}
	}
	err = s.undelete(ctx, "contact-3", c)
	switch {
	case nutshell.IsRefused(err):
		s.out.Add("P19", "undelete is not offered: a deletion is final")
		return nil
	case err != nil:
		return err
	}
	back, err := s.Client.Get(ctx, c.Type, c.ID)
	if err != nil {
		return err
	}
	s.out.Undelete = !back.Deleted
	if back.Deleted {
		s.out.Add("P19", "undelete was accepted, but the record stays deleted: a deletion is final")
		return nil
	}
	s.saw(back)
	return nil
}
