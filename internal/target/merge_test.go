package target_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/target"
)

// loaded is a record after our last write, and what was kept of it.
type loaded struct {
	s    *server
	v    target.View
	base map[string]string
	ours []target.Path
}

func load(s *server, wants []target.Want) *loaded {
	_, v := s.create("Contacts", body(s.t, "Contacts", wants))
	l := &loaded{s: s, v: v}
	l.base, l.ours = target.Remember(nil, nil, wants, wants, v, migrated.resolve, plain)
	return l
}

type round struct {
	set       []target.Want
	clear     []target.Path
	conflicts []target.Conflict
}

func (r round) conflicted() (out []target.Path) {
	for _, c := range r.conflicts {
		out = append(out, c.Path)
	}
	return out
}

func (l *loaded) plan(wants []target.Want) round {
	set, clear, conflicts := target.Merge3(l.base, l.ours, wants, l.v, plain, migrated.resolve)
	target.LeadPhone(l.base, l.ours, wants, set, &l.v, plain, migrated.resolve)
	return round{set, clear, conflicts}
}

// delta merges what the source demands now into the record as it stands, and remembers it.
func (l *loaded) delta(wants []target.Want) round {
	r := l.plan(wants)
	l.v = l.s.send(l.v, r.set, r.clear)
	l.base, l.ours = target.Remember(l.base, l.ours, wants, r.set, l.v, migrated.resolve, plain)
	return r
}

func (l *loaded) edited(change func(state map[string]any)) {
	l.v = l.s.person("Contacts", l.v.ID, change)
}

func TestMergeFieldByField(t *testing.T) {
	phone := func(n string) []target.Want {
		return []target.Want{target.Phone("mobile", n), target.Email("a@x.example")}
	}
	edit := func(list, value string) func(map[string]any) {
		return func(state map[string]any) { state[list] = []item{{label: "mobile", value: value, primary: true}} }
	}
	for _, c := range []struct {
		name          string
		before, after []target.Want
		person        func(map[string]any)
		shown         string // canonical value of phone:mobile in the end
		conflicts     []target.Path
	}{
		{"nothing changed", phone("5125550001"), phone("512-555-0001"), nil, "+15125550001", nil},
		{"the source changed", phone("5125550001"), phone("5125550002"), nil, "+15125550002", nil},
		{"a person changed", phone("5125550001"), phone("5125550001"), edit("phone", "5125550009"), "+15125550009", nil},
		{"both changed", phone("5125550001"), phone("5125550002"), edit("phone", "5125550009"), "+15125550009", []target.Path{"phone:mobile"}},
		{"both changed to the same", phone("5125550001"), phone("5125550002"), edit("phone", "512 555 0002"), "+15125550002", nil},
		{"the source removed", phone("5125550001"), phone("")[1:], nil, "", nil},
		{"a person removed", phone("5125550001"), phone("5125550001"), func(s map[string]any) { s["phone"] = []item{} }, "", nil},
		{"a person removed, the source changed", phone("5125550001"), phone("5125550002"), func(s map[string]any) { s["phone"] = []item{} }, "", []target.Path{"phone:mobile"}},
		{"a person changed, the source removed", phone("5125550001"), phone("")[1:], edit("phone", "5125550009"), "+15125550009", []target.Path{"phone:mobile"}},
		{"both removed", phone("5125550001"), phone("")[1:], func(s map[string]any) { s["phone"] = []item{} }, "", nil},
		{"the source got a value", phone("")[1:], phone("5125550002"), nil, "+15125550002", nil},
		{"a person filled before the source", phone("")[1:], phone("5125550002"), edit("phone", "5125550009"), "+15125550009", []target.Path{"phone:mobile"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := load(newServer(t), c.before)
			if c.person != nil {
				l.edited(c.person)
			}
			r := l.delta(c.after)
			assert.Equal(t, c.shown, l.v.Get("phone:mobile"))
			assert.Equal(t, c.conflicts, r.conflicted())
			again := l.plan(c.after)
			assert.Empty(t, again.set)
			assert.Empty(t, again.clear)
		})
	}
}

