package activities

import (
	"context"
	"fmt"
	"io"
	"time"

	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/report"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/target"
	"rezora2nutshell/internal/verify"
)

// Names of report files in the archive folder of a migration.
const (
	filePreMigration   = "pre-migration"
	fileSampleDiff     = "sample-diff"
	fileReconciliation = "reconciliation"
	fileRollback       = "rollback"
	fileAudit          = "audit.jsonl"
	fileIDMap          = "id-map.csv"
)

// SampleDiff reads the sample back and compares it field by field: one entry for every record written for it.
func (a *Activities) SampleDiff(ctx context.Context, in step.In) (step.ReportOut, error) {
	return plain(ctx, a, in, func(ctx context.Context, w *work) (step.ReportOut, error) {
		var out step.ReportOut
		if err := w.cleanProbes(ctx); err != nil { // a request can be carried out long after its look-ups
			return out, err
		}
		diff, err := w.sampleDiff(ctx)
		if err != nil {
			return out, err
		}
		out.Digest = diff.Digest
		if out.URL, err = w.writeReport(ctx, fileSampleDiff, diff); err != nil {
			return out, err
		}
		if err := w.folder().Write(ctx, fileSampleDiff+".csv", diff.CSV); err != nil {
			return out, err
		}
		if err := w.run.PutValue(ctx, keySampledAt, time.Now().UTC()); err != nil {
			return out, err
		}
		if out.AuditHead, err = w.exportAudit(ctx); err != nil {
			return out, err
		}
		out.Counters, err = w.counters(ctx)
		return out, err
	})
}

func (w *work) sampleDiff(ctx context.Context) (report.SampleDiff, error) {
	diff := report.SampleDiff{Migration: w.ref.Migration, Approvers: w.in.Approvers}
	var err error
	if diff.Capabilities, err = w.probed(ctx); err != nil {
		return diff, err
	}
	v, err := w.verifier(ctx, &verify.Direct{Client: w.Nutshell})
	if err != nil {
		return diff, err
	}
	var rows []ledger.Effect
	err = w.run.EachEffect(ctx, ledger.EffectFilter{Sample: true}, func(e ledger.Effect) error {
		if e.State == ledger.Quarantined {
			q, err := w.quarantined(ctx, e)
			diff.Quarantined = append(diff.Quarantined, q)
			return err
		}
		rows = append(rows, e)
		return nil
	})
	if err != nil {
		return diff, fmt.Errorf("read the sample: %w", err)
	}
	results, err := v.Page(ctx, rows)
	if err != nil {
		return diff, err
	}
	files, err := w.sampleFiles(ctx, rows)
	if err != nil {
		return diff, err
	}
	for _, r := range results {
		diff.Records = append(diff.Records, diffRecord(r, files[r.Effect.SourceID]))
	}
	return diff, w.digest(ctx, &diff)
}

// probed are the findings of the probes that write, or what is assumed instead.
func (w *work) probed(ctx context.Context) ([]report.Capability, error) {
	probes := account.Careful()
	if _, err := w.run.Value(ctx, keyProbes, &probes); err != nil {
		return nil, err
	}
	if probes.Ran && len(probes.Findings) == 0 {
		return []report.Capability{{Probe: "P8 to P19", Text: "the account behaves as expected"}}, nil
	}
	var out []report.Capability
	for _, f := range probes.Findings {
		out = append(out, report.Capability(f))
	}
	return out, nil
}

