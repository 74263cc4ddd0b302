package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/temporal"

	"rezora2nutshell/internal/api"
)

func retryCommand(c console) *cobra.Command {
	var by api.By
	cmd := &cobra.Command{
		Use: "retry <migration> <object> <source id>", Short: "Tries one record again that was set aside, and what waits for it",
		Long: `Tries one record again that was set aside, and then the notes, tasks and other items that were set aside for want of it. For use once
the cause is mended; starter report quarantined lists the records and their reasons. It works while the migration runs and after it has
ended; what fails again stays set aside, with its new reason.`,
		Args: exactly("migration", "object", "source id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.retry(cmd.Context(), args[0], args[1], args[2], by)
		},
	}
	cmd.Flags().StringVar(&by.By, "by", userName(), "who does it, for the audit log")
	cmd.Flags().StringVar(&by.Reason, "reason", "", "why, for the audit log")
	return cmd
}

func (c console) retry(ctx context.Context, name, object, id string, by api.By) error {
	if !api.ValidName(name) {
		return usage("unknown migration %q; a name has a-z 0-9 . _ - only", name)
	}
	if !slices.Contains(api.Objects, object) {
		return usage("starter retry: unknown object %q; there are %s", object, strings.Join(api.Objects, ", "))
	}
	payload, err := json.Marshal(api.RetryInput{Migration: name, Object: object, SourceID: id, By: by.By, Reason: by.Reason})
	if err != nil {
		return err
	}
	r, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := r.start(ctx, api.RetryWorkflow, api.RetryIDPrefix+name, payload)
	if err != nil {
		return err
	}
	var out api.Retried
	err = r.GetWorkflow(ctx, f.id, f.run).Get(ctx, &out)
	var app *temporal.ApplicationError
	switch {
	case errors.As(err, &app):
		return fmt.Errorf("the retry failed: %s", app.Message())
	case err != nil:
		return fmt.Errorf("wait for %s: %w", f.id, err)
	}
	c.printf("%s %s: %d tried, %d done, %d set aside again, %d in doubt\n", object, id, out.Tried, out.Done, out.Quarantined, out.InDoubt)
	if out.Done < out.Tried {
		return fmt.Errorf("not all of it is in Nutshell: %s", out.Reason)
	}
	return nil
}
