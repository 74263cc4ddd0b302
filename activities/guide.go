package activities

import (
	"context"
	"fmt"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/report"
)

// archiveGuide writes the rebuild guide: what people set up again by hand.
func (w *work) archiveGuide(ctx context.Context) error {
	own, err := value[owners](ctx, w.run, keyOwners)
	if err != nil {
		return err
	}
	m, env, err := w.env(ctx)
	if err != nil {
		return err
	}
	templates, err := w.templateGuides(ctx, m)
	if err != nil {
		return err
	}
	field, _ := env.Fields.BuiltIn(m, mapping.Contacts, mapping.FieldGroups)
	guide, err := report.BuildGuide(w.ref.Migration, report.GuideInput{
		Sequences:   decoded[record.Sequence](ctx, w, record.Sequences),
		Enrollments: decoded[record.SequenceEnrollment](ctx, w, record.SequenceEnrollments),
		Groups:      decoded[record.DistributionGroup](ctx, w, record.DistributionGroups),
		Memberships: decoded[record.GroupMembership](ctx, w, record.GroupMemberships),
		Agents:      decoded[record.Agent](ctx, w, record.Agents),
		Teams:       decoded[record.Team](ctx, w, record.Teams),
		InTeams:     decoded[record.TeamMembership](ctx, w, record.TeamMemberships),
		Users:       own.Users, Templates: templates, GroupField: field.Name,
	})
	if err != nil {
		return err
	}
	if _, err := w.writeReport(ctx, "rebuild-guide", guide); err != nil {
		return fmt.Errorf("rebuild guide: %w", err)
	}
	return nil
}

func (w *work) templateGuides(ctx context.Context, m *mapping.Map) ([]report.TemplateGuide, error) {
	var out []report.TemplateGuide
	err := w.run.Each(ctx, record.Templates, true, func(s ledger.Staged) error {
		var t record.Template
		if err := s.Decode(&t); err != nil {
			return err
		}
		_, unknown := m.MergeFields(t.HTML)
		g := report.TemplateGuide{ID: t.ID, Name: t.Name, Subject: t.DefaultSubject, Unknown: unknown, Archived: t.Archived}
		if t.HTML != "" {
			g.File = templateFile(t.ID)
		}
		out = append(out, g)
		return nil
	})
	return out, err
}

// templateFile is where a template lies in the archive.
func templateFile(id string) string { return "templates/" + mapping.PathSegment(id) + ".html" }
