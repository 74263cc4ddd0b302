package target_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/target"
)

// existing is a record that people made, merged with the wants of a source record.
func existing(s *server, state map[string]any, wants []target.Want) (pre target.View, l *loaded, left []target.Want) {
	id, _ := s.create("Contacts", map[string]any{})
	pre = s.person("Contacts", id, func(now map[string]any) {
		for k, v := range state {
			now[k] = v
		}
	})
	set, left := target.FillEmpty(pre, wants, migrated.resolve)
	after := s.send(pre, set, nil)
	l = &loaded{s: s, v: after}
	l.base, l.ours = target.Remember(target.Hashes(pre, plain), nil, wants, set, after, migrated.resolve, plain)
	return pre, l, left
}

func (l *loaded) undo(pre target.View) (kept []target.Path) {
	set, clear, kept := target.Undo(pre, target.Owned(l.base, l.ours), l.v, plain)
	l.v = l.s.send(l.v, set, clear)
	return kept
}

func users() map[string]any {
	return map[string]any{
		"name":        "A Person",
		"email":       []item{{label: "work", value: "a@x.example", primary: true}},
		"phone":       []item{{label: "home", value: "5125550009"}, {label: "mobile", value: "5125550008", primary: true}},
		"address":     []item{{value: map[string]any{"city": "Waco"}, primary: true}},
		"accounts":    []any{map[string]any{"entityType": "Accounts", "id": 900, "relationship": "Boss"}, map[string]any{"entityType": "Accounts", "id": 311}},
		"description": "mine", "tags": []any{"VIP"},
	}
}

func TestMergeFillsOnlyWhatIsEmpty(t *testing.T) {
	wants := []target.Want{
		target.NameParts("Ines", "Okafor"), target.Email("A@x.example"), target.Email("new@x.example"),
		target.Phone("mobile", "5125550001"), target.Phone("work", "5125550002"),
		target.Address("", target.AddressParts{City: "Austin"}), target.Address("home", target.AddressParts{City: "Austin"}),
		target.URL("x.example"), target.Text("description", "ours"), target.UserRef("owner", 1),
		target.Link("accounts", "companies", "org-7", "Buyer"), target.Link("accounts", "companies", "org-8", "Seller"),
		target.Custom("Rezora_ID__c", target.KindText, "c-1"),
	}
	pre, l, leftAlone := existing(newServer(t), users(), wants)
	var fields []string
	for _, w := range leftAlone {
		fields = append(fields, w.Field)
	}
	assert.Equal(t, []string{"name", "phone.mobile", "address", "description"}, fields)
	want := canons(pre)
	for p, canon := range map[target.Path]string{
		"email:new@x.example": "new@x.example", "phone:work": "+15125550002", "address:home": "||||Austin", "url:x.example": "x.example", "owner": "Users/1",
		"accounts:310": "Buyer", "accounts:311": "Seller", "custom:Rezora_ID__c": "c-1",
	} {
		want[p] = canon
	}
	assert.Equal(t, want, canons(l.v))
	for list, primary := range pre.Primary {
		assert.Equal(t, primary, l.v.Primary[list], "the primary entry stays")
	}

	assert.Empty(t, l.undo(pre))
	assert.Empty(t, target.Differ(pre, l.v))
	assert.Equal(t, pre.Primary, l.v.Primary)
}

func TestUndoGoesEntryByEntryAndKeepsPeoplesEdits(t *testing.T) {
	wants := []target.Want{target.Phone("work", "5125550002"), target.Phone("fax", "5125550003"), target.Link("accounts", "companies", "org-7", ""),
		target.Link("accounts", "companies", "org-8", "Seller"), target.UserRef("owner", 1), target.Custom("Score", target.KindNumber, "1")}
	pre, l, _ := existing(newServer(t), users(), wants)
	l.edited(func(state map[string]any) {
		phones := state["phone"].([]item)
		for i := range phones {
			if phones[i].label == "work" {
				phones[i].value = "5125550077"
			}
		}
		state["phone"] = append(phones, item{label: "car", value: "5125550078"})
		state["owner"] = map[string]any{"entityType": "Users", "id": 2}
		state["description"] = nil
	})
	kept := l.undo(pre)
	assert.Equal(t, []target.Path{"owner", "phone:work"}, kept)
	want := canons(pre)
	delete(want, "description")
	want["phone:work"], want["phone:car"], want["owner"] = "+15125550077", "+15125550078", "Users/2"
	assert.Equal(t, want, canons(l.v))
}

// undo(apply(x)) == x, and with people's edits in between everything but those.
func TestUndoLaws(t *testing.T) {
	randomly(t, 400, func(t *testing.T, r *rand.Rand, s *server) {
		id, _ := s.create("Contacts", map[string]any{})
		for range r.IntN(8) {
			s.person("Contacts", id, func(state map[string]any) { meddle(r, state) })
		}
		pre := s.get("Contacts", id)
		wants := demands(r)
		set, _ := target.FillEmpty(pre, wants, migrated.resolve)
		l := &loaded{s: s, v: s.send(pre, set, nil)}
		l.base, l.ours = target.Remember(target.Hashes(pre, plain), nil, wants, set, l.v, migrated.resolve, plain)
		for _, p := range target.Differ(pre, l.v) {
			if pre.Has(p) {
				require.Equal(t, "accounts", p.List(), "only an empty relationship is filled in place")
				require.Empty(t, pre.Get(p))
			}
		}
		for range r.IntN(3) {
			l.delta(demands(r))
		}
		persons := map[target.Path]string{}
		alone := r.IntN(2) == 0
		if !alone {
			before := l.v
			for range 2 {
				l.edited(func(state map[string]any) { meddle(r, state) })
			}
			for _, p := range target.Differ(before, l.v) {
				persons[p] = valueAt(l.v, p)
			}
		}
		l.undo(pre)
		for p, left := range persons {
			require.Equal(t, left, valueAt(l.v, p), "%s: a person's edit is lost", p)
		}
		for _, p := range target.Differ(pre, l.v) {
			require.Contains(t, persons, p, "%s is not as it was", p)
		}
		if alone {
			for list, primary := range pre.Primary { // by value: "--primary" cannot tell equal entries apart
				require.Equal(t, pre.Get(primary), l.v.Get(l.v.Primary[list]))
			}
		}
	})
}
