package report

import (
	"fmt"
	"io"
	"strings"

	"rezora2nutshell/internal/api"
)

const reconFile = "reconciliation.json"

// HTML writes reconciliation.html: the result, every discrepancy, what people changed, and what is left to do by hand.
func (r Reconciliation) HTML(w io.Writer) error {
	return render(w, "Reconciliation: "+r.Migration, "reconciliation", r.view())
}

type reconView struct {
	Migration, SourceRoot, TargetRoot string
	Say                               statement
	Bar                               stack
	Objects                           *grid
	Faults, Edited, Flagged, Deleted  *grid
	EditedCount, FlaggedCount, Gone   int64
	Remarks                           []remarkView
	Fidelity                          fidelityView
	Todo                              []todo
	Files                             *grid
	Rollback                          []api.Way
	SameRoots                         bool
	Rehearsal                         *Rehearsal
	Differing                         *grid
	Compare                           string // command
}

// todo is a point of the hand-over checklist.
type todo struct {
	Title, Text string
	Items       []string
	Href, Link  string
}

func (r Reconciliation) view() reconView {
	v := reconView{
		Migration: r.Migration, SourceRoot: r.SourceRoot, TargetRoot: r.TargetRoot, SameRoots: r.SourceRoot == r.TargetRoot, Rehearsal: r.Rehearsal,
		Compare: "starter rehearse " + r.Migration + " --compare rehearsal-" + r.Migration, Say: r.say(), Objects: r.objectGrid(),
		Remarks: remarkViews(r.Remarks, reconFile), Fidelity: fidelityOf(r.Fidelity), Todo: r.Handover.todos(), Rollback: api.RollbackCommands(r.Migration),
		EditedCount:  int64(len(r.Edited)) + r.Uncounted.Edited,
		FlaggedCount: int64(len(r.Flagged)) + r.Uncounted.Flagged, Gone: int64(len(r.Deleted)) + r.Uncounted.Deleted,
	}
	t := r.Total()
	v.Bar = stacked("Records by result",
		part{Class: "equal", Name: "as planned", N: t.Matched}, part{Class: "quarantined", Name: "not in Nutshell, for a stated reason", N: t.Flagged},
		part{Class: "truncated", Name: "not verified", N: t.Unverified}, part{Class: "mismatch", Name: "different", N: t.Mismatched},
		part{Class: "missing", Name: "missing", N: t.Missing})
	v.Faults = newGrid("Record", "Field", "Result")
	faults, more := cut(r.Faults, int64(len(r.Faults))+r.Uncounted.Faults, reconFile)
	v.Faults.More = more
	for _, f := range faults {
		v.Faults.add(one(f.Object)+" "+f.SourceID, fieldName(f.Field), tag("missing", label(f.Verdict)))
	}
	v.Edited = newGrid("Record", "Id in Nutshell", "Field")
	edited, more := cut(r.Edited, v.EditedCount, reconFile)
	v.Edited.More = more
	for _, e := range edited {
		v.Edited.add(one(e.Object)+" "+e.SourceID, fmt.Sprint(e.TargetID), fieldName(e.Field))
	}
	v.Flagged = newGrid("Record", "Reason")
	flagged, more := cut(r.Flagged, v.FlaggedCount, reconFile)
	v.Flagged.More = more
	for _, f := range flagged {
		v.Flagged.add(one(f.Object)+" "+f.SourceID, f.Reason)
	}
	v.Deleted = newGrid("Record")
	gone, more := cut(r.Deleted, v.Gone, reconFile)
	v.Deleted.More = more
	for _, g := range gone {
		v.Deleted.add(one(g.Object) + " " + g.SourceID)
	}
	v.Differing = newGrid("Record")
	if r.Rehearsal != nil {
		differing, more := cut(r.Rehearsal.Records, int64(len(r.Rehearsal.Records)), reconFile)
		v.Differing.More = more
		for _, d := range differing {
			v.Differing.add(one(d.Object) + " " + d.SourceID)
		}
	}
	v.Files = r.Handover.fileGrid()
	return v
}

func (r Reconciliation) say() statement {
	t := r.Total()
	lines := []string{fmt.Sprintf("Nutshell was read afresh, and all %s were compared with what the map demands, field by field.", plural(t.Source, "record", "records"))}
	if t.Flagged > 0 {
		lines = append(lines, plural(t.Flagged, "record is", "records are")+" not in Nutshell, each for a stated reason.")
	}
	if r.DiscrepancyRate == 0 {
		return statement{"", "Everything is in Nutshell as planned", lines}
	}
	lines = append(lines, fmt.Sprintf("That is %s of the records; the agreed threshold is %s.", percent(r.DiscrepancyRate), percent(r.Threshold)))
	s := statement{"bad", plural(t.Discrepancies(), "record is", "records are") + " not as planned", lines}
	if r.DiscrepancyRate <= r.Threshold {
		s.Class = "cut"
	}
	return s
}

