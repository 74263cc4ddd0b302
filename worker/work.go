package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"go.uber.org/zap"

	"rezora2nutshell/activities"
	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/observe"
	"rezora2nutshell/internal/wiring"
	"rezora2nutshell/workflows"
)

const (
	// stopPatience is how long calls in flight may take after a signal: a call's time-out, so that few rows are left in doubt.
	stopPatience = 30 * time.Second
	// mostActivities bounds the pages in work at once: the largest window, and room for the small steps beside it. Calls in flight are
	// bounded by NUTSHELL_CONCURRENCY, whatever the pages.
	mostActivities = 80
	// mostTasks bounds workflow tasks at once; there are a handful of workflows.
	mostTasks = 20
)

// work is the life of a worker: settings, wiring, signals.
func work(ctx context.Context, environ map[string]string) (err error) {
	c, err := config.Load(environ)
	if err != nil {
		return err
	}
	log := observe.Logger(c.Log)
	defer func() { _ = log.Sync() }()
	for _, w := range c.Warnings {
		log.Warn("setting should not be left so", zap.String("warning", w))
	}
	parts, err := wiring.Build(ctx, c, wiring.Options{Log: log, Identity: identity()})
	if errors.Is(err, ledger.ErrKeyFile) {
		return &config.Error{Setting: "LEDGER_KEY_FILE", Cause: err.Error(), Cure: "put the key of this ledger there"}
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, parts.Close()) }()
	stopServing, err := serve(c.Metrics.Address, parts)
	if err != nil {
		return err
	}
	defer stopServing()
	return attend(ctx, parts)
}

// attend takes tasks until ctx ends, or Temporal lets the worker down for good.
func attend(ctx context.Context, p *wiring.Parts) error {
	fatal := make(chan error, 1)
	w := sdk.New(p.Temporal, p.Config.Temporal.TaskQueue, sdk.Options{
		DeploymentOptions: deployment(p.Config.Temporal),
		WorkerStopTimeout: stopPatience, MaxConcurrentActivityExecutionSize: mostActivities, MaxConcurrentWorkflowTaskExecutionSize: mostTasks,
		OnFatalError: func(err error) {
			select {
			case fatal <- err:
			default:
			}
		},
	})
	workflows.Register(w)
	activities.New(p, "").Register(w)
	if err := w.Start(); err != nil {
		return fmt.Errorf("start taking tasks from %s: %w", p.Config.Temporal.Address, err)
	}
	p.Log.Info("worker started", zap.String("task_queue", p.Config.Temporal.TaskQueue), zap.String("namespace", p.Config.Temporal.Namespace),
		zap.String("ledger", p.Ledger.ID()), zap.Int("pid", os.Getpid()))
	var err error
	select {
	case <-ctx.Done():
		p.Log.Info("worker stops", zap.Duration("patience", stopPatience))
	case err = <-fatal:
		err = fmt.Errorf("temporal turned the worker away: %w", err)
	}
	w.Stop()
	return err
}

// deployment makes the worker a version of a Worker Deployment when the settings name one. Running migrations move to the current version
// with their next task, as they do without deployments: their histories replay on every version (workflow.GetVersion).
func deployment(t config.Temporal) sdk.DeploymentOptions {
	if t.Deployment == "" {
		return sdk.DeploymentOptions{}
	}
	return sdk.DeploymentOptions{
		UseVersioning: true, Version: sdk.WorkerDeploymentVersion{DeploymentName: t.Deployment, BuildID: t.BuildID},
		DefaultVersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
	}
}

// serve answers /metrics and /healthz when an address is set.
func serve(address string, p *wiring.Parts) (stop func(), err error) {
	if address == "" {
		return func() {}, nil
	}
	p.Metrics.Watch(p.Snapshots)
	s, err := observe.Serve(address, p.Metrics, p.Health, p.Log)
	if err != nil {
		return nil, err
	}
	p.Log.Info("metrics served", zap.String("address", s.Addr()))
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = s.Shutdown(ctx) // the process ends anyway
	}, nil
}

// identity is what Temporal shows of this worker.
func identity() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return fmt.Sprintf("worker %d@%s", os.Getpid(), host)
}