func TestEmailsMergeByValueAndThePrimaryStaysTheUsers(t *testing.T) {
	l := load(newServer(t), []target.Want{target.Email("a@x.example")})
	l.edited(func(state map[string]any) {
		state["email"] = []item{{value: "a@x.example"}, {label: "work", value: "p@x.example", primary: true}}
	})
	l.delta([]target.Want{target.Email("b@x.example")})
	assert.Equal(t, []string{"b@x.example", "p@x.example"}, l.v.Values("email"))
	assert.Equal(t, target.Path("email:p@x.example"), l.v.Primary["email"])

	l = load(newServer(t), []target.Want{target.Email("a@x.example")})
	l.edited(func(state map[string]any) {
		state["email"] = []item{{value: "a@x.example", primary: true}, {label: "work", value: "p@x.example"}}
	})
	l.delta([]target.Want{target.Email("b@x.example")})
	assert.Equal(t, target.Path("email:b@x.example"), l.v.Primary["email"], "the new address takes the place of ours")
}

func TestJSONListThatAPersonEditedIsKeptWholeAndListed(t *testing.T) {
	groups := func(s string) []target.Want { return []target.Want{target.Custom("Groups", target.KindTextArea, s)} }
	for _, now := range []string{`["a"]`, `["a","b"]`} {
		l := load(newServer(t), groups(`["a"]`))
		l.edited(func(state map[string]any) { state["customFields"].(map[string]any)["Groups"] = `["a","mine"]` })
		r := l.delta(groups(now))
		assert.Equal(t, `["a","mine"]`, l.v.Get("custom:Groups"))
		assert.Equal(t, []target.Path{"custom:Groups"}, r.conflicted())
	}
}

// A value that a person put in our value's place stays theirs, however often we write other fields afterwards.
func TestAPersonsValueNeverBecomesOurs(t *testing.T) {
	wants := func(name, phone string) []target.Want {
		return []target.Want{target.Text("description", name), target.Phone("mobile", phone)}
	}
	l := load(newServer(t), wants("one", "5125550001"))
	l.edited(func(state map[string]any) { state["description"] = "mine" })
	for _, phone := range []string{"5125550002", "5125550003"} {
		l.delta(wants("one", phone))
		assert.NotContains(t, l.ours, target.Path("description"))
	}
	r := l.delta(wants("changed", "5125550003"))
	assert.Equal(t, "mine", l.v.Get("description"))
	assert.Equal(t, []target.Path{"description"}, r.conflicted())
	r = l.delta(wants("changed", "5125550004"))
	assert.Empty(t, r.conflicts, "listed once")
	l.delta(nil)
	assert.Equal(t, "mine", l.v.Get("description"))
	assert.False(t, l.v.Has("phone:mobile"))

	l = load(newServer(t), wants("one", "5125550001"))
	l.edited(func(state map[string]any) { state["description"] = nil })
	l.delta(wants("one", "5125550002"))
	l.delta(wants("one", "5125550003"))
	l.delta(wants("two", "5125550003"))
	assert.False(t, l.v.Has("description"), "a field that a person cleared does not come back")
}

// A server that alters a value must not make every later round an edit (trimStrings, truncateSilently).
func TestAnAlteredValueIsNotSentAgain(t *testing.T) {
	wants := []target.Want{target.Text("description", " one ")}
	s := newServer(t)
	id, _ := s.create("Contacts", body(t, "Contacts", wants))
	v := s.person("Contacts", id, func(state map[string]any) { state["description"] = "one" })
	l := &loaded{s: s, v: v}
	l.base, l.ours = target.Remember(nil, nil, wants, wants, v, migrated.resolve, plain)
	assert.True(t, target.Compare(wants, v, nil)[0].Fault())
	assert.Empty(t, l.plan(wants).set)
	l.delta([]target.Want{target.Text("description", "two")})
	assert.Equal(t, "two", l.v.Get("description"))
	l.delta(nil)
	assert.False(t, l.v.Has("description"))
}

func TestAnUnlabelledAddressIsOneField(t *testing.T) {
	address := func(city string) []target.Want {
		return []target.Want{target.Address("", target.AddressParts{City: city})}
	}
	l := load(newServer(t), address("Austin"))
	l.delta(address("Waco"))
	assert.Equal(t, []string{"||||Waco"}, l.v.Values("address"))
	l.edited(func(state map[string]any) {
		state["address"] = []item{{value: map[string]any{"city": "Bryan"}, primary: true}}
	})
	r := l.delta(address("Dallas"))
	assert.Equal(t, []string{"||||Bryan"}, l.v.Values("address"))
	assert.Len(t, r.conflicts, 1)
}

