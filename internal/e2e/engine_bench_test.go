package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/api"
)

// BenchmarkEngine holds the speed of a whole load, companies to timeline, against a bare loop of another process that posts the same bodies
// to a fresh simulator and writes nothing down. Neither is slowed by the account; the figures are the shares of the loop's speed when it has as
// many calls in flight as the engine, and when it makes one call after the other.
func BenchmarkEngine(b *testing.B) {
	people, inFlight := sizeOf(b, "PEOPLE", 3000), sizeOf(b, "IN_FLIGHT", 16)
	for b.Loop() {
		tape := &recorder{}
		s := newEngineStack(b, people, inFlight, tape)
		name := strings.ToLower(filepath.Base(filepath.Dir(s.dir))) // of this run alone: the one before was left in its midst
		s.queue, s.env["TEMPORAL_TASK_QUEUE"] = name, name
		s.work()
		patience := time.Minute + time.Duration(people)*40*time.Millisecond
		s.start(`{"migration":"` + name + `","sample_size":1,"write_probes":false,"delta_window":"0s",` + fallback + `}`)
		gate := s.until(name, "the gate", patience, func(p api.Progress) bool { return p.WaitingFor == api.Confirm })
		before, spent := tape.end(), processorTime(b, s.workers[0])
		s.confirm(name, gate)
		s.until(name, "the end of the load", patience, func(p api.Progress) bool {
			return p.Phase == api.PhaseArchive || p.Phase == api.PhaseDelta || p.Phase == api.PhaseReconciliation || p.Status == api.StatusCompleted
		})
		engine := tape.rate(before)
		spent = processorTime(b, s.workers[0]) - spent
		require.Greater(b, len(tape.posts), people, "writes of the load")
		s.workers[0].Stop(time.Minute) //nolint:errcheck // the rest of the run is not of interest
		loop, cost := bareLoop(s, tape, inFlight)
		alone, _ := bareLoop(s, tape, 1)
		b.ReportMetric(engine, "records/s")
		b.ReportMetric(float64(spent.Microseconds())/float64(len(tape.posts)-before), "worker-µs/record")
		b.ReportMetric(float64(cost.Microseconds())/float64(len(tape.posts)), "loop-µs/record")
		b.ReportMetric(loop, "loop/s")
		b.ReportMetric(engine/loop, "share")
		b.ReportMetric(alone, "lone-loop/s")
		b.ReportMetric(engine/alone, "share-of-lone")
	}
}

// newEngineStack is a stack whose Nutshell account is recorded.
func newEngineStack(b *testing.B, people, inFlight int, tape *recorder) *stack {
	c := rezoratest.DefaultConfig()
	c.Data = accountOf(people, 5, 1)
	s := newStack(b, c, unlimited())
	tape.handler = s.dest
	front := httptest.NewServer(tape)
	b.Cleanup(front.Close)
	s.hurry(inFlight)
	s.env["NUTSHELL_BASE_URL"] = front.URL
	return s
}

// recorder keeps the bodies of all calls that make something, and when they came.
type recorder struct {
	handler http.Handler

	mu    sync.Mutex
	posts []post
}

type post struct {
	at   time.Time
	kind string // method of the call
	body []byte
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	if q.URL.Path == "/api/v1/json" && q.Method == http.MethodPost {
		body, err := io.ReadAll(q.Body)
		if err == nil {
			r.keep(body)
			q.Body = io.NopCloser(bytes.NewReader(body))
		}
	}
	r.handler.ServeHTTP(w, q)
}

var methodMark = []byte(`"method":"new`)

func (r *recorder) keep(body []byte) {
	i := bytes.Index(body, methodMark)
	if i < 0 {
		return
	}
	kind, _, _ := strings.Cut(string(body[i+len(`"method":"`):min(len(body), i+40)]), `"`)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.posts = append(r.posts, post{time.Now(), kind, body})
}

func (r *recorder) end() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.posts)
}

// rate is the number of records a second from the first to the last call after some.
func (r *recorder) rate(from int) float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	part := r.posts[from:]
	return float64(len(part)) / part[len(part)-1].at.Sub(part[0].at).Seconds()
}

// bareLoop posts what was recorded to a fresh simulator, from a process of its own, and returns the records a second and the
// processor time.
func bareLoop(s *stack, tape *recorder, inFlight int) (perSecond float64, cost time.Duration) {
	s.Helper()
	dest := nutshelltest.NewServer(unlimited())
	defer dest.Close()
	s.users(dest)
	for entity, fields := range s.dest.Snapshot().CustomFields {
		for _, f := range fields {
			_, err := dest.AddCustomField(entity, nutshelltest.FieldDef{Name: f.Name, Type: f.Type, Choices: f.Choices, IsMultiple: f.Multiple})
			require.NoError(s, err)
		}
	}
	file := filepath.Join(s.dir, "bodies")
	var lines bytes.Buffer
	for _, p := range tape.posts {
		fmt.Fprintf(&lines, "%s\t%s\n", p.kind, p.body)
	}
	require.NoError(s, os.WriteFile(file, lines.Bytes(), 0o600))
	cmd := exec.Command(os.Args[0], "-test.run=^TestBareLoop$", "-test.v")
	cmd.Env = append(os.Environ(), "BARE_LOOP="+file, "BARE_URL="+dest.URL+"/api/v1/json", "IN_FLIGHT="+strconv.Itoa(inFlight))
	out, err := cmd.CombinedOutput()
	require.NoError(s, err, "%s", out)
	_, rest, ok := strings.Cut(string(out), "records a second: ")
	require.True(s, ok, "%s", out)
	rate, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	require.NoError(s, err)
	return rate, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// TestBareLoop is the bare loop of BenchmarkEngine, in the process that it starts.
func TestBareLoop(t *testing.T) {
	file := os.Getenv("BARE_LOOP")
	if file == "" {
		t.Skip("part of BenchmarkEngine")
	}
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	inFlight := sizeOf(t, "IN_FLIGHT", 16)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: inFlight}}
	lines := bytes.Split(bytes.TrimRight(raw, "\n"), []byte("\n"))
	kind := func(line []byte) string { k, _, _ := bytes.Cut(line, []byte("\t")); return string(k) }
	began := time.Now()
	for rest := lines; len(rest) > 0; { // one kind after the other: a person is linked to a company that is there
		n := slices.IndexFunc(rest, func(line []byte) bool { return kind(line) != kind(rest[0]) })
		if n < 0 {
			n = len(rest)
		}
		var group errgroup.Group
		group.SetLimit(inFlight)
		for _, line := range rest[:n] {
			_, body, _ := bytes.Cut(line, []byte("\t"))
			group.Go(func() error { return postOne(client, os.Getenv("BARE_URL"), body) })
		}
		require.NoError(t, group.Wait())
		rest = rest[n:]
	}
	t.Logf("records a second: %.1f", float64(len(lines))/time.Since(began).Seconds())
}

func postOne(client *http.Client, url string, body []byte) error {
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.SetBasicAuth(nutshelltest.SeedUser, nutshelltest.SeedKey)
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	var answer struct{ Error json.RawMessage }
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return err
	}
	if len(answer.Error) > 0 && string(answer.Error) != "null" {
		return fmt.Errorf("refused: %s", answer.Error)
	}
	return nil
}
