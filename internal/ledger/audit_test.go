package ledger_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
)

func export(t testing.TB, r *ledger.Run) string {
	t.Helper()
	var b bytes.Buffer
	_, _, err := r.ExportAudit(t.Context(), &b)
	require.NoError(t, err)
	return b.String()
}

func countEvents(t testing.TB, r *ledger.Run, event string) int {
	t.Helper()
	n := 0
	for line := range strings.Lines(export(t, r)) {
		var m map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &m))
		if m["event"] == event {
			n++
		}
	}
	return n
}

func TestTheChainGoesOnOverGenerations(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		l := s.open(t)
		ctx := t.Context()
		first := begin(t, l, "acme", "run-1")
		other := begin(t, l, "other", "run-1")
		require.NoError(t, first.Audit(ctx, []ledger.AuditEvent{{Event: "flagged", Fields: map[string]any{"source_id": "é<&\u2028", "n": 3}}}))
		require.NoError(t, other.Audit(ctx, []ledger.AuditEvent{{Event: "noise"}}))
		second := begin(t, l, "acme", "run-2")
		var b bytes.Buffer
		head, lines, err := second.ExportAudit(ctx, &b)
		require.NoError(t, err)
		assert.EqualValues(t, 4, lines)
		gotHead, gotLines, err := second.AuditHead(ctx)
		require.NoError(t, err)
		assert.Equal(t, head, gotHead)
		assert.Equal(t, lines, gotLines)

		// The form that outsiders rely on, checked without the ledger's own code.
		prev := strings.Repeat("0", 64)
		var events []string
		for i, line := range strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n") {
			var m map[string]any
			d := json.NewDecoder(strings.NewReader(line))
			d.UseNumber()
			require.NoError(t, d.Decode(&m))
			assert.Equal(t, fmt.Sprint(i+1), m["seq"].(json.Number).String())
			assert.Equal(t, prev, m["prev"])
			assert.Equal(t, "acme", m["migration"])
			assert.NotEmpty(t, m["at"])
			prev = m["hash"].(string)
			events = append(events, m["event"].(string))
			without := strings.Replace(line, `"hash":"`+prev+`",`, "", 1)
			sum := sha256.Sum256([]byte(without))
			assert.Equal(t, prev, hex.EncodeToString(sum[:]))
		}
		assert.Equal(t, head, prev)
		assert.Equal(t, []string{"started", "flagged", "started", "exported"}, events)
		n, bad, reason, err := ledger.VerifyAudit(&b)
		require.NoError(t, err)
		assert.Equal(t, []any{int64(4), int64(0), ""}, []any{n, bad, reason})
		require.Error(t, first.Audit(ctx, []ledger.AuditEvent{{Event: "x", Fields: map[string]any{"hash": "1"}}}))
	})
}

func sampleLog(t testing.TB) []string {
	r := sqliteStore(t).begin(t)
	for i := range 5 {
		require.NoError(t, r.Audit(t.Context(), []ledger.AuditEvent{{Event: "created", Fields: map[string]any{"target_id": i, "source_id": fmt.Sprint(i)}}}))
	}
	return strings.SplitAfter(strings.TrimSuffix(export(t, r), "\n"), "\n")
}

func TestVerifyNamesTheFirstBadLine(t *testing.T) {
	log := sampleLog(t)
	require.Len(t, log, 7)
	join := func(lines ...string) string { return strings.Join(lines, "") }
	whole := join(log...)
	for name, c := range map[string]struct {
		log string
		bad int64
	}{
		"whole":              {whole, 0},
		"final newline":      {whole + "\n", 0},
		"edited":             {strings.Replace(whole, `"target_id":2`, `"target_id":9`, 1), 4},
		"edited hash":        {strings.Replace(whole, `"prev":"0000`, `"prev":"1000`, 1), 1},
		"dropped first":      {join(log[1:]...), 1},
		"dropped":            {join(append(append([]string{}, log[:3]...), log[4:]...)...), 4},
		"exchanged":          {join(log[0], log[2], log[1], log[3], log[4], log[5], log[6]), 2},
		"doubled":            {join(log[0], log[0], log[1], log[2], log[3], log[4], log[5], log[6]), 2},
		"cut":                {join(log[:4]...), 4},
		"cut inside a line":  {whole[:len(whole)-9], 7},
		"empty":              {"", 1},
		"garbage added":      {whole + "\n{}", 8},
		"a key twice":        {strings.Replace(whole, `"target_id":2`, `"target_id":7,"target_id":2`, 1), 4},
		"white space":        {strings.Replace(whole, `"target_id":2`, `"target_id": 2`, 1), 4},
		"windows line ends":  {strings.ReplaceAll(whole, "\n", "\r\n"), 1},
		"another one's tail": {join(log[:6]...) + sampleLog(t)[6], 7},
	} {
		t.Run(name, func(t *testing.T) {
			_, bad, reason, err := ledger.VerifyAudit(strings.NewReader(c.log))
			require.NoError(t, err)
			assert.Equal(t, c.bad, bad, reason)
			assert.Equal(t, c.bad != 0, reason != "")
		})
	}
}

// FuzzVerifyAudit: whatever is done to a log, it is either the log or not accepted; and nothing panics.
func FuzzVerifyAudit(f *testing.F) {
	whole := strings.Join(sampleLog(f), "")
	f.Add(10, []byte("x"))
	f.Add(len(whole)-3, []byte(""))
	f.Add(300, []byte(`{"a":1}`+"\n"))
	f.Fuzz(func(t *testing.T, at int, patch []byte) {
		if at < 0 || at > len(whole) {
			return
		}
		end := min(len(whole), at+len(patch))
		for _, changed := range []string{whole[:at] + string(patch) + whole[end:], whole[:at] + string(patch) + whole[at:], whole[:at]} {
			_, bad, _, err := ledger.VerifyAudit(strings.NewReader(changed))
			require.NoError(t, err)
			if strings.TrimSuffix(changed, "\n") != whole && bad == 0 {
				t.Fatalf("accepted a changed log: at %d, %q", at, patch)
			}
		}
	})
}
