package verify_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/verify"
)

func hash(line string) string {
	sum := sha256.Sum256([]byte(line))
	return hex.EncodeToString(sum[:8])
}

func shown(object, id, line string) verify.Result {
	return verify.Result{Effect: ledger.Effect{EffectKey: ledger.EffectKey{Object: object, SourceID: id}}, Shown: line}
}

// Two outlines name the source records that came out differently: other values, more or fewer records in Nutshell, or none.
func TestOutlinesNameWhatDiffers(t *testing.T) {
	t.Parallel()
	was, is := verify.Outline{Hash: hash}, verify.Outline{Hash: hash}
	long := strings.Repeat("9", 70)
	require.NoError(t, was.Add([]verify.Result{
		shown("people", "1", "a"), shown("people", "2", "b"), shown("people", "3", "c"), shown("notes", "7", "x"), shown("notes", "7", "y"),
		shown("people", "9", ""), shown("people", long, "l"),
	}))
	require.NoError(t, is.Add([]verify.Result{
		shown("people", "1", "a"), shown("people", "2", "B"), shown("notes", "7", "y"), shown("notes", "7", "x"), shown("people", "4", "d"),
		shown("people", long, "L"),
	}))
	earlier, err := was.Bytes()
	require.NoError(t, err)
	require.NoError(t, verify.CheckOutline(earlier))
	refs, whole, err := is.Differing(earlier)
	require.NoError(t, err)
	assert.True(t, whole)
	require.Len(t, refs, 4, "%v", refs)
	assert.Equal(t, []ledger.Ref{{Object: "people", SourceID: "2"}, {Object: "people", SourceID: "3"}, {Object: "people", SourceID: "4"}}, refs[:3])
	assert.Regexp(t, `^9{45}\.\.\.[0-9a-f]{16}$`, refs[3].SourceID)

	_, _, err = is.Differing([]byte("x"))
	require.Error(t, err)
	require.Error(t, verify.CheckOutline(nil))
	require.ErrorIs(t, (&verify.Outline{Hash: func(string) string { return "" }}).Add([]verify.Result{shown("people", "1", "a")}), ledger.ErrShredded)
}

// When more records differ than an outline can tell, it says so.
func TestOutlinesOfOtherAccounts(t *testing.T) {
	t.Parallel()
	was, is := verify.Outline{Hash: hash}, verify.Outline{Hash: hash}
	var page, other []verify.Result
	for i := range 5000 {
		page = append(page, shown("people", fmt.Sprint(i), "a"))
		other = append(other, shown("people", fmt.Sprint(i), "b"))
	}
	require.NoError(t, was.Add(page))
	require.NoError(t, is.Add(other))
	earlier, err := was.Bytes()
	require.NoError(t, err)
	_, whole, err := is.Differing(earlier)
	require.NoError(t, err)
	assert.False(t, whole)
}
