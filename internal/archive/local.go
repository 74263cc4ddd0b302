package archive

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// unfinished begins the names of files that are being written; such a name is never listed.
const unfinished = ".unfinished-"

const (
	fileMode   = 0o600
	folderMode = 0o700
)

// local is a folder of this machine. It is written to here rather than by a storage library, because of the modes, the synchronous
// rename, names of 255 bytes and names that such a library keeps for itself.
type local struct{ root *os.Root }

// known are the parameters of folder URLs in general; what they ask for is always so here.
var known = map[string]bool{"create_dir": true, "metadata": true, "no_tmp_dir": true, "dir_file_mode": true}

func openFolder(u *url.URL) (store, error) {
	for key := range u.Query() {
		if !known[key] {
			return nil, fmt.Errorf("parameter %q means nothing to a folder", key)
		}
	}
	if u.Host != "" && u.Host != "localhost" || !strings.HasPrefix(u.Path, "/") {
		return nil, fmt.Errorf("%s is not an absolute folder such as file:///absolute/folder", u)
	}
	dir := filepath.FromSlash(u.Path)
	if err := os.MkdirAll(dir, folderMode); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &local{root}, nil
}

func (l *local) Close() error { return l.root.Close() }

func (l *local) write(ctx context.Context, name string, fill func(io.Writer) error) (err error) {
	dir := path.Dir(name)
	if err := l.root.MkdirAll(dir, folderMode); err != nil {
		return err
	}
	tmp := path.Join(dir, unfinishedName(name))
	f, err := l.root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = l.root.Remove(tmp)
		}
	}()
	w := bufio.NewWriterSize(f, 64<<10)
	for _, do := range []func() error{func() error { return fill(w) }, w.Flush, f.Sync, f.Close, ctx.Err} {
		if err := do(); err != nil {
			return err
		}
	}
	if err := l.root.Rename(tmp, name); err != nil {
		return err
	}
	l.sweep(dir, name)
	return l.sync(dir)
}

// unfinishedName is the temporary name of a file: short, so that a name of any legal length can be written.
func unfinishedName(name string) string {
	var unique [6]byte
	_, _ = rand.Read(unique[:]) // never fails
	return unfinishedPrefix(name) + hex.EncodeToString(unique[:])
}

func unfinishedPrefix(name string) string {
	h := fnv.New32a()
	_, _ = io.WriteString(h, path.Base(name))
	return fmt.Sprintf("%s%08x-", unfinished, h.Sum32())
}

// sweep removes what killed writers of the same file have left. A living one loses its file too: it is the slower of two attempts at one
// step, its rename fails, and it is repeated.
func (l *local) sweep(dir, name string) {
	left, err := fs.Glob(l.root.FS(), path.Join(quoteMeta(dir), unfinishedPrefix(name)+"*"))
	if err != nil {
		return
	}
	for _, f := range left {
		_ = l.root.Remove(f)
	}
}

// quoteMeta makes a path match itself.
func quoteMeta(s string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`).Replace(s)
}

// sync makes a rename last through a loss of power; a file system that cannot sync folders does it by itself.
func (l *local) sync(dir string) error {
	d, err := l.root.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync()
	return d.Close()
}

func (l *local) read(ctx context.Context, name string) (io.ReadCloser, error) {
	if _, err := l.size(ctx, name); err != nil {
		return nil, err
	}
	return l.root.Open(name)
}

func (l *local) size(_ context.Context, name string) (int64, error) {
	info, err := l.root.Stat(name)
	switch {
	case err != nil:
		return 0, err
	case info.IsDir():
		return 0, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return info.Size(), nil
}

func (l *local) delete(ctx context.Context, name string) error {
	if _, err := l.size(ctx, name); err != nil {
		return err
	}
	if err := l.root.Remove(name); err != nil {
		return err
	}
	for dir := path.Dir(name); strings.Contains(dir, "/"); dir = path.Dir(dir) {
		if l.root.Remove(dir) != nil { // not empty
			break
		}
	}
	return nil
}

func (l *local) list(ctx context.Context, prefix string) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		l.walk(ctx, path.Dir(prefix+"x"), prefix, yield)
	}
}

// walk goes down in the order of whole names, in which "a.b" comes before "a/b".
func (l *local) walk(ctx context.Context, dir, prefix string, yield func(File, error) bool) bool {
	entries, err := fs.ReadDir(l.root.FS(), dir)
	if errors.Is(err, fs.ErrNotExist) {
		return true
	} else if err != nil {
		return yield(File{}, err)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(sortName(a), sortName(b)) })
	for _, e := range entries {
		if ctx.Err() != nil {
			yield(File{}, ctx.Err())
			return false
		}
		name := path.Join(dir, e.Name())
		switch {
		case e.IsDir():
			if !strings.HasPrefix(name+"/", prefix) && !strings.HasPrefix(prefix, name+"/") {
				continue
			}
			if !l.walk(ctx, name, prefix, yield) {
				return false
			}
		case strings.HasPrefix(name, prefix) && !strings.HasPrefix(e.Name(), unfinished):
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return yield(File{}, err)
			}
			if !yield(File{name, info.Size()}, nil) {
				return false
			}
		}
	}
	return true
}

func sortName(e fs.DirEntry) string {
	if e.IsDir() {
		return e.Name() + "/"
	}
	return e.Name()
}
