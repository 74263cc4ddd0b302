package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"rezora2nutshell/internal/api"
)

// demoName is the migration of the demonstration.
const demoName = "demo"

type demoFlags struct {
	yes, back bool
	contacts  int
	seed      int64
	keep      string
}

func demoCommand(c console) *cobra.Command {
	var o demoFlags
	cmd := &cobra.Command{
		Use: "demo", Short: "Migrates a made-up account on this machine, start to end",
		Long: `Starts a Temporal server, two made-up accounts and a worker on this machine, and migrates one account into the other: the sample
and its report, the gate, the load, a short delta window in which the source keeps changing, and reconciliation. Needs Go, or the
Temporal CLI and the worker program beside this one; nothing leaves the machine.`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.contacts < 1 || sizeFor(o.contacts) == "" {
				return usage("starter demo: --contacts is 1 to 400000, not %d", o.contacts)
			}
			return c.demo(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.yes, "yes", false, "approve the sample, and end when all is done")
	flags.BoolVar(&o.back, "rollback", false, "undo everything at the end, and print the proof")
	flags.IntVar(&o.contacts, "contacts", 1500, "people in Rezora, at least; made-up accounts have 60, 400, 1500, 60000 or 400000")
	flags.Int64Var(&o.seed, "seed", 1, "the same seed makes the same accounts")
	flags.StringVar(&o.keep, "keep", "", "folder for the ledger, the reports and the logs, which then stay; none: a temporary one")
	return cmd
}

// sizeFor is the smallest made-up account with at least so many people, "" when there is none.
func sizeFor(contacts int) string {
	for _, s := range []struct {
		name string
		n    int
	}{{"XS", 60}, {"T", 400}, {"S", 1500}, {"M", 60_000}, {"L", 400_000}} {
		if contacts <= s.n {
			return s.name
		}
	}
	return ""
}

// demo is one demonstration.
type demo struct {
	console
	demoFlags
	stack *demoStack
	r     *remote
	began time.Time
	delta deltaShow
}

func (c console) demo(ctx context.Context, o demoFlags) error {
	dir, remove, err := demoFolder(o.keep)
	if err != nil {
		return err
	}
	defer remove()
	d := &demo{console: c, demoFlags: o, began: time.Now()}
	d.stack = &demoStack{console: c, dir: dir, size: sizeFor(o.contacts), seed: o.seed}
	defer d.stack.stop()
	if err := d.stack.start(ctx); err != nil {
		return err
	}
	d.environ = d.stack.environ
	if d.r, err = d.connect(ctx); err != nil {
		return err
	}
	defer d.r.Close()
	verdict := d.play(ctx)
	if verdict != nil && !errors.Is(verdict, errFindings) || o.yes {
		return verdict
	}
	d.printf("\nEverything stays up until Ctrl-C.\n")
	<-ctx.Done()
	return verdict
}

func demoFolder(keep string) (dir string, remove func(), err error) {
	if keep != "" {
		if dir, err = filepath.Abs(keep); err == nil {
			err = os.MkdirAll(dir, 0o750)
		}
		if err != nil {
			return "", nil, usage("--keep: %s cannot be made a folder", keep)
		}
		if _, err := os.Stat(filepath.Join(dir, "migration.db")); err == nil {
			return "", nil, usage("--keep: %s holds a demonstration already; name another folder", keep)
		}
		return dir, func() {}, nil
	}
	dir, err = os.MkdirTemp("", "rezora2nutshell-demo-")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder for the demonstration: %w", err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil
}

// play is the story of the demonstration.
func (d *demo) play(ctx context.Context) error {
	f, err := d.begin(ctx)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	defer func() { _ = g.Wait() }() // what changes the accounts ends with the window; its failures show in the reports
	p := &demoPainter{stack: d.stack, seen: func(v view) {
		if v.progress.Phase == api.PhaseDelta {
			d.delta.once.Do(func() { g.Go(func() error { return d.changeAccounts(ctx) }) })
		}
	}}
	v, err := d.throughGates(ctx, f, p)
	if err != nil {
		return err
	}
	verdict := ended(v)
	if verdict != nil && !errors.Is(verdict, errFindings) {
		return verdict
	}
	if err := d.summary(ctx, v.progress); err != nil {
		return err
	}
	if v.progress.Status != api.StatusCompleted || !d.back {
		return verdict
	}
	return errors.Join(d.undoAll(ctx), verdict)
}

func (d *demo) begin(ctx context.Context) (flow, error) {
	payload := []byte(`{"migration":"` + demoName + `","sample_size":300,"on_orphans":"fallback","fallback_owner":"bo@example.com","delta_window":"6s","delta_interval":"2s"}`)
	d.printf("\nStarting the migration; the same could be started with\n  temporal workflow start --type Migration --workflow-id migration/%s --task-queue crm-migration --input '%s'\n\n", demoName, payload)
	f, err := d.r.start(ctx, api.MigrationWorkflow, api.MigrationIDPrefix+demoName, payload)
	if err != nil {
		return f, err
	}
	if err := d.settled(ctx, d.r, f); err != nil {
		return f, err
	}
	f, _, err = d.r.describe(ctx, f.id)
	return f, err
}

// throughGates follows the migration to its end, and decides at the gate when --yes says so.
func (d *demo) throughGates(ctx context.Context, f flow, p *demoPainter) (view, error) {
	for {
		p.afresh(d.console)
		v, err := d.follow(ctx, d.r, f, p, func(v view) bool {
			return v.progress.Status == api.StatusWaiting || d.yes && v.progress.Status == api.StatusParked
		})
		if err != nil || v.closed {
			return v, err
		}
		if v.progress.Status == api.StatusParked {
			return v, fmt.Errorf("the migration is parked: %s", v.progress.Reason)
		}
		if err := d.atGate(ctx, f, v); err != nil {
			return v, err
		}
		if !d.yes { // somebody decides in another window
			_, err = d.follow(ctx, d.r, f, quiet{}, func(v view) bool { return v.progress.Status != api.StatusWaiting })
			if err != nil {
				return v, err
			}
		}
	}
}

// atGate approves when --yes says so; else it says how to get at the commands that decide.
func (d *demo) atGate(ctx context.Context, f flow, v view) error {
	if !d.yes {
		d.printf("\nRead the report, then decide in another window, after  . %s\n", d.stack.envFile())
		return nil
	}
	d.printf("\n--yes approves it, as each of the commands above would.\n\n")
	_, err := d.r.send(ctx, f, api.Confirm, api.Decision{
		Approved: true, Approver: "demo@example.com", Comment: "approved by starter demo --yes", Report: v.progress.Digest,
	})
	return err
}

// undoAll rolls the migration back and prints the proof.
func (d *demo) undoAll(ctx context.Context) error {
	d.printf("\nRolling it back.\n")
	f, err := d.undo(ctx, d.r, demoName, rollbackFlags{by: api.By{By: "demo@example.com", Reason: "starter demo --rollback"}, edited: "keep"})
	if err != nil {
		return err
	}
	if f, _, err = d.r.describe(ctx, f.id); err != nil {
		return err
	}
	v, err := d.follow(ctx, d.r, f, newPainter(d.console), func(v view) bool { return v.progress.Status == api.StatusParked })
	if err != nil {
		return err
	}
	if v.progress.Status != api.StatusRolledBack {
		return fmt.Errorf("the rollback is %s: %s", v.progress.Status, v.progress.Reason)
	}
	return d.proof(v.progress)
}

// demoPainter lets the demonstration see what is shown, and adds what happens to the worker.
type demoPainter struct {
	inner painter
	stack *demoStack
	seen  func(view)
}

// afresh makes the next page start below what was printed meanwhile; a pipe goes on with its changes.
func (p *demoPainter) afresh(c console) {
	if _, pipe := p.inner.(*linePainter); !pipe {
		p.inner = newPainter(c)
	}
}

func (p *demoPainter) paint(v view) {
	p.seen(v)
	v.note = p.stack.lastNote()
	p.inner.paint(v)
}

// quiet shows nothing.
type quiet struct{}

func (quiet) paint(view) {}
