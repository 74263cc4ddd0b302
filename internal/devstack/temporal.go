package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"rezora2nutshell/internal/api"
)

// SearchAttributes are registered with every server that StartTemporal starts, as Name=Type.
var SearchAttributes = []string{api.AttrPhase + "=Keyword", api.AttrStatus + "=Keyword", api.AttrDone + "=Double"}

// tuning lifts limits that hold sequential activities to ten a second, and keeps the database intact through kill -9.
var tuning = []string{
	"--dynamic-config-value", "history.transferProcessorMaxPollRPS=2000",
	"--dynamic-config-value", "history.timerProcessorMaxPollRPS=2000",
	"--dynamic-config-value", "system.enableActivityEagerExecution=true",
	"--sqlite-pragma", "journal_mode=WAL",
	"--sqlite-pragma", "synchronous=NORMAL",
}

// TemporalOptions say where and how a server runs.
type TemporalOptions struct {
	Dir       string    // for its database and its log; required
	Namespace string    // "" = default
	Port      int       // 0 = a free one
	UIPort    int       // 0 = a free one
	Headless  bool      // no Web UI
	Bare      bool      // register no search attributes, as a server whose operator forbids it
	Say       io.Writer // gets a line when the CLI has to be built; nil = standard error
	Timeout   time.Duration
}

// Temporal is a running development server.
type Temporal struct {
	CLI       string // path of the Temporal CLI
	Address   string // host:port of the frontend
	UI        string // URL of the Web UI; "" when headless
	Namespace string
	Log       string // path of the log file

	options TemporalOptions
	process *Process
}

// StartTemporal starts a server and returns when its namespace and search attributes can be used. Starting waits at most
// Timeout (default 60 s), which does not count the time that building the CLI takes.
func StartTemporal(ctx context.Context, o TemporalOptions) (*Temporal, error) {
	if o.Dir == "" {
		return nil, fmt.Errorf("start the Temporal server: no folder given")
	}
	if o.Say == nil {
		o.Say = os.Stderr
	}
	if o.Namespace == "" {
		o.Namespace = "default"
	}
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("make the folder of the Temporal server: %w", err)
	}
	cli, err := TemporalCLI(ctx, o.Say)
	if err != nil {
		return nil, err
	}
	t := &Temporal{CLI: cli, Namespace: o.Namespace, Log: filepath.Join(o.Dir, "temporal.log"), options: o}
	if err := t.launch(ctx, true); err != nil {
		return nil, err
	}
	return t, nil
}

// launch starts the server and tries again when it ends at once: it takes free ports for its inner services by looking and
// then listening, and another server that starts at the same time may be quicker.
func (t *Temporal) launch(ctx context.Context, choose bool) error {
	const tries = 3
	for i := 1; ; i++ {
		if choose {
			if err := t.choosePorts(); err != nil {
				return err
			}
		}
		err := t.start(ctx)
		if err == nil || i == tries || !errors.Is(err, ErrEnded) {
			return err
		}
	}
}

func (t *Temporal) choosePorts() error {
	port, ui := t.options.Port, t.options.UIPort
	var err error
	if port == 0 {
		if port, err = FreePort(); err != nil {
			return err
		}
	}
	t.Address = "127.0.0.1:" + strconv.Itoa(port)
	if t.options.Headless {
		return nil
	}
	if ui == 0 {
		if ui, err = FreePort(); err != nil {
			return err
		}
	}
	t.UI = "http://127.0.0.1:" + strconv.Itoa(ui)
	return nil
}

func (t *Temporal) start(ctx context.Context) error {
	args := []string{
		"server", "start-dev", "--ip", "127.0.0.1", "--port", afterColon(t.Address), "--namespace", t.Namespace,
		"--db-filename", filepath.Join(t.options.Dir, "temporal.db"), "--log-level", "warn", "--color", "never",
	}
	if t.options.Headless {
		args = append(args, "--headless")
	} else {
		args = append(args, "--ui-port", afterColon(t.UI))
	}
	if !t.options.Bare {
		for _, a := range SearchAttributes {
			args = append(args, "--search-attribute", a)
		}
	}
	p, err := Start(Command{Path: t.CLI, Args: append(args, tuning...), Env: withoutTemporal(os.Environ()), Log: t.Log})
	if err != nil {
		return err
	}
	t.process = p
	ctx, cancel := context.WithTimeout(ctx, t.options.Timeout)
	defer cancel()
	if err := t.waitReady(ctx); err != nil {
		_ = p.Kill9()
		return err
	}
	return nil
}

func afterColon(s string) string { return s[strings.LastIndexByte(s, ':')+1:] }

func (t *Temporal) waitReady(ctx context.Context) error {
	c, err := client.NewLazyClient(client.Options{HostPort: t.Address, Namespace: t.Namespace, Logger: silent{}})
	if err != nil {
		return fmt.Errorf("connect to the Temporal server: %w", err)
	}
	defer c.Close()
	return WaitFor(ctx, "the Temporal server", t.process, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		_, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: t.Namespace})
		if err != nil || t.options.Bare {
			return err
		}
		list, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: t.Namespace})
		if err != nil {
			return err
		}
		for _, a := range SearchAttributes {
			name, _, _ := strings.Cut(a, "=")
			if _, ok := list.GetCustomAttributes()[name]; !ok {
				return fmt.Errorf("search attribute %s is not listed", name)
			}
		}
		return nil
	})
}

// Client connects to the server; the caller closes it.
func (t *Temporal) Client() (client.Client, error) {
	c, err := client.Dial(client.Options{HostPort: t.Address, Namespace: t.Namespace, Logger: silent{}})
	if err != nil {
		return nil, fmt.Errorf("connect to the Temporal server: %w", err)
	}
	return c, nil
}

// Stop ends the server in good order.
func (t *Temporal) Stop() error { return t.process.stop(syscall.SIGINT, 10*time.Second) }

// Kill9 ends the server at this instant; Restart brings it back with everything it had stored.
func (t *Temporal) Kill9() error { return t.process.Kill9() }

// Restart starts the server again on the same ports and database, stopping it first when it still runs.
func (t *Temporal) Restart(ctx context.Context) error {
	if err := t.Stop(); err != nil {
		return err
	}
	return t.launch(ctx, false)
}

// Running says whether the server process lives.
func (t *Temporal) Running() bool { return t.process.Running() }

// silent keeps the SDK's messages about a server that is not up yet from the terminal.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
