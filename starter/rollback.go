package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"rezora2nutshell/internal/api"
)

// rollbackFlags are the ways to ask for a rollback.
type rollbackFlags struct {
	by           api.By
	edited       string
	dryRun, wait bool
}

func rollbackCommand(c console) *cobra.Command {
	var o rollbackFlags
	cmd := &cobra.Command{
		Use: "rollback <migration>", Short: "Undoes a migration, running or ended, but for what people edited since",
		Long: `Undoes a migration. One that runs stops and undoes what it wrote; one that has ended is undone by a workflow of its own, from
the ledger alone. Records that people edited since are kept, unless --edited force says otherwise.`,
		Args: exactly("migration"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.edited != "keep" && o.edited != "force" {
				return usage("starter rollback: --edited is keep or force, not %q", o.edited)
			}
			if o.dryRun {
				return c.rollbackPlan(cmd.Context(), args[0], o.edited)
			}
			return c.rollback(cmd.Context(), args[0], o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.by.By, "by", userName(), "who does it, for the audit log")
	flags.StringVar(&o.by.Reason, "reason", "", "why, for the audit log")
	flags.StringVar(&o.edited, "edited", "keep", "records that people edited since: keep, or force their removal too (ended migrations only)")
	flags.BoolVar(&o.dryRun, "dry-run", false, "say from the ledger what would go, be restored, be kept; send nothing")
	flags.BoolVar(&o.wait, "wait", false, "show the rollback until it has ended")
	return cmd
}

func (c console) rollback(ctx context.Context, name string, o rollbackFlags) error {
	r, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := c.undo(ctx, r, name, o)
	if err != nil {
		return err
	}
	if !o.wait {
		c.printf("watch it: starter status %s\n", name)
		return nil
	}
	v, err := c.status(ctx, r, f, false)
	if err != nil {
		return err
	}
	if s := v.progress.Status; s != api.StatusRolledBack {
		return fmt.Errorf("%s is %s, not rolled back; start the rollback again, it goes on from the ledger", name, s)
	}
	return nil
}

// undo gets the rollback going, by a message or by a workflow of its own, and returns the workflow to watch.
func (c console) undo(ctx context.Context, r *remote, name string, o rollbackFlags) (flow, error) {
	f, err := r.current(ctx, name)
	var unknown *usageError
	switch {
	case errors.As(err, &unknown) && c.inLedger(ctx, name): // its workflow is older than Temporal's retention
	case err != nil:
		return f, err
	case f.id == api.RollbackIDPrefix+name && !f.closed:
		c.printf("%s is being rolled back already by %s\n", name, f.id)
		return f, nil
	case !f.closed:
		if o.edited == "force" {
			return f, usage("starter rollback: --edited force is for migrations that have ended; roll %s back first, then again with --edited force", name)
		}
		if _, err := r.send(ctx, f, api.Rollback, o.by); err != nil {
			return f, err
		}
		c.printf("%s stops and undoes what it wrote\n", name)
		return f, nil
	}
	payload, err := json.Marshal(api.RollbackInput{Migration: name, By: o.by.By, Reason: o.by.Reason, Edited: o.edited})
	if err != nil {
		return f, err
	}
	f, err = r.start(ctx, api.RollbackWorkflow, api.RollbackIDPrefix+name, payload)
	if err != nil {
		return f, err
	}
	c.printf("the rollback of %s has started: workflow %s, run %s\n", name, f.id, f.run)
	return f, c.settled(ctx, r, f)
}

// inLedger says whether the ledger of the settings, if there is one here, knows a migration.
func (c console) inLedger(ctx context.Context, name string) bool {
	b, err := c.openBook(ctx)
	if err != nil {
		return false
	}
	defer func() { _ = b.Close() }()
	_, err = b.run(ctx, name)
	return err == nil
}
