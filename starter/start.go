package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

func startCommand(c console) *cobra.Command {
	var file string
	var watch bool
	cmd := &cobra.Command{
		Use: "start [<migration>]", Short: "Starts a migration",
		Long: `Starts a migration. Its input is a JSON file (--input), flags, or both: a flag wins over the file. What neither says has the
default shown. The same input can be given to temporal workflow start --type Migration.`,
		Args: cobra.MaximumNArgs(1),
	}
	flags := cmd.Flags()
	flags.StringVar(&file, "input", "", "JSON file with the input, - for standard input")
	flags.BoolVar(&watch, "watch", false, "go on showing where it is, as status does")
	inputFlags(flags)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		payload, err := c.payload(cmd.Flags(), file, args)
		if err != nil {
			return err
		}
		ctx := cmd.Context()
		r, err := c.connect(ctx)
		if err != nil {
			return err
		}
		defer r.Close()
		in, err := api.DecodeInput(payload)
		if err != nil {
			return err
		}
		f, err := r.start(ctx, api.MigrationWorkflow, api.MigrationIDPrefix+in.Migration, payload)
		if err != nil {
			return err
		}
		c.printf("%s has started: workflow %s, run %s\n", in.Migration, f.id, f.run)
		if err := c.settled(ctx, r, f); err != nil {
			return err
		}
		if !watch {
			c.printf("watch it: starter status %s\n", in.Migration)
			return nil
		}
		v, err := c.status(ctx, r, f, false)
		if err != nil {
			return err
		}
		return ended(v)
	}
	return cmd
}

// inputFlags makes a flag of every key of the input; the key map_gate is the flag --map-gate.
func inputFlags(flags *pflag.FlagSet) {
	d := api.Defaults()
	flags.String("migration", "", "name of the migration; the same as the argument")
	flags.String("mapping", d.Mapping, "a file in MAPPING_DIR; none: the built-in map")
	flags.String("map-gate", d.MapGate, "start, or confirm: wait for a confirm on the pre-migration report before anything is written")
	flags.Int("sample-size", d.SampleSize, "records of the sample")
	flags.Bool("write-probes", d.WriteProbes, "find out with marked records what the account does")
	flags.String("fallback-owner", d.FallbackOwner, "e-mail of a Nutshell user")
	flags.String("on-orphans", d.OnOrphans, "agents without user: wait, or fallback")
	flags.String("existing", d.Existing, "records already in Nutshell: merge, skip or create")
	flags.String("on-reject", d.OnReject, "a rejected sample: rollback, or keep")
	flags.StringSlice("approvers", d.Approvers, "e-mails of those who may confirm; none: anybody")
	flags.Duration("approval-timeout", d.ApprovalTimeout.D(), "how long the gate stays open before the run parks")
	flags.Duration("delta-window", d.DeltaWindow.D(), "how long changes of the source are carried over")
	flags.Duration("delta-interval", d.DeltaInterval.D(), "the pause between two rounds")
	flags.String("source-deletes", d.SourceDeletes, "records deleted at the source meanwhile: flag, or delete")
	flags.Float64("discrepancy-threshold", d.DiscrepancyThreshold, "0 to 1; above it the run parks or rolls back")
	flags.String("on-discrepancy", d.OnDiscrepancy, "above the threshold: ask, or rollback")
	flags.Int("page-size", d.PageSize, "records of one activity")
	flags.Int("window", d.Window, "activities in flight")
	flags.Bool("rollback-on-cancel", d.RollbackOnCancel, "undo when the workflow is cancelled")
}

