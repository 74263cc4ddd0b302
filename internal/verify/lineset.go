package verify

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// buckets spread the sums over files by their first byte, so that one of them fits in memory whatever the account's size.
const buckets = 256

// LineSet hashes a set of lines in sorted order without holding them: SHA-256 over the sorted SHA-256 of the lines. Equal sets have equal
// roots whatever the order of Add.
type LineSet struct {
	dir   string
	files [buckets]*os.File
	out   [buckets]*bufio.Writer
}

// NewLineSet makes an empty set; Close removes its temporary files.
func NewLineSet() (*LineSet, error) {
	dir, err := os.MkdirTemp("", "rezora2nutshell-root-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for a root: %w", err)
	}
	return &LineSet{dir: dir}, nil
}

// Add puts a line into the set; an empty one is none.
func (l *LineSet) Add(line string) error {
	if line == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(line))
	b := sum[0]
	if l.out[b] == nil {
		f, err := os.OpenFile(filepath.Join(l.dir, hex.EncodeToString(sum[:1])), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("spill a root: %w", err)
		}
		l.files[b], l.out[b] = f, bufio.NewWriterSize(f, sha256.Size*64)
	}
	_, err := l.out[b].Write(sum[:])
	return err
}

// Root is the hash over all lines, 64 hex digits.
func (l *LineSet) Root() (string, error) {
	h := sha256.New()
	for b := range l.files {
		if l.files[b] == nil {
			continue
		}
		if err := l.out[b].Flush(); err != nil {
			return "", fmt.Errorf("spill a root: %w", err)
		}
		raw, err := os.ReadFile(l.files[b].Name())
		if err != nil {
			return "", fmt.Errorf("read a root back: %w", err)
		}
		sums := make([][]byte, 0, len(raw)/sha256.Size)
		for i := 0; i+sha256.Size <= len(raw); i += sha256.Size {
			sums = append(sums, raw[i:i+sha256.Size])
		}
		slices.SortFunc(sums, bytes.Compare)
		for _, s := range sums {
			h.Write(s)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Close removes the set's files.
func (l *LineSet) Close() error {
	var errs []error
	for _, f := range l.files {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(append(errs, os.RemoveAll(l.dir))...)
}
