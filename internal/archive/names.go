package archive

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	errEmpty    = errors.New("an element of the name is empty, \".\" or \"..\"")
	errText     = errors.New("the name holds a control character, a backslash or bytes that are not UTF-8")
	errTooLong  = errors.New("an element of the name is longer than 255 bytes")
	errReserved = errors.New("the name is that of an unfinished file")
)

// longest is the number of bytes that file systems allow for one element of a path.
const longest = 255

// checkName accepts relative names only: elements separated by slashes, none of them leading anywhere but down.
func checkName(name string) error {
	for element := range strings.SplitSeq(name, "/") {
		if err := checkElement(element); err != nil {
			return err
		}
	}
	return nil
}

func checkElement(s string) error {
	switch {
	case s == "" || s == "." || s == "..":
		return errEmpty
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == '\\' || r == '/' }):
		return errText
	case len(s) > longest:
		return errTooLong
	case strings.HasPrefix(s, unfinished):
		return errReserved
	}
	return nil
}

// URL is the address of a file; "" is that of the folder, without a slash at its end. Elements are percent-encoded.
func (f *Folder) URL(name string) string {
	var b strings.Builder
	b.WriteString(f.a.linkBase)
	b.WriteByte('/')
	b.WriteString(url.PathEscape(f.migration))
	if name == "" {
		return b.String()
	}
	for element := range strings.SplitSeq(name, "/") {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(element))
	}
	return b.String()
}

// path is the name within the store.
func (f *Folder) path(name string) (string, error) {
	if f.bad != nil {
		return "", fmt.Errorf("archive of %q: %w", f.migration, f.bad)
	}
	if err := checkName(name); err != nil {
		return "", fmt.Errorf("archive file %q of %s: %w", name, f.migration, err)
	}
	return f.migration + "/" + name, nil
}