// payload is the input as it will stand in the workflow's history: the file's keys with those of the given flags over them. It is
// checked here as the workflow checks it.
func (c console) payload(flags *pflag.FlagSet, file string, args []string) ([]byte, error) {
	keys := map[string]json.RawMessage{}
	if file != "" {
		body, err := c.readInput(file)
		if err != nil {
			return nil, err
		}
		if _, err := api.DecodeInput(body); err != nil && !(strings.HasPrefix(err.Error(), "migration: missing") && (len(args) > 0 || flags.Changed("migration"))) {
			return nil, usage("%s: %s", file, err)
		}
		if err := json.Unmarshal(body, &keys); err != nil {
			return nil, usage("%s: not a JSON object", file)
		}
	}
	var failed error
	flags.Visit(func(f *pflag.Flag) {
		if f.Name == "input" || f.Name == "watch" {
			return
		}
		raw, err := json.Marshal(valueOf(flags, f))
		if err != nil {
			failed = err
		}
		keys[strings.ReplaceAll(f.Name, "-", "_")] = raw
	})
	if failed != nil {
		return nil, failed
	}
	if len(args) > 0 {
		name, err := json.Marshal(args[0])
		if err != nil {
			return nil, err
		}
		if given, ok := keys["migration"]; ok && string(given) != string(name) {
			return nil, usage("starter start: two names are given, %s and %s", name, given)
		}
		keys["migration"] = name
	}
	payload, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	if _, err := api.DecodeInput(payload); err != nil {
		return nil, usage("starter start: %s", err)
	}
	return payload, nil
}

// valueOf is a flag's value in the type that the input has.
func valueOf(flags *pflag.FlagSet, f *pflag.Flag) any {
	switch f.Value.Type() {
	case "int":
		n, _ := flags.GetInt(f.Name) // the type is as asked
		return n
	case "bool":
		b, _ := flags.GetBool(f.Name)
		return b
	case "float64":
		n, _ := flags.GetFloat64(f.Name)
		return n
	case "stringSlice":
		s, _ := flags.GetStringSlice(f.Name)
		return s
	}
	return f.Value.String()
}

func (c console) readInput(file string) ([]byte, error) {
	if file == "-" {
		b, err := io.ReadAll(c.in)
		if err != nil {
			return nil, fmt.Errorf("read the input: %w", err)
		}
		return b, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, usage("--input: %s cannot be read", file)
	}
	return b, nil
}

// start starts a workflow; one that runs under the id already is left alone and is an error.
func (r *remote) start(ctx context.Context, kind, id string, payload []byte) (flow, error) {
	w, err := r.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: id, TaskQueue: r.settings.TaskQueue, WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_FAIL, WorkflowExecutionErrorWhenAlreadyStarted: true,
	}, kind, json.RawMessage(payload))
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &started) {
		return flow{}, fmt.Errorf("%s is running already; starter status shows it", id)
	}
	if setting := r.noNamespace(err); setting != nil {
		return flow{}, setting
	}
	if err != nil {
		return flow{}, fmt.Errorf("start %s: %w", id, err)
	}
	return flow{id: w.GetID(), run: w.GetRunID()}, nil
}

// openPatience is how long a start waits to see whether its input is taken.
const openPatience = 5 * time.Second

// settled waits a moment until a worker has opened the ledger: what is wrong with the input shows then. It leaves a hint when no
// worker takes the workflow.
func (c console) settled(ctx context.Context, r *remote, f flow) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(openPatience); time.Now().Before(end); {
		d, ok, err := r.describe(ctx, f.id)
		if err != nil || !ok {
			return err
		}
		if d.closed {
			_, err := r.result(ctx, d)
			return err
		}
		if r.opened(ctx, d) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	c.printf("no worker has opened it yet; it begins as soon as one runs on task queue %s\n", r.settings.TaskQueue)
	return nil
}

// openedEvents is how long a history is once the workflow has heard of its first step and has gone on: start, two tasks of three
// events, the step's three, and what the second task decided.
const openedEvents = 11

// opened says whether the first step of a workflow is over, and the workflow did not fail over it: it works on the next one, or is parked. One
// that fails does neither: it only tells people of its end.
func (r *remote) opened(ctx context.Context, f flow) bool {
	if f.described.GetWorkflowExecutionInfo().GetHistoryLength() < openedEvents {
		return false
	}
	pending := f.described.GetPendingActivities()
	for _, a := range pending {
		if name := a.GetActivityType().GetName(); name == step.Open || name == step.OpenUndo {
			return false
		}
	}
	if len(pending) > 0 {
		return true
	}
	v, err := r.look(ctx, f)
	return err == nil && (v.progress.Status == api.StatusParked || v.progress.Status == api.StatusWaiting)
}
