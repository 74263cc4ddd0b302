package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Postgres is a throwaway PostgreSQL server without durability against power loss: its data survive Kill9, not the machine.
type Postgres struct {
	URL string // of the database `postgres`, for its superuser; no password
	Dir string // everything it wrote

	bin      string
	port     int
	uid, gid uint32
	process  *Process
}

// StartPostgres makes a database cluster in a folder of its own and starts a server for it. A server that cannot run as root
// runs as the user postgres.
func StartPostgres(ctx context.Context) (*Postgres, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	p := &Postgres{bin: bin}
	if err := p.prepare(ctx); err != nil {
		_ = os.RemoveAll(p.Dir)
		return nil, err
	}
	const tries = 3 // another process may take a free port first
	for i := 1; ; i++ {
		if p.port, err = FreePort(); err == nil {
			p.URL = p.database("postgres")
			err = p.start(ctx)
		}
		if err == nil {
			return p, nil
		}
		if i == tries || !errors.Is(err, ErrEnded) {
			_ = os.RemoveAll(p.Dir)
			return nil, err
		}
	}
}

// postgresBin finds the folder with initdb and postgres: that of the one on the PATH, else the newest of Debian's folders.
func postgresBin() (string, error) {
	var folders []string
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		folders = append(folders, filepath.Dir(path))
	}
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	for best := ""; len(debian) > 0; debian = remove(debian, best) {
		best = newest(debian)
		folders = append(folders, best)
	}
	for _, f := range folders {
		if executable(filepath.Join(f, "initdb")) && executable(filepath.Join(f, "postgres")) {
			return f, nil
		}
	}
	return "", errors.New("no PostgreSQL: initdb and postgres are neither on the PATH nor under /usr/lib/postgresql; install it (Debian: apt-get install postgresql)")
}

func newest(folders []string) string {
	best, version := "", -1.0
	for _, f := range folders {
		v, _ := strconv.ParseFloat(filepath.Base(filepath.Dir(f)), 64)
		if best == "" || v > version {
			best, version = f, v
		}
	}
	return best
}

func remove(list []string, s string) []string {
	var out []string
	for _, v := range list {
		if v != s {
			out = append(out, v)
		}
	}
	return out
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() && info.Mode()&0o111 != 0
}

// prepare makes the folder and the cluster.
func (p *Postgres) prepare(ctx context.Context) error {
	var err error
	if p.Dir, err = os.MkdirTemp("", "postgres-"); err != nil {
		return fmt.Errorf("make the folder of PostgreSQL: %w", err)
	}
	if os.Geteuid() == 0 {
		if err := p.becomePostgres(); err != nil {
			return err
		}
	}
	c := Command{
		Path: filepath.Join(p.bin, "initdb"), Dir: p.Dir, Log: p.log(), uid: p.uid, gid: p.gid,
		Args: []string{"--no-sync", "-A", "trust", "--locale=C", "-E", "UTF8", "-U", "postgres", "-D", p.data()},
	}
	run, err := Start(c)
	if err != nil {
		return err
	}
	code, err := run.Wait(ctx)
	if err != nil {
		_ = run.Kill9()
		return err
	}
	if code != 0 {
		return fmt.Errorf("initdb failed with exit code %d: %s", code, lastLines(run.LogTail(2000), 5))
	}
	return nil
}

// becomePostgres hands the folder to the user postgres, since PostgreSQL refuses root.
func (p *Postgres) becomePostgres() error {
	u, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("PostgreSQL refuses to run as root and there is no user postgres: %w; run as another user or add that one", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return fmt.Errorf("read the id of user postgres: %w", err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return fmt.Errorf("read the group of user postgres: %w", err)
	}
	p.uid, p.gid = uint32(uid), uint32(gid)
	if err := os.Chown(p.Dir, int(uid), int(gid)); err != nil {
		return fmt.Errorf("hand the folder to user postgres: %w", err)
	}
	return nil
}

func (p *Postgres) data() string { return filepath.Join(p.Dir, "data") }
func (p *Postgres) log() string  { return filepath.Join(p.Dir, "postgres.log") }

func (p *Postgres) database(name string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", p.port, name)
}

func (p *Postgres) start(ctx context.Context) error {
	run, err := Start(Command{
		Path: filepath.Join(p.bin, "postgres"), Dir: p.Dir, Log: p.log(), uid: p.uid, gid: p.gid,
		Args: []string{
			"-D", p.data(), "-h", "127.0.0.1", "-p", strconv.Itoa(p.port), "-c", "unix_socket_directories=", "-c", "fsync=off",
			"-c", "max_connections=200",
		},
	})
	if err != nil {
		return err
	}
	p.process = run
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err = WaitFor(ctx, "PostgreSQL", run, func(ctx context.Context) error {
		c, err := pgx.Connect(ctx, p.URL)
		if err != nil {
			return err
		}
		return c.Close(ctx)
	})
	if err != nil {
		_ = run.Kill9()
	}
	return err
}

var databaseName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// CreateDatabase makes an empty database and returns its URL.
func (p *Postgres) CreateDatabase(ctx context.Context, name string) (string, error) {
	if !databaseName.MatchString(name) {
		return "", fmt.Errorf("create database %q: use lower-case letters, digits and _", name)
	}
	c, err := pgx.Connect(ctx, p.URL)
	if err != nil {
		return "", fmt.Errorf("create database %s: %w", name, err)
	}
	defer func() { _ = c.Close(ctx) }()
	if _, err := c.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return "", fmt.Errorf("create database %s: %w", name, err)
	}
	return p.database(name), nil
}

// Kill9 ends the server at this instant; Restart brings it back.
func (p *Postgres) Kill9() error { return p.process.Kill9() }

// Restart starts the server again on the same port and data, stopping it first when it still runs.
func (p *Postgres) Restart(ctx context.Context) error {
	if err := p.halt(); err != nil {
		return err
	}
	// After Kill9 the server's own children go a moment later than it does, and hold its memory until then.
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return WaitFor(ctx, "PostgreSQL", nil, p.start)
}

// halt is PostgreSQL's fast shutdown: sessions are cut, the data are consistent.
func (p *Postgres) halt() error { return p.process.stop(syscall.SIGINT, 10*time.Second) }

// Stop ends the server and removes its folder.
func (p *Postgres) Stop() error {
	if err := p.halt(); err != nil {
		return err
	}
	if err := os.RemoveAll(p.Dir); err != nil {
		return fmt.Errorf("remove the folder of PostgreSQL: %w", err)
	}
	return nil
}
