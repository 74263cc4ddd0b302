package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Command says what to run.
type Command struct {
	Path string
	Args []string
	Env  []string // the whole environment; nil = that of this process
	Dir  string   // working directory; "" = that of this process
	Log  string   // file that takes standard output and error, appended; "" = nowhere

	uid, gid uint32 // not 0: run as that user
}

// Process is a running child. All methods may be called from several goroutines.
type Process struct {
	command Command
	cmd     *exec.Cmd
	done    chan struct{}
	logFrom int64 // length of the log before this process wrote to it

	mu sync.Mutex
}

// Start runs the command in a process group of its own, so that a Ctrl-C at the terminal does not reach it. On Linux the
// child is killed when this process ends for whatever reason.
func Start(c Command) (*Process, error) {
	p := &Process{command: c, done: make(chan struct{})}
	started := make(chan error, 1)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", filepath.Base(c.Path), err)
	}
	return p, nil
}

// run starts the child and waits for it on one locked thread: the signal that ends orphans is tied to the thread that made
// them.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var log *os.File
	if p.command.Log != "" {
		var err error
		log, err = os.OpenFile(p.command.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			started <- err
			return
		}
		defer func() { _ = log.Close() }()
		p.logFrom = size(p.command.Log)
	}
	p.cmd = exec.Command(p.command.Path, p.command.Args...)
	p.cmd.Env, p.cmd.Dir = p.command.Env, p.command.Dir
	if log != nil {
		p.cmd.Stdout, p.cmd.Stderr = log, log
	}
	p.cmd.SysProcAttr = childAttributes(p.command.uid, p.command.gid)
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	started <- nil
	_ = p.cmd.Wait() // the exit code is in ProcessState
	close(p.done)
}

// PID returns the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Running says whether the process has not ended yet.
func (p *Process) Running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Wait waits for the end of the process or of ctx, and returns the exit code; -1 when a signal ended it.
func (p *Process) Wait(ctx context.Context) (int, error) {
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode(), nil
	case <-ctx.Done():
		return 0, fmt.Errorf("wait for %s: %w", filepath.Base(p.command.Path), ctx.Err())
	}
}

// Signal sends a signal; one to a process that has ended is no error.
func (p *Process) Signal(s os.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.Running() {
		return nil
	}
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal %s: %w", filepath.Base(p.command.Path), err)
	}
	return nil
}

// Kill9 ends the process at this instant, without any chance to clean up, and waits until it is gone.
func (p *Process) Kill9() error {
	if err := p.Signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-p.done
	return nil
}

// Stop asks the process to end, and kills it when it has not after grace.
func (p *Process) Stop(grace time.Duration) error {
	return p.stop(syscall.SIGTERM, grace)
}

func (p *Process) stop(s os.Signal, grace time.Duration) error {
	if err := p.Signal(s); err != nil {
		return err
	}
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-p.done:
		return nil
	case <-t.C:
		return p.Kill9()
	}
}

// LogTail returns the last n bytes of the log, for messages about a process that failed.
func (p *Process) LogTail(n int64) string {
	from := max(0, size(p.command.Log)-n)
	return read(p.command.Log, from, n)
}

// LogHead returns the first n bytes that this process, and no earlier one, wrote to the log.
func (p *Process) LogHead(n int64) string { return read(p.command.Log, p.logFrom, n) }

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

func read(path string, from, n int64) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	b := make([]byte, n)
	got, err := f.ReadAt(b, from)
	if err != nil && !errors.Is(err, io.EOF) {
		return ""
	}
	return string(b[:got])
}