// diffRecord is one record of the diff. A record that Nutshell does not show at all is one missing field; one without any demand shows
// its key.
func diffRecord(r verify.Result, file *report.DiffField) report.DiffRecord {
	e := r.Effect
	d := report.DiffRecord{Object: e.Object, SourceID: e.SourceID, TargetType: e.TargetType, TargetID: e.TargetID}
	if !r.Found {
		d.Fields = []report.DiffField{{Field: "record", Source: e.SourceID, Verdict: target.Missing, Reason: "Nutshell does not show the record"}}
		return d
	}
	for _, f := range append(r.Fields, r.Edited...) {
		if f.Verdict == "" {
			continue // a person's value in a field of which the map says nothing
		}
		d.Fields = append(d.Fields, report.DiffField{Field: f.Field, Source: f.Source, Target: f.Target, Verdict: f.Verdict, Reason: f.Reason})
	}
	if file != nil && e.Role == "note" {
		d.Fields = append(d.Fields, *file)
	}
	if len(d.Fields) == 0 {
		d.Fields = []report.DiffField{{Field: "record", Source: e.SourceID, Target: fmt.Sprint(e.TargetID), Verdict: target.Equal}}
	}
	return d
}

// quarantined is a line of the list of what is not in Nutshell; the server's own words are kept encrypted and shown here only.
func (w *work) quarantined(ctx context.Context, e ledger.Effect) (report.Quarantined, error) {
	q := report.Quarantined{Object: e.Object, SourceID: e.SourceID, Reason: e.Reason}
	var words string
	ok, err := w.run.Value(ctx, effect.AnswerKey(e.EffectKey), &words)
	if ok && words != "" {
		q.Reason += ": " + words
	}
	return q, err
}

// sampleFiles downloads the sample's files again and compares them by hash: an upload's answer is no proof (nutshell contract 7.16).
func (w *work) sampleFiles(ctx context.Context, rows []ledger.Effect) (map[string]*report.DiffField, error) {
	out := map[string]*report.DiffField{}
	writer, err := w.writer(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range rows {
		if e.Verb != ledger.Upload || e.State != ledger.Done {
			continue
		}
		var same bool
		var name string
		err := w.countApart(ctx, KeyCheckCalls, func() error { same, name, err = writer.FileHolds(ctx, e); return err })
		if err != nil {
			return nil, err
		}
		f := &report.DiffField{Field: "file", Source: name, Target: name, Verdict: target.Equal}
		if !same {
			f.Verdict, f.Target, f.Reason = target.Mismatch, "", "the file on the note is not the file of the source, byte for byte"
		}
		out[e.SourceID] = f
	}
	return out, nil
}

func (w *work) verifier(ctx context.Context, read verify.Reader) (*verify.Verifier, error) {
	as, err := w.assembler(ctx)
	if err != nil {
		return nil, err
	}
	facts, err := value[account.Facts](ctx, w.run, keyFacts)
	if err != nil {
		return nil, err
	}
	return &verify.Verifier{Run: w.run, Project: as, Defs: facts.Defs(), Read: read}, nil
}

// digest binds a report to the effective map and the extract (I8).
func (w *work) digest(ctx context.Context, d report.Digestible) error {
	m, err := value[string](ctx, w.run, keyMap)
	if err != nil {
		return err
	}
	root, err := w.run.Root(ctx, 0)
	if err != nil {
		return err
	}
	return report.Seal(d, []byte(m), root)
}

// writeReport writes a report as JSON and as HTML, and answers the page's address.
func (w *work) writeReport(ctx context.Context, name string, r report.Page) (string, error) {
	f := w.folder()
	if err := f.Write(ctx, name+".json", r.JSON); err != nil {
		return "", fmt.Errorf("write %s.json: %w", name, err)
	}
	if err := f.Write(ctx, name+".html", r.HTML); err != nil {
		return "", fmt.Errorf("write %s.html: %w", name, err)
	}
	return f.URL(name + ".html"), nil
}

// exportAudit writes the whole chain of the name; written at every gate, at the end and after a rollback.
func (w *work) exportAudit(ctx context.Context) (head string, err error) {
	err = w.folder().Write(ctx, fileAudit, func(out io.Writer) error {
		head, _, err = w.run.ExportAudit(ctx, out)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("write %s: %w", fileAudit, err)
	}
	return head, nil
}
