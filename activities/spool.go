package activities

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/projection"
	"rezora2nutshell/internal/record"
)

// spool keeps the bytes of attachments on this worker's disk from their download until their outcome: mode 0600, size and hash checked.
// File names are hashes of ids: a name from outside is never a path.
type spool struct {
	w       *work
	dir     string
	files   bool  // the account takes files
	largest int64 // that it takes
}

func newSpool(w *work, a *projection.Assembler) *spool {
	return &spool{w: w, dir: w.Spool, files: a.Env.Files, largest: a.Env.Limits.FileBytes}
}

func (s *spool) path(id string) string { return filepath.Join(s.dir, s.w.run.Hash("spool", id)) }

// Fetch downloads an attachment, learns its size and hash, and keeps both in the ledger. What is too large for the account, or not taken
// by it, goes to the archive at once.
func (s *spool) Fetch(ctx context.Context, a record.Attachment) (projection.FileFacts, error) {
	var facts projection.FileFacts
	if known, err := s.w.run.Value(ctx, projection.FileKey(a.ID), &facts); err != nil || known && !s.unstored(facts) {
		return facts, err
	}
	got, failed, err := s.download(ctx, a)
	switch {
	case err != nil:
		return facts, err
	case failed != "":
		facts = projection.FileFacts{Size: a.Size, SHA256: a.SHA256, Failed: failed}
	default:
		facts = projection.FileFacts{Size: got.Size, SHA256: got.SHA256}
		if !s.files || got.Size > s.largest {
			if facts.StoredAt, err = s.store(ctx, a); err != nil {
				return facts, err
			}
		}
	}
	if err := s.w.run.PutValue(ctx, projection.FileKey(a.ID), facts); err != nil {
		return facts, err
	}
	return facts, nil
}

// unstored tells that bytes were had for an upload that the account does not take after all.
func (s *spool) unstored(f projection.FileFacts) bool {
	return f.Failed == "" && f.StoredAt == "" && (!s.files || f.Size > s.largest)
}

// download brings the bytes to the spool. failed says in plain words why they cannot be had; then the attachment fails alone.
func (s *spool) download(ctx context.Context, a record.Attachment) (got rezora.Download, failed string, err error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return got, "", fmt.Errorf("make the spool folder: %w", err)
	}
	f, err := os.OpenFile(s.path(a.ID), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return got, "", fmt.Errorf("spool attachment %s: %w", a.ID, err)
	}
	defer func() { _ = f.Close() }()
	got, err = s.w.Rezora.Attachment(ctx, rezora.AttachmentRequest{Attachment: a}, f)
	if err == nil {
		return got, "", f.Sync()
	}
	if why, alone := rezora.AttachmentFailure(err); alone {
		_ = os.Remove(s.path(a.ID))
		return got, why, nil
	}
	return got, "", fmt.Errorf("fetch attachment %s: %w", a.ID, err)
}

// store puts the bytes into the archive and answers where.
func (s *spool) store(ctx context.Context, a record.Attachment) (string, error) {
	f, err := os.Open(s.path(a.ID))
	if err != nil {
		return "", fmt.Errorf("archive attachment %s: %w", a.ID, err)
	}
	defer func() { _ = f.Close() }()
	name := AttachmentPath(a)
	if err := s.w.folder().Write(ctx, name, func(out io.Writer) error { _, err := io.Copy(out, f); return err }); err != nil {
		return "", fmt.Errorf("archive attachment %s: %w", a.ID, err)
	}
	_ = os.Remove(s.path(a.ID))
	return name, nil
}

// AttachmentPath is where an attachment lies in the archive.
func AttachmentPath(a record.Attachment) string {
	return mapping.ArchiveFolder(a.ID) + "/" + mapping.ArchiveFilename(a.Filename, a.ID)
}

// Open gives the bytes for an upload; another worker may have fetched them, then they are fetched again.
func (s *spool) Open(ctx context.Context, id string) (effect.Spooled, error) {
	f, err := os.Open(s.path(id))
	if errors.Is(err, os.ErrNotExist) {
		var a record.Attachment
		staged, ok, err := s.w.run.Get(ctx, record.Attachments, id)
		if err != nil || !ok {
			return effect.Spooled{}, fmt.Errorf("read attachment %s: %w", id, errors.Join(err, os.ErrNotExist))
		}
		if err := staged.Decode(&a); err != nil {
			return effect.Spooled{}, err
		}
		if _, failed, err := s.download(ctx, a); err != nil || failed != "" {
			return effect.Spooled{}, fmt.Errorf("fetch attachment %s again: %w", id, errors.Join(err, errors.New(failed)))
		}
		f, err = os.Open(s.path(id))
		if err != nil {
			return effect.Spooled{}, fmt.Errorf("open attachment %s: %w", id, err)
		}
		return spooled(f)
	}
	if err != nil {
		return effect.Spooled{}, fmt.Errorf("open attachment %s: %w", id, err)
	}
	return spooled(f)
}

func spooled(f *os.File) (effect.Spooled, error) {
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return effect.Spooled{}, fmt.Errorf("size of a spooled file: %w", err)
	}
	return effect.Spooled{Body: f, Size: info.Size()}, nil
}

// Done removes the bytes after their outcome.
func (s *spool) Done(id string) { _ = os.Remove(s.path(id)) }

// Archive brings the bytes of an attachment that goes to the archive only. What cannot be had is noted with its reason, and the run goes on.
func (s *spool) Archive(ctx context.Context, a record.Attachment) error {
	var facts projection.FileFacts
	known, err := s.w.run.Value(ctx, projection.FileKey(a.ID), &facts)
	if err != nil || known && (facts.StoredAt != "" || facts.Failed != "") {
		return err
	}
	got, failed, err := s.download(ctx, a)
	if err != nil {
		return err
	}
	facts = projection.FileFacts{Size: got.Size, SHA256: got.SHA256, Failed: failed}
	if failed == "" {
		if facts.StoredAt, err = s.store(ctx, a); err != nil {
			return err
		}
		err = s.w.audit(ctx, "archived", map[string]any{
			"object": "attachments", "source_id": a.ID, "source_parent": a.ParentType + "/" + a.ParentID, "size": got.Size, "sha256": got.SHA256, "archive": mapping.ArchiveFolder(a.ID),
		})
		if err != nil {
			return err
		}
	}
	return s.w.run.PutValue(ctx, projection.FileKey(a.ID), facts)
}
