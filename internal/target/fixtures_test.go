package target_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/target"
)

// ids is the id map of a migration under test.
type ids map[target.Ref]int64

func (m ids) resolve(object, sourceID string) (int64, bool) {
	id, ok := m[target.Ref{Object: object, SourceID: sourceID}]
	return id, ok
}

func (m ids) back(entityType string, id int64) (target.Ref, bool) {
	object := map[string]string{"Accounts": "companies", "Contacts": "people", "Leads": "leads"}[entityType]
	for ref, known := range m {
		if known == id && ref.Object == object {
			return ref, true
		}
	}
	return target.Ref{}, false
}

func plain(canon string) string { return "h(" + canon + ")" }

var migrated = ids{
	{Object: "companies", SourceID: "org-7"}: 310, {Object: "companies", SourceID: "org-8"}: 311,
	{Object: "people", SourceID: "c-1"}: 4101, {Object: "leads", SourceID: "l-1"}: 1000,
}

var at = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// person demands one value of every sort that the map sends to a Person.
func person() []target.Want {
	return []target.Want{
		target.NameParts("Ines", "Okafor"),
		target.Email(" Ines@Example.com"),
		target.Phone("mobile", "(512) 555-0142"),
		target.Phone("home", "512.555.0199"),
		target.Phone("mobile", "+1 512 555 0143"),
		target.Phone("fax", "on request"),
		target.Address("home", target.AddressParts{Line1: "12 Elm St", City: "Austin", State: "TX", PostalCode: "78701"}),
		target.Address("", target.AddressParts{Line1: "PO Box 1 | 2", Country: "US"}),
		target.URL("https://okafor.example.com/a"),
		target.Link("accounts", "companies", "org-7", "Buyer"),
		target.Link("accounts", "companies", "org-8", ""),
		target.Text("description", "line 1\r\nline 2 \U0001F3E0"),
		target.UserRef("owner", 2),
		target.Tag("Imported"),
		target.Custom("Rezora_ID__c", target.KindText, "c-1"),
		target.Custom("Created", target.KindDateTime, at),
		target.Custom("Born", target.KindDate, "1971-02-03"),
		target.Custom("Score", target.KindNumber, "12.50"),
		target.Custom("Budget", target.KindCurrency, map[string]any{"currency": "USD", "amount": json.Number("500")}),
		target.Custom("Unsubscribed__c", target.KindBoolean, true),
		target.Custom("Groups", target.KindTextArea, `[{"id":"g-1","name":"A & B","scope":"team"}]`),
		target.Custom("Kind", target.KindSelect, "Buyer"),
		target.Choices("Areas: all", []string{"North", "South: old"})[0],
		target.Choices("Areas: all", []string{"North", "South: old"})[1],
	}
}

func allEqual(t testing.TB, wants []target.Want, v target.View, resolve target.Resolve) {
	t.Helper()
	for _, f := range target.Compare(wants, v, resolve) {
		require.False(t, f.Fault(), "%s %s: %s (%q, Nutshell shows %q)", f.Field, f.Path, f.Verdict, f.Source, f.Target)
	}
}

// both runs a test against a server of each record shape.
func both(t *testing.T, test func(t *testing.T, s *server)) {
	for _, full := range []bool{false, true} {
		t.Run(map[bool]string{false: "recorded", true: "full"}[full], func(t *testing.T) {
			s := newServer(t)
			s.full, s.dates = full, full
			if full {
				s.from = 7
			}
			test(t, s)
		})
	}
}
