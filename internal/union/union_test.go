package union_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/union"
	"rezora2nutshell/internal/union/uniontest"
)

var ctx = context.Background()

func rec(kind record.Kind, canon string) record.Record {
	var head struct {
		ID      string
		Deleted bool
	}
	if err := json.Unmarshal([]byte(canon), &head); err != nil {
		panic(err)
	}
	return record.Record{Kind: kind, ID: head.ID, Deleted: head.Deleted, Canon: json.RawMessage(canon)}
}

func contact(canon string) record.Record { return rec(record.Contacts, canon) }

// seen is the index of most tests: agent 7 with a live contact, a twin pair, and tombstones.
func seen() *uniontest.Memory {
	m := uniontest.New()
	m.Current(rec(record.Agents, `{"id":"7","email":"Bo@Example.com "}`))
	m.Current(contact(`{"id":"1","owner_agent_id":"7","email":"a@example.com","name":"A","title":null,"unsubscribed":false,"phones":{"home":"1","mobile":""}}`))
	m.Current(contact(`{"id":"2","owner_agent_id":"7","email":"twin@example.com"}`))
	m.Current(contact(`{"id":"3","owner_agent_id":"7","email":"twin@example.com"}`))
	m.Current(contact(`{"id":"4","owner_agent_id":"7","email":"gone@example.com","deleted":true}`))
	m.Current(contact(`{"id":"5","deleted":true}`))
	m.Current(rec(record.DistributionGroups, `{"id":"g1","scope":"agent","owner_agent_id":"7","name":"Past Clients"}`))
	m.Current(rec(record.GroupMemberships, `{"id":"m1","group_id":"g1","contact_id":"1"}`))
	return m
}

