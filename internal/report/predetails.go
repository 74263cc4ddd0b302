package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"rezora2nutshell/internal/union"
)

func (p PreMigration) ownersInto(v *preView) {
	o := p.Owners
	v.Owners = fmt.Sprintf("%s of %s have a Nutshell user with the same e-mail.", num(o.Matched), plural(o.Agents, "agent", "agents"))
	if o.Fallback {
		v.Owners += " What nobody owns goes to the fallback owner."
	}
	v.Orphans = newGrid("Agent", "E-mail", "#Records", "In Nutshell")
	for _, x := range o.Orphans {
		state := "no such user"
		if x.Disabled {
			state = "user is switched off"
		}
		records := num(x.Records)
		if x.Records == 0 {
			records = "not counted"
		}
		name := x.Name
		if name == "" {
			name = "Agent"
		}
		v.Orphans.add(name+" ("+x.AgentID+")", x.Email, records, state)
	}
}

func (p PreMigration) fieldsInto(v *preView) {
	v.New, v.Existing = newGrid("Field", "On", "Type", "Why"), newGrid("Field", "On", "Type", "Why")
	for _, f := range p.Fields {
		kind := f.Type
		if n := len(f.Choices); n > 0 {
			kind += fmt.Sprintf(", %s", plural(n, "choice", "choices"))
		}
		why := f.Reason
		if f.Property != "" && f.Property != f.Name {
			why += "; in Rezora: " + f.Property
		}
		to := v.New
		if f.Exists {
			to = v.Existing
			v.ExistingCount++
		} else {
			v.NewCount++
		}
		to.add(f.Name, entityWord(f.Entity), kind, why)
	}
	v.Plan = newGrid("Limit of the plan", "#Needed", "#Allowed", "")
	for _, l := range p.Plan.Limits {
		allowed, state := num(l.Allowed), tag("ok", "fits")
		switch {
		case l.Allowed == 0:
			allowed, state = "not stated", cell{}
		case l.Over():
			state = tag("missing", "too few")
		}
		v.Plan.add(l.What, l.Needed, allowed, state)
	}
	v.Duplicates = newGrid("People with the same e-mail", "Ids in Rezora")
	var rows []Duplicate
	rows, v.Duplicates.More = cut(p.Duplicates, int64(len(p.Duplicates)), preFile)
	for _, d := range rows {
		v.Duplicates.add(num(len(d.ContactIDs)), code(strings.Join(d.ContactIDs, ", ")))
	}
}

// ruleWords are the rules of the union in plain words (rezora contract 6).
var ruleWords = map[union.Rule]string{
	union.SameID: "The same record, by id", union.SameKey: "The same record, by its key", union.SeveralKeys: "Several records of the current API have its key",
	union.TombstoneID: "Deleted in the current API, by id", union.TombstoneKey: "Deleted in the current API, by its key", union.ProbeLive: "Asked for: it is there",
	union.ProbeGone: "Asked for: it was deleted", union.ProbeAbsent: "Asked for: the current API never had it", union.Unprobed: "Not asked for",
	union.EndMissing: "A membership without its person or group",
}

func ruleWord(rule string) string {
	if w, ok := ruleWords[union.Rule(rule)]; ok {
		return w
	}
	return rule
}

func (p PreMigration) sourceInto(v *preView, first []union.Discrepancy) {
	v.Coverage = newGrid("Older data of", "Agent", "Read", "#Both", "#Only older", "#Brought back", "#Left out", "#Unsubscribed there", "#Fields that differ")
	for _, c := range p.Coverage {
		read := tag("ok", "complete")
		if c.Coverage != union.Complete {
			read = tag("missing", strings.ReplaceAll(c.Coverage, "_", " "))
		}
		v.Coverage.add(kindWord(string(c.Resource)), c.AgentID, read, c.Both, c.LegacyOnly, c.Resurrected, c.ResurrectSkipped+c.Unresolved, c.UnsubscribedFromLegacy, c.FieldDifferences)
	}
	v.Rules = newGrid("Rule", "#Records")
	for _, rule := range sortedKeys(p.Rules) {
		v.Rules.add(ruleWord(rule), p.Rules[rule])
	}
	v.Discrepant = newGrid("Older record", "Current record", "Rule", "What becomes of it", "Fields")
	_, v.Discrepant.More = cut(first, v.DiscrepantCount, preFile)
	for _, d := range first {
		fields := slices.Clone(d.Fields)
		slices.Sort(fields)
		v.Discrepant.add(one(string(d.Resource))+" "+d.LegacyID, d.CurrentID, ruleWord(string(d.Rule)), d.Text, strings.Join(fields, ", "))
	}
	v.Resources = newGrid("Resource", "Offered", "#Records", "Rezora counts", "Remarks")
	for _, r := range p.Resources {
		offer := tag("ok", "yes")
		switch r.Offer {
		case "offered":
		case "disabled":
			offer = tag("", "switched off")
		default:
			offer = tag("truncated", "not offered")
		}
		counts := map[string]string{"equal": num(r.Counted), "moving": num(r.Counted) + ", it changed meanwhile"}[r.Count]
		v.Resources.add(kindWord(r.Kind), offer, r.Records, cmp.Or(counts, "not told"), strings.Join(r.Notes, "; "))
	}
	v.Capabilities = capabilityGrid(p.Capabilities)
}
