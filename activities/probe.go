package activities

import (
	"context"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/step"
)

// Probe runs the probes that write (nutshell contract 8, P8 to P19) and keeps their outcome. Its records are deleted, proved by a read,
// before it returns. Without consent (input write_probes false) the careful outcome is assumed, and stated.
func (a *Activities) Probe(ctx context.Context, in step.In) (step.ReportOut, error) {
	return plain(ctx, a, in, func(ctx context.Context, w *work) (step.ReportOut, error) {
		var out step.ReportOut
		if !w.in.WriteProbes {
			return out, w.run.PutValue(ctx, keyProbes, account.Careful())
		}
		p, err := w.prober(ctx)
		if err != nil {
			return out, err
		}
		var before account.Probes
		if _, err := w.run.Value(ctx, keyProbes, &before); err != nil {
			return out, err
		}
		if before.Ran {
			if err := p.CleanUp(ctx); err != nil {
				return out, err
			}
			return out, w.planClosing(ctx, before)
		}
		var probes account.Probes
		if err := w.countApart(ctx, KeyProbeCalls, func() error { probes, err = p.Probe(ctx); return err }); err != nil {
			return out, err
		}
		if err := w.run.PutValue(ctx, keyProbes, probes); err != nil {
			return out, err
		}
		return out, w.planClosing(ctx, probes)
	})
}

// planClosing plans the fields again for an account that keeps no closing time, once: it needs a field for it.
func (w *work) planClosing(ctx context.Context, probes account.Probes) error {
	if !probes.ClosesNow {
		return nil
	}
	m, err := w.effectiveMap(ctx)
	if err != nil {
		return err
	}
	plan, err := value[mapping.FieldPlan](ctx, w.run, keyPlan)
	if err != nil {
		return err
	}
	if _, planned := plan.BuiltIn(m, mapping.Leads, mapping.FieldClosedAt); planned {
		return nil
	}
	return w.planFields(ctx)
}

// probeFilter is probe P10 with the migration's own key field; it belongs at the end of Fields, when that field is there.
func (w *work) probeFilter(ctx context.Context) error {
	var probes account.Probes
	if _, err := w.run.Value(ctx, keyProbes, &probes); err != nil || !probes.Ran {
		return err
	}
	p, err := w.prober(ctx)
	if err != nil {
		return err
	}
	if err := w.countApart(ctx, KeyProbeCalls, func() error { probes, err = p.ProbeFilter(ctx, probes); return err }); err != nil {
		return err
	}
	return w.run.PutValue(ctx, keyProbes, probes)
}

// cleanProbes deletes what a late commit of a probe may have left; a request can be carried out long after its look-ups.
func (w *work) cleanProbes(ctx context.Context) error {
	if !w.in.WriteProbes {
		return nil
	}
	p, err := w.prober(ctx)
	if err != nil {
		return err
	}
	return w.countApart(ctx, KeyProbeCalls, func() error { return p.CleanUp(ctx) })
}

func (w *work) prober(ctx context.Context) (*account.Prober, error) {
	facts, err := value[account.Facts](ctx, w.run, keyFacts)
	if err != nil {
		return nil, err
	}
	crawled, err := w.crawl(ctx)
	if err != nil {
		return nil, err
	}
	marks := map[nutshell.EntityType]int64{}
	for _, t := range crawl.All {
		if marks[t], err = w.run.DestMaxID(ctx, crawled, string(t)); err != nil {
			return nil, err
		}
	}
	l := w.Config.Nutshell.Limits
	return &account.Prober{
		Run: w.run, Client: w.Nutshell, Host: w.Breaker, Facts: facts, Marks: marks, NoteChars: l.NoteChars,
		Timeout: l.CallTimeout.Duration(), ReadLag: l.ReadLag.Duration(),
		At: func(done, total int64) { w.turn.At("probe the account", done, total) },
	}, nil
}
