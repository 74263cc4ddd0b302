package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/target"
)

// mostBytes keeps a page with 500 records under 5 MB: when values are long, less of each is shown.
const mostBytes = 4_500_000

// detail says how many characters of a value a page shows, and whether equal values are shown at all.
type detail struct {
	equal, other int
	noEqual      bool
}

var details = []detail{{equal: 240, other: 900}, {equal: 60, other: 400}, {other: 160, noEqual: true}, {other: 60, noEqual: true}}

// HTML writes sample-diff.html: faults first, then what is not wholly in Nutshell, source and target side by side.
func (d SampleDiff) HTML(w io.Writer) error {
	var page bytes.Buffer
	for _, level := range details {
		page.Reset()
		if err := render(&page, "Sample comparison: "+d.Migration, "samplediff", d.view(level)); err != nil {
			return err
		}
		if page.Len() <= mostBytes {
			break
		}
	}
	_, err := w.Write(page.Bytes())
	return err
}

type sampleView struct {
	Migration string
	Say       statement
	Bar       stack
	Objects   *grid
	Decide    decision
	Faults    []sampleGroup // at most one
	Groups    []sampleGroup
	Filter    []filterOption // objects that occur
	Verdicts  []filterOption
	Lost      []Quarantined
	LostMore  string
	NoEqual   bool
	Records   int
	Found     *grid // what the probes found out
}

type filterOption struct{ Value, Name string }

type sampleGroup struct {
	ID, Title, Lead string
	Open            bool
	Records         []recordView
}

type recordView struct {
	Object, Verdicts, Name, IDs string
	Tags                        []tagView
	Fields                      []fieldView // all but the equal ones
	Equal                       []fieldView
	EqualCount                  int
	EqualSay                    string
}

type tagView struct{ Class, Text string }

type fieldView struct {
	Name, Source, Target, Verdict, Reason string
	SourceParts, TargetParts              []textPart // of different values
}

// groups of records, worst first: a record is in the first group that one of its fields belongs to.
var groups = []struct {
	id, title, lead string
	open            bool
	has             func(DiffField) bool
}{
	{"faults", "Faults", "These values are not in Nutshell as they should be. Please look at each of them before you approve.", true, isFault},
	{"lists", "Shortened lists", "A list of groups, campaigns or events was too long for its field. The newest entries are in Nutshell, the whole list is in the archive.", false, isList},
	{"choices", "Choices that Nutshell does not take", "A value is none of the choices of its field. The value is in the archive.", false, isChoice},
	{"cut", "Other values that are not wholly in Nutshell", "A rule of the map leaves these values out or shortens them. The reason says which rule, and where the rest is.", false, isCut},
	{"form", "Values in another form", "The same value, written as Nutshell writes it: a phone number, a time, a list as JSON.", false, func(f DiffField) bool { return f.Verdict == target.Transformed }},
	{"equal", "Equal, every value", "Each of these values is in Nutshell exactly as it is in Rezora.", false, func(DiffField) bool { return true }},
}

func isFault(f DiffField) bool {
	_, known := severity[f.Verdict]
	return !known || f.Verdict == target.Missing || f.Verdict == target.Mismatch
}

func isCut(f DiffField) bool { return f.Verdict == target.Truncated }

var listFields = []string{mapping.FieldGroups, mapping.FieldCampaigns, mapping.FieldEngagement, mapping.FieldListings}

func isList(f DiffField) bool {
	if !isCut(f) {
		return false
	}
	return slices.Contains(listFields, strings.TrimPrefix(f.Field, "customFields.")) || strings.Contains(f.Reason, "elements")
}

func isChoice(f DiffField) bool { return isCut(f) && strings.Contains(f.Reason, "choice") }

func groupOf(r DiffRecord) int {
	for i, g := range groups {
		if slices.ContainsFunc(r.Fields, g.has) {
			return i
		}
	}
	return len(groups) - 1
}

func (d SampleDiff) view(level detail) sampleView {
	s := d.Sum()
	v := sampleView{Migration: d.Migration, Say: d.say(s), Bar: verdictBar(s), Objects: objectGrid(s), NoEqual: level.noEqual, Records: s.Records, Found: capabilityGrid(d.Capabilities)}
	v.Lost, v.LostMore = cut(d.Quarantined, int64(len(d.Quarantined)), "sample-diff.json")
	v.Decide = newDecision(d.Migration, d.Digest, d.Approvers,
		"Nothing more moves until somebody decides. Read the parts below, look at a few records in Nutshell itself, then choose.",
		"The migration goes on with all other records. It can still be rolled back at any time.",
		"The migration ends here, and the sample is removed from Nutshell again, unless the operator chose to keep it.")
	byGroup := make([][]recordView, len(groups))
	seen := map[string]bool{}
	for _, r := range d.Records {
		i := groupOf(r)
		byGroup[i] = append(byGroup[i], viewOf(r, level))
		if !seen[r.Object] {
			seen[r.Object] = true
		}
	}
	for _, o := range s.Objects {
		if seen[o.Object] {
			v.Filter = append(v.Filter, filterOption{o.Object, objectWord(o.Object)})
		}
	}
	for _, verdict := range []string{target.Missing, target.Mismatch, target.Truncated, target.Transformed, target.Equal} {
		v.Verdicts = append(v.Verdicts, filterOption{verdict, label(verdict)})
	}
	for i, g := range groups {
		if len(byGroup[i]) == 0 {
			continue
		}
		list := &v.Groups
		if i == 0 {
			list = &v.Faults
		}
		*list = append(*list, sampleGroup{g.id, g.title, g.lead, g.open && len(byGroup[i]) <= 10, byGroup[i]})
	}
	return v
}

