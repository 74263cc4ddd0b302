package workflows

import (
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

// migration is one run of the story, from the first page read to the hand-over.
type migration struct {
	*runner
	in   api.Input
	gate *gate // the gate that is open now, nil when none is

	undo     *api.By             // somebody asked for a rollback
	rejected bool                // an approver said no
	stop     workflow.CancelFunc // ends the story; what it wrote is kept or undone, never half decided
	delta    workflow.ChildWorkflowFuture
	cut      bool  // cutover was asked for
	deferred int64 // edits that only the last delta round will carry
	seconds  int64 // how long they take

	findings bool
}

// Migration moves one account. It never continues as new, all messages come to it, and it completes with the status that tells how it
// ended; only bad input fails it.
func Migration(ctx workflow.Context, raw converter.RawValue) (api.Progress, error) {
	in, err := api.DecodeInput(raw.Payload().GetData())
	if err != nil {
		return api.Progress{}, temporal.NewNonRetryableApplicationError(err.Error(), api.BadInput, nil)
	}
	m := &migration{runner: newRunner(ctx, in.Migration, api.PhaseExtract), in: in}
	m.onPause = m.pauseDelta
	if err := m.listen(ctx); err != nil {
		return api.Progress{}, err
	}
	storyCtx, stop := workflow.WithCancel(ctx)
	m.stop = stop
	if err := m.open(storyCtx, raw.Payload().GetData()); err != nil {
		return m.refused(ctx, err)
	}
	return m.end(ctx, m.story(storyCtx))
}

// story is the whole migration. It returns early when a person stops it.
func (m *migration) story(ctx workflow.Context) error {
	for _, phase := range []struct {
		name string
		do   func(workflow.Context) error
	}{
		{api.PhaseExtract, m.extract},
		{api.PhaseOwners, m.owners},
		{api.PhaseMap, m.confirmMap},
		{api.PhaseSample, m.sample},
		{api.PhaseApproval, m.approve},
		{api.PhaseCompanies, m.load},
		{api.PhasePeople, m.load},
		{api.PhaseLeads, m.load},
		{api.PhaseTimeline, m.timeline},
		{api.PhaseArchive, m.archive},
		{api.PhaseDelta, m.watch},
		{api.PhaseReconciliation, m.reconcile},
		{api.PhaseDone, m.handOver},
	} {
		if phase.name == api.PhaseMap && m.in.MapGate != "confirm" {
			continue
		}
		m.enter(ctx, phase.name)
		if err := phase.do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// open claims the name in the ledger and learns which ledger and accounts this migration belongs to.
func (m *migration) open(ctx workflow.Context, payload []byte) error {
	info := workflow.GetInfo(ctx)
	out, err := do[step.OpenOut](ctx, m.runner, step.Open, "open the ledger and both accounts", func(string) any {
		return step.OpenIn{Input: payload, WorkflowID: info.WorkflowExecution.ID, FirstRunID: info.FirstRunID}
	})
	m.ref = out.Ref
	m.showAttributes(ctx)
	return err
}

// extract reads everything from the source and seals it.
func (m *migration) extract(ctx workflow.Context) error {
	if _, err := do[step.ReportOut](ctx, m.runner, step.Preflight, "look at both accounts", m.plain); err != nil {
		return err
	}
	_, err := do[step.ExtractOut](ctx, m.runner, step.Extract, "read and seal the source", func(string) any {
		return step.ExtractIn{Ref: m.ref}
	})
	return err
}

// owners matches agents to users, decides over the whole sealed set and writes the pre-migration report. Orphans, statuses without a
// line in the map and plan gaps park here, before anything is written.
func (m *migration) owners(ctx workflow.Context) error {
	if _, err := do[step.OwnersOut](ctx, m.runner, step.Owners, "match agents to users", m.plain); err != nil {
		return err
	}
	plan, err := do[step.PlanOut](ctx, m.runner, step.Plan, "crawl the account, decide and plan every record", m.plain)
	if err != nil {
		return err
	}
	m.count(ctx, plan.Counters)
	m.sizes = plan.Steps
	report, err := do[step.ReportOut](ctx, m.runner, step.PreReport, "write the pre-migration report", m.plain)
	if err != nil {
		return err
	}
	m.progress.Reports.PreMigration = link(report.URL)
	m.digest = report.Digest
	return nil
}

// confirmMap waits for a confirm on the pre-migration report; nothing has been written yet.
func (m *migration) confirmMap(ctx workflow.Context) error {
	return m.await(ctx, &gate{name: api.PhaseMap, digest: m.digest})
}

// sample loads a stratified sample with the same activities as the full run, reads it back and writes the diff.
func (m *migration) sample(ctx workflow.Context) error {
	if m.in.WriteProbes {
		if _, err := do[step.ReportOut](ctx, m.runner, step.Probe, "probe the account with marked records, and delete them", m.plain); err != nil {
			return err
		}
	}
	if _, err := do[step.ReportOut](ctx, m.runner, step.Fields, "define the custom fields", m.plain); err != nil {
		return err
	}
	picked, err := do[step.PlanOut](ctx, m.runner, step.PickSample, "pick the sample", m.plain)
	if err != nil {
		return err
	}
	m.sizes = picked.Steps
	for _, s := range loadSteps {
		if err := m.write(ctx, s, true); err != nil {
			return err
		}
	}
	diff, err := do[step.ReportOut](ctx, m.runner, step.SampleDiff, "read the sample back and compare field by field", m.plain)
	if err != nil {
		return err
	}
	m.count(ctx, diff.Counters)
	m.progress.Reports.SampleDiff = link(diff.URL)
	m.digest = diff.Digest
	m.progress.AuditHead = diff.AuditHead
	return nil
}

// approve waits for a person's yes on the sample's diff (I8). Nothing more moves until then.
func (m *migration) approve(ctx workflow.Context) error {
	if err := m.await(ctx, &gate{name: api.PhaseApproval, digest: m.digest, timeout: m.in.ApprovalTimeout.D()}); err != nil {
		return err
	}
	_, err := do[step.ReportOut](ctx, m.runner, step.Recrawl, "crawl the account again", m.plain)
	return err
}

// loadSteps are the page sequences of the load, parents first.
var loadSteps = []string{"companies", "people", "leads", "notes", "tasks", "activities", "attachments"}

func (m *migration) load(ctx workflow.Context) error { return m.write(ctx, m.progress.Phase, false) }

func (m *migration) timeline(ctx workflow.Context) error {
	for _, s := range loadSteps[3:] {
		if err := m.write(ctx, s, false); err != nil {
			return err
		}
	}
	return nil
}

// archive writes what Nutshell cannot hold.
func (m *migration) archive(ctx workflow.Context) error {
	_, err := do[step.ReportOut](ctx, m.runner, step.Archive, "write the archives", m.plain)
	return err
}

// reconcile compares every record with a fresh enumeration of Nutshell. Above the threshold the run parks: resume repairs what differs
// and compares again, accept takes the list.
func (m *migration) reconcile(ctx workflow.Context) error {
	for {
		out, err := do[step.ReportOut](ctx, m.runner, step.Reconcile, "compare every record and field", func(accepted string) any {
			return step.In{Ref: m.ref, Accepted: accepted != ""}
		})
		if err != nil {
			return err
		}
		m.count(ctx, out.Counters)
		m.progress.Reports.Reconciliation = link(out.URL)
		m.findings = m.findings || out.Findings
		if !out.Above {
			return nil
		}
		if m.in.OnDiscrepancy == "rollback" {
			m.undo = &api.By{Reason: "discrepancy rate above the threshold"}
			return errStopped
		}
		answer, err := m.park(ctx, discrepancyPark)
		if err != nil {
			return err
		}
		if answer == api.Accept {
			m.findings = true
			return nil
		}
		if _, err := do[step.ReportOut](ctx, m.runner, step.Repair, "repair what differs", m.plain); err != nil {
			return err
		}
	}
}

// handOver writes the last files and closes the generation.
func (m *migration) handOver(ctx workflow.Context) error {
	out, err := do[step.ReportOut](ctx, m.runner, step.Finish, "write the id map, the archives and the audit log", func(string) any {
		return step.FinishIn{Ref: m.ref, Status: api.StatusCompleted}
	})
	if err != nil {
		return err
	}
	m.count(ctx, out.Counters)
	m.progress.AuditHead = out.AuditHead
	return nil
}
