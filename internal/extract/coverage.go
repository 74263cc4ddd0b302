package extract

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/union"
)

// coverage makes the account of the union, a row a resource and agent, and proves that each distinct legacy record is in one class.
func (j *joining) coverage(ctx context.Context) error {
	j.sum.Coverage, j.sum.Readings = nil, nil
	for _, rd := range j.done {
		j.sum.Readings = append(j.sum.Readings, rd.Cover)
	}
	agents, err := j.agentIDs(ctx)
	if err != nil {
		return err
	}
	current, err := j.currentByAgent(ctx)
	if err != nil {
		return err
	}
	covered, err := j.coveredByFiles()
	if err != nil {
		return err
	}
	for _, kind := range union.Order {
		if !j.Union.Shares(kind) {
			continue
		}
		j.sum.Chunks[kind] = Chunks{Pass: j.states[kind].Pass, N: j.states[kind].Batch}
		if slices.Contains(companyKinds, kind) {
			row := j.row(kind, "")
			live, _, err := j.Run.Count(ctx, kind)
			if err != nil {
				return err
			}
			row.Current, row.Coverage = int(live)-row.LegacyOnly-row.Resurrected, j.companyCoverage(kind)
			j.sum.Coverage = append(j.sum.Coverage, row)
			continue
		}
		for _, id := range j.withRows(kind, agents) {
			row := j.row(kind, id)
			row.Current, row.Coverage = current[kind][id], j.agentCoverage(kind, id, covered)
			j.sum.Coverage = append(j.sum.Coverage, row)
		}
	}
	for _, row := range j.sum.Coverage {
		if err := row.Check(row.Union()); err != nil {
			return err
		}
	}
	return nil
}

func (j *joining) row(kind record.Kind, agent string) union.Coverage {
	out := union.Coverage{Resource: kind, AgentID: agent}
	if agent != "" || !slices.Contains(companyKinds, kind) {
		if c := j.states[kind].Coverage[agent]; c != nil {
			out = *c
		}
		return out
	}
	for _, c := range j.states[kind].Coverage {
		one := *c
		one.Coverage = ""
		out.Merge(one)
	}
	return out
}

// agentIDs are the agents of the union that are in scope.
func (j *joining) agentIDs(ctx context.Context) ([]string, error) {
	var out []string
	err := j.Run.Each(ctx, record.Agents, true, func(s ledger.Staged) error {
		if len(j.Union.Agents) == 0 || slices.Contains(j.Union.Agents, s.ID) {
			out = append(out, s.ID)
		}
		return nil
	})
	return out, err
}

