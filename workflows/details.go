package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"rezora2nutshell/internal/api"
)

// Search attributes of a migration, typed.
var (
	attrPhase  = temporal.NewSearchAttributeKeyKeyword(api.AttrPhase)
	attrStatus = temporal.NewSearchAttributeKeyKeyword(api.AttrStatus)
	attrDone   = temporal.NewSearchAttributeKeyFloat64(api.AttrDone)
)

// shown is what the search attributes say now; they are written again only when they would say something else.
type shown struct {
	phase, status string
	tenths        int
}

// show brings the current details, and the search attributes if they are registered, up to the progress.
func (r *runner) show(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, r.details())
	if r.onShow != nil {
		r.onShow(ctx)
	}
	if !r.ref.Attributes {
		return
	}
	now := shown{r.progress.Phase, r.seen().Status, int(r.share() * 10)}
	if now == r.attributes {
		return
	}
	r.attributes = now
	_ = workflow.UpsertTypedSearchAttributes(ctx, attrPhase.ValueSet(now.phase), attrStatus.ValueSet(now.status), attrDone.ValueSet(r.share()))
}

// details is the page an SRE sees in the Web UI: where it is, what it waits for, what to send. Counters, ids and links only (I5).
func (r *runner) details() string {
	var b strings.Builder
	p := r.seen()
	fmt.Fprintf(&b, "### %s: phase **%s**, status **%s**\n\n", p.Migration, p.Phase, p.Status)
	if p.Reason != "" {
		fmt.Fprintf(&b, "%s\n\n", p.Reason)
	}
	if code := r.parkCode(); code != "" {
		fmt.Fprintf(&b, "Page of the runbook: `docs/runbook/%s.md`\n\n", code)
	}
	for _, message := range strings.Fields(p.WaitingFor) {
		r.detailCommands(&b, message)
	}
	if p.ETA != nil {
		fmt.Fprintf(&b, "Expected to be done with the load at %s.\n\n", *p.ETA)
	}
	b.WriteString("| object | total | created | updated | skipped | flagged | in doubt | reverted | kept |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, o := range p.Objects {
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %d | %d | %d |\n", o.Object, o.Total, o.Created, o.Updated, o.Skipped, o.Flagged, o.InDoubt, o.Reverted, o.Kept)
	}
	fmt.Fprintf(&b, "\nCalls to Nutshell: %d create, %d edit, %d delete, %d read, %d upload.\n", p.Calls.Create, p.Calls.Edit, p.Calls.Delete, p.Calls.Read, p.Calls.Upload)
	for _, l := range []struct {
		name string
		url  *string
	}{{"pre-migration report", p.Reports.PreMigration}, {"sample diff", p.Reports.SampleDiff}, {"reconciliation", p.Reports.Reconciliation}, {"rollback", p.Reports.Rollback}} {
		if l.url != nil {
			fmt.Fprintf(&b, "\n- %s: %s", l.name, *l.url)
		}
	}
	if r.notice != "" {
		fmt.Fprintf(&b, "\n\nLast refused message: %s\n", r.notice)
	}
	return b.String()
}

func (r *runner) detailCommands(b *strings.Builder, message string) {
	fmt.Fprintf(b, "Send `%s`: choose *Send a signal* here, name `%s`, and paste `%s`; or run\n\n", message, message, api.Payload(message, r.progress.Digest, true))
	for _, way := range api.Commands(message, r.progress.Migration, r.progress.Digest, true) {
		fmt.Fprintf(b, "- `%s`\n", way.Command)
	}
	b.WriteString("\n")
}

// showAttributes writes the search attributes for the first time, once the worker has said that they are registered.
func (r *runner) showAttributes(ctx workflow.Context) { r.show(ctx) }
