package devstack

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// TctlVersion is the release of Temporal's server whose tctl is built when none is found: the last one that installs this way.
const TctlVersion = "v1.15.2"

var tctlTool = tool{"tctl", "go.temporal.io/server/cmd/tools/cli", TctlVersion, "cli", "-checklinkname=0 -s -w", "about 2 minutes on two cores", "TCTL_CLI", checkTctl}

// TctlCLI returns the path of tctl: what the variable TCTL_CLI names, else `tctl` on the PATH, else a cached build.
func TctlCLI(ctx context.Context, say io.Writer) (string, error) {
	if path := os.Getenv("TCTL_CLI"); path != "" {
		return path, checkTctl(ctx, path)
	}
	if path, err := exec.LookPath("tctl"); err == nil && checkTctl(ctx, path) == nil {
		return path, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder for tctl: %w; set TCTL_CLI or HOME", err)
	}
	path := filepath.Join(cache, "rezora2nutshell", "tctl-"+TctlVersion)
	if checkTctl(ctx, path) == nil {
		return path, nil
	}
	return path, build(ctx, path, tctlTool, say)
}

func checkTctl(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, path, "--version")
	c.Env = withoutTemporal(os.Environ())
	out, err := c.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%q does not run: %w", path, err)
	}
	if !bytes.Contains(out, []byte("tctl")) {
		return fmt.Errorf("%q is not tctl", path)
	}
	return nil
}
