package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"
	"go.uber.org/zap"

	"rezora2nutshell/activities"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/rehearse"
	"rezora2nutshell/internal/wiring"
	"rezora2nutshell/workflows"
)

func rehearseCommand(c console) *cobra.Command {
	var out, against string
	cmd := &cobra.Command{
		Use: "rehearse <migration>", Short: "Plays the migration through against a simulated account that holds what the crawl found",
		Long: `Plays a migration through before it is done: from its sealed extract, with the same workflow, steps and map, against a simulated
Nutshell that has the users, fields, limits and records of the real one as the crawl saw them. It yields the same reports, the calls and
hours of the real run, and the target root to expect. The real accounts hear nothing of it, but that files of attachments are read from
Rezora. The simulated account is held in memory: about 4 KB a record, 5 GB for a million people.

It needs the settings of the worker. The folder holds personal data; delete it when it is not needed any more.

With --compare, after the real run, it says which records came out otherwise than rehearsed. Exit code 3: some did.`,
		Args: exactly("migration"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if against != "" {
				return c.compareRehearsal(cmd.Context(), args[0], against)
			}
			if out == "" {
				out = "rehearsal-" + args[0]
			}
			return c.rehearse(cmd.Context(), args[0], out)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "folder for the reports, made new (default rehearsal-<migration>)")
	cmd.Flags().StringVar(&against, "compare", "", "folder of a rehearsal: compares the finished run with it")
	return cmd
}

// rehearsed is what a rehearsal leaves beside its reports, in rehearsal.json.
type rehearsed struct {
	Migration  string    `json:"migration"`
	At         time.Time `json:"at"`
	SourceRoot string    `json:"source_root"`
	TargetRoot string    `json:"target_root"`
	Calls      api.Calls `json:"calls"`
	Rate       float64   `json:"calls_per_s"`
	RateFrom   string    `json:"rate_from"` // set, learned or start
	Hours      float64   `json:"hours"`
	Parks      []string  `json:"parks"` // what the run would wait for, and was answered with accept here
}

const (
	copyKey       = "rehearsal.db.key"
	fileRehearsal = "rehearsal.json"
	fileLines     = "records.csv"
)

func (c console) rehearse(ctx context.Context, name, out string) error {
	out, err := filepath.Abs(out)
	if err != nil {
		return usage("--out: %s", err)
	}
	return c.withRun(ctx, name, func(b *book, run *ledger.Run) error {
		if at := run.Info().ShreddedAt; !at.IsZero() {
			return fmt.Errorf("%s was shredded on %s: its records cannot be read any more", name, at.UTC().Format(time.RFC3339))
		}
		if err := os.Mkdir(out, 0o700); err != nil {
			return usage("--out: %s cannot be made: %s", out, cause(err))
		}
		r := &rehearsal{console: c, name: name, out: out, book: b.Ledger, real: run, link: b.settings.Archive.LinkBase}
		err := r.play(ctx)
		if reports, _ := os.ReadDir(r.file("archive")); err != nil && len(reports) == 0 {
			_ = os.RemoveAll(out)
		}
		return err
	})
}

func cause(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// rehearsal is one that runs.
type rehearsal struct {
	console
	name, out, link string
	book            *ledger.Ledger // of the real migration
	real            *ledger.Run
	settings        config.Config
	parks           []string
}

func (r *rehearsal) file(name string) string { return filepath.Join(r.out, name) }

func (r *rehearsal) play(ctx context.Context) error {
	plain, err := config.Load(r.environ)
	if err != nil {
		return err
	}
	r.println("Reading what the migration knows of both accounts")
	there, err := rehearse.NewAccount(ctx, r.real, plain.Nutshell)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("serve the simulated account: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() { _ = there.Serve(ctx, ln) }() // ends with the context
	r.printf("A simulated account with %s records of its own", count(int64(there.Records)))
	if there.Reduced > 0 {
		r.printf(", %s of them without some values", count(int64(there.Reduced)))
	}
	r.println("")
	input, err := r.settle(ctx, "http://"+ln.Addr().String())
	if err != nil {
		return err
	}
	parts, err := wiring.Build(ctx, r.settings, wiring.Options{Log: zap.NewNop(), Identity: identity()})
	if err != nil {
		return err
	}
	defer func() { _ = parts.Close(); r.forget() }()   // a copy of what the real ledger holds
	if err := os.Remove(r.file(copyKey)); err != nil { // from here on in memory alone: should the process be killed, nobody can read the copy
		return fmt.Errorf("take the key of the rehearsal's ledger off the disk: %w", err)
	}
	source, err := rehearse.NewSource(ctx, r.real, parts.Source)
	if err != nil {
		return err
	}
	parts.Source, parts.Legacy, parts.LegacyFiles, parts.Credentials = source, nil, nil, nil
	w := sdk.New(parts.Temporal, r.settings.Temporal.TaskQueue, sdk.Options{})
	workflows.Register(w)
	activities.New(parts, r.file("spool")).Register(w)
	if err := w.Start(); err != nil {
		return fmt.Errorf("start the rehearsal's worker: %w", err)
	}
	defer w.Stop()
	p, err := r.run(ctx, parts.Temporal, input)
	if err != nil {
		return err
	}
	return r.conclude(ctx, parts.Ledger, p)
}

// settle makes the settings of the rehearsal out of those of the migration, and its input.
func (r *rehearsal) settle(ctx context.Context, nutshell string) ([]byte, error) {
	environ := maps.Clone(r.environ)
	for name, v := range map[string]string{
		"NUTSHELL_BASE_URL": nutshell, "NUTSHELL_API_KEY": rehearse.Key, "NUTSHELL_RATE": "5000", "NUTSHELL_CONCURRENCY": "8",
		"LEDGER_URL": "sqlite://" + r.file("rehearsal.db"), "LEDGER_KEY_FILE": "", "ARCHIVE_URL": "file://" + r.file("archive"), "ARCHIVE_LINK_BASE": r.link,
		"MAPPING_DIR": r.out, "METRICS_ADDRESS": "", "NOTIFY_URL": "", "TEMPORAL_DEPLOYMENT_NAME": "", "TEMPORAL_WORKER_BUILD_ID": "",
	} {
		environ[name] = v
	}
	var err error
	if r.settings, err = config.Load(environ); err != nil {
		return nil, err
	}
	r.settings.Nutshell.Limits.ReadLag = 0 // the simulated account shows at once what it has
	r.settings.Temporal.TaskQueue += "-rehearsal-" + fmt.Sprint(os.Getpid())
	var in map[string]any
	if err := json.Unmarshal(r.real.Info().Input, &in); err != nil {
		return nil, fmt.Errorf("read the input of %s: %w", r.name, err)
	}
	for key, v := range map[string]any{"migration": r.name, "map_gate": "start", "approvers": []string{}, "delta_window": "0s", "on_discrepancy": "ask", "rollback_on_cancel": false} {
		in[key] = v
	}
	var text string
	if found, err := r.real.Value(ctx, keyMap, &text); err != nil {
		return nil, err
	} else if found {
		if err := os.WriteFile(r.file("map.yaml"), []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("write the map: %w", err)
		}
		in["mapping"] = "map.yaml"
	}
	return json.Marshal(in)
}

// run plays the story and gives the answers that people will give: yes at the gate, accept where the run would wait.
func (r *rehearsal) run(ctx context.Context, cl client.Client, input []byte) (api.Progress, error) {
	id := "rehearsal/" + r.name
	run, err := cl.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: id, TaskQueue: r.settings.Temporal.TaskQueue,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING, // one that was killed has no worker any more
	}, api.MigrationWorkflow, json.RawMessage(input))
	if err != nil {
		return api.Progress{}, fmt.Errorf("start the rehearsal: %w", err)
	}
	defer func() {
		if ctx.Err() != nil {
			_ = cl.TerminateWorkflow(context.WithoutCancel(ctx), id, run.GetRunID(), "the rehearsal was stopped")
		}
	}()
	remote := &remote{cl, r.settings.Temporal}
	f, _, err := remote.describe(ctx, id)
	if err != nil {
		return api.Progress{}, err
	}
	answered := ""
	var fault error
	v, err := r.follow(ctx, remote, f, &linePainter{out: console{out: &untold{r.console}, err: r.err}}, func(v view) bool {
		g := v.progress
		switch at := g.Phase + g.Reason + g.Digest; {
		case g.WaitingFor == "" || g.Status != api.StatusWaiting && g.Status != api.StatusParked || at == answered:
		case g.Status == api.StatusWaiting:
			answered = at
			fault = cl.SignalWorkflow(ctx, id, "", api.Confirm, api.Decision{Approved: true, Approver: "rehearsal@localhost", Report: g.Digest})
		case strings.Contains(g.WaitingFor, api.Accept):
			answered = at
			r.parks = append(r.parks, g.Phase+": "+g.Reason)
			r.printf("The run would wait here: %s\n", g.Reason)
			fault = cl.SignalWorkflow(ctx, id, "", api.Accept, api.By{By: "rehearsal", Reason: "to see what follows"})
		default:
			fault = fmt.Errorf("the run would be held up in phase %s: %s", g.Phase, g.Reason)
			_ = cl.TerminateWorkflow(ctx, id, run.GetRunID(), "the rehearsal is over")
		}
		return fault != nil
	})
	if err = errors.Join(fault, err); err != nil {
		return v.progress, err
	}
	var p api.Progress
	if err := run.Get(ctx, &p); err != nil {
		return p, fmt.Errorf("the rehearsal failed: %w", err)
	}
	return p, nil
}

// untold leaves out what the rehearsal waits for and how to answer: it answers by itself.
type untold struct{ console }

// Write implements io.Writer.
func (q *untold) Write(b []byte) (int, error) {
	if text := string(b); !strings.HasPrefix(text, "  ") && !strings.Contains(text, ", "+api.StatusWaiting) && !strings.Contains(text, ", "+api.StatusParked) {
		q.printf("%s", strings.Replace(text, ": phase", ", rehearsal: phase", 1))
	}
	return len(b), nil
}

// forget deletes the copy of the ledger; the reports stay.
func (r *rehearsal) forget() {
	for _, pattern := range []string{"rehearsal.db*", "spool", "map.yaml"} {
		files, _ := filepath.Glob(r.file(pattern))
		for _, f := range files {
			_ = os.RemoveAll(f)
		}
	}
}
