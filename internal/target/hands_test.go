package target_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/target"
)

// A close whose answer was lost has moved the lead's status: that is no person's doing. What a person changed besides is.
func TestTheStatusOfALeadThatWeClosedIsNoPersonsDoing(t *testing.T) {
	hash := func(s string) string { return s }
	read := func(raw map[string]any) target.View {
		v, err := target.FromWire("Leads", raw, nil)
		require.NoError(t, err)
		return v
	}
	open := map[string]any{"id": 1001, "entityType": "Leads", "rev": "1", "description": "Dan: web", "status": 0}
	closed := map[string]any{"id": 1001, "entityType": "Leads", "rev": "2", "description": "Dan: garden", "status": 11,
		"outcome": map[string]any{"id": 2, "entityType": "Lead_Outcomes"}}
	base := target.Hashes(read(open), hash)
	wants := []target.Want{target.EntityRef("outcome", "Lead_Outcomes", 2)}
	assert.Equal(t, []target.Path{"description"}, target.Hands(base, nil, read(closed), wants, hash, nil))
	assert.Contains(t, target.Hands(base, nil, read(closed), nil, hash, nil), target.Path("status"), "without a claim of ours a person closed it")
}
