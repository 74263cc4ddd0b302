package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"rezora2nutshell/internal/api"
)

func statusCommand(c console) *cobra.Command {
	var asJSON, once bool
	cmd := &cobra.Command{
		Use: "status <migration>", Short: "Shows where a migration is, live, and what it waits for",
		Long: `Shows where a migration is until it has ended: phase, objects, what is in work, calls, the expected end, and the exact
commands that move it on when it waits for a person. On a terminal the page is redrawn, elsewhere changes come as lines. When Temporal
cannot be asked, or does not know the migration any more, the ledger tells what it knows.`,
		Args: exactly("migration"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			r, err := c.connect(ctx)
			if err != nil {
				return c.fromLedger(ctx, args[0], asJSON, err)
			}
			defer r.Close()
			f, err := r.current(ctx, args[0])
			if err != nil {
				return c.fromLedger(ctx, args[0], asJSON, err)
			}
			if asJSON {
				return c.statusJSON(ctx, r, f)
			}
			v, err := c.status(ctx, r, f, once)
			switch {
			case errors.Is(err, context.Canceled) && ctx.Err() != nil: // whoever looks may stop looking
				return nil
			case err != nil:
				return err
			}
			return ended(v)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the progress once, as JSON")
	cmd.Flags().BoolVar(&once, "once", false, "print the page once")
	return cmd
}

func (c console) status(ctx context.Context, r *remote, f flow, once bool) (view, error) {
	if !once {
		return c.follow(ctx, r, f, newPainter(c), nil)
	}
	v, err := r.look(ctx, f)
	if err != nil {
		return v, err
	}
	if v.silence != "" {
		return v, fmt.Errorf("%s", v.silence)
	}
	for _, l := range render(v, width(c)) {
		c.println(l)
	}
	return v, nil
}

func (c console) statusJSON(ctx context.Context, r *remote, f flow) error {
	v, err := r.look(ctx, f)
	if err != nil {
		return err
	}
	if v.silence != "" {
		return fmt.Errorf("%s", v.silence)
	}
	enc := json.NewEncoder(c.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v.progress); err != nil {
		return fmt.Errorf("print the progress: %w", err)
	}
	return ended(v)
}

// ended is the verdict on a migration that has closed: findings that a person accepted are told by the reason of a completed run.
func ended(v view) error {
	if !v.closed {
		return nil
	}
	switch p := v.progress; {
	case p.Status == api.StatusFailed:
		return fmt.Errorf("%s failed: %s", p.Migration, p.Reason)
	case p.Status == api.StatusCompleted && p.Reason != "":
		return errFindings
	}
	return nil
}
