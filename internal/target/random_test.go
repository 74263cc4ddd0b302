package target_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/target"
)

// randomly runs a law under fixed seeds and names the seed that breaks it.
func randomly(t *testing.T, n int, law func(t *testing.T, r *rand.Rand, s *server)) {
	for seed := range n {
		func() {
			defer func() {
				if t.Failed() {
					t.Logf("seed %d", seed)
				}
			}()
			r := rand.New(rand.NewPCG(uint64(seed), 11))
			s := newServer(t)
			s.full = r.IntN(2) == 0
			s.dates, s.from = s.full, r.IntN(3)
			law(t, r, s)
		}()
	}
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func maybe(r *rand.Rand) bool { return r.IntN(3) > 0 }

var (
	numbers   = []string{"(512) 555-0001", "5125550002", "+1 512 555 0003"}
	addresses = []target.AddressParts{{Line1: "1 Main", City: "Austin"}, {Line1: "2 Elm | rear", PostalCode: "1"}, {City: "Waco", Country: "US"}}
)

// demands are what a random source record asks of a Person.
func demands(r *rand.Rand) []target.Want {
	var out []target.Want
	add := func(w ...target.Want) {
		if maybe(r) {
			out = append(out, w...)
		}
	}
	add(pick(r, target.NameParts("Ines", "Okafor"), target.NameParts("Ann", "Rey"), target.NameText("Tern Homes"), target.NameText("Cher")))
	add(target.Email(pick(r, "a@x.example", "B@x.example", "c@x.example")))
	add(target.Phone("mobile", pick(r, numbers...)))
	add(target.Phone("home", pick(r, numbers...)))
	add(target.Address("home", pick(r, addresses...)))
	add(target.Address("", pick(r, addresses...)))
	add(target.URL(pick(r, "https://x.example", "y.example/a")))
	add(target.Text("description", pick(r, "one", "two\nlines")))
	add(target.UserRef("owner", pick(r, int64(1), 2)))
	add(target.Link("accounts", "companies", pick(r, "org-7", "org-8"), pick(r, "", "Buyer", "Seller")))
	add(target.Custom("Rezora_ID__c", target.KindText, "c-1"))
	add(target.Custom("Score", target.KindNumber, pick(r, "1", "2.50")))
	add(target.Custom("Born", target.KindDate, pick(r, "1971-02-03", "1980-01-01")))
	add(target.Custom("Groups", target.KindTextArea, pick(r, `["a"]`, `["a","b"]`)))
	add(target.Choices("Areas: all", pick(r, []string{"North"}, []string{"North", "South"}, []string{"East"}))...)
	return out
}

// meddle changes a random part of a record as a person would.
func meddle(r *rand.Rand, state map[string]any) {
	num := func(n string) any { return json.Number(n) }
	items := func(list string) []item { l, _ := state[list].([]item); return l }
	links := func(list string) []any { l, _ := state[list].([]any); return slices.Clone(l) }
	custom := func() map[string]any {
		if state["customFields"] == nil {
			state["customFields"] = map[string]any{}
		}
		return state["customFields"].(map[string]any)
	}
	dictionary := func(list string, labels []string, value func() any) {
		old := slices.Clone(items(list))
		i := r.IntN(len(old) + 1)
		switch {
		case i == len(old):
			label := pick(r, labels...)
			if label == "" || !slices.ContainsFunc(old, func(x item) bool { return x.label == label }) {
				old = append(old, item{label: label, value: value()})
			}
		case r.IntN(2) == 0:
			old = slices.Delete(old, i, i+1)
		default:
			old[i].value = value()
		}
		marked := -1
		if len(old) > 0 && r.IntN(3) == 0 {
			marked = r.IntN(len(old))
		}
		for i := range old {
			if marked >= 0 {
				old[i].primary = i == marked
			}
		}
		if len(old) > 0 && !slices.ContainsFunc(old, func(x item) bool { return x.primary }) {
			old[0].primary = true
		}
		state[list] = old
	}
	switch r.IntN(12) {
	case 0:
		state["name"] = pick(r, any("A Person"), any(map[string]any{"givenName": "Ines", "familyName": "New", "displayName": "Ines the New"}))
	case 1:
		dictionary("email", []string{"", "work"}, func() any { return pick[any](r, "p@x.example", "q@x.example") })
	case 2, 3:
		dictionary("phone", []string{"mobile", "home", "car"}, func() any { return pick[any](r, "5125550009", "5125550008") })
	case 4, 5:
		dictionary("address", []string{"home", "", "other"}, func() any { return map[string]any{"city": pick(r, "Waco", "Bryan")} })
	case 6:
		state["description"] = pick[any](r, nil, "mine", "one")
	case 7:
		state["owner"] = pick[any](r, nil, map[string]any{"entityType": "Users", "id": num("3")})
	case 8:
		l := links("accounts")
		if len(l) > 0 && r.IntN(2) == 0 {
			l[0] = map[string]any{"entityType": "Accounts", "id": l[0].(map[string]any)["id"], "relationship": "Boss"}
		} else {
			l = []any{map[string]any{"entityType": "Accounts", "id": num("900")}}
		}
		state["accounts"] = l
	case 9:
		state["tags"] = []any{"VIP"}
	case 10:
		custom()[pick(r, "Groups", "Kind")] = pick(r, "mine", `["z"]`)
	case 11:
		custom()["Areas: all"] = pick(r, []any{"West"}, []any{"North", "West"})
	}
}

// edit sends what is to be changed, if anything.
func (s *server) send(v target.View, set []target.Want, clear []target.Path) target.View {
	body, err := target.EditBody(v, set, clear, migrated.resolve)
	require.NoError(s.t, err)
	return s.edit("Contacts", v.ID, body)
}