func TestFirstRuleThatDecides(t *testing.T) {
	byKeyOnly := union.Policy{MatchByID: false}
	noProbe := union.Policy{MatchByID: true}
	for name, tc := range map[string]struct {
		policy  *union.Policy
		legacy  string
		probe   union.State
		class   union.Class
		rule    union.Rule
		id      string
		from    record.Provenance
		counted func(c union.Coverage) int
	}{
		"same id":        {legacy: `{"id":"1","email":"x@example.com"}`, class: union.Live, rule: union.SameID, id: "1", from: record.FromBoth, counted: func(c union.Coverage) int { return c.Both }},
		"tombstone id":   {legacy: `{"id":"5","email":"a@example.com"}`, class: union.Tombstoned, rule: union.TombstoneID, counted: func(c union.Coverage) int { return c.ResurrectSkipped }},
		"same key":       {legacy: `{"id":"90","email":" A@Example.COM "}`, class: union.Live, rule: union.SameKey, id: "1", from: record.FromBoth, counted: func(c union.Coverage) int { return c.Both }},
		"several":        {legacy: `{"id":"91","email":"twin@example.com"}`, class: union.Ambiguous, rule: union.SeveralKeys, id: "91", from: record.FromLegacyOnly, counted: func(c union.Coverage) int { return c.Ambiguous }},
		"tombstone key":  {legacy: `{"id":"92","email":"gone@example.com"}`, class: union.Tombstoned, rule: union.TombstoneKey, counted: func(c union.Coverage) int { return c.ResurrectSkipped }},
		"probe live":     {legacy: `{"id":"93","email":""}`, probe: union.ProbedLive, class: union.Live, rule: union.ProbeLive, id: "93", from: record.FromBoth, counted: func(c union.Coverage) int { return c.Both }},
		"probe gone":     {legacy: `{"id":"94","email":"n@example.com"}`, probe: union.ProbedGone, class: union.Tombstoned, rule: union.ProbeGone, counted: func(c union.Coverage) int { return c.ResurrectSkipped }},
		"probe absent":   {legacy: `{"id":"95","email":"n@example.com"}`, probe: union.ProbedAbsent, class: union.New, rule: union.ProbeAbsent, id: "95", from: record.FromLegacyOnly, counted: func(c union.Coverage) int { return c.LegacyOnly }},
		"probe silent":   {legacy: `{"id":"95","email":"n@example.com"}`, probe: union.ProbedUnknown, class: union.New, rule: union.Unprobed, id: "95", from: record.FromLegacyOnly, counted: func(c union.Coverage) int { return c.Unprobed }},
		"no probe":       {policy: &noProbe, legacy: `{"id":"96","email":"n@example.com"}`, probe: union.ProbedGone, class: union.New, rule: union.Unprobed, id: "96", from: record.FromLegacyOnly, counted: func(c union.Coverage) int { return c.Unprobed }},
		"ids differ":     {policy: &byKeyOnly, legacy: `{"id":"5","email":"n@example.com"}`, probe: union.ProbedGone, class: union.New, rule: union.Unprobed, id: "legacy:5", from: record.FromLegacyOnly, counted: func(c union.Coverage) int { return c.Unprobed }},
		"other ids, key": {policy: &byKeyOnly, legacy: `{"id":"2","email":"a@example.com"}`, class: union.Live, rule: union.SameKey, id: "1", from: record.FromBoth, counted: func(c union.Coverage) int { return c.Both }},
		"empty e-mail":   {policy: &byKeyOnly, legacy: `{"id":"8","email":" "}`, class: union.New, rule: union.Unprobed, id: "legacy:8", from: record.FromLegacyOnly, counted: func(c union.Coverage) int { return c.Unprobed }},
	} {
		t.Run(name, func(t *testing.T) {
			p := union.Default()
			if tc.policy != nil {
				p = *tc.policy
			}
			probed := func(_ context.Context, kind record.Kind, id string) (record.Record, union.State, error) {
				return record.Record{Kind: kind, ID: id, Canon: json.RawMessage(fmt.Sprintf(`{"id":%q}`, id))}, tc.probe, nil
			}
			d, err := union.Classify(ctx, p, seen(), probed, contact(tc.legacy), "7")
			require.NoError(t, err)
			assert.Equal(t, tc.class, d.Class)
			assert.Equal(t, tc.rule, d.Rule)
			assert.Equal(t, tc.id, d.UnionID)
			assert.Equal(t, tc.from, d.Provenance)
			assert.Equal(t, tc.id != "", d.Stored)
			assert.JSONEq(t, tc.legacy, string(d.Record.Legacy), "the legacy record is kept beside")
			if d.Stored {
				assert.Equal(t, tc.id, d.Record.ID)
				var got record.Contact
				require.NoError(t, d.Record.Decode(&got))
				assert.Equal(t, tc.id, got.ID)
			}
			c := union.Coverage{Resource: record.Contacts, Current: 3}
			c.Add(d)
			assert.Equal(t, 1, tc.counted(c))
			require.NoError(t, c.Check(3+c.LegacyOnly+c.Resurrected))
		})
	}
}

func TestCurrentIsTakenWhole(t *testing.T) {
	legacy := `{"id":"1","owner_agent_id":"7","email":"a@example.com","name":"B","title":"Dr","unsubscribed":true,"phones":{"home":"2","mobile":"3"},"kind":"normal"}`
	d, err := union.Classify(ctx, union.Default(), seen(), nil, contact(legacy), "7")
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"name", "title", "phones.home", "phones.mobile", "kind"}, d.Differences)
	assert.True(t, d.UnsubscribedFromLegacy)
	assert.JSONEq(t, `{"id":"1","owner_agent_id":"7","email":"a@example.com","name":"A","title":null,"unsubscribed":true,"phones":{"home":"1","mobile":""}}`, string(d.Record.Canon))
	assert.Contains(t, string(d.Record.Raw), `"unsubscribed":false`, "the item as served stays")

	p := union.Default()
	p.FillEmpty = true
	d, err = union.Classify(ctx, p, seen(), nil, contact(legacy), "7")
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"name", "phones.home"}, d.Differences)
	assert.ElementsMatch(t, []string{"title", "phones.mobile", "kind"}, d.Filled)
	assert.JSONEq(t, `{"id":"1","owner_agent_id":"7","email":"a@example.com","name":"A","title":"Dr","unsubscribed":true,"phones":{"home":"1","mobile":"3"},"kind":"normal"}`, string(d.Record.Canon))
}

