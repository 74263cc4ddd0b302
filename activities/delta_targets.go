package activities

import (
	"context"

	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
)

// targets are the effects that made the records which a page of projections refers to.
type targets map[ledger.Ref]ledger.Effect

func (t targets) where(object, id string) (int64, bool) {
	e, ok := t[ledger.Ref{Object: object, SourceID: id}]
	return e.TargetID, ok && e.TargetID != 0
}

// hopeless tells that a record is not in Nutshell, and that nothing is planned to bring it there.
func (t targets) hopeless(object, id string) bool {
	e, ok := t[ledger.Ref{Object: object, SourceID: id}]
	return ok && e.TargetID == 0 && e.State != ledger.Planned && e.State != ledger.Intent && e.State != ledger.InDoubt
}

// final tells that a quarantined effect is not tried again: the same record would meet the same answer.
func final(e ledger.Effect, s ledger.Staged, proj mapping.Projection, t targets) bool {
	switch e.Code {
	case ledger.DeletedByPerson, effect.ParkPlanLimit:
		return true
	case effect.Refused:
		return s.Round <= e.Round
	case "parent_missing":
		return proj.NoteOn.SourceID != "" && t.hopeless(proj.NoteOn.Object, proj.NoteOn.SourceID)
	}
	return false
}

// targets reads what the links and the parents of a page of projections lead to.
func (p *deltaPlan) targets(ctx context.Context, projections map[string][]mapping.Projection) (targets, error) {
	seen := map[ledger.Ref]bool{}
	var refs []ledger.Ref
	add := func(object, id string) {
		if r := (ledger.Ref{Object: object, SourceID: id}); id != "" && !seen[r] {
			seen[r] = true
			refs = append(refs, r)
		}
	}
	for _, list := range projections {
		for _, proj := range list {
			add(proj.NoteOn.Object, proj.NoteOn.SourceID)
			for _, w := range proj.Wants {
				if w.Link != nil {
					add(w.Link.Object, w.Link.SourceID)
				}
			}
		}
	}
	return p.run.TargetsOf(ctx, refs)
}
