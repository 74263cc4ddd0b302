package activities

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"

	"rezora2nutshell/internal/step"
)

// A step parks after it has failed so many times itself. Temporal's attempts, in which the deaths of workers stand too, play no part.
func TestAStepParksAfterItsOwnFailures(t *testing.T) {
	b := newUndoBench(t)
	var ends []string
	tried := func(ctx context.Context) (int, error) {
		w := &work{Activities: b.a, run: b.run}
		for range 3 {
			o, err := b.a.again(ctx, w, 3, errors.New("no luck"))
			switch {
			case err != nil:
				ends = append(ends, "again")
			case o.Park != nil:
				ends = append(ends, o.Park.Code+": "+o.Park.Reason)
			}
		}
		return 0, nil
	}
	b.RegisterActivityWithOptions(tried, activity.RegisterOptions{Name: step.Plan})
	_, err := b.ExecuteActivity(step.Plan)
	require.NoError(t, err)
	require.Len(t, ends, 3)
	assert.Equal(t, []string{"again", "again"}, ends[:2])
	assert.Equal(t, "step_failed: "+step.Plan+" failed 3 times: no luck; see the worker's log, mend the cause, then resume", ends[2])
}
