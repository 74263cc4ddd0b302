package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/devstack"
)

// demoStack is what a demonstration runs on: a Temporal server, both accounts in one process, a worker in another. A worker that is
// killed is started again, as a service manager would.
type demoStack struct {
	console
	dir, size string
	seed      int64

	temporal *devstack.Temporal
	accounts *devstack.Process
	program  string // the worker's
	rezora   string // base URLs
	nutshell string
	metrics  string
	own      map[string]string // the settings of this demonstration

	mu       sync.Mutex
	worker   *devstack.Process
	stopping bool
	note     string // the last thing that happened to the worker
}

func (s *demoStack) lastNote() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.note
}

func (s *demoStack) file(name string) string { return filepath.Join(s.dir, name) }

// envFile makes a shell know the settings.
func (s *demoStack) envFile() string { return s.file("env.sh") }

func (s *demoStack) start(ctx context.Context) error {
	s.printf("Folder: %s\n", s.dir)
	var err error
	if s.temporal, err = devstack.StartTemporal(ctx, devstack.TemporalOptions{Dir: s.file("temporal"), Say: s.out}); err != nil {
		return err
	}
	s.printf("Temporal server: %s, Web UI %s\n", s.temporal.Address, s.temporal.UI)
	if err := s.startAccounts(ctx); err != nil {
		return err
	}
	if s.program, err = s.findWorker(ctx); err != nil {
		return err
	}
	if err := s.settle(); err != nil {
		return err
	}
	if err := s.startWorker(ctx); err != nil {
		return err
	}
	s.printf("Worker: pid %d, log %s, metrics %s/metrics\n", s.worker.PID(), s.file("worker.log"), s.metrics)
	s.printf("  (kill -9 %d whenever you like: another one is started and goes on)\n", s.worker.PID())
	return nil
}

// startAccounts serves both accounts in a process of their own, which outlives workers.
func (s *demoStack) startAccounts(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	addresses := make([]string, 2)
	for i := range addresses {
		port, err := devstack.FreePort()
		if err != nil {
			return err
		}
		addresses[i] = fmt.Sprintf("127.0.0.1:%d", port)
	}
	s.rezora, s.nutshell = "http://"+addresses[0], "http://"+addresses[1]
	s.accounts, err = devstack.Start(devstack.Command{
		Path: self, Log: s.file("accounts.log"), Env: s.plainEnv(nil),
		Args: []string{"simulate", "--rezora", addresses[0], "--nutshell", addresses[1], "--size", s.size, "--seed", fmt.Sprint(s.seed), "--furnish",
			"--legacy-credentials", s.file("legacy.csv"), "--token-file", s.file("rezora.token")},
	})
	if err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for name, base := range map[string]string{"the Rezora account": s.rezora, "the Nutshell account": s.nutshell} {
		if err := devstack.WaitFor(wait, name, s.accounts, devstack.Healthy(base+"/_sim/health")); err != nil {
			return err
		}
	}
	s.printf("Made-up accounts: Rezora %s, Nutshell %s\n", s.rezora, s.nutshell)
	return nil
}

// findWorker takes the worker program beside this one, else builds it from the source folder.
func (s *demoStack) findWorker(ctx context.Context) (string, error) {
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), "worker")
		if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0 {
			return beside, nil
		}
	}
	s.printf("Building the worker (some seconds; the first time about a minute)\n")
	path, err := devstack.Build(ctx, "rezora2nutshell/worker", s.dir)
	if err != nil {
		return "", fmt.Errorf("%w; run this in the source folder, or put the worker program beside starter", err)
	}
	return path, nil
}

// Settings files of a demonstration: nothing is to be spared on this machine.
const (
	demoRezora   = "limits: {requests_per_s: 2000, in_flight: 8}\n"
	demoNutshell = "limits: {finds_per_s: 500}\n"
)