func (r Reconciliation) objectGrid() *grid {
	g := newGrid("", "#In Rezora", "#As planned", "#Missing", "#Different", "#Left out, with reason", "#Not verified", "#Unexpected", "#Second copies")
	row := func(name string, o Reconciled) {
		g.add(name, o.Source, o.Matched, hot(o.Missing), hot(o.Mismatched), o.Flagged, hot(o.Unverified), hot(o.Unexpected), hot(o.Duplicated))
	}
	for _, o := range r.Objects {
		row(objectWord(o.Object), o)
	}
	row("All", r.Total())
	return g.last()
}

// todos is the checklist for people.
func (h Handover) todos() []todo {
	var out []todo
	add := func(when bool, t todo) {
		if when {
			out = append(out, t)
		}
	}
	guide := todo{Href: "rebuild-guide.html", Link: "the rebuild guide"}
	with := func(title, text string) todo { t := guide; t.Title, t.Text = title, text; return t }
	add(h.Agents > 0, with("Set up roles and permissions", plural(h.Agents, "agent", "agents")+", with the role each has in Rezora, listed in"))
	add(h.Orphans > 0, todo{Title: "Give the records of agents without a user an owner", Text: plural(h.Orphans, "agent has", "agents have") + " no user in Nutshell. Their e-mail stands in Rezora_Owner__c of each person."})
	add(h.Groups > 0, with("Make saved filters for the distribution groups", plural(h.Groups, "group", "groups")+", each with the filter to save, in"))
	add(h.Sequences > 0, with("Rebuild the drip sequences", plural(h.Sequences, "sequence", "sequences")+", each step with what Nutshell can do, in"))
	add(len(h.MergeFields) > 0, todo{Title: "Replace placeholders that Nutshell does not know", Text: "They stand in the templates of the archive as they were:", Items: h.MergeFields})
	add(len(h.Undecided) > 0, todo{Title: "Decide on what came up after the approval", Text: "The approved map has no line for these; nothing was guessed:", Items: h.Undecided})
	add(h.InDoubt > 0, todo{Title: "Look at the records in doubt", Text: plural(h.InDoubt, "record was", "records were") + " accepted although nobody knows whether Nutshell has it. They are listed above as not verified."})
	add(h.Rejected > 0, todo{Title: "Look at the records that are not in Nutshell", Text: plural(h.Rejected, "record", "records") + ", listed above with the reason. Each can be mended in Rezora or entered by hand."})
	add(h.SourceFlags > 0, todo{Title: "Look at the records that were deleted in Rezora meanwhile", Text: plural(h.SourceFlags, "record", "records") + ", listed above. Delete them in Nutshell, too, if they should be gone."})
	add(h.Attachments > 0, todo{Title: "Keep the archive reachable", Text: "Notes link to " + plural(h.Attachments, "file", "files") + " in it. When the archive moves, the links break."})
	out = append(out,
		todo{Title: "Switch Nutshell’s automations on again", Text: "Those that were switched off before the load."},
		todo{Title: "Switch Rezora’s sequences and campaigns off", Text: "So that nobody gets mail from both."},
		todo{Title: "Shred the copy of the data when you are sure", Text: "The ledger holds what a rollback needs, encrypted. After starter shred nothing of it can be read again, and the migration cannot be rolled back any more. Wait until the team has worked in Nutshell for a while, and mind how long you may keep the data. The archive is not shredded: delete it by hand when its time has come."})
	return out
}

// fileGrid lists the files for people; those that exist once a record are counted by their folder.
func (h Handover) fileGrid() *grid {
	g := newGrid("File", "#Size")
	type folder struct {
		n    int
		size int64
	}
	folders := map[string]*folder{}
	var order []string
	for _, f := range h.Files {
		dir, _, nested := strings.Cut(f.Name, "/")
		if !nested {
			g.add(cell{Text: f.Name, Href: f.Name}, sizeWords(f.Size))
			continue
		}
		if folders[dir] == nil {
			folders[dir] = &folder{}
			order = append(order, dir)
		}
		folders[dir].n++
		folders[dir].size += f.Size
	}
	for _, dir := range order {
		g.add(fmt.Sprintf("%s/ (%s)", dir, plural(folders[dir].n, "file", "files")), sizeWords(folders[dir].size))
	}
	return g
}
