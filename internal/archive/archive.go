package archive

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/url"
	"strings"
)

// File is one file of a migration.
type File struct {
	Name string // below the folder of the migration, elements separated by slashes
	Size int64  // bytes
}

// store is a place for files. Names are checked before they come here. A missing file is fs.ErrNotExist, wrapped.
type store interface {
	// write replaces a file at once when fill has returned nil, and leaves nothing behind otherwise.
	write(ctx context.Context, name string, fill func(io.Writer) error) error
	read(ctx context.Context, name string) (io.ReadCloser, error)
	size(ctx context.Context, name string) (int64, error)
	delete(ctx context.Context, name string) error
	// list gives the files whose name begins with prefix, in the order of their names.
	list(ctx context.Context, prefix string) iter.Seq2[File, error]
	// move gives everything below the folder from, except what keep names, to the folder to. It may be repeated at any point.
	move(ctx context.Context, from, to, keep string) error
	Close() error
}

// Archive is the store of all migrations.
type Archive struct {
	store    store
	linkBase string
}

// Open opens the store behind a URL: file, s3, gs or azblob. A folder that does not exist is made, a bucket that does not exist is an
// error. linkBase is what links to files begin with; "" is the URL without its query.
func Open(ctx context.Context, location, linkBase string) (*Archive, error) {
	u, err := url.Parse(location)
	if err != nil {
		return nil, fmt.Errorf("open the archive: %q is not a URL", location)
	}
	if u.Fragment != "" {
		return nil, fmt.Errorf("open the archive: the URL has a #; in a name write %%23")
	}
	var s store
	if u.Scheme == "file" {
		s, err = openFolder(u)
	} else {
		s, err = openBucket(ctx, u)
	}
	if err != nil {
		return nil, fmt.Errorf("open the archive: %w", err)
	}
	if linkBase == "" {
		u.RawQuery, u.ForceQuery = "", false
		linkBase = u.String()
	}
	return &Archive{store: s, linkBase: strings.TrimRight(linkBase, "/")}, nil
}

// Close releases the store.
func (a *Archive) Close() error { return a.store.Close() }

// For is the folder of a migration. A name that is no single path element makes every call of the folder fail.
func (a *Archive) For(migration string) *Folder {
	return &Folder{a: a, migration: migration, bad: checkElement(migration)}
}
