package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/ledger"
)

// listed is one migration as Temporal and the ledger know it.
type listed struct {
	Migration  string    `json:"migration"`
	Phase      string    `json:"phase,omitempty"`
	Status     string    `json:"status"`
	WaitingFor string    `json:"waiting_for,omitempty"`
	Since      time.Time `json:"since"`
	Runs       int       `json:"runs,omitempty"` // generations of the name in the ledger
	Known      string    `json:"known"`          // temporal, ledger or both
	open       bool      // its own workflow has not ended
}

func listCommand(c console) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "Lists the migrations that Temporal and the ledger know",
		Long: `Lists every migration that Temporal or the ledger knows: where it is, what it waits for, and since when it has been running. One of
the two may be out of reach; the list then says so and shows what the other knows.`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, missing, err := c.list(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				enc := json.NewEncoder(c.out)
				enc.SetIndent("", "  ")
				return enc.Encode(list)
			}
			c.printList(list, missing)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// list joins what Temporal and the ledger know. missing says which of them could not be asked.
func (c console) list(ctx context.Context) (all []listed, missing []string, err error) {
	by := map[string]*listed{}
	remoteErr := c.listTemporal(ctx, by)
	ledgerErr := c.listLedger(ctx, by)
	if remoteErr != nil && ledgerErr != nil {
		return nil, nil, fmt.Errorf("neither Temporal nor the ledger can be asked: %w", errors.Join(remoteErr, ledgerErr))
	}
	for _, e := range []error{remoteErr, ledgerErr} {
		if e != nil {
			missing = append(missing, oneLine(e))
		}
	}
	all = make([]listed, 0, len(by))
	for _, l := range by {
		all = append(all, *l)
	}
	slices.SortFunc(all, func(a, b listed) int { return cmp.Or(b.Since.Compare(a.Since), cmp.Compare(a.Migration, b.Migration)) })
	return all, missing, nil
}

func (c console) listTemporal(ctx context.Context, by map[string]*listed) error {
	r, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	req := &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: r.settings.Namespace, Query: fmt.Sprintf("WorkflowType = '%s'", api.MigrationWorkflow), PageSize: 200,
	}
	silent := false // no worker answers: one wait for it is enough
	for {
		page, err := r.ListWorkflow(ctx, req)
		if err != nil {
			return cmp.Or(r.noNamespace(err), fmt.Errorf("list the workflows: %w", err))
		}
		for _, info := range page.GetExecutions() {
			name, ours := strings.CutPrefix(info.GetExecution().GetWorkflowId(), api.MigrationIDPrefix)
			if !ours || by[name] != nil { // newest first: an earlier run of the name says nothing new
				continue
			}
			l := &listed{Migration: name, Since: info.GetStartTime().AsTime(), Status: strings.ToLower(info.GetStatus().String()), Known: "temporal"}
			running := info.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING
			l.open = running
			by[name] = l
			if running && silent {
				continue
			}
			v, err := r.look(ctx, flow{id: info.GetExecution().GetWorkflowId(), run: info.GetExecution().GetRunId(), started: l.Since,
				status: info.GetStatus(), closed: !running})
			if silent = silent || v.silence != ""; err == nil && v.silence == "" {
				l.Phase, l.Status, l.WaitingFor = v.progress.Phase, v.progress.Status, v.progress.WaitingFor
			}
		}
		if req.NextPageToken = page.GetNextPageToken(); len(req.NextPageToken) == 0 {
			return nil
		}
	}
}

func (c console) listLedger(ctx context.Context, by map[string]*listed) error {
	b, err := c.openBook(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = b.Close() }()
	generations, err := b.Migrations(ctx)
	if err != nil {
		return fmt.Errorf("list the migrations of the ledger: %w", err)
	}
	for i, g := range generations {
		if i+1 < len(generations) && generations[i+1].Name == g.Name { // an earlier one says nothing of the last
			continue
		}
		l := by[g.Name]
		if l == nil {
			l = &listed{Migration: g.Name, Known: "ledger"}
			by[g.Name] = l
		} else if l.Known == "temporal" {
			l.Known = "both"
		}
		l.Runs = g.Gen
		switch {
		case l.Known == "ledger":
			l.Status, l.Since = g.Status, g.StartedAt
		case l.open:
		case g.Status == ledger.StatusUndoing || g.Status == ledger.StatusRolledBack: // by a Rollback of its own, after the workflow had closed
			l.Phase, l.Status, l.WaitingFor = api.PhaseRollback, g.Status, ""
		}
	}
	return nil
}

func (c console) printList(list []listed, missing []string) {
	for _, m := range missing {
		c.printf("not asked: %s\n", m)
	}
	if len(list) == 0 {
		c.println("no migration yet")
		return
	}
	wide := len("migration")
	for _, l := range list {
		wide = max(wide, len(l.Migration))
	}
	c.printf("%-*s  %-14s %-12s %-22s %-16s %s\n", wide, "migration", "phase", "status", "waits for", "since", "run")
	for _, l := range list {
		run := ""
		if l.Runs > 0 {
			run = fmt.Sprint(l.Runs)
		}
		if l.Known == "ledger" {
			run += " (Temporal does not know it any more)"
		}
		c.printf("%-*s  %-14s %-12s %-22s %-16s %s\n", wide, l.Migration, cmp.Or(l.Phase, "-"), l.Status, cmp.Or(l.WaitingFor, "-"),
			l.Since.Local().Format("2006-01-02 15:04"), run)
	}
}
