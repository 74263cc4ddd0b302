package rezora

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// csvReader reads RFC 4180 without changing a byte of a cell: line ends inside quotes stay as they are.
type csvReader struct {
	in   *bufio.Reader
	line int // of the next row
}

var (
	errQuote  = errors.New("a quoted cell has no end")
	errAfter  = errors.New("text after a quoted cell")
	errRowBig = errors.New("the row is too long")
)

// row reads one row; io.EOF when there is none.
func (c *csvReader) row() ([]string, error) {
	if _, err := c.in.Peek(1); err != nil {
		return nil, err
	}
	var cells []string
	total := 0
	for {
		text, end, err := c.cell()
		if err != nil {
			return nil, err
		}
		if total += len(text); total > maxRow {
			return nil, errRowBig
		}
		if cells = append(cells, text); end {
			return cells, nil
		}
	}
}

// cell reads one cell; end says that the row ends with it.
func (c *csvReader) cell() (text string, end bool, err error) {
	first, err := c.in.ReadByte()
	if errors.Is(err, io.EOF) {
		return "", true, nil
	}
	if err != nil {
		return "", false, err
	}
	if first == '"' {
		return c.quoted()
	}
	if err := c.in.UnreadByte(); err != nil {
		return "", false, err
	}
	var b strings.Builder
	for {
		end, done, err := c.delimiter()
		if err != nil || done {
			return b.String(), end, err
		}
		ch, err := c.in.ReadByte()
		if err != nil {
			return "", false, err
		}
		if b.WriteByte(ch); b.Len() > maxRow {
			return "", false, errRowBig
		}
	}
}

// delimiter consumes a comma or a line end if one is next.
func (c *csvReader) delimiter() (end, done bool, err error) {
	head, err := c.in.Peek(1)
	if errors.Is(err, io.EOF) {
		return true, true, nil
	}
	if err != nil {
		return false, false, err
	}
	n := 0
	switch head[0] {
	case ',':
		_, err = c.in.Discard(1)
		return false, true, err
	case '\n':
		n = 1
	case '\r':
		if two, _ := c.in.Peek(2); len(two) == 2 && two[1] == '\n' {
			n = 2
		}
	}
	if n == 0 {
		return false, false, nil
	}
	c.line++
	_, err = c.in.Discard(n)
	return true, true, err
}

func (c *csvReader) quoted() (text string, end bool, err error) {
	var b strings.Builder
	for {
		ch, err := c.in.ReadByte()
		if errors.Is(err, io.EOF) {
			return "", false, errQuote
		}
		if err != nil {
			return "", false, err
		}
		if ch == '"' {
			next, _ := c.in.Peek(1)
			if len(next) == 0 || next[0] != '"' {
				end, done, err := c.delimiter()
				if err == nil && !done {
					err = errAfter
				}
				return b.String(), end, err
			}
			_, _ = c.in.Discard(1)
		}
		if ch == '\n' {
			c.line++
		}
		if b.WriteByte(ch); b.Len() > maxRow {
			return "", false, errRowBig
		}
	}
}
