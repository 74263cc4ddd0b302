package nutshelltest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

const boundary = "b1"

func part(field, filename, mimeType, content string) string {
	head := fmt.Sprintf("--%s\r\nContent-Disposition: form-data; name=%q", boundary, field)
	if filename != "" {
		head += `; filename="` + filename + `"`
	}
	if mimeType != "" {
		head += "\r\nContent-Type: " + mimeType
	}
	return head + "\r\n\r\n" + content + "\r\n"
}

func (a api) multipart(note int64, parts ...string) *httptest.ResponseRecorder {
	a.Helper()
	body := strings.Join(parts, "") + "--" + boundary + "--\r\n"
	return a.do("POST", fmt.Sprintf("/rest/notes/%d/files", note), strings.NewReader(body), "Content-Type", "multipart/form-data; boundary="+boundary)
}

func (a api) upload(note int64, name, mimeType, content string) *httptest.ResponseRecorder {
	a.Helper()
	return a.multipart(note, part("file", name, mimeType, content))
}

func TestFiles(t *testing.T) {
	a := open(t, func(c *nutshelltest.Config) { c.FileSizeLimit = 20; c.FileSHA256 = true })
	c := id(a.contact(obj{"name": "Ed"}))
	n := id(a.note("Contacts", c, "see file"))
	require.JSONEq(t, `{"files":[]}`, a.do("GET", "/rest/notes/1-notes/files", nil).Body.String())
	sum := sha256.Sum256([]byte("0123456789"))
	w := a.upload(n, `C:\docs/deed ü.pdf`, "application/pdf", "0123456789")
	require.Equal(t, 201, w.Code, w.Body)
	require.JSONEq(t, `{"files":[{"id":"1-files","name":"deed ü.pdf","mime":"application/pdf","size":10,"sha256":"`+hex.EncodeToString(sum[:])+`"}]}`, w.Body.String())
	require.Equal(t, 201, a.upload(n, "empty", "", "").Code)
	require.Equal(t, 201, a.upload(n, "full", "", strings.Repeat("x", 20)).Code)
	w = a.upload(n, "big", "", strings.Repeat("x", 21))
	require.Equal(t, 413, w.Code)
	require.JSONEq(t, `{"code":413,"message":"File too large (20)"}`, w.Body.String())

	listed := decode(t, a.do("GET", "/rest/notes/1/files", nil).Body.Bytes()).(obj)["files"].(list)
	require.Len(t, listed, 3)
	require.Equal(t, "application/octet-stream", listed[1].(obj)["mime"])
	w = a.do("GET", "/rest/files/1-files/content", nil)
	require.Equal(t, 200, w.Code)
	require.Equal(t, "0123456789", w.Body.String())
	require.Equal(t, "application/pdf", w.Header().Get("Content-Type"))
	require.Equal(t, "10", w.Header().Get("Content-Length"))
	require.Equal(t, "attachment", w.Header().Get("Content-Disposition"))

	for _, record := range []obj{a.get("Contact", c), a.get("Note", n)} {
		f := record["file"].(list)
		require.Len(t, f, 3)
		require.Equal(t, "/rest/files/1/content", f[0].(obj)["uri"])
		require.Equal(t, "deed ü.pdf", f[0].(obj)["name"])
	}
	a.call("deleteNote", obj{"noteId": n, "rev": "0"})
	require.Equal(t, 404, a.do("GET", "/rest/files/1/content", nil).Code)
	require.Equal(t, 404, a.do("GET", "/rest/notes/1/files", nil).Code)
	require.Equal(t, 404, a.upload(n, "x", "", "x").Code)
	require.NotContains(t, a.get("Contact", c), "file")
	require.Equal(t, 200, a.do("POST", "/rest/notes/1/undelete", nil).Code)
	require.JSONEq(t, `{"files":[]}`, a.do("GET", "/rest/notes/1/files", nil).Body.String(), "files are gone for good")
}

func TestBadUploads(t *testing.T) {
	a := open(t)
	n := id(a.note("Contacts", id(a.contact(obj{"name": "Ed"})), "x"))
	for name, w := range map[string]*httptest.ResponseRecorder{
		"no part":       a.multipart(n),
		"other name":    a.multipart(n, part("document", "a.txt", "", "x")),
		"two":           a.multipart(n, part("file", "a.txt", "", "x"), part("file", "b.txt", "", "x")),
		"no filename":   a.multipart(n, part("file", "", "", "x")),
		"long filename": a.multipart(n, part("file", strings.Repeat("é", 256), "", "x")),
		"not multipart": a.do("POST", "/rest/notes/1/files", strings.NewReader("x"), "Content-Type", "text/plain"),
		"cut": a.do("POST", "/rest/notes/1/files", bytes.NewReader([]byte(part("file", "a", "", "x"))),
			"Content-Type", "multipart/form-data; boundary="+boundary),
	} {
		require.Equal(t, 400, w.Code, name)
		body := decode(t, w.Body.Bytes()).(obj)
		require.Equal(t, list{}, body["files"], name)
		require.Equal(t, "Invalid file", body["errors"].(list)[0].(obj)["title"], name)
	}
	require.Equal(t, 404, a.upload(99, "a", "", "x").Code)
	require.Equal(t, 201, a.upload(n, strings.Repeat("é", 255), "", "x").Code)
}

func TestNoteFilesSwitch(t *testing.T) {
	for mode, want := range map[string][2]int{"on": {201, 200}, "off": {404, 404}, "405": {405, 200}} {
		a := open(t, func(c *nutshelltest.Config) { c.NoteFiles = mode })
		n := id(a.note("Contacts", id(a.contact(obj{"name": "Ed"})), "x"))
		require.Equal(t, want[0], a.upload(n, "a", "", "x").Code, mode)
		require.Equal(t, want[1], a.do("GET", "/rest/notes/1/files", nil).Code, mode)
	}
}

func TestUndeleteWindow(t *testing.T) {
	a := open(t)
	a.contact(obj{"name": "Ed"})
	a.call("deleteContact", obj{"contactId": 1, "rev": "0"})
	a.s.Advance(30 * 24 * time.Hour)
	w := a.do("POST", "/rest/contacts/1/undelete", nil)
	require.Equal(t, 200, w.Code)
	require.JSONEq(t, `{"contacts":[{"id":"1-contacts"}]}`, w.Body.String())
	a.call("deleteContact", obj{"contactId": 1, "rev": "2"})
	a.s.Advance(30*24*time.Hour + time.Second)
	require.Equal(t, 404, a.do("POST", "/rest/contacts/1/undelete", nil).Code)
	require.Equal(t, 404, a.do("POST", "/rest/contacts/9/undelete", nil).Code)
	off := open(t, func(c *nutshelltest.Config) { c.RESTUndelete = "off" })
	off.contact(obj{"name": "Ed"})
	require.Equal(t, 404, off.do("POST", "/rest/contacts/1/undelete", nil).Code)
}
