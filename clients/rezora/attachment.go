package rezora

import (
	"errors"

	"rezora2nutshell/internal/record"
)

// Part is where the bytes of a download go, an *os.File for one. What it holds already is continued when the source still serves
// the same file, and discarded otherwise.
type Part interface {
	ReadAt(p []byte, off int64) (int, error)
	WriteAt(p []byte, off int64) (int, error)
	Truncate(size int64) error
}

// AttachmentRequest asks for the bytes of an attachment.
type AttachmentRequest struct {
	Attachment record.Attachment
	Have       int64  // bytes that the part holds already
	ETag       string // of the file that these bytes are from; without it they are discarded
	// Progress hears now and then what the part holds, so that the caller can store it; nil is fine.
	Progress func(have int64, etag string)
}

// Download is a file that is complete and checked.
type Download struct {
	SHA256      string // lower-case hex, computed
	Size        int64
	ETag        string
	ContentType string
}

// Reasons why one attachment fails alone (rezora contract 5).
var (
	ErrFileGone     = errors.New("the attachment is deleted at the source")
	ErrFileMissing  = errors.New("the source does not have the file")
	ErrFileMismatch = errors.New("size or SHA-256 differ from what the source says, three times")
	ErrFileTooLarge = errors.New("the file is larger than attachments.max_bytes")
	ErrFileExpired  = errors.New("the download link was refused three times")
	errLink         = errors.New("the download link is malformed")
	errPrivateHost  = errors.New("the link leads to a private, loopback or link-local address; see attachments.allow_private_hosts")
)
