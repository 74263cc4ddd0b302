package report

import (
	"fmt"
	"io"
)

const rollbackFile = "rollback.json"

// HTML writes rollback.html.
func (r Rollback) HTML(w io.Writer) error {
	return render(w, "Rollback: "+r.Migration, "rollback", r.view())
}

type rollbackView struct {
	Migration     string
	Say           statement
	Counts, Proof *grid
	Kept, Changed *grid
	KeptCount     int
	CustomFields  []string
}

func (r Rollback) view() rollbackView {
	v := rollbackView{Migration: r.Migration, Say: r.say(), KeptCount: len(r.Kept), CustomFields: r.CustomFields}
	v.Counts = newGrid("", "#Undone", "#Kept, reason stated", "#Failed").
		add("Records that the migration had made", r.Created.Deleted, r.Created.Kept, hot(r.Created.Failed)).
		add("Records that were there before", r.Updated.Restored, r.Updated.Kept, hot(r.Updated.Failed))
	p := r.Proof
	v.Proof = newGrid("Checked after the rollback", "#Records").
		add("Records that the migration never touched", p.UntouchedChecked).
		add("of them, with a trace of the migration", hot(p.UntouchedChanged)).
		add("of them, changed by your users meanwhile", p.EditedByOthers).
		add("Joined records that are as they were, but for your users’ changes", p.RestoredEqual)
	v.Kept = newGrid("Record", "In Nutshell", "Reason")
	kept, more := cut(r.Kept, int64(len(r.Kept)), rollbackFile)
	v.Kept.More = more
	for _, k := range kept {
		v.Kept.add(one(k.Object)+" "+k.SourceID, fmt.Sprintf("%s %d", k.TargetType, k.TargetID), k.Reason)
	}
	v.Changed = newGrid("In Nutshell", "What it carries")
	changed, more := cut(r.Changed, int64(len(r.Changed)), rollbackFile)
	v.Changed.More = more
	for _, c := range changed {
		v.Changed.add(fmt.Sprintf("%s %d", c.TargetType, c.TargetID), c.Reason)
	}
	return v
}

func (r Rollback) say() statement {
	kept := r.Created.Kept + r.Updated.Kept
	lines := []string{fmt.Sprintf("%s removed, %s given back what they had before.", plural(r.Created.Deleted, "record was", "records were"), plural(r.Updated.Restored, "record was", "records were"))}
	switch {
	case !r.Clean():
		return statement{"bad", "The rollback left something behind", append(lines, "See below which records, and what they carry.")}
	case kept > 0:
		return statement{"cut", "Undone, but for what people have changed", append(lines, plural(kept, "record stays, because somebody has worked on it since.", "records stay, because somebody has worked on them since."))}
	}
	return statement{"", "Undone, and nothing else was touched", append(lines, fmt.Sprintf("%s that the migration never touched were checked.", plural(r.Proof.UntouchedChecked, "record", "records")))}
}
