package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/report"
	"rezora2nutshell/internal/step"
)

// WriteArchive writes what Nutshell cannot hold: campaigns, social posts, listings, templates, the rebuild guide, and the raw source of every
// record that lost something on its way.
func (a *Activities) WriteArchive(ctx context.Context, in step.In) (step.ReportOut, error) {
	return plain(ctx, a, in, func(ctx context.Context, w *work) (step.ReportOut, error) {
		return step.ReportOut{}, w.writeArchives(ctx)
	})
}

// writeArchives is idempotent: files are replaced whole.
func (w *work) writeArchives(ctx context.Context) error {
	for _, write := range []func(context.Context) error{
		w.archiveCampaigns, w.archivePosts, w.archiveListings, w.archiveTemplates, w.archiveGuide, w.archiveRecords, w.archiveFiles,
	} {
		if err := write(ctx); err != nil {
			return fmt.Errorf("write the archives: %w", err)
		}
	}
	return nil
}

// walk streams the live records of a kind.
func (w *work) walk(ctx context.Context, kind record.Kind) func(func(ledger.Staged) error) error {
	return func(fn func(ledger.Staged) error) error { return w.run.Each(ctx, kind, true, fn) }
}

// decoded streams the live records of a kind in their own type.
func decoded[T any](ctx context.Context, w *work, kind record.Kind) report.Stream[T] {
	return report.Walk(w.walk(ctx, kind), func(s ledger.Staged) (T, error) {
		var v T
		err := s.Decode(&v)
		return v, err
	})
}

func (w *work) archiveCampaigns(ctx context.Context) error {
	agents, err := w.agents(ctx)
	if err != nil {
		return err
	}
	left, err := w.notesLeft(ctx)
	if err != nil {
		return err
	}
	rows := report.Walk(w.walk(ctx, record.Campaigns), func(s ledger.Staged) (report.Campaign, error) {
		c := report.Campaign{NotesLeft: left[s.ID]}
		err := s.Decode(&c.Campaign)
		c.OwnerEmail = agents[c.Campaign.OwnerAgentID].Email
		return c, err
	})
	return w.folder().Write(ctx, "campaigns.csv", func(out io.Writer) error { return report.Campaigns(out, rows) })
}

// notesLeft counts the notes of each campaign that stayed in the archive.
func (w *work) notesLeft(ctx context.Context) (map[string]int64, error) {
	var ids []string
	err := w.run.EachEffect(ctx, ledger.EffectFilter{Object: mapping.NoteObjects, States: []ledger.State{ledger.Quarantined}}, func(e ledger.Effect) error {
		ids = append(ids, e.SourceID)
		return nil
	})
	if err != nil {
		return nil, err
	}
	left := map[string]int64{}
	for start := 0; start < len(ids); start += planPage {
		notes, err := w.run.GetMany(ctx, record.Notes, ids[start:min(start+planPage, len(ids))])
		if err != nil {
			return nil, err
		}
		for _, s := range notes {
			var n record.Note
			if err := s.Decode(&n); err != nil {
				return nil, err
			}
			if n.ParentType == "campaign" {
				left[n.ParentID]++
			}
		}
	}
	return left, nil
}

func (w *work) archivePosts(ctx context.Context) error {
	return w.folder().Write(ctx, "social-posts.csv", func(out io.Writer) error {
		return report.SocialPosts(out, decoded[record.SocialPost](ctx, w, record.SocialPosts))
	})
}

func (w *work) archiveListings(ctx context.Context) error {
	raw := report.Walk(w.walk(ctx, record.Listings), func(s ledger.Staged) (json.RawMessage, error) { return s.Source(), nil })
	return w.folder().Write(ctx, "listings.json", func(out io.Writer) error { return report.Listings(out, raw) })
}

// keyMergeFields holds the merge fields of templates that Nutshell does not know, for the checklist.
const keyMergeFields = "mergefields"

func (w *work) archiveTemplates(ctx context.Context) error {
	m, err := w.effectiveMap(ctx)
	if err != nil {
		return err
	}
	unknown := map[string]bool{}
	err = w.run.Each(ctx, record.Templates, true, func(s ledger.Staged) error {
		var t record.Template
		if err := s.Decode(&t); err != nil {
			return err
		}
		html, missing := m.MergeFields(t.HTML)
		for _, f := range missing {
			unknown[f] = true
		}
		if t.HTML == "" {
			return nil // the source did not give it; the rebuild guide says so
		}
		return w.folder().Write(ctx, templateFile(t.ID), func(out io.Writer) error { _, err := io.WriteString(out, html); return err })
	})
	if err != nil {
		return err
	}
	return w.run.PutValue(ctx, keyMergeFields, sortedKeys(unknown))
}

// engagement writes the whole arrays of a person whose field could not hold them.
func (w *work) engagement(ctx context.Context, p mapping.Projection) error {
	if len(p.Shortened) == 0 {
		return nil
	}
	return w.folder().Write(ctx, "engagement/"+mapping.PathSegment(p.SourceID)+".json", func(out io.Writer) error { return report.Engagement(out, p.Shortened) })
}

// archiveFiles brings the bytes of attachments that have no record in Nutshell: of campaigns, templates, listings, quarantined parents.
func (w *work) archiveFiles(ctx context.Context) error {
	as, err := w.assembler(ctx)
	if err != nil {
		return err
	}
	files := newSpool(w, as)
	return w.run.EachEffect(ctx, ledger.EffectFilter{Object: mapping.Attachments, States: []ledger.State{ledger.Quarantined}, Roles: []string{mapping.RoleNote}}, func(e ledger.Effect) error {
		s, ok, err := w.run.Get(ctx, record.Attachments, e.SourceID)
		if err != nil || !ok || s.Deleted {
			return err
		}
		var a record.Attachment
		if err := s.Decode(&a); err != nil {
			return err
		}
		return files.Archive(ctx, a)
	})
}

func (w *work) writeIDMap(ctx context.Context) error {
	rows := report.Walk(func(fn func(ledger.Effect) error) error {
		return w.run.EachEffect(ctx, ledger.EffectFilter{HasTarget: true, States: []ledger.State{ledger.Done, ledger.Skipped, ledger.Kept}}, func(e ledger.Effect) error {
			if e.Epoch > 0 || e.Part > 1 || e.Verb == ledger.Delete || e.Verb == ledger.Upload || e.Verb == ledger.Define || !mapsRecord(e) {
				return nil
			}
			return fn(e)
		})
	}, func(e ledger.Effect) (report.Mapped, error) {
		how := e.How
		if how == "ours" {
			how = "merged"
		}
		return report.Mapped{Object: e.Object, SourceID: e.SourceID, TargetType: e.TargetType, TargetID: e.TargetID, How: how}, nil
	})
	return w.folder().Write(ctx, fileIDMap, func(out io.Writer) error { return report.IDMap(out, rows) })
}

// mapsRecord tells the effect that makes a source record's own target: of an attachment that is its note.
func mapsRecord(e ledger.Effect) bool {
	return e.Role == mapping.RoleRecord || e.Object == mapping.Attachments && e.Role == mapping.RoleNote
}
