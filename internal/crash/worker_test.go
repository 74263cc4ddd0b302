package crash

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"go.temporal.io/sdk/activity"
	"go.uber.org/zap"

	"rezora2nutshell/activities"
	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/wiring"
)

// worker is one worker process: its folder with the ledger, its archive and its spool, and everything that it holds in memory.
type worker struct {
	gate  *gate
	dir   string
	parts *wiring.Parts
	steps map[string]any // activities by name

	alive context.Context // ends with its life
	end   context.CancelFunc
	busy  sync.WaitGroup // the activities in it

	files sync.Mutex // held while the ledger's files change
	dead  bool       // guarded by gate.mu
	left  string     // a copy of its folder as it was at its death
}

// hire starts a worker in a folder.
func hire(g *gate, dir string, c config.Config, transport func(*worker) http.RoundTripper) (*worker, error) {
	w := &worker{gate: g, dir: dir, steps: map[string]any{}}
	w.alive, w.end = context.WithCancel(context.Background())
	var err error
	w.parts, err = wiring.Build(w.alive, c, wiring.Options{
		Offline: true, Log: zap.NewNop(), Transport: transport(w), Commit: w.commit,
	})
	if err != nil {
		w.end()
		return w, err
	}
	w.parts.Temporal = server{}
	activities.New(w.parts, filepath.Join(dir, "spool")).Register(registry(w.steps))
	return w, nil
}

// commit stands around every commit of the ledger.
func (w *worker) commit(commit func() error) error {
	if err := w.gate.pass(w, "before a commit"); err != nil {
		return err
	}
	w.files.Lock()
	err := commit()
	w.gate.changes.Add(1)
	w.files.Unlock()
	if err != nil {
		return err
	}
	return w.gate.pass(w, "after a commit")
}

// die ends the worker's life where it stands: a copy of its folder, the unfolded log of its ledger included, is all that it leaves.
func (w *worker) die() {
	w.dead = true
	w.files.Lock()
	defer w.files.Unlock()
	w.left = filepath.Join(filepath.Dir(w.dir), fmt.Sprintf("%04d", w.gate.passed))
	if err := copyFolder(w.dir, w.left); err != nil {
		panic(err)
	}
	w.end()
}

// bury waits until the dead worker's code has noticed, and lets go of its files.
func (w *worker) bury() {
	w.end()
	w.busy.Wait()
	if w.parts != nil {
		_ = w.parts.Close() // its last transaction is refused
	}
}

// copyFolder copies what a killed process leaves: everything but the memory that SQLite shares between processes, and the lock.
func copyFolder(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // an unfinished file that came to its end
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		}
		if strings.HasSuffix(path, "-shm") || strings.HasSuffix(path, ".lock") {
			return nil
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), b, 0o600)
	})
}

// registry takes activities under their names.
type registry map[string]any

func (r registry) RegisterActivity(fn any) { panic(fmt.Sprintf("%T has no name", fn)) }

func (r registry) RegisterActivityWithOptions(fn any, o activity.RegisterOptions) { r[o.Name] = fn }

func (r registry) RegisterDynamicActivity(fn any, _ activity.DynamicRegisterOptions) {
	panic(fmt.Sprintf("%T has no name", fn))
}