func TestUnsubscribedIsNeverLost(t *testing.T) {
	for _, current := range []string{"true", "false", "null"} {
		for _, legacy := range []string{`,"unsubscribed":true`, `,"unsubscribed":false`, ""} {
			m := uniontest.New()
			m.Current(contact(`{"id":"1","owner_agent_id":"7","unsubscribed":` + current + `}`))
			d, err := union.Classify(ctx, union.Default(), m, nil, contact(`{"id":"1"`+legacy+`}`), "7")
			require.NoError(t, err)
			var c record.Contact
			require.NoError(t, d.Record.Decode(&c))
			assert.Equal(t, current == "true" || legacy == `,"unsubscribed":true`, c.Unsubscribed, "%s %s", current, legacy)
		}
	}
}

// A union that is made again finds the flag of the one before in the record: the item as current served it says who knew the opt-out.
func TestWhoKnewAnOptOutIsToldAgain(t *testing.T) {
	legacy := contact(`{"id":"1","unsubscribed":true}`)
	m := uniontest.New()
	m.Current(contact(`{"id":"1","owner_agent_id":"7","unsubscribed":false}`))
	for range 2 {
		d, err := union.Classify(ctx, union.Default(), m, nil, legacy, "7")
		require.NoError(t, err)
		assert.True(t, d.UnsubscribedFromLegacy)
		m = uniontest.New()
		m.Current(d.Record)
	}
	m = uniontest.New()
	m.Current(contact(`{"id":"1","owner_agent_id":"7","unsubscribed":true}`))
	d, err := union.Classify(ctx, union.Default(), m, nil, legacy, "7")
	require.NoError(t, err)
	assert.False(t, d.UnsubscribedFromLegacy, "current knew it, too")
}

func TestResurrectPolicies(t *testing.T) {
	for policy, want := range map[union.Resurrect]struct{ stored, stop bool }{union.Skip: {}, union.Add: {stored: true}, union.Stop: {stop: true}} {
		p := union.Default()
		p.Resurrect = policy
		d, err := union.Classify(ctx, p, seen(), nil, contact(`{"id":"5","email":"b@example.com"}`), "7")
		require.NoError(t, err)
		assert.Equal(t, want.stored, d.Stored)
		assert.Equal(t, want.stop, d.Stop)
		if want.stored {
			assert.Equal(t, record.Resurrected, d.Provenance)
			assert.Equal(t, "5", d.Record.ID)
		}
		x, ok := d.Discrepancy("7")
		assert.True(t, ok)
		assert.Contains(t, x.Text, "deleted in current, present in legacy")
	}
}

func TestMembershipsNeedBothEnds(t *testing.T) {
	m := seen()
	apply := func(kind record.Kind, canon string) union.Decision {
		d, err := union.Classify(ctx, union.Default(), m, nil, rec(kind, canon), "7")
		require.NoError(t, err)
		m.Apply(d)
		return d
	}
	apply(record.Contacts, `{"id":"90","email":"a@example.com"}`) // an alias of 1
	apply(record.Contacts, `{"id":"97","email":"new@example.com"}`)
	apply(record.Contacts, `{"id":"5"}`) // left out
	apply(record.DistributionGroups, `{"id":"h1","scope":"agent","name":" Past Clients "}`)

	d := apply(record.GroupMemberships, `{"id":"x1","group_id":"h1","contact_id":"90"}`)
	assert.Equal(t, union.SameKey, d.Rule, "both ends by alias")
	assert.Equal(t, "m1", d.UnionID)
	d = apply(record.GroupMemberships, `{"id":"x2","group_id":"h1","contact_id":"97"}`)
	assert.Equal(t, union.New, d.Class)
	assert.JSONEq(t, `{"id":"x2","group_id":"g1","contact_id":"97"}`, string(d.Record.Canon), "ends are those of the union")
	d = apply(record.GroupMemberships, `{"id":"x3","group_id":"h1","contact_id":"5"}`)
	assert.Equal(t, union.Unresolved, d.Class)
	assert.False(t, d.Stored)
	d = apply(record.GroupMemberships, `{"id":"x4","group_id":"nowhere","contact_id":"1"}`)
	assert.Equal(t, union.Unresolved, d.Class)
	d = apply(record.GroupMemberships, `{"id":"x5","group_id":"g1","contact_id":"2"}`)
	assert.Equal(t, union.New, d.Class, "ends that legacy did not list, but current has")
}

