package decide

import (
	"context"
	"slices"

	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/step"
)

const accounts = "Accounts"

// companies finds parents, cycles, companies without a name, and accounts that are there already: by host first, by name only when no
// host finds any.
func (d *Decider) companies(ctx context.Context, turn *step.Turn) error {
	parents, quarantined, err := d.tree(ctx)
	if err != nil {
		return err
	}
	order, cut := mapping.Hierarchy(parents)
	depth := depths(order, parents, cut)
	taken, err := d.claims(ctx, accounts, record.Companies)
	if err != nil {
		return err
	}
	return d.pages(ctx, turn, record.Companies, func(page []ledger.Staged) error {
		ours, err := taken.ours(ctx, ids(page))
		if err != nil {
			return err
		}
		matches, err := d.companyMatches(ctx, page)
		if err != nil {
			return err
		}
		out := map[string]Company{}
		for _, s := range page {
			c := Company{Existing: taken.pick(s.ID, ours[s.ID], matches[s.ID]), Cut: cut[s.ID], Quarantined: quarantined[s.ID], Depth: depth[s.ID]}
			if p := parents[s.ID]; !c.Cut && !quarantined[p] {
				if _, served := parents[p]; served {
					c.Parent = p
				}
			}
			out[s.ID] = c
		}
		return d.put(ctx, record.Companies, mapping.Companies, ids(page), func(id string, kept *Existing) any {
			one := out[id]
			if kept != nil {
				one.Existing = *kept
			}
			return one
		})
	})
}

// tree reads the hierarchy of all live companies; a quarantined company is a parent of nobody.
func (d *Decider) tree(ctx context.Context) (parents map[string]string, quarantined map[string]bool, err error) {
	parents, quarantined = map[string]string{}, map[string]bool{}
	err = d.Run.Each(ctx, record.Companies, true, func(s ledger.Staged) error {
		var c record.Company
		if err := s.Decode(&c); err != nil {
			return err
		}
		parents[s.ID] = c.ParentID
		if d.Map.CompanyName(d.Env, c) == "" {
			quarantined[s.ID] = true
		}
		return nil
	})
	return parents, quarantined, err
}

func depths(order []string, parents map[string]string, cut map[string]bool) map[string]int {
	depth := make(map[string]int, len(order))
	for _, id := range order { // parents come first
		if p := parents[id]; !cut[id] {
			if d, ok := depth[p]; ok {
				depth[id] = d + 1
				continue
			}
		}
		depth[id] = 0
	}
	return depth
}

func (d *Decider) companyMatches(ctx context.Context, page []ledger.Staged) (map[string][]int64, error) {
	hosts, names := map[string][]string{}, map[string]string{}
	var allHosts, allNames []string
	for _, s := range page {
		var c record.Company
		if err := s.Decode(&c); err != nil {
			return nil, err
		}
		hosts[s.ID] = d.Map.CompanyHosts(c)
		names[s.ID] = mapping.NameKey(d.Map.CompanyName(d.Env, c))
		allHosts = append(allHosts, hosts[s.ID]...)
		if names[s.ID] != "" {
			allNames = append(allNames, names[s.ID])
		}
	}
	byHost, err := d.lookup(ctx, accounts, crawl.KeyHost, allHosts)
	if err != nil {
		return nil, err
	}
	byName, err := d.lookup(ctx, accounts, crawl.KeyName, allNames)
	if err != nil {
		return nil, err
	}
	out := map[string][]int64{}
	for id, hs := range hosts {
		var found []int64
		for _, h := range hs {
			found = append(found, byHost[h]...)
		}
		if len(found) == 0 {
			found = append(found, byName[names[id]]...)
		}
		slices.Sort(found)
		out[id] = slices.Compact(found)
	}
	return out, nil
}
