package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// readYAML fills the struct at dst from the file that setting names. Keys absent from the file leave their fields as they
// are, and so do keys without a value; unknown and repeated keys and a second document are refused with their line.
func readYAML(setting, path string, dst any) error {
	b, err := readFile(setting, path)
	if err != nil {
		return err
	}
	d := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict(), yaml.CustomUnmarshaler(whole[int]), yaml.CustomUnmarshaler(whole[int64]))
	if isBlank(b) {
		return nil
	}
	if err := d.Decode(dst); err != nil {
		return badYAML(setting, path, err)
	}
	var rest any
	if err := d.Decode(&rest); !errors.Is(err, io.EOF) {
		return bad(setting, quote(path)+" holds more than one YAML document", "keep one")
	}
	return nil
}

// isBlank says whether the file has nothing but white space, comments and document marks.
func isBlank(b []byte) bool {
	for line := range bytes.Lines(b) {
		t := bytes.TrimSpace(line)
		if len(t) > 0 && t[0] != '#' && string(t) != "---" && string(t) != "..." {
			return false
		}
	}
	return true
}

// whole reads a whole number; the YAML library by itself would cut 2.5 to 2.
func whole[T int | int64](dst *T, b []byte) error {
	text := strings.Trim(strings.TrimSpace(string(b)), `"'`)
	if text == "null" || text == "~" || text == "" {
		return nil
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 0, 64)
	if err != nil || int64(T(n)) != n {
		return fmt.Errorf("%s is not a whole number", quote(text))
	}
	*dst = T(n)
	return nil
}

func badYAML(setting, path string, err error) error {
	cause := oneLine(err.Error())
	var at yaml.Error
	if errors.As(err, &at) {
		cause = at.GetMessage()
		if t := at.GetToken(); t != nil && t.Position != nil {
			cause = fmt.Sprintf("line %d: %s", t.Position.Line, cause)
		}
	}
	return bad(setting, quote(path)+" "+cause, "correct the file")
}
