package activities

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/step"
)

// Open claims the name in the ledger for this workflow, and answers which ledger and accounts the migration belongs to. A missing or bad
// map and a used name fail the workflow at once, with nothing written.
func (a *Activities) Open(ctx context.Context, in step.OpenIn) (step.OpenOut, error) {
	return guard(ctx, a, step.Ref{}, func(ctx context.Context, w *work) (step.OpenOut, error) {
		var out step.OpenOut
		input, err := api.DecodeInput(in.Input)
		if err != nil {
			return out, refuse("%s", err)
		}
		if _, err := a.readMap(input); err != nil {
			return out, err
		}
		nutshellID, rezoraID, err := a.fingerprints(ctx)
		if err != nil {
			return out, err
		}
		starter, err := a.starterOf(ctx)
		if err != nil {
			return out, err
		}
		run, err := a.Ledger.Begin(ctx, ledger.BeginRequest{
			Name: input.Migration, WorkflowID: in.WorkflowID, FirstRunID: in.FirstRunID, Input: in.Input, Identity: starter,
			NutshellAccount: nutshellID, RezoraAccount: rezoraID, OwnerClosed: a.closed,
		})
		switch {
		case errors.Is(err, ledger.ErrNameUsed):
			return out, refuse("migration: %s", err)
		case err != nil:
			return out, err
		}
		a.keep(run)
		w.run = run
		info := run.Info()
		if err := w.makeRoom(ctx, info); err != nil {
			return out, err
		}
		out.Ref = step.Ref{
			Migration: info.Name, Generation: info.Gen, Ledger: a.Ledger.ID(), Nutshell: nutshellID, Rezora: rezoraID, Attributes: a.registered(ctx),
		}
		return out, nil
	})
}

// makeRoom moves the files of an earlier run of the name aside, once: a reset to the beginning must not move this run's own files.
func (w *work) makeRoom(ctx context.Context, info ledger.Generation) error {
	var moved bool
	if info.Gen == 1 {
		return nil
	}
	if _, err := w.run.Value(ctx, "moved", &moved); err != nil || moved {
		return err
	}
	if err := w.Archive.For(info.Name).MoveRun(ctx, info.Gen-1); err != nil {
		return fmt.Errorf("move the files of run %d: %w", info.Gen-1, err)
	}
	return w.run.PutValue(ctx, "moved", true)
}

// readMap reads the mapping file of an input, "" for the built-in map. The input's policies win over the file's.
func (a *Activities) readMap(in api.Input) (*mapping.Map, error) {
	m := mapping.Default()
	if in.Mapping != "" {
		body, err := os.ReadFile(filepath.Join(a.Config.MappingDir, filepath.Base(in.Mapping)))
		if err != nil {
			return nil, refuse("mapping: file %s in MAPPING_DIR cannot be read", in.Mapping)
		}
		var problems []mapping.Problem
		if m, problems = mapping.Parse(in.Mapping, body); len(problems) > 0 {
			return nil, refuse("mapping: %s line %d: %s (%d mistakes; `starter mapping check %s` lists them all)",
				in.Mapping, problems[0].Line, problems[0].Message, len(problems), in.Mapping)
		}
	}
	p := &m.Policies
	for key, set := range map[string]func(){
		"existing": func() { p.Existing = in.Existing }, "on_orphans": func() { p.OnOrphans = in.OnOrphans },
		"fallback_owner": func() { p.FallbackOwner = in.FallbackOwner }, "on_reject": func() { p.OnReject = in.OnReject },
		"source_deletes": func() { p.SourceDeletes = in.SourceDeletes }, "on_discrepancy": func() { p.OnDiscrepancy = in.OnDiscrepancy },
	} {
		for _, given := range in.Given {
			if given == key {
				set()
			}
		}
	}
	return m, nil
}

// fingerprints identify the two accounts: Nutshell's instance id; Rezora's account id, or its base URL.
func (a *Activities) fingerprints(ctx context.Context) (nutshellID, rezoraID string, err error) {
	inst, err := a.Nutshell.Instance(ctx)
	if err != nil {
		return "", "", fmt.Errorf("identify the nutshell account: %w", err)
	}
	rezoraID, err = a.Rezora.Identify(ctx)
	if err != nil {
		return "", "", fmt.Errorf("identify the rezora account: %w", err)
	}
	return inst.ID, rezoraID, nil
}

