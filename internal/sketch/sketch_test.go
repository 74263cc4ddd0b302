package sketch_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/sketch"
)

// Two sets of 20,000 keys that differ in n: those n come out, and no others.
func TestWhatDiffersComesOut(t *testing.T) {
	t.Parallel()
	for seed, n := range []int{0, 1, 2, 7, 100, 800} {
		rnd := rand.New(rand.NewPCG(uint64(seed), 1))
		var a, b sketch.Sketch
		var want []string
		for i := range 20_000 {
			key, sum := fmt.Sprintf("people/%08d", i), rnd.Uint64()
			other := sum
			if i < n {
				want = append(want, key)
				other++
			}
			if i >= n || i%3 != 0 { // some are in one set only
				require.NoError(t, a.Add(key, sum))
			}
			if i >= n || i%3 != 1 {
				require.NoError(t, b.Add(key, other))
			}
		}
		got, whole := sketch.Differing(carried(t, &a), &b)
		assert.True(t, whole, "seed %d", seed)
		assert.Equal(t, want, slices.Clip(got), "seed %d", seed)
	}
}

// When too many differ, it says so, and what it names does differ.
func TestTooManyAreNotTold(t *testing.T) {
	t.Parallel()
	var a, b sketch.Sketch
	for i := range 10_000 {
		require.NoError(t, a.Add(fmt.Sprintf("people/%d", i), 1))
		require.NoError(t, b.Add(fmt.Sprintf("people/%d", i), uint64(1+i%2)))
	}
	got, whole := sketch.Differing(&a, &b)
	assert.False(t, whole)
	for _, key := range got {
		assert.Contains(t, "13579", key[len(key)-1:], key)
	}
}

func TestOddKeysAndBytes(t *testing.T) {
	t.Parallel()
	var s sketch.Sketch
	require.Error(t, s.Add("", 1))
	require.Error(t, s.Add(strings.Repeat("x", 81), 1))
	require.NoError(t, s.Add(strings.Repeat("x", 80), 0))
	keys, whole := sketch.Differing(&s, &sketch.Sketch{})
	assert.True(t, whole)
	assert.Equal(t, []string{strings.Repeat("x", 80)}, keys)
	require.ErrorIs(t, s.UnmarshalBinary([]byte("short")), sketch.ErrForm)
}

// FuzzForeignBytes: whatever is taken for a sketch, telling it apart comes to an end.
func FuzzForeignBytes(f *testing.F) {
	f.Add(uint64(1), byte(3))
	f.Fuzz(func(t *testing.T, seed uint64, times byte) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		b, err := new(sketch.Sketch).MarshalBinary()
		require.NoError(t, err)
		for range int(times) + 1 {
			b[rnd.IntN(len(b))] = byte(rnd.Uint32())
		}
		var s sketch.Sketch
		require.NoError(t, s.UnmarshalBinary(b))
		sketch.Differing(&s, &sketch.Sketch{})
	})
}

// carried is a sketch after its way through bytes.
func carried(t *testing.T, s *sketch.Sketch) *sketch.Sketch {
	t.Helper()
	b, err := s.MarshalBinary()
	require.NoError(t, err)
	var out sketch.Sketch
	require.NoError(t, out.UnmarshalBinary(b))
	return &out
}
