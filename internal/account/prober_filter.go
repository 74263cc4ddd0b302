package account

import (
	"context"
	"fmt"
	"time"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/target"
)

// probeFilter is P10 with a custom text field that the account has already. Our own key field is probed by ProbeFilter once it is there.
func (s *session) probeFilter(ctx context.Context) error {
	for _, d := range s.fieldsFirst(nutshell.Contacts) {
		if d.Type != nutshell.FieldText {
			continue
		}
		view, err := target.FromWire(string(nutshell.Contacts), s.contacts[0].Raw, s.Facts.Defs()[nutshell.Contacts])
		if err != nil {
			return fmt.Errorf("read a probe record: %w", err)
		}
		if view.Get(target.CustomPath(d.Name)) != s.marker {
			return nil // P8 says why
		}
		ok, err := s.filterFinds(ctx, s.contacts[0], d.Name)
		s.out.Filter = ok
		return err
	}
	return nil
}

// ProbeFilter is P10 with the migration's key field, on each type that carries it. It is called when the fields are defined, and again
// answers the outcome of all probes. It makes one marked record a type, and deletes them.
func (p *Prober) ProbeFilter(ctx context.Context, probes Probes) (Probes, error) {
	if err := p.CleanUp(ctx); err != nil {
		return probes, err
	}
	s := p.session()
	s.out = probes
	s.out.Filter = false
	err := s.filterAll(ctx)
	switch {
	case err == nil:
	case passing(ctx, err):
		s.out.Filter = false
		s.out.Add("P10", fmt.Sprintf("could not be found out (%s); %s", cause(err), assume("P10", &s.out)))
	case !isParked(err):
		return probes, err
	}
	if cerr := p.cleanUp(ctx, s.seen); cerr != nil {
		return probes, cerr
	}
	return s.out, err
}

func (s *session) filterAll(ctx context.Context) error {
	key := map[string]any{crawl.SourceField: s.marker}
	for _, t := range []nutshell.EntityType{nutshell.Accounts, nutshell.Contacts, nutshell.Leads} {
		if !s.hasKeyField(t) {
			s.out.Add("P10", fmt.Sprintf("%s have no text field %s; %s", t, crawl.SourceField, assume("P10", &s.out)))
			return nil
		}
		e, _, err := s.create(ctx, t, "filter", s.filtered(t, key))
		if err != nil {
			return err
		}
		if t == nutshell.Accounts {
			s.account = e
		}
		ok, err := s.filterFinds(ctx, e, crawl.SourceField)
		if err != nil || !ok {
			return err
		}
	}
	s.out.Filter = true
	return nil
}

func (s *session) hasKeyField(t nutshell.EntityType) bool {
	for _, d := range s.Facts.Fields[t] {
		if d.Name == crawl.SourceField && d.Type == nutshell.FieldText {
			return true
		}
	}
	return false
}

// filtered is a record of a type that carries the key.
func (s *session) filtered(t nutshell.EntityType, key map[string]any) map[string]any {
	account := []any{map[string]any{"entityType": string(nutshell.Accounts), "id": s.account.ID}}
	mail := map[string]any{"0": address(s.marker)}
	switch t {
	case nutshell.Accounts:
		return map[string]any{"name": s.text(), "email": mail, "customFields": key}
	case nutshell.Contacts:
		return map[string]any{"name": map[string]any{"givenName": "Migration probe", "familyName": s.marker}, "email": mail, "accounts": account, "customFields": key}
	}
	return map[string]any{"description": s.text(), "accounts": account, "customFields": key}
}

// filterFinds asks for a record by the value of its field, and for a value that no record has. A hit is confirmed by a read, since rows
// carry no values and a server may ignore the filter (nutshell contract 7.13).
func (s *session) filterFinds(ctx context.Context, e nutshell.Entity, field string) (bool, error) {
	keys, err := s.Client.FilterKeys(ctx, e.Type)
	if err != nil {
		return false, err
	}
	key, ok := keys.Key(field)
	if !ok {
		s.noFilter(e.Type, "does not filter by the field")
		return false, nil
	}
	hits, err := s.filterWait(ctx, e, key)
	switch {
	case nutshell.IsRefused(err), nutshell.IsNotOffered(err):
		s.noFilter(e.Type, "refuses the filter")
		return false, nil
	case err != nil:
		return false, err
	case len(hits) != 1 || hits[0] != e.ID:
		s.noFilter(e.Type, fmt.Sprintf("answers %d records to a value that one has", len(hits)))
		return false, nil
	}
	shown, err := s.Client.Get(ctx, e.Type, e.ID)
	if err != nil {
		return false, err
	}
	s.saw(shown)
	if nutshell.Text(nutshell.Object(shown.Raw["customFields"])[field]) != s.marker {
		s.noFilter(e.Type, "shows another value in the field")
		return false, nil
	}
	none, err := s.Client.RestFilter(ctx, e.Type, key, "no-"+s.marker, 0)
	switch {
	case err != nil && !nutshell.IsRefused(err):
		return false, err
	case err != nil || len(none) != 0:
		s.noFilter(e.Type, fmt.Sprintf("answers %d records to a value that none has", len(none)))
		return false, nil
	}
	return true, nil
}

// filterWait asks until the new record shows, as long as find was seen to hide one.
func (s *session) filterWait(ctx context.Context, e nutshell.Entity, key string) (hits []int64, err error) {
	for try := 0; ; try++ {
		hits, err = s.Client.RestFilter(ctx, e.Type, key, s.marker, 0)
		if err != nil || len(hits) > 0 || try >= s.looks() {
			return hits, err
		}
		if err := s.wait(ctx); err != nil {
			return nil, err
		}
	}
}

// looks is how often a new record is looked for again: never, where find showed it at once.
func (s *session) looks() int {
	return int(time.Duration(s.out.LagSeconds) * time.Second / s.poll())
}

func (s *session) noFilter(t nutshell.EntityType, how string) {
	s.out.Add("P10", fmt.Sprintf("the REST list of %s %s; %s", t, how, assume("P10", &s.out)))
}
