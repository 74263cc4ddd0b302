package crash

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/oracle"
	"rezora2nutshell/internal/step"
)

// name is the migration's.
const name = "acme"

// story is one migration, or the rollback of one, from its first call to the end, whatever happens to its workers.
type story struct {
	variant
	gate     *gate
	home     string // everything of this story lies under it, each worker in a folder of its own
	source   *rezoratest.Server
	rezora   http.Handler
	nutshell *nutshelltest.Server

	before   nutshelltest.Snapshot
	approved oracle.Source
	edits    []oracle.Edit // what people did in Nutshell

	mu      sync.Mutex
	workers []*worker // the last one may be alive
	journal []deed    // everything that changed the account
	done    map[string]bool
	stop    func()          // asks for a rollback
	kinds   map[string]bool // of effects in the ledger, as "people create record"
	parks   []string        // reasons of the parks that a person answered
}

// deed is a change of the account, to be done again in another one.
type deed struct {
	at time.Time
	do func(*nutshelltest.Server) error
}

// note counts a change of the account and remembers it.
func (s *story) note(do func(*nutshelltest.Server) error) {
	s.gate.changes.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal = append(s.journal, deed{time.Now(), do})
}

// people do something in Nutshell.
func (s *story) people(do func(*nutshelltest.Server) error) {
	if err := do(s.nutshell); err != nil {
		panic(err)
	}
	s.note(do)
}

// settings are a worker's whose files lie in a folder.
func (v variant) settings(dir string) (config.Config, error) {
	for f, text := range map[string]string{
		"rezora.yaml": "limits: {requests_per_s: 2000, in_flight: 1, backoff_base_s: 0.01, backoff_max_s: 0.2}\n" +
			"source: {disabled_resources: [teams, team_memberships, templates, listings, sequences, sequence_enrollments, social_posts]}\n",
		"nutshell.yaml": fmt.Sprintf("limits: {call_timeout_s: 2, upload_timeout_s: 5, read_lag_s: 1, note_chars: %d, file_bytes: %d}\n", noteChars, fileBytes),
	} {
		if err := os.WriteFile(filepath.Join(dir, f), []byte(text), 0o600); err != nil {
			return config.Config{}, err
		}
	}
	return config.Load(map[string]string{
		"REZORA_BASE_URL": "https://" + rezoraHost, "REZORA_TOKEN": token, "REZORA_SETTINGS_FILE": filepath.Join(dir, "rezora.yaml"),
		"NUTSHELL_BASE_URL": "https://" + nutshellHost, "NUTSHELL_USERNAME": nutshelltest.SeedUser, "NUTSHELL_API_KEY": nutshelltest.SeedKey,
		"NUTSHELL_SETTINGS_FILE": filepath.Join(dir, "nutshell.yaml"), "NUTSHELL_CONCURRENCY": strconv.Itoa(max(1, v.concurrency)), "NUTSHELL_RATE": "1000",
		"LEDGER_URL": "sqlite://" + filepath.Join(dir, "migration.db"), "ARCHIVE_URL": "file://" + filepath.Join(dir, "archive"), "ARCHIVE_LINK_BASE": linkBase,
		"MAPPING_DIR": dir,
	})
}

const linkBase = "https://archive.example.com"

// someone is the worker that is alive. A dead one is followed by another, in what it left.
func (s *story) someone() (*worker, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		dir := filepath.Join(s.home, "0000")
		if n := len(s.workers); n > 0 {
			last := s.workers[n-1]
			if !s.gate.dead(last) {
				last.busy.Add(1)
				return last, nil
			}
			dir = last.left
		}
		c, err := s.settings(dir)
		if err != nil {
			return nil, err
		}
		w, err := hire(s.gate, dir, c, func(w *worker) http.RoundTripper { return &wire{w, s} })
		s.workers = append(s.workers, w)
		if err != nil && !s.gate.dead(w) {
			return nil, err
		}
	}
}

// folder is where the last worker has its files.
func (s *story) folder() string { return s.workers[len(s.workers)-1].dir }

// begins sees an activity begin. What happens beside the migration happens at such moments, once.
func (s *story) begins(ctx context.Context, name string) {
	s.gate.changes.Add(1)
	s.gate.mu.Lock()
	s.gate.step = name
	s.gate.mu.Unlock()
	if name == step.Archive && s.once("meanwhile") {
		sleepUntil(ctx, changed)
		s.meanwhile()
		sleepUntil(ctx, changed.Add(10*time.Second))
	}
	if name == s.stopAt && s.once("stop") {
		s.stop()
	}
}

// changed is when both sides change during the migration: always the same moment, since the source stamps its rows.
var changed = begin.Add(3 * time.Minute)

// sleepUntil waits in an activity.
func sleepUntil(ctx context.Context, t time.Time) {
	for time.Now().Before(t) {
		time.Sleep(min(time.Until(t), 2*time.Second))
		activity.RecordHeartbeat(ctx)
	}
}

// migrate runs the migration to its end.
func (s *story) migrate() (api.Progress, error) {
	var e *engine
	s.stop = func() { e.SignalWorkflow(api.Rollback, api.By{By: "jo@example.com", Reason: "stop it"}) }
	e = s.engine(func(p api.Progress) {
		switch {
		case p.WaitingFor == api.Confirm && s.once("confirm"):
			e.SignalWorkflow(api.Confirm, api.Decision{Approved: !s.rejects, Approver: "jo@example.com", Report: p.Digest})
		case p.Phase == api.PhaseDelta && s.once("cutover"):
			e.SignalWorkflow(api.Cutover, api.CutoverBy{By: "jo@example.com"})
		}
	})
	return e.run(api.MigrationWorkflow, s.payload())
}

// undo runs the rollback to its end.
func (s *story) undo() (api.Progress, error) {
	return s.engine(func(api.Progress) {}).run(api.RollbackWorkflow, fmt.Sprintf(`{"migration":%q,"by":"jo@example.com","reason":"wrong map"}`, name))
}

// mostParks is how often a person answers before giving a story up.
const mostParks = 20

func (s *story) parked(p api.Progress) {
	s.parks = append(s.parks, p.Phase+": "+p.Reason)
	if len(s.parks) > mostParks {
		panic(fmt.Sprint("parked again and again: ", s.parks))
	}
}

// once tells the first time apart.
func (s *story) once(what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	again := s.done[what]
	s.done[what] = true
	return !again
}

// close lets go of everything. Late commits that are still under way are dropped.
func (s *story) close() {
	s.nutshell.Close()
	for _, w := range s.workers {
		w.bury()
	}
}

// files describes what lies beside the ledger.
func files(dir string) string {
	var b strings.Builder
	for _, part := range []string{"archive", "spool"} {
		_ = filepath.WalkDir(filepath.Join(dir, part), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return nil
			}
			if info, err := d.Info(); err == nil && !d.IsDir() {
				fmt.Fprintln(&b, path, info.Size(), info.ModTime().UnixNano())
			}
			return nil
		})
	}
	return b.String()
}
