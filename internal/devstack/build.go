package devstack

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Build compiles the command in a package of this module (like "rezora2nutshell/worker") into dir and returns the path of the
// binary, for tests that start, kill and restart the real thing.
func Build(ctx context.Context, pkg, dir string) (string, error) {
	path := filepath.Join(dir, filepath.Base(pkg))
	c := exec.CommandContext(ctx, "go", "build", "-o", path, pkg)
	c.Env = without(os.Environ(), "GOOS", "GOARCH")
	var output bytes.Buffer
	c.Stdout, c.Stderr = &output, &output
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("build %s: %w: %s", pkg, err, lastLines(output.String(), 10))
	}
	return path, nil
}
