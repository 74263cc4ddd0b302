package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

// message is one thing a person can send. check refuses it without side effect; apply acts on it. The same pair serves the signal and
// the update, so the two can never differ.
type message struct {
	name  string
	check func(payload []byte) error
	apply func(ctx workflow.Context, payload []byte) error
}

// listen installs the query, and every message as update and as signal.
func (m *migration) listen(ctx workflow.Context) error {
	m.hearChildren(ctx)
	return m.install(ctx, []message{
		{api.Confirm, m.checkConfirm, m.applyConfirm},
		m.relayed(message{api.Pause, m.checkPause, m.applyPause}),
		m.relayed(message{api.Resume, m.checkResume, m.applyResume}),
		m.relayed(message{api.Accept, m.checkAccept, m.applyAccept}),
		{api.Cutover, m.checkCutover, m.applyCutover},
		{api.Rollback, m.checkRollback, m.applyRollback},
	})
}

func (r *runner) install(ctx workflow.Context, messages []message) error {
	if err := workflow.SetQueryHandler(ctx, api.ProgressQuery, func() (api.Progress, error) { return r.seen(), nil }); err != nil {
		return fmt.Errorf("install query: %w", err)
	}
	if err := workflow.SetQueryHandler(ctx, api.ParkQuery, func() (string, error) { return r.parkCode(), nil }); err != nil {
		return fmt.Errorf("install query: %w", err)
	}
	for _, msg := range messages {
		if err := r.installUpdate(ctx, msg); err != nil {
			return fmt.Errorf("install update %s: %w", msg.name, err)
		}
		r.installSignal(ctx, msg)
	}
	return nil
}

func (r *runner) installUpdate(ctx workflow.Context, msg message) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, msg.name, func(ctx workflow.Context, raw converter.RawValue) (api.Progress, error) {
		if err := msg.apply(ctx, raw.Payload().GetData()); err != nil {
			return r.seen(), err
		}
		return r.seen(), nil
	}, workflow.UpdateHandlerOptions{Validator: func(raw converter.RawValue) error { return msg.check(raw.Payload().GetData()) }})
}

// installSignal consumes signals as they arrive and keeps none for later. Decoded here, since the SDK would drop what it cannot decode.
func (r *runner) installSignal(ctx workflow.Context, msg message) {
	ch := workflow.GetSignalChannel(ctx, msg.name)
	workflow.GoNamed(ctx, "signal "+msg.name, func(ctx workflow.Context) {
		for {
			var raw converter.RawValue
			if more := ch.Receive(ctx, &raw); !more {
				return
			}
			payload := raw.Payload().GetData()
			err := msg.check(payload)
			if err == nil {
				err = msg.apply(ctx, payload)
			}
			if err != nil {
				r.refuse(ctx, msg.name, err)
			}
		}
	})
}

// refuse leaves a visible line and an audit line; the run goes on as if nothing had come.
func (r *runner) refuse(ctx workflow.Context, name string, cause error) {
	r.notice = fmt.Sprintf("%s was refused: %s", name, cause)
	r.show(ctx)
	if r.ref.Migration == "" || r.closed {
		return
	}
	r.record(ctx, "refused", name, map[string]string{"message": name, "cause": cause.Error()})
}

// record appends one line to the audit log, once there is one. A run that ends meanwhile does not wait for it.
func (r *runner) record(ctx workflow.Context, event, message string, fields map[string]string) {
	if r.ref.Migration == "" {
		return
	}
	in := step.RecordIn{Ref: r.ref, Event: event, Message: message, Fields: fields}
	_ = workflow.ExecuteActivity(activityOptions(ctx, step.Record, event), step.Record, in).Get(ctx, nil)
}

func (m *migration) checkConfirm(payload []byte) error {
	d, err := api.DecodeDecision(payload)
	if err != nil {
		return err
	}
	switch {
	case m.gate != nil && m.gate.decision != nil:
		return fmt.Errorf("the gate %s has been decided already", m.gate.name)
	case m.gate == nil:
		return fmt.Errorf("no gate is open: the run is in phase %s, %s", m.progress.Phase, m.progress.Status)
	}
	return d.Check(m.gate.digest, m.in.Approvers, m.in.MapGate != "start")
}

func (m *migration) applyConfirm(_ workflow.Context, payload []byte) error {
	d, err := api.DecodeDecision(payload)
	if err != nil {
		return err
	}
	m.gate.decision = &d
	return nil
}

func (r *runner) checkPause(payload []byte) error {
	if _, err := api.DecodeBy(payload); err != nil {
		return err
	}
	switch {
	case r.closed:
		return errClosed
	case r.ref.Migration == "":
		return fmt.Errorf("the run has just started; send it again in a moment")
	case r.paused:
		return fmt.Errorf("the run is paused already; resume goes on")
	}
	return nil
}

// applyPause sets the bit that the limiter checks before every call, and answers when nothing is in flight any more.
func (r *runner) applyPause(ctx workflow.Context, payload []byte) error {
	by, err := api.DecodeBy(payload)
	if err != nil {
		return err
	}
	r.paused = true
	if err := r.setPause(ctx, true, by, api.Pause); err != nil {
		r.paused = false
		return err
	}
	r.show(ctx)
	if r.onPause != nil {
		r.onPause(ctx)
	}
	return workflow.Await(ctx, func() bool { return r.inFlight == 0 || !r.paused })
}

func (r *runner) setPause(ctx workflow.Context, paused bool, by api.By, message string) error {
	var out step.ReportOut
	return workflow.ExecuteActivity(activityOptions(ctx, step.SetPause, "pause or resume"), step.SetPause,
		step.PauseIn{Ref: r.ref, Paused: paused, By: by, Message: message}).Get(ctx, &out)
}

func (r *runner) checkResume(payload []byte) error {
	if _, err := api.DecodeBy(payload); err != nil {
		return err
	}
	if !r.paused && r.parked == nil {
		return fmt.Errorf("nothing to resume: the run is %s in phase %s", r.progress.Status, r.progress.Phase)
	}
	return nil
}

func (r *runner) applyResume(ctx workflow.Context, payload []byte) error {
	by, err := api.DecodeBy(payload)
	if err != nil {
		return err
	}
	if r.paused {
		if err := r.setPause(ctx, false, by, api.Resume); err != nil {
			return err
		}
		r.paused = false
		r.show(ctx)
		return nil
	}
	return r.answerPark(ctx, api.Resume, by)
}

func (r *runner) checkAccept(payload []byte) error {
	if _, err := api.DecodeBy(payload); err != nil {
		return err
	}
	if r.parked == nil || !r.parked.Accept {
		return fmt.Errorf("nothing to accept: the run is %s in phase %s", r.progress.Status, r.progress.Phase)
	}
	return nil
}

func (r *runner) applyAccept(ctx workflow.Context, payload []byte) error {
	by, err := api.DecodeBy(payload)
	if err != nil {
		return err
	}
	return r.answerPark(ctx, api.Accept, by)
}

func (r *runner) answerPark(ctx workflow.Context, answer string, by api.By) error {
	parked := r.parked
	if parked == nil {
		return fmt.Errorf("the run has moved on")
	}
	r.record(ctx, pastTense(answer), answer, map[string]string{"by": by.By, "reason": by.Reason, "code": parked.Code})
	if r.parked == parked {
		r.answer = answer
	}
	return nil
}

func pastTense(message string) string {
	if strings.HasSuffix(message, "e") {
		return message + "d"
	}
	return message + "ed"
}