func TestScopes(t *testing.T) {
	p := union.Policy{Agents: []string{"7"}, ContactKinds: []string{"self"}, AcceptIncomplete: []string{"8"}}
	in := func(canon, agent string) bool {
		ok, err := p.InScope(contact(canon), agent)
		require.NoError(t, err)
		return ok
	}
	assert.True(t, in(`{"id":"1","kind":"self"}`, "7"))
	assert.False(t, in(`{"id":"1","kind":"normal"}`, "7"))
	assert.False(t, in(`{"id":"1"}`, "7"), "no kind is normal")
	assert.False(t, in(`{"id":"1","kind":"self"}`, "8"))
	assert.Equal(t, []string{"7"}, p.Incomplete([]union.Coverage{{Resource: record.Contacts, AgentID: "7", Coverage: union.Failed},
		{Resource: record.DistributionGroups, AgentID: "7", Coverage: union.Failed}, {Resource: record.Contacts, AgentID: "9", Coverage: union.Failed}}))
	p.Agents = nil
	assert.Empty(t, p.Incomplete([]union.Coverage{{Resource: record.Contacts, AgentID: "8", Coverage: union.NotChecked}}))
	require.Error(t, union.Policy{Resurrect: "maybe"}.Check())
	require.Error(t, union.Policy{Resources: []record.Kind{record.Leads}}.Check())
	require.NoError(t, union.Default().Check())
}

func TestTeamGroupsDoNotMatchAgentLists(t *testing.T) {
	key, err := union.Key(rec(record.DistributionGroups, `{"id":"1","scope":"team","team_id":"5","owner_agent_id":"7","name":"x"}`))
	require.NoError(t, err)
	assert.Nil(t, key)
}

// Whatever the two sides hold, the sums of rezora contract 6 hold and no opt-out is lost.
func TestArithmeticOfRandomAccounts(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 2))
	pick := func(n int) int { return rng.IntN(n) }
	for range 300 {
		m, optedOut := uniontest.New(), map[string]bool{}
		cover := union.Coverage{Resource: record.Contacts, Coverage: union.Complete}
		item := func(id int) string {
			return fmt.Sprintf(`{"id":"%d","owner_agent_id":"7","email":"e%d@example.com","unsubscribed":%t`, id, pick(12), pick(4) == 0)
		}
		for id := range 20 {
			if pick(3) > 0 {
				m.Current(contact(item(id) + fmt.Sprintf(`,"deleted":%t}`, pick(4) == 0)))
			}
		}
		cover.Current = len(m.Union(record.Contacts))
		p := union.Policy{MatchByID: pick(2) == 0, Resurrect: []union.Resurrect{union.Skip, union.Add}[pick(2)], FillEmpty: pick(2) == 0}
		for id := range 25 {
			if pick(3) == 0 {
				continue
			}
			legacy := contact(item(id) + "}")
			d, err := union.Classify(ctx, p, m, nil, legacy, "7")
			require.NoError(t, err, "seed %d", seed)
			m.Apply(d)
			cover.Add(d)
			var c record.Contact
			require.NoError(t, legacy.Decode(&c))
			if c.Unsubscribed && d.Stored {
				optedOut[d.UnionID] = true
			}
		}
		all := m.Union(record.Contacts)
		require.NoError(t, cover.Check(len(all)), "seed %d", seed)
		for id := range optedOut {
			var c record.Contact
			got := all[id]
			require.NoError(t, got.Decode(&c))
			require.True(t, c.Unsubscribed, "seed %d: %s", seed, id)
		}
	}
}
