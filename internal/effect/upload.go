package effect

import (
	"context"
	"errors"
	"fmt"
	"io"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/ledger"
)

// Spooled is a file on this worker's disk, its size and hash checked.
type Spooled struct {
	Body io.ReadSeekCloser
	Size int64
}

// ErrFilesOff stops a page: the first upload showed that the account takes no files (nutshell contract 7.16).
var ErrFilesOff = errors.New("the account takes no files on notes")

// upload sends a file to the note that was made for it. A second equal upload would make a second file, so what is in doubt is looked
// up in the note's list of files.
func (w *Writer) upload(ctx context.Context, j *job, c claim, accepted string) (ledger.Outcome, error) {
	f, err := w.Files.Open(ctx, j.row.SourceID)
	if err != nil {
		return release(c), fmt.Errorf("open file of attachment %s: %w", j.row.SourceID, err)
	}
	defer f.Body.Close()
	file, err := w.Client.Upload(ctx, j.own.TargetID, j.p.File.Name, j.p.File.ContentType, f.Body, f.Size)
	switch {
	case nutshell.IsNotOffered(err):
		worked, _, werr := w.Run.Worked(ctx, j.row.Object, j.row.Role, string(j.row.Verb))
		if werr != nil {
			return release(c), fmt.Errorf("count uploads: %w", werr)
		}
		if worked == 0 {
			w.Breaker.Succeeded()
			return release(c), ErrFilesOff
		}
		return ledger.Outcome{Claim: c.Claim, State: ledger.Quarantined, Code: "files_not_offered",
			Reason: fmt.Sprintf("the note of attachment %s takes no file; its bytes lie in the archive", j.row.SourceID)}, nil
	case err != nil:
		return w.failed(ctx, j, c, err, accepted)
	}
	w.Breaker.Succeeded()
	return ledger.Outcome{Claim: c.Claim, State: ledger.Done, How: "created", Type: string(nutshell.Files), ID: file.ID}, nil
}

// spent removes the bytes of an upload that has come to an end, after the outcome is stored.
func (w *Writer) spent(row ledger.Effect, state ledger.State) {
	if row.Verb == ledger.Upload && state != ledger.Planned && state != ledger.InDoubt {
		w.Files.Done(row.SourceID)
	}
}

// sendDelete removes a record with the rev just read; one that is gone already counts as deleted.
func (w *Writer) sendDelete(ctx context.Context, j *job, c claim, accepted string) (ledger.Outcome, error) {
	e := j.edit
	err := w.Client.Delete(ctx, nutshell.EntityType(j.p.Type), e.view.ID, e.view.Rev)
	switch {
	case nutshell.IsStale(err) && j.stales < tries:
		w.Breaker.Succeeded()
		j.stale = true
		j.stales++
		return release(c), nil
	case nutshell.IsNotFound(err):
		gone := w.alreadyGone(j)
		gone.Claim, gone.Type, gone.ID = c.Claim, j.p.Type, e.view.ID
		return gone, nil
	case err != nil:
		return w.failed(ctx, j, c, err, accepted)
	}
	w.Breaker.Succeeded()
	return ledger.Outcome{Claim: c.Claim, State: ledger.Done, How: "deleted", Type: j.p.Type, ID: e.view.ID}, nil
}