// settle makes the settings, and a file with them for other shells.
func (s *demoStack) settle() error {
	token, err := os.ReadFile(s.file("rezora.token"))
	if err != nil {
		return fmt.Errorf("read the token of the made-up account: %w", err)
	}
	port, err := devstack.FreePort()
	if err != nil {
		return err
	}
	s.metrics = fmt.Sprintf("http://127.0.0.1:%d", port)
	s.own = map[string]string{
		"TEMPORAL_ADDRESS": s.temporal.Address, "TEMPORAL_NAMESPACE": s.temporal.Namespace,
		"REZORA_BASE_URL": s.rezora, "REZORA_TOKEN": string(token), "REZORA_SETTINGS_FILE": s.file("rezora.yaml"),
		"REZORA_LEGACY_BASE_URL": s.rezora + "/v1", "REZORA_LEGACY_CREDENTIALS_FILE": s.file("legacy.csv"),
		"NUTSHELL_BASE_URL": s.nutshell, "NUTSHELL_USERNAME": nutshelltest.SeedUser, "NUTSHELL_API_KEY": nutshelltest.SeedKey,
		"NUTSHELL_CONCURRENCY": "8", "NUTSHELL_RATE": "5000", "NUTSHELL_SETTINGS_FILE": s.file("nutshell.yaml"),
		"LEDGER_URL": "sqlite://" + s.file("migration.db"), "MAPPING_DIR": s.dir,
	}
	var env bytes.Buffer
	fmt.Fprintf(&env, "# settings of this demonstration, for starter, temporal and tctl\n")
	for _, name := range slices.Sorted(maps.Keys(s.own)) {
		fmt.Fprintf(&env, "export %s=%s\n", name, shellQuote(s.own[name]))
	}
	fmt.Fprintf(&env, "export TEMPORAL_CLI_ADDRESS=%s\n", s.temporal.Address) // what tctl reads
	for name, body := range map[string]string{"rezora.yaml": demoRezora, "nutshell.yaml": demoNutshell, "env.sh": env.String()} {
		if err := os.WriteFile(s.file(name), []byte(body), 0o600); err != nil {
			return fmt.Errorf("write the settings of the demonstration: %w", err)
		}
	}
	s.environ = maps.Clone(s.environ)
	for _, name := range config.Names() {
		delete(s.environ, name)
	}
	maps.Copy(s.environ, s.own)
	return nil
}

func (s *demoStack) startWorker(ctx context.Context) error {
	p, err := devstack.Start(devstack.Command{
		Path: s.program, Dir: s.dir, Log: s.file("worker.log"),
		Env: s.plainEnv(map[string]string{"METRICS_ADDRESS": strings.TrimPrefix(s.metrics, "http://"), "LOG_FORMAT": "console"}),
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.worker = p
	s.mu.Unlock()
	go s.watchWorker(ctx, p)
	wait, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return devstack.WaitFor(wait, "the worker", p, devstack.Healthy(s.metrics+"/healthz"))
}

// watchWorker starts another worker when this one was killed.
func (s *demoStack) watchWorker(ctx context.Context, p *devstack.Process) {
	select {
	case <-ctx.Done():
		return
	case <-p.Done():
	}
	s.mu.Lock()
	stopping := s.stopping
	s.mu.Unlock()
	if code, _ := p.Wait(ctx); stopping || code >= 0 { // ended by itself: its log says why
		return
	}
	err := s.startWorker(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.note = fmt.Sprintf("the worker was killed; another one, pid %d, goes on", s.worker.PID()); err != nil {
		s.note = "the worker was killed, and another one does not start: see " + s.file("worker.log")
	}
}

// plainEnv is the environment of this process less every setting, with those of the demonstration and some more.
func (s *demoStack) plainEnv(more map[string]string) []string {
	known := config.Names()
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(known, name)
	})
	for _, settings := range []map[string]string{s.own, more} {
		for name, v := range settings {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// stop ends what was started, the last first.
func (s *demoStack) stop() {
	s.mu.Lock()
	s.stopping = true
	worker := s.worker
	s.mu.Unlock()
	const grace = 10 * time.Second
	for _, p := range []*devstack.Process{worker, s.accounts} {
		if p != nil {
			_ = p.Stop(grace) // killed at the latest when this process ends
		}
	}
	if s.temporal != nil {
		_ = s.temporal.Stop()
	}
}
