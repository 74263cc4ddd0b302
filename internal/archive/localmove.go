package archive

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"
)

// move renames the entries of a folder one by one: each is in one place at any instant, however many files it holds.
func (l *local) move(ctx context.Context, from, to, keep string) error {
	entries, err := fs.ReadDir(l.root.FS(), from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	made := false
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		old, name := path.Join(from, e.Name()), path.Join(to, e.Name())
		switch {
		case e.Name() == keep:
			continue
		case strings.HasPrefix(e.Name(), unfinished):
			if err := l.root.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			continue
		}
		if !made {
			if err := l.root.MkdirAll(to, folderMode); err != nil {
				return err
			}
			made = true
		}
		if err := l.moveEntry(ctx, e, old, name); err != nil {
			return err
		}
	}
	if !made {
		return nil
	}
	if err := l.sync(to); err != nil {
		return err
	}
	return l.sync(from)
}

// moveEntry renames an entry; a folder that is there already takes the entries of the other one.
func (l *local) moveEntry(ctx context.Context, e fs.DirEntry, old, name string) error {
	if info, err := l.root.Stat(name); err == nil && info.IsDir() && e.IsDir() {
		if err := l.move(ctx, old, name, ""); err != nil {
			return err
		}
		return l.root.Remove(old)
	}
	return l.root.Rename(old, name)
}
