package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strconv"
	"strings"
)

// runs is where the files of earlier generations lie.
const runs = "runs"

// Folder holds the files of one migration. Names are elements separated by slashes; a name that leads out of the folder is an error.
type Folder struct {
	a         *Archive
	migration string
	bad       error
}

// Write replaces a file by what fill writes. The file changes only when fill and everything after it have succeeded; until then, and on
// any error, readers have the former one. Several writers of one file do not mix: the last one to finish wins.
func (f *Folder) Write(ctx context.Context, name string, fill func(io.Writer) error) error {
	path, err := f.path(name)
	if err != nil {
		return err
	}
	if err := f.a.store.write(ctx, path, fill); err != nil {
		return fmt.Errorf("write archive file %s of %s: %w", name, f.migration, err)
	}
	return nil
}

// Read opens a file; a missing one is fs.ErrNotExist. The caller closes it.
func (f *Folder) Read(ctx context.Context, name string) (io.ReadCloser, error) {
	path, err := f.path(name)
	if err != nil {
		return nil, err
	}
	r, err := f.a.store.read(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("read archive file %s of %s: %w", name, f.migration, err)
	}
	return r, nil
}

// Size is the size of a file in bytes; a missing one is fs.ErrNotExist.
func (f *Folder) Size(ctx context.Context, name string) (int64, error) {
	path, err := f.path(name)
	if err != nil {
		return 0, err
	}
	n, err := f.a.store.size(ctx, path)
	if err != nil {
		return 0, fmt.Errorf("size of archive file %s of %s: %w", name, f.migration, err)
	}
	return n, nil
}

// Exists reports whether a file is there.
func (f *Folder) Exists(ctx context.Context, name string) (bool, error) {
	_, err := f.Size(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Delete removes a file; a missing one is no error.
func (f *Folder) Delete(ctx context.Context, name string) error {
	path, err := f.path(name)
	if err != nil {
		return err
	}
	if err := f.a.store.delete(ctx, path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete archive file %s of %s: %w", name, f.migration, err)
	}
	return nil
}

// List gives the files whose name begins with prefix, by name. Those of earlier generations come only when the prefix asks for them.
func (f *Folder) List(ctx context.Context, prefix string) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		if f.bad != nil {
			yield(File{}, fmt.Errorf("archive of %q: %w", f.migration, f.bad))
			return
		}
		earlier := strings.HasPrefix(prefix, runs+"/")
		for file, err := range f.a.store.list(ctx, f.migration+"/"+prefix) {
			if err != nil {
				yield(File{}, fmt.Errorf("list archive files of %s: %w", f.migration, err))
				return
			}
			file.Name = strings.TrimPrefix(file.Name, f.migration+"/")
			if !earlier && strings.HasPrefix(file.Name, runs+"/") {
				continue
			}
			if !yield(file, nil) {
				return
			}
		}
	}
}

// MoveRun moves every file of an earlier generation to runs/<n>/. It must be called before the next generation writes anything; it may
// be called again when it was interrupted, and does nothing when there is nothing left to move.
func (f *Folder) MoveRun(ctx context.Context, n int) error {
	if n < 1 {
		return fmt.Errorf("move archive files of %s: %d is no generation", f.migration, n)
	}
	from, err := f.path(runs)
	if err != nil {
		return err
	}
	if err := f.a.store.move(ctx, f.migration, from+"/"+strconv.Itoa(n), runs); err != nil {
		return fmt.Errorf("move archive files of %s to %s/%d: %w", f.migration, runs, n, err)
	}
	return nil
}
