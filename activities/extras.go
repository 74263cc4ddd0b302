package activities

import (
	"context"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/projection"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/report"
)

// extras completes the last report: warnings, the fidelity table as a result, and what people still have to do.
func (r *reconciler) extras(ctx context.Context) error {
	if err := r.fidelity(ctx); err != nil {
		return err
	}
	err := r.run0().Flags(ctx, func(f ledger.FlagRow) error {
		r.rep.Remarks.Add(f.Object, f.SourceID, f.Code, f.Reason)
		return nil
	})
	if err != nil {
		return err
	}
	return r.handover(ctx)
}

func (r *reconciler) handover(ctx context.Context) error {
	h := &r.rep.Handover
	own, err := value[owners](ctx, r.run0(), keyOwners)
	if err != nil {
		return err
	}
	h.Agents, h.Orphans = len(own.Users), len(own.Orphans)
	if h.Groups, _, err = r.run0().Count(ctx, record.DistributionGroups); err != nil {
		return err
	}
	if h.Sequences, _, err = r.run0().Count(ctx, record.Sequences); err != nil {
		return err
	}
	if _, err := r.run0().Value(ctx, keyMergeFields, &h.MergeFields); err != nil {
		return err
	}
	plan, err := value[mapping.FieldPlan](ctx, r.run0(), keyPlan)
	if err != nil {
		return err
	}
	for _, f := range plan.Fields {
		if f.Exists {
			continue
		}
		line := f.Entity + ": " + f.Name
		if f.Instead {
			line += " (" + f.Reason + ")"
		}
		h.CustomFields = append(h.CustomFields, line)
	}
	total := r.rep.Total()
	h.InDoubt, h.Rejected = total.Unverified, total.Flagged
	h.SourceFlags = r.rep.Remarks.Count("deleted_at_source")
	if err := r.attachmentsLeft(ctx, h); err != nil {
		return err
	}
	for f, err := range r.folder().List(ctx, "") {
		if err != nil {
			return err
		}
		h.Files = append(h.Files, report.ArchiveFile{Name: f.Name, URL: r.folder().URL(f.Name), Size: f.Size})
		if len(h.Files) >= handoverFiles {
			break
		}
	}
	return nil
}

// handoverFiles bounds the list of files in the last report.
const handoverFiles = 2000

// attachmentsLeft counts the files that are in the archive only, or linked from there.
func (r *reconciler) attachmentsLeft(ctx context.Context, h *report.Handover) error {
	return r.run0().EachEffect(ctx, ledger.EffectFilter{Object: mapping.Attachments, Roles: []string{mapping.RoleNote}}, func(e ledger.Effect) error {
		var f projection.FileFacts
		known, err := r.run0().Value(ctx, projection.FileKey(e.SourceID), &f)
		if known && f.StoredAt != "" {
			h.Attachments++
		}
		return err
	})
}
