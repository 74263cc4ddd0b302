package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"rezora2nutshell/internal/api"
)

// send sends a message as an update, so that the answer tells whether it was taken; pause answers when nothing is in flight any more.
func (r *remote) send(ctx context.Context, f flow, message string, payload any) (api.Progress, error) {
	var p api.Progress
	if f.closed {
		return p, fmt.Errorf("%s has ended already; %s has nobody to go to", f.id, message)
	}
	patient, cancel := context.WithTimeout(ctx, takePatience)
	defer cancel()
	h, err := r.UpdateWorkflow(patient, client.UpdateWorkflowOptions{
		WorkflowID: f.id, RunID: f.run, UpdateName: message, Args: []any{payload}, WaitForStage: client.WorkflowUpdateStageAccepted,
	})
	if ctx.Err() != nil {
		return p, ctx.Err()
	}
	if err == nil {
		err = h.Get(ctx, &p)
	}
	return p, refusal(f, message, err)
}

// takePatience is how long a worker may take to look at a message. What the message then does may take longer: a pause ends when the
// calls in flight have.
const takePatience = 20 * time.Second

// refusal says in one line why a message was not taken.
func refusal(f flow, message string, err error) error {
	var app *temporal.ApplicationError
	var gone *serviceerror.NotFound
	switch {
	case err == nil:
		return nil
	case errors.As(err, &app):
		return fmt.Errorf("%s was refused: %s", message, app.Message())
	case errors.As(err, &gone):
		return fmt.Errorf("%s has ended already; %s has nobody to go to", f.id, message)
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return fmt.Errorf("no worker has looked at %s within %s; start one, see with starter status whether it was taken meanwhile, then send it again", message, short(takePatience))
	}
	return fmt.Errorf("send %s to %s: %w", message, f.id, err)
}

func isTimeout(err error) bool {
	var deadline *serviceerror.DeadlineExceeded
	var update *client.WorkflowUpdateServiceTimeoutOrCanceledError
	return errors.As(err, &deadline) || errors.As(err, &update)
}

// messageCommand is a command that sends one message to the workflow that speaks for a migration.
func messageCommand(c console, message, summary string, flags func(*cobra.Command) func(*cobra.Command) (any, error)) *cobra.Command {
	cmd := &cobra.Command{Use: message + " <migration>", Short: summary, Args: exactly("migration")}
	payload := flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		body, err := payload(cmd)
		if err != nil {
			return err
		}
		ctx := cmd.Context()
		r, err := c.connect(ctx)
		if err != nil {
			return err
		}
		defer r.Close()
		f, err := r.current(ctx, args[0])
		if err != nil {
			return err
		}
		p, err := r.send(ctx, f, message, body)
		if err != nil {
			return err
		}
		c.printf("%s: %s is taken; phase %s, %s\n", args[0], message, p.Phase, p.Status)
		return nil
	}
	return cmd
}

// byFlags are the flags of pause, resume and accept.
func byFlags(cmd *cobra.Command) func(*cobra.Command) (any, error) {
	var by api.By
	cmd.Flags().StringVar(&by.By, "by", userName(), "who does it, for the audit log")
	cmd.Flags().StringVar(&by.Reason, "reason", "", "why, for the audit log")
	return func(*cobra.Command) (any, error) { return by, nil }
}

func pauseCommand(c console) *cobra.Command {
	return messageCommand(c, api.Pause, "Pauses a migration; answers when no call is in flight any more", byFlags)
}

func resumeCommand(c console) *cobra.Command {
	return messageCommand(c, api.Resume, "Goes on with a migration that is paused or parked", byFlags)
}

func acceptCommand(c console) *cobra.Command {
	return messageCommand(c, api.Accept, "Takes what a migration is parked on: orphans, discrepancies, rows in doubt, a plan's limit", byFlags)
}

func cutoverCommand(c console) *cobra.Command {
	return messageCommand(c, api.Cutover, "Ends the delta window now", func(cmd *cobra.Command) func(*cobra.Command) (any, error) {
		var cut api.CutoverBy
		cmd.Flags().StringVar(&cut.By, "by", userName(), "who does it, for the audit log")
		cmd.Flags().BoolVar(&cut.Force, "force", false, "also when the last round is long")
		return func(*cobra.Command) (any, error) { return cut, nil }
	})
}

func confirmCommand(c console) *cobra.Command {
	return messageCommand(c, api.Confirm, "Approves or rejects the report at the gate", func(cmd *cobra.Command) func(*cobra.Command) (any, error) {
		var d api.Decision
		var approve, reject bool
		flags := cmd.Flags()
		flags.BoolVar(&approve, "approve", false, "yes: the migration goes on")
		flags.BoolVar(&reject, "reject", false, "no: what was written is undone")
		flags.StringVar(&d.Approver, "approver", "", "your e-mail; required when the migration names its approvers")
		flags.StringVar(&d.Comment, "comment", "", "for the audit log")
		flags.StringVar(&d.Report, "report", "", "digest of the report you read, or its first 8 or more characters")
		return func(*cobra.Command) (any, error) {
			if approve == reject {
				return nil, usage("starter confirm: say either --approve or --reject")
			}
			if r := strings.TrimSpace(d.Report); r != "" && len(r) < 8 {
				return nil, usage("starter confirm: --report needs at least the first 8 characters of the digest")
			}
			d.Approved = approve
			return d, nil
		}
	})
}
