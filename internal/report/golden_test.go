package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden pages of fixed data: a change of what people see is a change of these files, looked at by eye.
func TestGoldenPages(t *testing.T) {
	diff := sampleDiff()
	require.NoError(t, report.Seal(&diff, []byte(mapYAML), root))
	pre := preMigration()
	require.NoError(t, report.Seal(&pre, []byte(mapYAML), root))
	guide, err := report.BuildGuide("acme-2026", guideInput())
	require.NoError(t, err)
	for name, page := range map[string]report.Page{
		"sample-diff": diff, "pre-migration": pre, "reconciliation": reconciliation(false), "reconciliation-faults": reconciliation(true), "rollback": rollback(),
		"rebuild-guide": guide,
	} {
		t.Run(name, func(t *testing.T) {
			for ext, write := range map[string]func(*bytes.Buffer) error{
				".json": func(b *bytes.Buffer) error { return page.JSON(b) }, ".html": func(b *bytes.Buffer) error { return page.HTML(b) },
			} {
				var got bytes.Buffer
				require.NoError(t, write(&got))
				file := filepath.Join("testdata", name+ext)
				if *update {
					require.NoError(t, os.MkdirAll("testdata", 0o755))
					require.NoError(t, os.WriteFile(file, got.Bytes(), 0o644))
				}
				want, err := os.ReadFile(file)
				require.NoError(t, err)
				assert.Equal(t, string(want), got.String(), "run the tests of this package with -update and look at the page")
			}
		})
	}
}
