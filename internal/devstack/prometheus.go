package devstack

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// Prometheus is a running Prometheus server.
type Prometheus struct {
	URL string

	process *Process
}

// StartPrometheus starts the machine's Prometheus with a configuration file; what it scrapes and its log lie in dir.
func StartPrometheus(ctx context.Context, config, dir string) (*Prometheus, error) {
	bin, err := exec.LookPath("prometheus")
	if err != nil {
		return nil, errors.New("no Prometheus on the PATH; install it (Debian: apt-get install prometheus)")
	}
	const tries = 3 // another process may take a free port first
	for i := 1; ; i++ {
		p := &Prometheus{}
		if err = p.start(ctx, bin, config, dir); err == nil {
			return p, nil
		}
		if i == tries || !errors.Is(err, ErrEnded) {
			return nil, err
		}
	}
}

func (p *Prometheus) start(ctx context.Context, bin, config, dir string) error {
	port, err := FreePort()
	if err != nil {
		return err
	}
	address := "127.0.0.1:" + strconv.Itoa(port)
	p.URL = "http://" + address
	p.process, err = Start(Command{Path: bin, Dir: dir, Log: filepath.Join(dir, "prometheus.log"), Args: []string{
		"--config.file=" + config, "--storage.tsdb.path=" + filepath.Join(dir, "data"), "--web.listen-address=" + address,
	}})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err = WaitFor(ctx, "Prometheus", p.process, Healthy(p.URL+"/-/ready"))
	if err != nil {
		return errors.Join(err, p.process.Kill9())
	}
	return nil
}

// Stop ends the server.
func (p *Prometheus) Stop() error { return p.process.Stop(10 * time.Second) }
