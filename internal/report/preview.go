package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/union"
)

const preFile = "pre-migration.json"

// HTML writes pre-migration.html: what needs attention first, then what moves, what does not, and what it takes.
func (p PreMigration) HTML(w io.Writer) error {
	first, total, err := p.firstDiscrepancies()
	if err != nil {
		return err
	}
	return render(w, "Before the migration: "+p.Migration, "premigration", p.view(first, total))
}

// firstDiscrepancies reads the few that the page shows, and counts all.
func (p *PreMigration) firstDiscrepancies() (first []union.Discrepancy, total int64, err error) {
	p.Rules = map[string]int64{}
	err = each(p.Discrepancies, func(d union.Discrepancy) error {
		p.Rules[string(d.Rule)]++
		if total++; len(first) < shown {
			first = append(first, d)
		}
		return nil
	})
	return first, total, err
}

type preView struct {
	Migration, MapDigest, Digest string
	Say                          statement
	Facts                        []fact
	Gate                         bool
	Decide                       decision
	Attention                    []attention
	Objects, Orphans             *grid
	Owners                       string
	New, Existing                *grid
	NewCount, ExistingCount      int
	Plan                         *grid
	Lost, Remarks                []remarkView
	Duplicates                   *grid
	DuplicateCount               int
	Coverage, Rules, Discrepant  *grid
	DiscrepantCount              int64
	Resources, Capabilities      *grid
	Fidelity                     fidelityView
	Properties, Dangling         *grid
	Calls                        *grid
	CallsSay                     string
}

type fact struct{ Name, Value string }

// attention is something that a person should settle before the start.
type attention struct{ Title, Text string }

type remarkView struct {
	Title string
	Count int64
	Grid  *grid
}

func (p PreMigration) view(first []union.Discrepancy, total int64) preView {
	v := preView{
		Migration: p.Migration, MapDigest: p.MapDigest, Digest: p.Digest, Gate: p.Gate, Objects: p.objectGrid(), Lost: remarkViews(p.Quarantined, preFile),
		Remarks: remarkViews(p.Remarks, preFile), DuplicateCount: len(p.Duplicates), DiscrepantCount: total, Fidelity: fidelityOf(p.Fidelity),
		Attention: p.attention(),
	}
	v.Say, v.Facts = p.say(len(v.Attention))
	if p.Gate {
		v.Decide = newDecision(p.Migration, p.Digest, p.Approvers,
			"Nothing has been written to Nutshell yet, and nothing will be until somebody decides on this report and on the map behind it.",
			"The custom fields are made and a sample is loaded. You compare the sample before anything else moves.",
			"The migration ends here. Nutshell is as it was.")
	}
	p.ownersInto(&v)
	p.fieldsInto(&v)
	p.sourceInto(&v, first)
	p.propertiesInto(&v)
	v.Calls, v.CallsSay = p.callGrid()
	return v
}

func (p PreMigration) say(open int) (statement, []fact) {
	t := Planned{}
	for _, o := range p.Objects {
		t.Source, t.Create, t.Merge, t.Link, t.Quarantined = t.Source+o.Source, t.Create+o.Create, t.Merge+o.Merge, t.Link+o.Link, t.Quarantined+o.Quarantined
	}
	s := statement{Title: "Nothing stands in the way", Lines: []string{"This is what will happen. Nothing has been written to Nutshell yet."}}
	if open > 0 {
		s.Class, s.Title = "cut", plural(open, "point needs", "points need")+" your attention first"
	}
	facts := []fact{
		{"Created in Nutshell", num(t.Create)}, {"Joined with existing records", num(t.Merge + t.Link)}, {"Not in Nutshell", num(t.Quarantined)},
		{"Calls to Nutshell", num(p.Calls.Total())},
	}
	if p.Calls.Hours > 0 {
		facts = append(facts, fact{"Time, about", hoursWords(p.Calls.Hours)})
	}
	return s, facts
}

