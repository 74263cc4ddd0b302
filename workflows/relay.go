package workflows

import (
	"fmt"
	"strconv"

	"go.temporal.io/sdk/workflow"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

// undoSignal is how a rollback tells its migration where it is.
const undoSignal = "undo-progress"

// hearChildren takes what the children report.
func (m *migration) hearChildren(ctx workflow.Context) {
	counters := workflow.GetSignalChannel(ctx, countersSignal)
	workflow.GoNamed(ctx, "page counters", func(ctx workflow.Context) {
		for {
			var c step.Counters
			if more := counters.Receive(ctx, &c); !more {
				return
			}
			if !m.undoing {
				m.count(ctx, c)
			}
		}
	})
	undoing := workflow.GetSignalChannel(ctx, undoSignal)
	workflow.GoNamed(ctx, "rollback progress", func(ctx workflow.Context) {
		for {
			var p api.Progress
			if more := undoing.Receive(ctx, &p); !more {
				return
			}
			if !m.closed {
				m.mirror(ctx, p)
			}
		}
	})
}

// mirror shows the rollback child's state as the migration's own.
func (m *migration) mirror(ctx workflow.Context, p api.Progress) {
	m.progress.Status, m.progress.WaitingFor, m.progress.Reason, m.progress.Objects = p.Status, p.WaitingFor, p.Reason, p.Objects
	m.show(ctx)
}

// relayed wraps a message so that it goes to the rollback child while there is one: all messages come to the migration.
func (m *migration) relayed(msg message) message {
	return message{
		name: msg.name,
		check: func(payload []byte) error {
			if m.relay == nil {
				return msg.check(payload)
			}
			_, err := api.DecodeBy(payload)
			return err
		},
		apply: func(ctx workflow.Context, payload []byte) error {
			if m.relay == nil {
				return msg.apply(ctx, payload)
			}
			by, err := api.DecodeBy(payload)
			if err != nil {
				return err
			}
			if err := m.relay.SignalChildWorkflow(ctx, msg.name, by).Get(ctx, nil); err != nil {
				return fmt.Errorf("pass %s on to the rollback: %w", msg.name, err)
			}
			return nil
		},
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
