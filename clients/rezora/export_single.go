package rezora

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rezora2nutshell/clients/rezora/internal/canon"
	"rezora2nutshell/internal/record"
)

var errFound = errors.New("found")

// Item finds a row by id. Eight bytes an id are kept, so that the many ids that are not there cost no reading.
func (e *Export) Item(ctx context.Context, kind record.Kind, id string) (record.Record, State, error) {
	known, err := e.known(ctx, kind)
	if err != nil {
		return record.Record{}, "", err
	}
	if _, ok := slices.BinarySearch(known, hashID(id)); !ok {
		return record.Record{}, Absent, nil
	}
	var found record.Record
	_, err = e.each(ctx, kind, func(r canon.Result) error {
		if r.Record.ID != id {
			return nil
		}
		found = r.Record
		return errFound
	})
	switch {
	case errors.Is(err, errFound) && found.Deleted:
		return found, Gone, nil
	case errors.Is(err, errFound):
		return found, Live, nil
	}
	return record.Record{}, Absent, err
}

func (e *Export) known(ctx context.Context, kind record.Kind) ([]uint64, error) {
	m, err := e.manifest()
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !m.at.Equal(e.idsOf) {
		e.ids, e.idsOf = map[record.Kind][]uint64{}, m.at
	}
	if ids, ok := e.ids[kind]; ok {
		return ids, nil
	}
	var ids []uint64
	if _, err := e.each(ctx, kind, func(r canon.Result) error {
		ids = append(ids, hashID(r.Record.ID))
		return nil
	}); err != nil {
		return nil, err
	}
	slices.Sort(ids)
	e.ids[kind] = ids
	return ids, nil
}

func hashID(id string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	return h.Sum64()
}

// Attachment copies the bytes that the export holds beside its rows; links in the rows are ignored.
func (e *Export) Attachment(ctx context.Context, req AttachmentRequest, dst Part) (Download, error) {
	out, err := e.copyFile(ctx, req.Attachment, dst)
	if err != nil {
		return Download{}, fmt.Errorf("attachment %s: %w", req.Attachment.ID, err)
	}
	return out, nil
}

func (e *Export) copyFile(ctx context.Context, a record.Attachment, dst Part) (Download, error) {
	if a.Size > e.options.MaxBytes {
		return Download{}, ErrFileTooLarge
	}
	f, err := os.Open(filepath.Join(e.options.Dir, "files", fileName(a.ID)))
	if errors.Is(err, os.ErrNotExist) {
		return Download{}, ErrFileMissing
	}
	if err != nil {
		return Download{}, err
	}
	defer func() { _ = f.Close() }()
	if err := dst.Truncate(0); err != nil {
		return Download{}, fmt.Errorf("empty the part file: %w", err)
	}
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(io.NewOffsetWriter(dst, 0), hash), io.LimitReader(&cancelable{ctx, f}, a.Size+1))
	if err != nil {
		return Download{}, err
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	if n != a.Size || a.SHA256 != "" && !strings.EqualFold(a.SHA256, sum) {
		_ = dst.Truncate(0)
		return Download{}, ErrFileMismatch
	}
	return Download{SHA256: sum, Size: n, ContentType: a.ContentType}, nil
}

type cancelable struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancelable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// fileName writes an id percent-encoded outside A-Z, a-z, 0-9, _ and -, so that no id is a path.
func fileName(id string) string {
	var b strings.Builder
	for _, c := range []byte(id) {
		if c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}
