package archive_test

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whatever the name, a file lies in the folder of its migration or nowhere, and what is written can be read back under the same name.
func FuzzNames(f *testing.F) {
	for _, seed := range []string{"a", "../b", "a/../../c", "/etc/passwd", `..\x`, "a//b", ".unfinished-1", "runs/1/x", "é/ü", "a\x00", strings.Repeat("x", 300)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		base := t.TempDir()
		dir := filepath.Join(base, "store")
		folder := openFolder(t, dir).For("acme")
		err := folder.Write(t.Context(), name, func(w io.Writer) error { _, err := io.WriteString(w, "x"); return err })
		files := 0
		require.NoError(t, filepath.WalkDir(base, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				files++
				assert.True(t, strings.HasPrefix(path, filepath.Join(dir, "acme")+string(os.PathSeparator)), "%q led to %q", name, path)
			}
			return err
		}))
		if err != nil {
			assert.Zero(t, files, "%q was refused and written all the same", name)
			return
		}
		assert.Equal(t, 1, files)
		assert.Equal(t, "x", read(t, folder, name))
	})
}
