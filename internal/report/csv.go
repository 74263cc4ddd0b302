package report

import (
	"bufio"
	"io"
	"strings"
)

// table writes CSV for programs (RFC 4180): the header plain, every value quoted and exact. A value that begins with = + - @ or a tab would
// be a formula to a spreadsheet that opens the file by a click; it stays as it is all the same, for the files are data, and a value changed
// without a word is worse. The quotes keep every value a text to importers that honour them.
type table struct {
	w   *bufio.Writer
	err error
}

func newTable(w io.Writer, header ...string) *table {
	t := &table{w: bufio.NewWriterSize(w, 64<<10)}
	_, t.err = t.w.WriteString(strings.Join(header, ",") + "\n")
	return t
}

func (t *table) row(values ...string) {
	for i, v := range values {
		if i > 0 {
			t.text(",")
		}
		t.text(`"`)
		t.text(strings.ReplaceAll(v, `"`, `""`))
		t.text(`"`)
	}
	t.text("\n")
}

func (t *table) text(s string) {
	if t.err == nil {
		_, t.err = t.w.WriteString(s)
	}
}

// close tells the first error of all.
func (t *table) close() error {
	if t.err != nil {
		return t.err
	}
	return t.w.Flush()
}

// writeRows writes a stream as a table.
func writeRows[T any](t *table, rows Stream[T], values func(T) []string) error {
	err := each(rows, func(row T) error {
		t.row(values(row)...)
		return t.err
	})
	if err != nil {
		return err
	}
	return t.close()
}
