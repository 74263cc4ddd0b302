package sample

import (
	"cmp"
	"maps"
	"slices"

	"rezora2nutshell/internal/mapping"
)

// Picked is a sample: companies, people and leads by id.
type Picked struct {
	by map[string]map[string]bool
}

// Pick takes one record of each stratum, the rarest stratum first, then a second and a third, then fills up evenly.
func (s *Sampler) Pick() *Picked {
	p := &Picked{by: map[string]map[string]bool{mapping.Companies: {}, mapping.People: {}, mapping.LeadObjects: {}}}
	names := slices.SortedFunc(maps.Keys(s.strata), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.seen[a], s.seen[b]), cmp.Compare(a, b))
	})
	for round := 0; round < perStratum; round++ {
		for _, name := range names {
			if list := s.strata[name]; round < len(list) && p.Size() < s.size {
				p.Add(list[round].object, list[round].id)
			}
		}
	}
	for _, c := range s.even {
		if p.Size() < s.size || s.total <= s.size { // a smaller account is sampled whole
			p.Add(c.object, c.id)
		}
	}
	return p
}

// Add puts a record into the sample: one that another needs.
func (p *Picked) Add(object, id string) {
	if p.by[object] != nil && id != "" {
		p.by[object][id] = true
	}
}

// Size is the number of records in the sample.
func (p *Picked) Size() int {
	n := 0
	for _, ids := range p.by {
		n += len(ids)
	}
	return n
}

// IDs are the picked records of an object, sorted.
func (p *Picked) IDs(object string) []string { return slices.Sorted(maps.Keys(p.by[object])) }

// Has reports whether "<object>/<source id>" is in the sample.
func (p *Picked) Has(parent string) bool {
	for object, ids := range p.by {
		if n := len(object); len(parent) > n && parent[:n] == object && parent[n] == '/' && ids[parent[n+1:]] {
			return true
		}
	}
	return false
}
