package mapping

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"rezora2nutshell/internal/record"
)

// AttachmentInput is an attachment, the record it goes on, and its bytes as they were had.
type AttachmentInput struct {
	record.Attachment
	Raw      json.RawMessage
	On       *Ref   // Person, Company or Lead; of a note, task or interaction: the record that hangs on
	Size     int64  // bytes, as downloaded
	SHA256   string // lower-case hex, as downloaded
	StoredAt string // path below LinkBase where the archive has the bytes
	Failed   string // why the bytes cannot be had, "" when they were
	Archive  string // why it is for the archive only, for example a campaign's; "" when it goes on a record
}

// ArchiveParents are the parents whose attachments go to the archive only.
var ArchiveParents = map[string]bool{"campaign": true, "template": true, "listing": true}

// Attachment is what Nutshell must show of an attachment: a note with the file, or with the link to it in the archive.
func (m *Map) Attachment(env *Env, in AttachmentInput) []Projection {
	a := in.Attachment
	b := newBuild(m, env, record.Attachments, Attachments, "Notes", a.ID)
	b.p.Role = RoleNote
	name := SafeFilename(a.Filename, a.ID)
	header := fmt.Sprintf("[Rezora file %s] %s (%d bytes, sha256 %s)", a.ID, oneLine(name), in.Size, in.SHA256)
	switch {
	case in.Archive != "" || ArchiveParents[a.ParentType]:
		why := in.Archive
		if why == "" {
			why = "an attachment on a " + a.ParentType
		}
		b.quarantine(CodeArchiveOnly, why+": in the archive only")
	case in.On == nil:
		b.orphan(a.ParentType, a.ParentID)
	case in.Failed != "":
		b.p.Parent = in.On.String() // planned there before anybody knew
		b.quarantine(CodeBytes, "the bytes cannot be had: "+in.Failed)
	}
	if b.p.Quarantine != nil {
		return []Projection{b.done(in.Raw, a)}
	}
	b.p.Parent = in.On.String()
	b.p.Attached = &Attached{Parent: a.ParentType + "/" + a.ParentID, Size: in.Size, SHA256: in.SHA256}
	b.fates.mark(Transformed, "id", "parent_type", "parent_id", "filename", "size")
	if name == a.Filename {
		b.fates.mark(Carried, "filename")
	} else {
		b.flag(FlagFilename, "the file name is no safe name: the file has another; "+inRecords)
		b.fates[`filename`] = Truncated
	}
	if a.Size == in.Size {
		b.fates.mark(Carried, "size")
	}
	if strings.EqualFold(a.SHA256, in.SHA256) {
		b.fates.mark(Carried, "sha256")
	}
	body, upload := "", env.Files && in.Size <= env.Limits.FileBytes
	if !upload {
		why := "the account takes no files"
		if env.Files {
			why = fmt.Sprintf("larger than %d bytes", env.Limits.FileBytes)
		}
		b.flag(FlagLinked, why+": the file is in the archive, the note has the link")
		b.p.Link = ArchiveLink(env.LinkBase, in.StoredAt)
		body = b.p.Link
	} else {
		b.fates.mark(Carried, "content_type")
	}
	notes := b.noteParts(b.p, *in.On, header, body, a.Filename)
	closed := b.done(in.Raw, a)
	notes[0].Fates, notes[0].KeepRaw, notes[0].Flags = closed.Fates, closed.KeepRaw, closed.Flags
	if !upload {
		return notes
	}
	file := b.beside(RoleFile, VerbUpload, "Files", *in.On)
	file.NoteOn, file.Attached = *in.On, b.p.Attached
	file.Carries = []string{"content_type"}
	file.File = &File{Name: name, ContentType: a.ContentType, Size: in.Size, SHA256: in.SHA256}
	return append(notes, *file)
}

// ArchiveLink is the link to a file of the archive: base, a slash, and the path with its elements escaped.
func ArchiveLink(base, path string) string {
	elements := strings.Split(strings.Trim(path, "/"), "/")
	for i, e := range elements {
		elements[i] = url.PathEscape(e)
	}
	return strings.TrimRight(base, "/") + "/" + strings.Join(elements, "/")
}