func (d SampleDiff) say(s Summary) statement {
	of := fmt.Sprintf("%s in %s were written to Nutshell, read back and compared.", plural(s.Fields, "value", "values"), plural(s.Records, "record", "records"))
	lines := []string{of}
	if s.Quarantined > 0 {
		lines = append(lines, plural(s.Quarantined, "record of the sample is", "records of the sample are")+" not in Nutshell, each for a stated reason.")
	}
	switch {
	case s.Faults > 0:
		return statement{"bad", plural(s.Faults, "value is", "values are") + " not in Nutshell as planned", lines}
	case s.Verdicts.Truncated > 0:
		lines = append(lines, plural(s.Verdicts.Truncated, "value is", "values are")+" shortened or left out by a rule of the map. They are listed below, and kept whole in the archive.")
		return statement{"cut", "No faults. Some values are not wholly in Nutshell", lines}
	}
	return statement{"", "Every value arrived as planned", lines}
}

func verdictBar(s Summary) stack {
	c := s.Verdicts
	return stacked("Values by result",
		part{Class: target.Equal, Name: "the same", N: int64(c.Equal)}, part{Class: target.Transformed, Name: "in another form", N: int64(c.Transformed)},
		part{Class: target.Truncated, Name: "not wholly there", N: int64(c.Truncated)}, part{Class: target.Mismatch, Name: "different", N: int64(c.Mismatch)},
		part{Class: target.Missing, Name: "missing", N: int64(c.Missing)})
}

func objectGrid(s Summary) *grid {
	g := newGrid("", "#Records", "#All the same", "#Other form", "#Not wholly there", "#With faults", "#Not in Nutshell")
	g.Caption = "Records by the worst result among their values"
	for _, o := range s.Objects {
		if o.Records+o.Quarantined > 0 {
			g.add(objectWord(o.Object), o.Records, o.Worst.Equal, o.Worst.Transformed, o.Worst.Truncated, hot(o.Worst.Missing+o.Worst.Mismatch), o.Quarantined)
		}
	}
	return g
}

func viewOf(r DiffRecord, level detail) recordView {
	v := recordView{Object: r.Object, Name: nameOf(r), IDs: fmt.Sprintf("%s %s → %s %d", one(r.Object), r.SourceID, strings.TrimSuffix(r.TargetType, "s"), r.TargetID)}
	counts := map[string]int{}
	for _, f := range r.Fields {
		counts[f.Verdict]++
		if f.Verdict == target.Equal {
			v.EqualCount++
			if !level.noEqual {
				v.Equal = append(v.Equal, fieldView{Name: fieldName(f.Field), Source: clipped(cmp.Or(f.Target, f.Source), level.equal)})
			}
			continue
		}
		v.Fields = append(v.Fields, differing(f, level.other))
	}
	v.EqualSay = plural(v.EqualCount, "equal value", "equal values")
	slices.SortStableFunc(v.Fields, func(a, b fieldView) int { return cmp.Compare(severity[b.Verdict], severity[a.Verdict]) })
	for _, verdict := range []string{target.Missing, target.Mismatch, target.Truncated, target.Transformed, target.Equal} {
		if n := counts[verdict]; n > 0 {
			v.Tags = append(v.Tags, tagView{verdict, fmt.Sprintf("%d %s", n, label(verdict))})
			v.Verdicts = strings.TrimSpace(v.Verdicts + " " + verdict)
		}
	}
	return v
}

// nameFields may name a record, the best one first.
var nameFields = []string{"name", "title", "subject", "description", "note"}

// nameOf is what a person knows the record by.
func nameOf(r DiffRecord) string {
	for _, field := range nameFields {
		for _, f := range r.Fields {
			text := strings.TrimSpace(cmp.Or(f.Source, f.Target))
			if f.Field == field && text != "" {
				text, _, _ = strings.Cut(text, "\n")
				return clip(text, 90)
			}
		}
	}
	return one(r.Object) + " " + r.SourceID
}

func fieldName(s string) string { return strings.TrimPrefix(s, "customFields.") }
