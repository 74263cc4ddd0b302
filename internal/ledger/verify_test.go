package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
)

// longLog is a log of some length, with an earlier export in its middle.
func longLog(t *testing.T) []string {
	r := sqliteStore(t).begin(t)
	for i := range 24 {
		require.NoError(t, r.Audit(t.Context(), []ledger.AuditEvent{{Event: "created", Fields: map[string]any{"target_id": i, "source_id": fmt.Sprint(i)}}}))
		if i == 11 {
			export(t, r)
		}
	}
	return strings.Split(strings.TrimSuffix(export(t, r), "\n"), "\n")
}

// damage is one way to change a log.
var damage = map[string]func(rnd *rand.Rand, lines []string) []string{
	"edit a byte": func(rnd *rand.Rand, lines []string) []string {
		i := rnd.IntN(len(lines))
		b := []byte(lines[i] + strings.Repeat(" ", max(0, 1-len(lines[i]))))
		b[rnd.IntN(len(b))] ^= byte(1 + rnd.IntN(255))
		return slices.Replace(lines, i, i+1, strings.Split(string(b), "\n")...)
	},
	"drop lines": func(rnd *rand.Rand, lines []string) []string {
		i := rnd.IntN(len(lines))
		return slices.Delete(lines, i, min(len(lines), i+1+rnd.IntN(3)))
	},
	"exchange lines": func(rnd *rand.Rand, lines []string) []string {
		i, j := rnd.IntN(len(lines)), rnd.IntN(len(lines))
		lines[i], lines[j] = lines[j], lines[i]
		return lines
	},
	"move a line": func(rnd *rand.Rand, lines []string) []string {
		i := rnd.IntN(len(lines))
		line := lines[i]
		lines = slices.Delete(lines, i, i+1)
		return slices.Insert(lines, rnd.IntN(len(lines)+1), line)
	},
	"double a line": func(rnd *rand.Rand, lines []string) []string {
		i := rnd.IntN(len(lines))
		return slices.Insert(lines, rnd.IntN(len(lines)+1), lines[i])
	},
	"add a line": func(rnd *rand.Rand, lines []string) []string {
		return slices.Insert(lines, rnd.IntN(len(lines)+1), []string{"{}", " ", "xy", `{"seq":1}`}[rnd.IntN(4)])
	},
	"join two lines": func(rnd *rand.Rand, lines []string) []string {
		i := rnd.IntN(len(lines) - 1)
		return slices.Replace(lines, i, i+2, lines[i]+lines[i+1])
	},
	"cut the tail": func(rnd *rand.Rand, lines []string) []string { return lines[:rnd.IntN(len(lines))] },
	"cut within a line": func(rnd *rand.Rand, lines []string) []string {
		i := rnd.IntN(len(lines))
		if lines[i] == "" {
			return lines[:i]
		}
		return append(lines[:i], lines[i][:rnd.IntN(len(lines[i]))])
	},
	"turn around": func(_ *rand.Rand, lines []string) []string { slices.Reverse(lines); return lines },
}

// firstBad is the first line that is not as it was written, 0 when all are there; of a log that was cut between two lines its last.
func firstBad(whole, changed []string) int {
	for i, line := range changed {
		if i >= len(whole) || line != whole[i] {
			return i + 1
		}
	}
	if len(changed) == len(whole) {
		return 0
	}
	return max(len(changed), 1)
}

// Whatever is done to the lines of a log, once or several times, verify names the first that is not as it was written.
func TestVerifyNamesTheFirstBadLineWhateverWasDone(t *testing.T) {
	whole := longLog(t)
	ways := slices.Sorted(func(yield func(string) bool) {
		for name := range damage {
			if !yield(name) {
				return
			}
		}
	})
	for seed := range uint64(3000) {
		rnd := rand.New(rand.NewPCG(11, seed))
		lines, done := slices.Clone(whole), []string{}
		for range 1 + rnd.IntN(3) {
			if len(lines) < 2 {
				break
			}
			way := ways[rnd.IntN(len(ways))]
			lines, done = damage[way](rnd, lines), append(done, way)
		}
		if len(lines) == 14 && slices.Equal(lines, whole[:14]) {
			continue // it is the earlier export, whole: only the head tells
		}
		text := strings.Join(lines, "\n")
		if text != "" && rnd.IntN(2) == 0 || strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		_, bad, reason, err := ledger.VerifyAudit(strings.NewReader(text))
		require.NoError(t, err)
		if !assert.EqualValues(t, firstBad(whole, lines), bad, "seed %d, %v: %s", seed, done, reason) {
			return
		}
		assert.Equal(t, bad != 0, reason != "")
	}
}

// A forger who also makes an edited line's hash fit is betrayed by the line after it.
func TestAForgedHashShowsInTheNextLine(t *testing.T) {
	whole := longLog(t)
	require.Contains(t, whole[13], `"event":"exported"`)
	for i := range whole[:len(whole)-1] {
		lines := slices.Clone(whole)
		lines[i] = rehash(t, strings.Replace(lines[i], `"generation":1`, `"generation":2`, 1))
		require.NotEqual(t, whole[i], lines[i])
		_, bad, reason, err := ledger.VerifyAudit(strings.NewReader(strings.Join(lines, "\n")))
		require.NoError(t, err)
		assert.EqualValues(t, i+2, bad, reason)
	}
}

func rehash(t *testing.T, line string) string {
	t.Helper()
	old := line[strings.Index(line, `"hash":"`)+8:][:64]
	return strings.Replace(line, old, hashOf(strings.Replace(line, `"hash":"`+old+`",`, "", 1)), 1)
}
