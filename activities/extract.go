package activities

import (
	"context"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/extract"
	"rezora2nutshell/internal/step"
)

// Preflight looks at both accounts, reading only. A difference that cannot be adapted to parks the run with cause and cure.
func (a *Activities) Preflight(ctx context.Context, in step.In) (step.ReportOut, error) {
	return plain(ctx, a, in, func(ctx context.Context, w *work) (step.ReportOut, error) {
		var out step.ReportOut
		if _, err := w.Nutshell.UpdateTimes(ctx); err != nil {
			return out, err
		}
		caps, err := w.reader().Preflight(ctx)
		if err != nil {
			return out, err
		}
		return out, w.run.PutValue(ctx, keyCaps, caps)
	})
}

// Extract reads one round of the source into the ledger, and seals it.
func (a *Activities) Extract(ctx context.Context, in step.ExtractIn) (step.ExtractOut, error) {
	return guard(ctx, a, in.Ref, func(ctx context.Context, w *work) (step.ExtractOut, error) {
		var out step.ExtractOut
		caps, err := value[rezora.Capabilities](ctx, w.run, keyCaps)
		if err != nil {
			return out, err
		}
		stats, err := w.reader().Round(ctx, w.turn, caps, in.Round, in.Last)
		if err != nil {
			return out, err
		}
		out.Rows, out.Changed = stats.Rows, stats.Changed
		return out, nil
	})
}

func (w *work) reader() *extract.Reader {
	return &extract.Reader{
		Source: w.Rezora, Legacy: w.Legacy, LegacyFiles: w.LegacyFiles, Credentials: w.Credentials, Union: w.Union, Run: w.run, Log: w.Log,
		Patience: w.Patience, ZoneDecided: w.Config.Rezora.Legacy.Zone != "" && w.Config.Rezora.Legacy.Zone != "UTC",
	}
}