// attention lists what a person can settle, the blocking things first.
func (p PreMigration) attention() []attention {
	var out []attention
	for _, b := range p.Blocked {
		out = append(out, attention{fmt.Sprintf("The field %s of %s cannot be used", b.Name, entityWord(b.Entity)), b.Reason + ". Rename it in the mapping file or in Nutshell."})
	}
	for _, l := range p.Plan.Limits {
		if l.Over() {
			out = append(out, attention{
				fmt.Sprintf("The plan allows too few %s", l.What),
				fmt.Sprintf("%s are needed, %s are allowed. Upgrade the plan, or leave something out in the mapping file.", num(l.Needed), num(l.Allowed)),
			})
		}
	}
	if n := len(p.Owners.Orphans); n > 0 {
		text := "Their records would be without owner. Create or enable their users in Nutshell, or accept the list."
		if p.Owners.Policy == "fallback" {
			text = "Their records go to the fallback owner."
		}
		out = append(out, attention{plural(n, "agent has", "agents have") + " no Nutshell user", text})
	}
	for _, f := range p.Findings {
		out = append(out, attention{findingTitle(f), sentence(f.Text)})
	}
	for _, c := range p.Coverage {
		if c.Coverage != union.Complete {
			out = append(out, attention{fmt.Sprintf("The older data of agent %s was not read: %s", cmp.Or(c.AgentID, "all"), strings.ReplaceAll(string(c.Resource), "_", " ")),
				"Coverage: " + strings.ReplaceAll(c.Coverage, "_", " ") + ". What is only there will not move."})
		}
	}
	return out
}

var findingTitles = map[string]string{
	mapping.FindingTypeDisagrees: "Values of %s do not fit its type", mapping.FindingTypeRefused: "Nutshell does not define the type of %s",
	mapping.FindingTypeUnknown: "The type of %s is not known", mapping.FindingTooManyChoices: "%s has too many or too long choices",
	mapping.FindingRenamed: "%s gets another name", mapping.FindingNameRefused: "%s has no name that Nutshell takes",
	mapping.FindingValuesRefused: "Some values of %s fit no field", mapping.FindingLimit: "Too many custom fields", mapping.FindingFieldBlocked: "%s cannot be used",
	mapping.FindingStatusUnmapped: "The lead status %s has no line in the map", mapping.FindingInteractionNote: "Interactions of type %s become notes",
}

func findingTitle(f mapping.Finding) string {
	title, known := findingTitles[f.Code]
	if !known {
		title = strings.ReplaceAll(f.Code, "_", " ") + ": %s"
	}
	if strings.Contains(title, "%s") {
		title = fmt.Sprintf(title, cmp.Or(f.Name, f.Entity))
	}
	if f.N > 0 {
		title += fmt.Sprintf(" (%s)", num(f.N))
	}
	return title
}

// sentence makes a reason from the code's habit of lower case a sentence.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

func (p PreMigration) objectGrid() *grid {
	g := newGrid("", "#In Rezora", "#To be created", "#Joined with an existing record", "#Used as it is", "#Not in Nutshell")
	for _, o := range p.Objects {
		g.add(objectWord(o.Object), o.Source, o.Create, o.Merge, o.Link, o.Quarantined)
	}
	return g
}

func (p PreMigration) callGrid() (*grid, string) {
	c := p.Calls
	g := newGrid("Kind of call", "#Number")
	for _, row := range []struct {
		name string
		n    int64
	}{{"Create", c.Create}, {"Change", c.Edit}, {"Read", c.Read}, {"Upload a file", c.Upload}, {"Delete", c.Delete}} {
		g.add(row.name, row.n)
	}
	g.add("All", c.Total()).last()
	say := ""
	if c.PerS > 0 {
		say = fmt.Sprintf("At %g calls a second this takes about %s.", c.PerS, hoursWords(c.Hours))
		if c.Learned {
			say += " That rate is a careful first guess; the real one is learned during the run, and is often higher."
		}
	}
	return g, say
}

func remarkViews(r Remarks, file string) []remarkView {
	var out []remarkView
	for _, m := range r.All() {
		g := newGrid("Record", "Reason")
		var records []RemarkRecord
		records, g.More = cut(m.Records, m.Count, file)
		for _, x := range records {
			g.add(one(x.Object)+" "+x.SourceID, x.Reason)
		}
		if m.More() > 0 && len(m.Records) <= len(records) {
			g.More = plural(m.Count-int64(len(records)), "more record is", "more records are") + " counted, not listed"
		}
		out = append(out, remarkView{m.Title, m.Count, g})
	}
	return out
}

func entityWord(entity string) string {
	switch entity {
	case mapping.Contacts:
		return "people"
	case mapping.Accounts:
		return "companies"
	case mapping.Leads:
		return "leads"
	}
	return entity
}

func sortedKeys(m map[string]int64) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
