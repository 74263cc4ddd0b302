package nutshelltest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// upload is a multipart body after reading.
type upload struct {
	parts    int // named file
	name     string
	mime     string
	content  []byte
	tooLarge bool
	broken   string // why it is no upload
}

func (s *Server) fileRoute(id string) *restRoute {
	if s.cfg.NoteFiles == "off" {
		return nil
	}
	return &restRoute{collection: "files", verbs: map[string]func(*restCall) (*answer, *Error){
		http.MethodGet: func(c *restCall) (*answer, *Error) { return c.download(id) }}}
}

func (s *Server) noteFilesRoute(id string) *restRoute {
	if s.cfg.NoteFiles == "off" {
		return nil
	}
	route := &restRoute{collection: "files", verbs: map[string]func(*restCall) (*answer, *Error){
		http.MethodGet: func(c *restCall) (*answer, *Error) { return c.noteFiles(id) }}}
	if s.cfg.NoteFiles == "on" {
		route.upload = true
		route.verbs[http.MethodPost] = func(c *restCall) (*answer, *Error) { return c.noteFiles(id) }
	}
	return route
}

// readUpload takes the whole body in, keeping at most limit bytes of the file.
// ok is false when the client broke off.
func readUpload(r *http.Request, limit int64) (up *upload, ok bool) {
	up = &upload{}
	mr, err := r.MultipartReader()
	if err != nil {
		up.broken = "body is not multipart/form-data"
	}
	for err == nil {
		var part *multipart.Part
		if part, err = mr.NextPart(); err == nil {
			err = up.read(part, limit)
		}
	}
	if !errors.Is(err, io.EOF) && up.broken == "" {
		up.broken = "malformed multipart body"
	}
	_, err = io.Copy(io.Discard, r.Body)
	return up, err == nil || errors.Is(err, http.ErrBodyReadAfterClose)
}

func (up *upload) read(part *multipart.Part, limit int64) error {
	if part.FormName() != "file" {
		_, err := io.Copy(io.Discard, part)
		return err
	}
	up.parts++
	up.name, up.mime = fileName(part), part.Header.Get("Content-Type")
	if up.mime == "" {
		up.mime = "application/octet-stream"
	}
	content, err := io.ReadAll(io.LimitReader(part, limit+1))
	if int64(len(content)) > limit {
		up.tooLarge = true
		content = nil
	}
	if err == nil {
		_, err = io.Copy(io.Discard, part)
	}
	up.content = content
	return err
}

// fileName is the last path element of the name sent, "" when there is none.
func fileName(part *multipart.Part) string {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return ""
	}
	name := params["filename"]
	return name[strings.LastIndexAny(name, `/\`)+1:]
}

func (up *upload) check() *Error {
	refuse := func(detail string) *Error { return restInvalid("Invalid file", detail) }
	n := utf8.RuneCountInString(up.name)
	switch {
	case up.broken != "":
		return refuse(up.broken)
	case up.parts != 1:
		return refuse("exactly one part named file is needed")
	case n < 1 || n > maxName || !utf8.ValidString(up.name) || strings.IndexByte(up.name, 0) >= 0:
		return refuse("filename: needs 1-255 characters")
	}
	return nil
}

// liveNote finds the note of a file route.
func (c *restCall) liveNote(text string) (*note, *Error) {
	id, ok := restID(text, kNotes.rest())
	n := c.db.notes.rows[id]
	if !ok || n == nil || !n.live() {
		return nil, errNoRoute
	}
	return n, nil
}

// upload is POST /rest/notes/{id}/files (nutshell contract 5.4).
func (c *restCall) upload(up *upload) (*answer, *Error) {
	c.db.mu.Lock()
	defer c.db.mu.Unlock()
	n, err := c.liveNote(strings.Split(c.r.URL.Path, "/")[3])
	if err == nil {
		err = c.actor.mayWrite()
	}
	if err == nil {
		err = up.check()
	}
	if err != nil {
		return nil, err
	}
	if up.tooLarge {
		return nil, &Error{Code: 413, Status: 413, Message: fmt.Sprintf("File too large (%d)", c.cfg.FileSizeLimit)}
	}
	f := c.db.addFile(n, up.name, up.mime, up.content)
	c.bumpParents(n)
	w := c.s.restView()
	w.restFiles([]*file{f})
	return restAnswer(http.StatusCreated, w), nil
}

func (db *store) addFile(n *note, name, mimeType string, content []byte) *file {
	db.nextFile++
	sum := sha256.Sum256(content)
	f := &file{id: db.nextFile, note: n, name: name, mime: mimeType, sha256: hex.EncodeToString(sum[:]), content: content}
	db.files[f.id] = f
	n.files = append(n.files, f)
	return f
}

func (w *view) restFiles(files []*file) {
	w.open('{')
	w.key("files")
	w.open('[')
	for _, f := range files {
		w.open('{')
		w.kstr("id", strconv.FormatInt(f.id, 10)+"-files")
		w.kstr("name", f.name)
		w.kstr("mime", f.mime)
		w.knum("size", int64(len(f.content)))
		if w.cfg.FileSHA256 {
			w.kstr("sha256", f.sha256)
		}
		w.close('}')
	}
	w.close(']')
	w.close('}')
}

func (c *restCall) noteFiles(text string) (*answer, *Error) {
	c.db.mu.RLock()
	defer c.db.mu.RUnlock()
	n, err := c.liveNote(text)
	if err != nil {
		return nil, err
	}
	w := c.s.restView()
	w.restFiles(n.files)
	return restAnswer(http.StatusOK, w), nil
}

func (c *restCall) download(text string) (*answer, *Error) {
	c.db.mu.RLock()
	defer c.db.mu.RUnlock()
	id, ok := restID(text, "files")
	f := c.db.files[id]
	if !ok || f == nil {
		return nil, errNoRoute
	}
	a := &answer{status: http.StatusOK, ctype: f.mime, body: f.content}
	return a.set("Content-Disposition", "attachment"), nil
}
