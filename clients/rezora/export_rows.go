package rezora

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"rezora2nutshell/clients/rezora/internal/canon"
	"rezora2nutshell/internal/record"
)

// maxRow bounds one row of an export.
const maxRow = 64 << 20

// withoutBOM drops a byte order mark.
func withoutBOM(r io.Reader) *bufio.Reader {
	b := bufio.NewReaderSize(r, 1<<16)
	if head, err := b.Peek(3); err == nil && bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		_, _ = b.Discard(3)
	}
	return b
}

// jsonRows reads an array, or one object a line.
func (e *Export) jsonRows(kind record.Kind, r io.Reader, fn func(canon.Result) error) error {
	in := withoutBOM(r)
	for {
		c, err := in.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return fmt.Errorf("read %s: the file is empty; an export without rows is []", kind)
		case err != nil:
			return fmt.Errorf("read %s: %w", kind, err)
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			continue
		}
		if err := in.UnreadByte(); err != nil {
			return fmt.Errorf("read %s: %w", kind, err)
		}
		if c == '[' {
			return e.jsonArray(kind, in, fn)
		}
		return e.jsonLines(kind, in, fn)
	}
}

func (e *Export) jsonArray(kind record.Kind, in io.Reader, fn func(canon.Result) error) error {
	dec := json.NewDecoder(in)
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("read %s: not JSON", kind)
	}
	for n := 1; dec.More(); n++ {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return fmt.Errorf("read %s, row %d: not JSON, or cut", kind, n)
		}
		if err := e.item(kind, raw, "row", n, fn); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("read %s: the list has no end: the file is cut", kind)
	}
	return nil
}

func (e *Export) jsonLines(kind record.Kind, in io.Reader, fn func(canon.Result) error) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 1<<16), maxRow)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		if err := e.item(kind, line, "line", n, fn); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read %s: %w", kind, err)
	}
	return nil
}

func (e *Export) item(kind record.Kind, raw []byte, what string, n int, fn func(canon.Result) error) error {
	node, err := canon.Parse(raw)
	if err != nil {
		return fmt.Errorf("read %s, %s %d: %w", kind, what, n, err)
	}
	got, err := e.convert.Record(kind, node)
	if err != nil {
		return fmt.Errorf("read %s, %s %d: %w", kind, what, n, err)
	}
	got.Record.Provenance = e.provenance()
	return fn(got)
}

// column is one column of a CSV file.
type column struct {
	name  string
	path  string // canonical path, "" for columns that stay in the raw row
	field *record.Field
	prop  string // name of a custom property
	isMap bool   // the column is one entry of custom_properties
}

const propertyPrefix = "custom_properties."

// columns reads the header.
func columns(kind record.Kind, header []string) ([]column, error) {
	schema, seen := record.Schema(kind), map[string]bool{}
	out := make([]column, 0, len(header))
	whole, single := false, false
	for _, name := range header {
		if seen[name] {
			return nil, errors.New("a column comes twice")
		}
		seen[name] = true
		c := column{name: name}
		if prop, ok := strings.CutPrefix(name, propertyPrefix); ok && schema.Get("custom_properties") != nil {
			c.prop, c.isMap, single = prop, true, true
		} else if f := schema.Find(name); f != nil && (f.Type != record.Object || f.List) && !underList(schema, name) {
			c.path, c.field = name, f
			whole = whole || name == "custom_properties"
		}
		out = append(out, c)
	}
	if !seen["id"] {
		return nil, errors.New("there is no column id")
	}
	if whole && single {
		return nil, errors.New("custom properties come both as one column and as columns of their own")
	}
	return out, nil
}

// underList reports a path into a list: lists come as JSON in one column.
func underList(schema *record.Fields, path string) bool {
	for i, c := range path {
		if c == '.' {
			if f := schema.Find(path[:i]); f != nil && f.List {
				return true
			}
		}
	}
	return false
}

// csvRows reads a CSV file; rows of a wrong width are left out and reported.
func (e *Export) csvRows(kind record.Kind, r io.Reader, fn func(canon.Result) error) (*IncompleteError, error) {
	in := &csvReader{in: withoutBOM(r), line: 1}
	header, err := in.row()
	if err != nil {
		return nil, fmt.Errorf("read %s: no header line: %w", kind, err)
	}
	cols, err := columns(kind, header)
	if err != nil {
		return nil, fmt.Errorf("read %s: header: %w", kind, err)
	}
	var rejected *IncompleteError
	for {
		line := in.line
		cells, err := in.row()
		if errors.Is(err, io.EOF) {
			return rejected, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s, line %d: %w", kind, line, err)
		}
		if len(cells) == 1 && cells[0] == "" && len(cols) > 1 {
			continue // a blank line
		}
		if len(cells) != len(cols) {
			if rejected == nil {
				rejected = &IncompleteError{Resource: kind, File: string(kind) + ".csv"}
			}
			if rejected.Rejected++; len(rejected.Lines) < 100 {
				rejected.Lines = append(rejected.Lines, line)
			}
			continue
		}
		got, err := e.csvItem(kind, cols, cells)
		if err != nil {
			return nil, fmt.Errorf("read %s, line %d: %w", kind, line, err)
		}
		if err := fn(got); err != nil {
			return nil, err
		}
	}
}

// csvItem types the cells by the field tables.
func (e *Export) csvItem(kind record.Kind, cols []column, cells []string) (canon.Result, error) {
	item, raw := canon.Node{Members: []canon.Member{}}, canon.Node{Members: []canon.Member{}}
	for i, c := range cols {
		raw.Members = append(raw.Members, canon.Member{Name: c.name, Value: canon.String(cells[i])})
		switch {
		case c.isMap:
			if cells[i] != "" {
				props := item.Get("custom_properties")
				if props.Members == nil {
					props = canon.Node{Members: []canon.Member{}}
				}
				props.Members = append(props.Members, canon.Member{Name: c.prop, Value: canon.String(cells[i])})
				item.Set("custom_properties", props)
			}
		case c.field != nil:
			v, err := cell(c.field, cells[i])
			if err != nil {
				return canon.Result{}, fmt.Errorf("column %s: %w", c.name, err)
			}
			item.Set(c.path, v)
		}
	}
	mapping{kind: kind}.prune(&item)
	got, err := e.convert.Record(kind, item)
	got.Record.Raw, got.Record.Provenance = raw.AppendTo(nil), e.provenance()
	return got, err
}

// provenance of the rows of a legacy export is for the union to decide.
func (e *Export) provenance() record.Provenance {
	if e.options.Legacy {
		return ""
	}
	return record.FromCurrent
}

func cell(f *record.Field, text string) (canon.Node, error) {
	if text == "" {
		if f.Optional || f.List || f.Type != record.Text && f.Type != record.Enum {
			return canon.Null, nil
		}
		return canon.String(""), nil
	}
	if f.List || f.Type == record.Map || f.Type == record.JSON {
		n, err := canon.Parse([]byte(text))
		if err != nil {
			return canon.Null, err
		}
		return n, nil
	}
	return canon.String(text), nil
}
