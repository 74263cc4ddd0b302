package nutshell

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
)

// File on a note.
type File struct {
	ID   int64
	Name string
	Mime string
	Size int64
	// SHA256 is what some servers add; it is no proof.
	SHA256 string
}

// Upload puts a file of size bytes on a note, streamed from its start. Like a
// create it is never repeated unless nothing was sent. IsNotOffered on the
// first upload to a note that exists: the account takes no files.
func (c *Client) Upload(ctx context.Context, noteID int64, name, contentType string, body io.ReadSeeker, size int64) (File, error) {
	k := c.rest("upload", KindUpload, http.MethodPost, fmt.Sprintf("/rest/notes/%d/files", noteID))
	k.timeout = c.uploadTimeout
	var frame bytes.Buffer
	w := multipart.NewWriter(&frame)
	header := textproto.MIMEHeader{}
	header.Set("Content-Disposition", multipart.FileContentDisposition("file", name))
	header.Set("Content-Type", orText(contentType, "application/octet-stream"))
	if _, err := w.CreatePart(header); err != nil {
		return File{}, k.fail(NotSent, "upload could not be framed", nil)
	}
	split := frame.Len()
	if err := w.Close(); err != nil {
		return File{}, k.fail(NotSent, "upload could not be framed", nil)
	}
	head, tail := frame.Bytes()[:split:split], frame.Bytes()[split:]
	k.contentType = w.FormDataContentType()
	k.size = int64(frame.Len()) + size
	k.body = func() (io.Reader, error) {
		if _, err := body.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		return io.MultiReader(bytes.NewReader(head), io.LimitReader(body, size), bytes.NewReader(tail)), nil
	}
	var file File
	k.accept = func(status int, b []byte) *Error {
		files, e := k.readFiles(status, b)
		switch {
		case e != nil:
			return e
		case len(files) != 1:
			return k.broken(status, "answer without the file")
		}
		file = files[0]
		return nil
	}
	err := c.do(ctx, k)
	return file, err
}

// NoteFiles lists the files of a note, oldest first.
func (c *Client) NoteFiles(ctx context.Context, noteID int64) ([]File, error) {
	k := c.rest("noteFiles", KindRead, http.MethodGet, fmt.Sprintf("/rest/notes/%d/files", noteID))
	var files []File
	k.accept = func(status int, b []byte) (e *Error) {
		files, e = k.readFiles(status, b)
		return e
	}
	err := c.do(ctx, k)
	return files, err
}

func (c *call) readFiles(status int, body []byte) ([]File, *Error) {
	m, e := c.readRest(status, body)
	if e != nil {
		return nil, e
	}
	rows, listed := m["files"]
	if !listed || !isList(rows) {
		return nil, c.broken(status, "answer without files")
	}
	var files []File
	for _, row := range List(rows) {
		entry, _ := row.(map[string]any)
		id, ok := ID(entry["id"])
		if !ok {
			return nil, c.broken(status, "file without id")
		}
		f := File{ID: id, Name: Text(entry["name"]), Mime: Text(entry["mime"]), SHA256: Text(entry["sha256"])}
		size, _ := Number(entry["size"])
		f.Size = int64(size)
		files = append(files, f)
	}
	return files, nil
}

// Download writes the bytes of a file to w. When a transfer breaks it is tried
// again, and what w holds already is skipped. size is that of the list: only it
// shows that a server cut a body and counted what it sent. Compare the hash.
func (c *Client) Download(ctx context.Context, fileID, size int64, w io.Writer) error {
	k := c.rest("download", KindRead, http.MethodGet, fmt.Sprintf("/rest/files/%d/content", fileID))
	k.timeout = c.uploadTimeout
	k.sink = &sink{w: w, size: size}
	k.accept = func(status int, b []byte) *Error {
		_, e := k.readRestValue(status, b)
		return e
	}
	return c.do(ctx, k)
}

// sink passes a body on, and across attempts each byte once.
type sink struct {
	w    io.Writer
	done int64 // bytes in w
	size int64 // bytes there should be
}

const (
	faultCut   = "transfer cut short"
	faultStore = "bytes could not be stored"
)

// fill answers the fault of this attempt, "" for none, and the error of w.
func (s *sink) fill(body io.Reader) (fault string, err error) {
	if _, err := io.CopyN(io.Discard, body, s.done); err != nil {
		return faultCut, nil
	}
	buf := make([]byte, 64<<10)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			m, werr := s.w.Write(buf[:n])
			s.done += int64(m)
			if werr == nil && m < n {
				werr = io.ErrShortWrite
			}
			if werr != nil {
				return faultStore, werr
			}
		}
		if err == io.EOF && s.done < s.size {
			return faultCut, nil
		}
		if err == io.EOF {
			return "", nil
		}
		if err != nil {
			return faultCut, nil
		}
	}
}