// withRows adds to the agents those that only rows of legacy name.
func (j *joining) withRows(kind record.Kind, agents []string) []string {
	out := slices.Clone(agents)
	for id := range j.states[kind].Coverage {
		if !slices.Contains(agents, id) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

func (j *joining) companyCoverage(kind record.Kind) string {
	out := union.NotChecked
	for _, rd := range j.done {
		if rd.Level != rezora.CompanyLevel || j.LegacyFiles != nil && rd.Tag != "files/"+string(kind) {
			continue
		}
		if rd.Cover.Coverage != rezora.Complete {
			return string(rd.Cover.Coverage)
		}
		out = union.Complete
	}
	return out
}

func (j *joining) agentCoverage(kind record.Kind, agent string, covered []string) string {
	for _, rd := range j.done {
		switch {
		case rd.Level != rezora.AgentLevel:
		case j.LegacyFiles != nil && rd.Tag == "files/"+string(kind):
			if agent != "" && !slices.Contains(covered, agent) {
				return union.NotChecked
			}
			return string(rd.Cover.Coverage)
		case j.LegacyFiles == nil && rd.Cover.AgentID == agent:
			return string(rd.Cover.Coverage)
		}
	}
	return union.NotChecked
}

// coveredByFiles are the agents that a folder of legacy exports says it covers.
func (j *joining) coveredByFiles() ([]string, error) {
	files, ok := j.LegacyFiles.(interface {
		Manifest() (rezora.Manifest, error)
	})
	if !ok {
		return nil, nil
	}
	m, err := files.Manifest()
	return m.Agents, err
}

// currentByAgent counts the records of current for each agent.
func (j *joining) currentByAgent(ctx context.Context) (map[record.Kind]map[string]int, error) {
	out := map[record.Kind]map[string]int{record.Contacts: {}, record.DistributionGroups: {}, record.GroupMemberships: {}}
	members := out[record.GroupMemberships]
	err := j.Run.Each(ctx, record.DistributionGroups, true, func(s ledger.Staged) error {
		var g record.DistributionGroup
		if err := s.Decode(&g); err != nil {
			return err
		}
		n, err := j.Run.RefCount(ctx, record.GroupMemberships, "group", s.ID)
		if ofCurrent(s) {
			out[record.DistributionGroups][g.OwnerAgentID]++
		}
		members[g.OwnerAgentID] += n
		return err
	})
	if err != nil {
		return nil, err
	}
	err = j.Run.Each(ctx, record.Agents, true, func(s ledger.Staged) error {
		n, err := j.Run.RefCount(ctx, record.Contacts, "owner", s.ID)
		out[record.Contacts][s.ID] = n
		return err
	})
	for _, kind := range []record.Kind{record.Contacts, record.GroupMemberships} {
		for agent, c := range j.states[kind].Coverage {
			out[kind][agent] -= c.LegacyOnly + c.Resurrected
		}
	}
	return out, err
}

// mayGoOn stops the run before anything is planned over an incomplete union (rezora contract 6, step 9). What failed is read again when
// the run resumes, and every record is decided anew.
func (j *joining) mayGoOn(ctx context.Context) error {
	for _, row := range j.sum.Coverage {
		if row.Coverage != union.Complete && j.Union.AcceptsIncomplete(row.AgentID) && !slices.Contains(j.sum.Accepted, row.AgentID) {
			j.sum.Accepted = append(j.sum.Accepted, row.AgentID)
		}
	}
	var park error
	if ids := j.Union.Incomplete(j.sum.Coverage); len(ids) > 0 {
		park = step.Stuck(ParkUnion, false,
			"legacy was not read in full for %s; correct or add the credentials, or name the agents in union.accept_incomplete of REZORA_SETTINGS_FILE, restart the worker, then resume", j.failures(ids))
	} else if n, ids := j.stops(); n > 0 {
		park = step.Stuck(ParkResurrect, false,
			"%d records are deleted in current and present in legacy (%s), and union.resurrect is stop; set it to skip or add, restart the worker, then resume", n, strings.Join(ids, ", "))
	}
	if park == nil {
		return nil
	}
	if err := j.reset(ctx); err != nil {
		return err
	}
	return park
}

func (j *joining) stops() (n int, ids []string) {
	for _, kind := range union.Order {
		if st := j.states[kind]; st != nil {
			n += st.Stopped
			for _, id := range st.Stops {
				if len(ids) < listed {
					ids = append(ids, string(kind)+" "+id)
				}
			}
		}
	}
	return n, ids
}

func (j *joining) failures(ids []string) string {
	var out []string
	for _, id := range ids {
		if len(out) == listed {
			out = append(out, fmt.Sprintf("%d more", len(ids)-listed))
			break
		}
		who, why := "agent "+id, "no credential"
		if id == "" {
			who = "the company (agents, teams)"
		}
		for _, rd := range j.done {
			if rd.Cover.AgentID == id && (id != "" || rd.Level == rezora.CompanyLevel) && rd.Cover.Coverage != rezora.Complete {
				why = rd.Cover.Reason
			}
		}
		out = append(out, who+" ("+why+")")
	}
	return strings.Join(out, ", ")
}

func (j *joining) reset(ctx context.Context) error {
	j.rep.Passes++ // the chunks of another pass lie elsewhere
	if err := j.save(ctx); err != nil {
		return err
	}
	for _, rd := range j.done {
		if rd.Cover.Coverage == rezora.Complete {
			continue
		}
		rd.Done = false
		if err := j.note(ctx, rd); err != nil {
			return err
		}
	}
	for _, kind := range union.Order {
		if err := j.Run.PutCursor(ctx, kind, j.n, ledger.Cursor{Walk: walkUnion}); err != nil {
			return err
		}
	}
	return nil
}
