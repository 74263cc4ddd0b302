package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// Records writes records/<object>.jsonl: source records as they were served, one JSON value a line, digits and texts untouched.
func Records(w io.Writer, rows Stream[json.RawMessage]) error {
	out := bufio.NewWriterSize(w, 64<<10)
	if err := rawItems(out, rows, "", "\n"); err != nil {
		return err
	}
	return out.Flush()
}

// Listings writes listings.json: a JSON array of the listings as they were served.
func Listings(w io.Writer, rows Stream[json.RawMessage]) error {
	out := bufio.NewWriterSize(w, 64<<10)
	_, _ = out.WriteString("[\n") // Flush tells the first error
	if err := rawItems(out, rows, ",\n", ""); err != nil {
		return err
	}
	_, _ = out.WriteString("\n]\n")
	return out.Flush()
}

func rawItems(out *bufio.Writer, rows Stream[json.RawMessage], between, after string) error {
	var line bytes.Buffer
	n := 0
	return each(rows, func(raw json.RawMessage) error {
		line.Reset()
		if n++; n > 1 {
			line.WriteString(between)
		}
		if err := json.Compact(&line, raw); err != nil {
			return fmt.Errorf("raw record %d is no JSON: %w", n, err)
		}
		line.WriteString(after)
		_, err := out.Write(line.Bytes())
		return err
	})
}

// Engagement writes engagement/<person id>.json: the whole array of each field that was shortened, by the name of the field.
func Engagement(w io.Writer, arrays map[string]json.RawMessage) error {
	if arrays == nil {
		arrays = map[string]json.RawMessage{}
	}
	return encode(w, arrays)
}
