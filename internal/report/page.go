package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
)

// Page is a report for programs and for people.
type Page interface {
	JSON(w io.Writer) error
	HTML(w io.Writer) error
}

// Digestible is a report that a decision can name: PreMigration and SampleDiff.
type Digestible interface {
	JSON(w io.Writer) error
	seal(digest string)
}

// Stream gives items one by one; it may be asked for several times, and must give the same each time. nil is an empty one.
type Stream[T any] = iter.Seq2[T, error]

// Seal computes the digest of a report and writes it into the report: 64 lower-case hex digits, SHA-256 over the report's JSON without
// digest, the effective map and the root of the extract, each preceded by its own SHA-256 so that none can run into the next.
func Seal(d Digestible, mapYAML []byte, extractRoot string) error {
	d.seal("")
	data := sha256.New()
	if err := d.JSON(data); err != nil {
		return fmt.Errorf("digest of the report: %w", err)
	}
	all := sha256.New()
	for _, part := range [][]byte{data.Sum(nil), sum(mapYAML), sum([]byte(extractRoot))} {
		_, _ = all.Write(part) // a hash takes everything
	}
	d.seal(hex.EncodeToString(all.Sum(nil)))
	return nil
}

func sum(b []byte) []byte {
	s := sha256.Sum256(b)
	return s[:]
}

// encode writes a value as JSON for programs and for eyes: keys in the order of the struct, a space a level, no HTML escaping.
func encode(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(v)
}

// encodeWith writes an object, and after its last key a list that is never held in memory.
func encodeWith[T any](w io.Writer, v any, key string, items Stream[T]) error {
	var head bytes.Buffer
	if err := encode(&head, v); err != nil {
		return err
	}
	text := bytes.TrimSuffix(bytes.TrimRight(head.Bytes(), "\n"), []byte("\n}"))
	if _, err := fmt.Fprintf(w, "%s,\n %q: [", text, key); err != nil {
		return err
	}
	sep := "\n  "
	err := each(items, func(item T) error {
		line, err := compact(item)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s%s", sep, line)
		sep = ",\n  "
		return err
	})
	if err != nil {
		return err
	}
	end := "]\n}\n"
	if sep != "\n  " {
		end = "\n " + end
	}
	_, err = io.WriteString(w, end)
	return err
}

// compact is a value as JSON on one line, without HTML escaping.
func compact(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// list is never null in JSON.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
