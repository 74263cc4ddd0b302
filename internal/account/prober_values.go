package account

import (
	"context"
	"fmt"
	"strings"
	"time"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/target"
)

// nowhere resolves no link: probe records carry none of source records.
func nowhere(string, string) (int64, bool) { return 0, false }

// value is one value of probe P8, under the name that the findings give it.
type value struct {
	name  string
	wants []target.Want
}

// values are those that codecs could get wrong, and one custom field of each type that the account has. Probes define no fields.
func (s *session) values() []value {
	out := []value{
		{"web address without scheme", []target.Want{target.URL("migration-probe.example.invalid/" + s.marker)}},
		{"telephone number without label", []target.Want{target.Phone("", "+15125550142"), target.Phone("", "+442079460958")}},
		{"postal address", []target.Want{target.Address("", target.AddressParts{Line1: "1 Probe St", City: "Austin", State: "TX", PostalCode: "78701", Country: "US"})}},
	}
	taken := map[nutshell.FieldType]bool{}
	for _, d := range s.fieldsFirst(nutshell.Contacts) {
		wants := s.custom(d)
		if taken[d.Type] || len(wants) == 0 {
			continue
		}
		taken[d.Type] = true
		out = append(out, value{"custom field of type " + string(d.Type), wants})
	}
	return out
}

// fieldsFirst lists the custom fields of a type, the migration's own key first: its value is what look-ups depend on.
func (s *session) fieldsFirst(t nutshell.EntityType) []nutshell.FieldDef {
	var own, others []nutshell.FieldDef
	for _, d := range s.Facts.Fields[t] {
		if d.Name == crawl.SourceField {
			own = append(own, d)
		} else {
			others = append(others, d)
		}
	}
	return append(own, others...)
}

// custom is the probe value of a field by its type; none for a type that is no word of nutshell contract 4.5.
func (s *session) custom(d nutshell.FieldDef) []target.Want {
	kind := target.KindOf(string(d.Type))
	switch d.Type {
	case nutshell.FieldText:
		return []target.Want{target.Custom(d.Name, kind, s.marker)}
	case nutshell.FieldTextarea:
		return []target.Want{target.Custom(d.Name, kind, s.text()+"\n\"second\" <line> & é 漢")}
	case nutshell.FieldNumber:
		return []target.Want{target.Custom(d.Name, kind, "-12345.25")}
	case nutshell.FieldCurrency:
		return []target.Want{target.Custom(d.Name, kind, map[string]any{"currency": s.currency(), "amount": "1234.50"})}
	case nutshell.FieldDate:
		return []target.Want{target.Custom(d.Name, kind, "2024-02-29")}
	case nutshell.FieldDateTime:
		return []target.Want{target.Custom(d.Name, kind, time.Date(2019, 7, 14, 23, 30, 0, 0, time.UTC))}
	case nutshell.FieldBoolean:
		return []target.Want{target.Custom(d.Name, kind, true)}
	case nutshell.FieldSelect:
		switch {
		case len(d.Choices) == 0:
			return nil
		case d.Multiple:
			return target.Choices(d.Name, d.Choices[:min(2, len(d.Choices))])
		}
		return []target.Want{target.Custom(d.Name, kind, d.Choices[0])}
	}
	return nil
}

func (s *session) currency() string {
	if s.Facts.Currency != "" {
		return s.Facts.Currency
	}
	return "USD"
}

// probeValues is P8: what is sent comes back equal by nutshell contract 7.9. Values that refuse the whole edit are found one by one.
func (s *session) probeValues(ctx context.Context) error {
	values := s.values()
	refused := map[int]bool{}
	var all []target.Want
	for _, v := range values {
		all = append(all, v.wants...)
	}
	err := s.setValues(ctx, "contact-1/values", all)
	if refusedWith(err) {
		for i, v := range values {
			err = s.setValues(ctx, "contact-1/values", v.wants)
			if refusedWith(err) {
				refused[i] = true
				s.altered(v.name, "is refused")
			} else if err != nil {
				return err
			}
		}
	} else if err != nil {
		return err
	}
	now, err := s.Client.Get(ctx, nutshell.Contacts, s.contacts[0].ID)
	if err != nil {
		return err
	}
	s.contacts[0] = s.saw(now)
	view, err := target.FromWire(string(nutshell.Contacts), now.Raw, s.Facts.Defs()[nutshell.Contacts])
	if err != nil {
		return fmt.Errorf("read a probe record: %w", err)
	}
	for i, v := range values {
		for _, f := range target.Compare(v.wants, view, nowhere) {
			if f.Fault() && !refused[i] {
				s.altered(v.name, "does not come back equal")
				break
			}
		}
	}
	return nil
}

func (s *session) altered(name, how string) {
	s.out.Altered = append(s.out.Altered, strings.TrimPrefix(name, "custom field of type "))
	s.out.Add("P8", name+": it "+how+"; such values show in the diff report of the sample")
}

func (s *session) setValues(ctx context.Context, role string, wants []target.Want) error {
	c := s.contacts[0]
	view, err := target.FromWire(string(nutshell.Contacts), c.Raw, s.Facts.Defs()[nutshell.Contacts])
	if err != nil {
		return fmt.Errorf("read a probe record: %w", err)
	}
	body, err := target.EditBody(view, wants, nil, nowhere)
	if err != nil || body == nil {
		return err
	}
	e, err := s.edit(ctx, role, c, body)
	if err == nil {
		s.contacts[0] = e
	}
	return err
}
