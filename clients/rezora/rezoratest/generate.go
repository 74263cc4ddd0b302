package rezoratest

import (
	"hash/fnv"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// extent is the size of a generated account (rezora contract 8).
type extent struct{ brokerages, offices, agents, contacts, recipients int }

var extents = map[string]extent{
	"XS": {1, 3, 3, 60, 60},
	"T":  {1, 3, 6, 400, 100},
	"S":  {1, 3, 12, 1500, 150},
	"M":  {2, 5, 120, 60_000, 300},
	"L":  {3, 8, 400, 400_000, 800},
}

const day = 86400

var (
	// historyBegin and historyEnd enclose the times of generated live rows.
	// They do not depend on the clock, so that the same seed and size give
	// the same rows on every day; only tombstones lie relative to the start.
	historyBegin = time.Date(2015, 3, 1, 0, 0, 0, 0, time.UTC).Unix()
	historyEnd   = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
)

// generator fills a store. Each section draws from a source of its own, so
// that a switch in one does not change the others.
type generator struct {
	cfg  Config
	st   *store
	size extent
	r    *rand.Rand
	odd  *rand.Rand // of the twists
	end  int64      // end of the history
	now  int64      // start of the server, truncated to its day

	brand                        string
	brokerages, offices, firmIDs []string
	agents                       []*agent
	teams                        []*team
	contacts                     []*contact
	byAgent                      map[string][]*contact
	flags                        map[string]flag // of contacts
	groups                       []*generatedGroup
	templates                    []*template
	listings                     []*listing
	campaigns                    []*campaign
	leads                        []*lead
}

func generate(cfg Config) *store {
	now := cfg.Now().Unix() / day * day
	g := &generator{
		cfg: cfg, st: newStore(), size: extents[cfg.Size],
		now: now, end: min(historyEnd, now-day),
		byAgent: map[string][]*contact{}, flags: map[string]flag{},
	}
	g.odd = g.source("twists")
	for _, section := range []struct {
		name string
		fill func()
	}{
		{companies, g.makeCompanies}, {agents, g.makeAgents}, {teams, g.makeTeams},
		{customProperties, g.makeProperties}, {contacts, g.makeContacts},
		{distributionGroups, g.makeGroups}, {templates, g.makeTemplates},
		{listings, g.makeListings}, {campaigns, g.makeCampaigns},
		{sequences, g.makeSequences}, {leads, g.makeLeads}, {notes, g.makeNotes},
		{tasks, g.makeTasks}, {interactions, g.makeInteractions},
		{socialPosts, g.makePosts}, {attachments, g.makeAttachments},
		{"contact rows", g.emitContacts}, {"removed", g.makeRemoved}, {"legacy only", g.makeLegacyOnly},
	} {
		g.r = g.source(section.name)
		section.fill()
	}
	g.st.settle()
	return g.st
}

func (g *generator) source(name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(g.cfg.Size + "/" + name))
	return rand.New(rand.NewPCG(g.cfg.Seed, h.Sum64()))
}

// add stores a live row of the current account.
func (g *generator) add(resource string, item any, flags flag) *row {
	g.twist(item)
	r := newRow(resources[resource], item)
	r.flags = flags
	g.st.tables[resource].load(r)
	return r
}

// addRemoved stores a row that was deleted at the given second.
func (g *generator) addRemoved(resource string, item any, at int64, flags flag) {
	r := g.add(resource, item, flags)
	r.deletedAt, r.updated = at, at
}

func (g *generator) addLegacy(resource string, item any) {
	g.st.legacy[resource].load(newRow(resources[resource], item))
}

func (g *generator) id(resource string) string {
	return g.st.idFor(resources[resource], nil, g.cfg.CollidingEventIDs)
}

func (g *generator) chance(p float64) bool { return g.r.Float64() < p }

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// between draws a second from [a, b); a if the interval is empty.
func (g *generator) between(a, b int64) int64 {
	if b <= a {
		return a
	}
	return a + g.r.Int64N(b-a)
}

// lived stamps a row created at c and last changed some time later.
func (g *generator) lived(c int64) stamp {
	u := c
	if g.chance(0.5) {
		u = g.between(c, g.end)
	}
	return stamp{CreatedAt: instant(c), UpdatedAt: instant(u)}
}

func unchanged(c int64) stamp { return stamp{CreatedAt: instant(c), UpdatedAt: instant(c)} }

// share picks the given part of n indices in ascending order, at least one if
// the part is not zero, so that a switch shows even in the smallest account.
func (g *generator) share(n int, part float64) []int {
	if part <= 0 || n == 0 {
		return nil
	}
	want := min(n, max(1, int(math.Round(float64(n)*part))))
	chosen := make(map[int]bool, want)
	for len(chosen) < want {
		chosen[g.r.IntN(n)] = true
	}
	return slices.Sorted(maps.Keys(chosen))
}

func among(sorted []int, i int) bool {
	_, ok := slices.BinarySearch(sorted, i)
	return ok
}

func (g *generator) phone() string {
	area := pick(g.r, []string{"303", "720"})
	n := g.r.IntN(100)
	switch g.r.IntN(10) {
	case 0:
		return area + "." + numfText("555.01%02d", n)
	case 1, 2:
		return "(" + area + ") " + numfText("555-01%02d", n)
	case 3:
		return "+1 " + area + " " + numfText("555 01%02d", n)
	}
	return area + "-" + numfText("555-01%02d", n)
}

func (g *generator) place() locale {
	if g.chance(0.06) {
		return pick(g.r, newEngland)
	}
	l := pick(g.r, colorado)
	if g.chance(0.3) {
		l.zip = numfText("80%03d", 1+g.r.IntN(699))
	}
	return l
}
