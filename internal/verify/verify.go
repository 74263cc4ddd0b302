// Package verify compares what Nutshell shows with what the map demands, record by record and field by field. It never writes. The sample's
// diff reads the account itself, the reconciliation reads a fresh crawl; both judge by the same rules.
package verify

import (
	"context"
	"fmt"
	"slices"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/projection"
	"rezora2nutshell/internal/target"
)

// Reader gives records as Nutshell shows them. Those that are not live are missing in the answer, or come with their deletedTime.
type Reader interface {
	Records(ctx context.Context, entityType string, ids []int64) (map[int64]map[string]any, error)
}

// Verifier compares the records of one migration.
type Verifier struct {
	Run     *ledger.Run
	Project *projection.Assembler
	Defs    map[nutshell.EntityType]target.Defs
	Read    Reader
}

// Result is one record of Nutshell held against the map.
type Result struct {
	Effect     ledger.Effect
	Projection mapping.Projection
	Found      bool // Nutshell shows the record
	Deleted    bool // Nutshell shows that it was deleted
	Fields     []target.Finding
	Edited     []target.Finding // fields that a person changed after our write
	Demanded   string           // line of the source root
	Shown      string           // line of the target root, "" when the record is not there
}

// Faults counts the fields that are missing or differ without a person having changed them.
func (r Result) Faults() (missing, mismatched int) {
	for _, f := range r.Fields {
		switch f.Verdict {
		case target.Missing:
			missing++
		case target.Mismatch:
			mismatched++
		}
	}
	return missing, mismatched
}

// Page compares the records that settled effects made. Rows without a record (closing, completing, sending a file) are judged with the
// record they belong to, and are left out here.
func (v *Verifier) Page(ctx context.Context, rows []ledger.Effect) ([]Result, error) {
	own := make([]ledger.Effect, 0, len(rows))
	for _, row := range rows {
		if MakesRecord(row) && row.TargetID != 0 && (row.State == ledger.Done || row.State == ledger.Skipped) {
			own = append(own, row)
		}
	}
	projections, err := v.Project.Project(ctx, own)
	if err != nil {
		return nil, err
	}
	second, err := v.second(ctx, own)
	if err != nil {
		return nil, err
	}
	shown, err := v.read(ctx, own)
	if err != nil {
		return nil, err
	}
	links, err := v.links(ctx, projections)
	if err != nil {
		return nil, err
	}
	out := make([]Result, 0, len(own))
	for _, row := range own {
		p, ok := projections[row.EffectKey]
		if !ok || p.Quarantine != nil {
			continue // its parent was deleted at the source since: the map demands nothing of it any more, and it stays as it is
		}
		var more addition
		if row.Role == mapping.RoleRecord {
			more = second[row.SourceID+"/"+row.Object]
		}
		r, err := v.one(row, p, more, shown[row.TargetType][row.TargetID], links)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// MakesRecord tells the effects that stand for a record in Nutshell from the further calls for the same one.
func MakesRecord(e ledger.Effect) bool {
	return (e.Role == mapping.RoleRecord || e.Role == mapping.RoleNote) && e.Verb != ledger.Delete && e.Verb != ledger.Define
}

// addition is what the second call of a record demands, and what was shown after it.
type addition struct {
	wants []target.Want
	last  ledger.Effect
}

// second reads closing and completing, and later edits: the newest settled effect holds what Nutshell showed last.
func (v *Verifier) second(ctx context.Context, rows []ledger.Effect) (map[string]addition, error) {
	byObject := map[string][]string{}
	for _, row := range rows {
		if row.Role == mapping.RoleRecord {
			byObject[row.Object] = append(byObject[row.Object], row.SourceID)
		}
	}
	out := map[string]addition{}
	for object, ids := range byObject {
		slices.Sort(ids)
		all, err := v.Run.EffectsOf(ctx, object, slices.Compact(ids))
		if err != nil {
			return nil, fmt.Errorf("read effects of %s: %w", object, err)
		}
		var further []ledger.Effect
		for id, list := range all {
			a := addition{}
			for _, e := range list {
				if e.State != ledger.Done && e.State != ledger.Skipped || e.Verb == ledger.Delete {
					continue
				}
				switch e.Role {
				case mapping.RoleClose, mapping.RoleComplete:
					further = append(further, e)
				case mapping.RoleRecord:
				default:
					continue
				}
				if newer(e, a.last) {
					a.last = e
				}
			}
			out[id+"/"+object] = a
		}
		if err := v.addWants(ctx, further, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func newer(a, b ledger.Effect) bool {
	if a.Shown == nil {
		return false
	}
	return b.Shown == nil || a.Epoch > b.Epoch || a.Epoch == b.Epoch && a.Role != mapping.RoleRecord
}

func (v *Verifier) addWants(ctx context.Context, further []ledger.Effect, out map[string]addition) error {
	projections, err := v.Project.Project(ctx, further)
	if err != nil {
		return err
	}
	for key, p := range projections {
		name := key.SourceID + "/" + key.Object
		a := out[name]
		if len(a.wants) == 0 {
			a.wants = p.Wants
		}
		out[name] = a
	}
	return nil
}

func (v *Verifier) read(ctx context.Context, rows []ledger.Effect) (map[string]map[int64]map[string]any, error) {
	ids := map[string][]int64{}
	for _, row := range rows {
		ids[row.TargetType] = append(ids[row.TargetType], row.TargetID)
	}
	out := map[string]map[int64]map[string]any{}
	for _, t := range readOrder {
		if len(ids[string(t)]) == 0 {
			continue
		}
		t, list := string(t), ids[string(t)]
		got, err := v.Read.Records(ctx, t, list)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", t, err)
		}
		out[t] = got
	}
	return out, nil
}

// readOrder has notes last: the records that they hang on list them.
var readOrder = append(slices.Clone(crawl.All), nutshell.Notes)
