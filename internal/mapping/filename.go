package mapping

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// fileNameLimit is the longest upload name in characters (nutshell contract 5.4).
const fileNameLimit = 255

// SafeFilename is the upload name of an attachment: the last element after "/" and "\" without control and format characters,
// at most 255 characters with the extension kept, "file-<id>" when nothing is left. It is never a path.
func SafeFilename(name, id string) string { return safeName(name, "file-"+id) }

func safeName(name, otherwise string) string {
	name = strings.ToValidUTF8(name, "\uFFFD")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf) {
			return -1
		}
		return r
	}, name)
	if blank(name) || name == "." || name == ".." {
		name = otherwise
	}
	return fitName(name, fileNameLimit, utf8.RuneCountInString)
}

// ArchiveFilename is SafeFilename within the 255 bytes that a file system allows for a name, whatever the id holds.
func ArchiveFilename(name, id string) string {
	return fitName(safeName(name, "file-"+PathSegment(id)), fileNameLimit, func(s string) int { return len(s) })
}

// ArchiveFolder is where the archive has the bytes of an attachment, below the migration's own folder.
func ArchiveFolder(id string) string { return "attachments/" + PathSegment(id) }

// PathSegment makes an id one segment of a path, whatever it holds: everything but letters, digits, _ and - is written as its bytes.
// Two different ids never become the same segment.
func PathSegment(id string) string {
	var b strings.Builder
	for i := range len(id) {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	if b.Len() == 0 {
		return "%"
	}
	return b.String()
}

func fitName(name string, limit int, size func(string) int) string {
	if size(name) <= limit {
		return name
	}
	ext := ""
	if i := strings.LastIndexByte(name, '.'); i > 0 && size(name[i:]) <= limit/4 {
		ext = name[i:]
	}
	room, cut := limit-size(ext), 0
	for i, r := range strings.TrimSuffix(name, ext) {
		if room -= size(string(r)); room < 0 {
			break
		}
		cut = i + utf8.RuneLen(r)
	}
	return name[:cut] + ext
}
