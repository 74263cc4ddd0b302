package devstack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// The Temporal CLI that is built when none is found. It contains the server and the Web UI; later releases cannot be built
// this way.
const (
	TemporalVersion = "v1.5.1"
	temporalPackage = "github.com/temporalio/cli/cmd/temporal"
)

// TemporalCLI returns the path of the Temporal CLI: what the variable TEMPORAL_CLI names, else `temporal` on the PATH, else a
// cached build in the user's cache folder, which is made once and takes some minutes; say gets a line about that. Several
// processes may ask at once: one builds, the others wait.
func TemporalCLI(ctx context.Context, say io.Writer) (string, error) {
	if path := os.Getenv("TEMPORAL_CLI"); path != "" {
		if err := checkCLI(ctx, path); err != nil {
			return "", fmt.Errorf("TEMPORAL_CLI: %w; correct it or unset it", err)
		}
		return path, nil
	}
	if path, err := exec.LookPath("temporal"); err == nil && checkCLI(ctx, path) == nil {
		return path, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder for the Temporal CLI: %w; set TEMPORAL_CLI or HOME", err)
	}
	path := filepath.Join(cache, "rezora2nutshell", "temporal-"+TemporalVersion)
	if checkCLI(ctx, path) == nil {
		return path, nil
	}
	return path, build(ctx, path, temporalTool, say)
}

// checkCLI says whether the file is a Temporal CLI that can start a server.
func checkCLI(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, path, "--version")
	c.Env = withoutTemporal(os.Environ())
	out, err := c.Output()
	if err != nil {
		return fmt.Errorf("%q does not run: %w", path, err)
	}
	if !bytes.Contains(out, []byte("Server")) {
		return fmt.Errorf("%q is not the Temporal CLI", path)
	}
	return nil
}

// tool is a program that is built once, at a pinned version, from the Go module proxy.
type tool struct {
	title, pkg, version, binary, ldflags, takes, setting string
	check                                                func(context.Context, string) error
}

var temporalTool = tool{"the Temporal CLI", temporalPackage, TemporalVersion, "temporal", "-s -w", "about 3 to 5 minutes on two cores", "TEMPORAL_CLI", checkCLI}

// build makes a tool, under a lock: several processes may ask at once, one builds and the others wait.
func build(ctx context.Context, path string, t tool, say io.Writer) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("make the cache folder for %s: %w; set %s", t.title, err, t.setting)
	}
	lock := flock.New(path + ".lock")
	if _, err := lock.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		return fmt.Errorf("wait for another build of %s: %w", t.title, err)
	}
	defer func() { _ = lock.Unlock() }()
	if t.check(ctx, path) == nil { // built by another process meanwhile
		return nil
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		return fmt.Errorf("%s is not here, and no go on the PATH to build it: install it, or set %s", t.title, t.setting)
	}
	_, _ = fmt.Fprintf(say, "Building %s %s once into %s (%s)\n", t.title, t.version, path, t.takes)
	bin, err := os.MkdirTemp(filepath.Dir(path), "build-")
	if err != nil {
		return fmt.Errorf("make a folder for %s: %w", t.title, err)
	}
	defer func() { _ = os.RemoveAll(bin) }()
	var output bytes.Buffer
	c := exec.CommandContext(ctx, goTool, "install", "-ldflags="+t.ldflags, t.pkg+"@"+t.version)
	c.Dir = bin
	c.Env = append(without(os.Environ(), "GOBIN", "GOFLAGS", "GOOS", "GOARCH", "CGO_ENABLED"), "GOBIN="+bin, "CGO_ENABLED=0")
	c.Stdout, c.Stderr = &output, &output
	started := time.Now()
	if err := c.Run(); err != nil {
		return fmt.Errorf("build %s: %w: %s; set %s to an installed one", t.title, err, lastLines(output.String(), 5), t.setting)
	}
	if err := os.Rename(filepath.Join(bin, t.binary), path); err != nil {
		return fmt.Errorf("move %s into the cache: %w", t.title, err)
	}
	if err := t.check(ctx, path); err != nil {
		return errors.Join(errors.New(t.title+" was built and does not run"), err)
	}
	_, _ = fmt.Fprintf(say, "Built %s in %s\n", t.title, time.Since(started).Round(time.Second))
	return nil
}

// without returns an environment less the named variables.
func without(env []string, names ...string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(names, name)
	})
}

// withoutTemporal drops the variables that the Temporal CLI reads as flags.
func withoutTemporal(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(kv string) bool { return strings.HasPrefix(kv, "TEMPORAL_") })
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " | ")
}