// withoutSource are the steps that work from the ledger and Nutshell alone: a rollback must run when the Rezora account is long closed.
var withoutSource = map[string]bool{
	step.Settle: true, step.OpenUndo: true, step.PlanUndo: true, step.Undo: true, step.Prove: true, step.SetPause: true, step.Record: true, step.AwaitHost: true,
	step.OpenRetry: true,
}

// sameAccounts refuses when the settings of this worker lead to other accounts than the migration began with. Each is asked for once a
// process.
func (a *Activities) sameAccounts(ctx context.Context, ref step.Ref, name string) error {
	if name == step.AwaitHost || name == step.Record || name == step.SetPause {
		return nil // they write to no account, and must work while a host is away
	}
	nutshellID, err := a.identity(&a.nutshellID, func() (string, error) {
		inst, err := a.Nutshell.Instance(ctx)
		return inst.ID, err
	})
	if err != nil {
		return fmt.Errorf("identify the nutshell account: %w", err)
	}
	if nutshellID != ref.Nutshell {
		return ledger.ErrForeign
	}
	if withoutSource[name] {
		return nil
	}
	rezoraID, err := a.identity(&a.rezoraID, func() (string, error) { return a.Rezora.Identify(ctx) })
	if err != nil {
		return fmt.Errorf("identify the rezora account: %w", err)
	}
	if rezoraID != ref.Rezora {
		return ledger.ErrForeign
	}
	return nil
}

// identity asks once and remembers.
func (a *Activities) identity(kept *string, ask func() (string, error)) (string, error) {
	a.mu.Lock()
	known := *kept
	a.mu.Unlock()
	if known != "" {
		return known, nil
	}
	id, err := ask()
	if err != nil {
		return "", err
	}
	a.mu.Lock()
	*kept = id
	a.mu.Unlock()
	return id, nil
}

// closed asks Temporal whether the workflow that owned a name has ended; one that retention has removed has. Only one workflow of an id
// is open at a time: where another one has followed, this step's own included, the owner has ended. A reset keeps the first run id.
func (a *Activities) closed(ctx context.Context, workflowID, firstRunID string) (bool, error) {
	d, err := a.Temporal.DescribeWorkflowExecution(ctx, workflowID, "")
	var gone *serviceerror.NotFound
	switch {
	case errors.As(err, &gone):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("describe workflow %s: %w", workflowID, err)
	}
	info := d.GetWorkflowExecutionInfo()
	if first := info.GetFirstRunId(); first != "" && first != firstRunID {
		return true, nil
	}
	return info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, nil
}

// registered registers the search attributes where the server allows it, and waits until it lists them: a workflow that upserts an
// unknown one would hang for ever.
func (a *Activities) registered(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, attributeWait)
	defer cancel()
	want := map[string]enumspb.IndexedValueType{
		api.AttrPhase: enumspb.INDEXED_VALUE_TYPE_KEYWORD, api.AttrStatus: enumspb.INDEXED_VALUE_TYPE_KEYWORD, api.AttrDone: enumspb.INDEXED_VALUE_TYPE_DOUBLE,
	}
	operator, namespace := a.Temporal.OperatorService(), a.Config.Temporal.Namespace
	for asked := false; ; asked = true {
		if a.listed(ctx, want) {
			return true
		}
		if !asked {
			// A refusal (no right, exists already) is no error: the list decides.
			_, _ = operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{SearchAttributes: want, Namespace: namespace})
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(attributePoll):
		}
	}
}

const (
	attributeWait = 30 * time.Second
	attributePoll = 500 * time.Millisecond
)

func (a *Activities) listed(ctx context.Context, want map[string]enumspb.IndexedValueType) bool {
	have, err := a.Temporal.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: a.Config.Temporal.Namespace})
	if err != nil {
		return false
	}
	for name, kind := range want {
		if have.GetCustomAttributes()[name] != kind {
			return false
		}
	}
	return true
}