func TestLeadStatesMerge(t *testing.T) {
	open := []target.Want{target.Text("description", "x"), target.Int("status", 0)}
	pending := []target.Want{target.Text("description", "x"), target.Int("status", 1)}
	won := []target.Want{target.Text("description", "x"), target.EntityRef("outcome", "Lead_Outcomes", 1), target.Time("closedTime", at)}
	lost := []target.Want{target.Text("description", "x"), target.EntityRef("outcome", "Lead_Outcomes", 2), target.Time("closedTime", at)}
	reopen := func(state map[string]any) { state["status"], state["outcome"], state["closedTime"] = "0", nil, nil }
	closing := func(state map[string]any) {
		state["status"], state["outcome"] = "11", map[string]any{"id": 2, "entityType": "Lead_Outcomes"}
		state["closedTime"] = "2026-05-01T00:00:00Z"
	}
	for _, c := range []struct {
		name      string
		before    []target.Want
		person    func(map[string]any)
		after     []target.Want
		status    string
		conflicts []target.Path
	}{
		{"won at the source", open, nil, won, "10", nil},
		{"won after pending", pending, nil, won, "10", nil},
		{"open after pending", pending, nil, open, "0", nil},
		{"lost instead of won", won, nil, lost, "10", nil},
		{"reopened at the source", won, nil, open, "0", nil},
		{"pending after won", won, nil, pending, "1", nil},
		{"reopened by a person", won, reopen, won, "0", nil},
		{"reopened by a person, lost at the source", won, reopen, lost, "0", []target.Path{"outcome"}},
		{"closed by a person", open, closing, open, "11", nil},
		{"closed by a person, won at the source", open, closing, won, "11", []target.Path{"closedTime", "outcome"}},
		{"closed by a person, pending at the source", open, closing, pending, "11", []target.Path{"status"}},
		{"closed otherwise by a person, reopened at the source", won, closing, open, "11", []target.Path{"closedTime", "outcome", "status"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t)
			id, v := s.create("Leads", body(t, "Leads", c.before))
			send := func(set []target.Want, clear []target.Path) {
				b, err := target.EditBody(v, set, clear, nil)
				require.NoError(t, err)
				v = s.edit("Leads", id, b)
			}
			send(c.before, nil)
			base, ours := target.Remember(nil, nil, c.before, c.before, v, nil, plain)
			if c.person != nil {
				v = s.person("Leads", id, c.person)
			}
			set, clear, conflicts := target.Merge3(base, ours, c.after, v, plain, nil)
			send(set, clear)
			assert.Equal(t, c.status, v.Get("status"))
			assert.Equal(t, c.conflicts, round{conflicts: conflicts}.conflicted())
			base, ours = target.Remember(base, ours, c.after, set, v, nil, plain)
			set, clear, _ = target.Merge3(base, ours, c.after, v, plain, nil)
			assert.Empty(t, set)
			assert.Empty(t, clear)
		})
	}
}

// No person's change is lost, every other demand is met, and a second round plans nothing, whatever people and the source do.
func TestMergeLaws(t *testing.T) {
	randomly(t, 400, func(t *testing.T, r *rand.Rand, s *server) {
		wants := demands(r)
		l := load(s, wants)
		allEqual(t, wants, l.v, migrated.resolve)
		require.Zero(t, l.plan(wants), "nothing to do when nothing changed")

		persons := map[target.Path]string{} // path -> what the person left there, "-" for nothing
		for range 3 {
			before := l.v
			for range r.IntN(3) {
				l.edited(func(state map[string]any) { meddle(r, state) })
			}
			for _, p := range target.Differ(before, l.v) {
				persons[p] = valueAt(l.v, p)
			}
			wants = demands(r)
			done := l.delta(wants)
			for p, left := range persons {
				require.Equal(t, left, valueAt(l.v, p), "%s: a person's change is lost", p)
			}
			demanded := map[target.Path]bool{}
			for _, f := range target.Compare(wants, l.v, migrated.resolve) {
				demanded[f.Path] = true
			}
			for p, left := range persons {
				if left == "-" && !demanded[p] {
					delete(persons, p) // both sides have removed it: what the source gets later is new
				}
			}
			again := l.plan(wants)
			require.Empty(t, again.set)
			require.Empty(t, again.clear)
			conflicts := done.conflicted()
			for _, f := range target.Compare(wants, l.v, migrated.resolve) {
				_, person := persons[f.Path]
				require.True(t, !f.Fault() || person || slices.Contains(conflicts, f.Path) || left(l, f.Path), "%s %s", f.Path, f.Verdict)
			}
		}
	})
}

func valueAt(v target.View, p target.Path) string {
	if !v.Has(p) {
		return "-"
	}
	return "=" + v.Get(p)
}

// left tells that an earlier round left the path to a person.
func left(l *loaded, p target.Path) bool {
	_, known := l.base["="+string(p)]
	return known && !slices.Contains(l.ours, p)
}
