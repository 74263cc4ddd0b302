package activities

import (
	"context"
	"fmt"
	"strings"

	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/verify"
)

// keyNoFiles is set when the first upload showed that the account takes no files (nutshell contract 7.16): from then on notes have links.
const keyNoFiles = "files/not_offered"

// keyLinked is set when every note that was made for a file has its link: those made later have it from the start.
const keyLinked = "files/linked"

// stepLinks are the edits that put a link into notes which had been made for a file.
const stepLinks = "links"

// takesFiles tells whether the account takes files, as far as is known by now.
func (w *work) takesFiles(ctx context.Context) (bool, error) {
	var off bool
	_, err := w.run.Value(ctx, keyNoFiles, &off)
	return !off, err
}

// noFiles makes all later projections show links in the place of files.
func (w *work) noFiles(ctx context.Context) error {
	if err := w.run.PutValue(ctx, keyNoFiles, true); err != nil {
		return err
	}
	return w.audit(ctx, "files_not_offered", map[string]any{"object": mapping.Attachments})
}

// linkNotes puts the link into the notes that were made before the account refused their files.
func (w *work) linkNotes(ctx context.Context, name string) error {
	takes, err := w.takesFiles(ctx)
	if err != nil || takes {
		return err
	}
	var linked bool
	if _, err := w.run.Value(ctx, keyLinked, &linked); err != nil || linked || name != mapping.Attachments && !strings.HasPrefix(name, "delta/") {
		return err
	}
	writer, err := w.writer(ctx)
	if err != nil {
		return err
	}
	var page []ledger.Effect
	flush := func() error {
		err := w.planLinks(ctx, writer, page)
		page = page[:0]
		return err
	}
	filter := ledger.EffectFilter{Object: mapping.Attachments, Roles: []string{mapping.RoleNote}, HasTarget: true}
	err = w.run.EachEffect(ctx, filter, func(e ledger.Effect) error {
		if page = append(page, e); len(page) < planPage {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return fmt.Errorf("plan links in notes: %w", err)
	}
	if err := w.writeAll(ctx, writer, stepLinks); err != nil {
		return err
	}
	return w.run.PutValue(ctx, keyLinked, true)
}

func (w *work) planLinks(ctx context.Context, writer *effect.Writer, rows []ledger.Effect) error {
	rows = verify.Latest(rows)
	projections, err := writer.Project.Project(ctx, rows)
	if err != nil {
		return err
	}
	var planned []ledger.Effect
	for _, row := range rows {
		proj, ok := projections[row.EffectKey]
		none := func(string, string) (int64, bool) { return 0, false }
		if !ok || proj.Quarantine != nil || row.State != ledger.Done || !demandsChanged(w.run.ShortHash, &row, wantsOf(proj, nil), none) {
			continue
		}
		newest, err := w.newestEpoch(ctx, row)
		if err != nil {
			return err
		}
		if newest != row.Epoch {
			continue // planned already, or a person deleted the note
		}
		e := ledger.Effect{
			EffectKey: row.EffectKey, Step: stepLinks, Round: row.Round, Verb: ledger.Edit, State: ledger.Planned, How: row.How,
			TargetType: row.TargetType, TargetID: row.TargetID,
		}
		e.Epoch = row.Epoch + 1
		planned = append(planned, e)
	}
	return w.run.Plan(ctx, planned)
}
