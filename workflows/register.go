package workflows

import (
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"rezora2nutshell/internal/api"
)

// Register makes a worker take the workflows. The names are explicit, so that renaming Go code breaks no history.
func Register(w worker.WorkflowRegistry) {
	w.RegisterWorkflowWithOptions(Migration, workflow.RegisterOptions{Name: api.MigrationWorkflow})
	w.RegisterWorkflowWithOptions(Pages, workflow.RegisterOptions{Name: api.PagesWorkflow})
	w.RegisterWorkflowWithOptions(Delta, workflow.RegisterOptions{Name: api.DeltaWorkflow})
	w.RegisterWorkflowWithOptions(Notice, workflow.RegisterOptions{Name: api.NoticeWorkflow})
	w.RegisterWorkflowWithOptions(Rollback, workflow.RegisterOptions{Name: api.RollbackWorkflow})
	w.RegisterWorkflowWithOptions(Rehearsed, workflow.RegisterOptions{Name: api.RehearsedWorkflow})
	w.RegisterWorkflowWithOptions(Retry, workflow.RegisterOptions{Name: api.RetryWorkflow})
}
