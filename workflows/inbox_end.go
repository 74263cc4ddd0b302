package workflows

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/workflow"

	"rezora2nutshell/internal/api"
)

var errClosed = errors.New("the run has ended")

// Bounds above which a cut-over must be forced: what the last round carries is not a matter of moments any more.
const (
	cutoverEdits   = 2000
	cutoverSeconds = 15 * 60
)

func (m *migration) checkCutover(payload []byte) error {
	c, err := api.DecodeCutover(payload)
	if err != nil {
		return err
	}
	switch {
	case m.delta == nil:
		return fmt.Errorf("no delta window is open: the run is in phase %s", m.progress.Phase)
	case m.cut:
		return fmt.Errorf("cut-over has been asked for already")
	case !c.Force && (m.deferred > cutoverEdits || m.seconds > cutoverSeconds):
		return fmt.Errorf("the last round would carry %d edits, about %d minutes; send it again with \"force\":true to do it now", m.deferred, (m.seconds+59)/60)
	}
	return nil
}

// applyCutover ends the delta window early.
func (m *migration) applyCutover(ctx workflow.Context, payload []byte) error {
	c, err := api.DecodeCutover(payload)
	if err != nil {
		return err
	}
	m.cut = true
	m.record(ctx, "cutover", api.Cutover, map[string]string{"by": c.By, "force": fmt.Sprint(c.Force), "edits": fmt.Sprint(m.deferred)})
	if m.delta != nil {
		_ = m.delta.SignalChildWorkflow(ctx, api.Cutover, c).Get(ctx, nil)
	}
	return nil
}

func (m *migration) checkRollback(payload []byte) error {
	if _, err := api.DecodeBy(payload); err != nil {
		return err
	}
	switch {
	case m.closed || m.progress.Phase == api.PhaseDone:
		return errors.New("the migration has completed; start a " + api.RollbackWorkflow + " workflow instead")
	case m.undo != nil || m.undoing:
		return errors.New("the rollback has begun already")
	case m.stop == nil:
		return errors.New("the run has just started; send it again in a moment")
	}
	return nil
}

// applyRollback stops the story; end undoes what it wrote.
func (m *migration) applyRollback(ctx workflow.Context, payload []byte) error {
	by, err := api.DecodeBy(payload)
	if err != nil {
		return err
	}
	m.undo = &by
	if m.paused {
		if err := m.setPause(ctx, false, by, api.Rollback); err != nil {
			m.undo = nil
			return err
		}
		m.paused = false
	}
	m.record(ctx, "rollback_requested", api.Rollback, map[string]string{"by": by.By, "reason": by.Reason})
	m.stop()
	return nil
}

// pauseDelta ends a delta child that rests between rounds, so that nothing is in flight while the run is paused.
func (m *migration) pauseDelta(ctx workflow.Context) {
	if m.delta != nil {
		_ = m.delta.SignalChildWorkflow(ctx, api.Pause, nil).Get(ctx, nil)
	}
}
