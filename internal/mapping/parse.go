package mapping

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

//go:embed data/default.yaml
var defaultFile []byte

//go:embed data/schema.json
var schemaFile []byte

// Schema is the JSON schema of a mapping file, for editors.
func Schema() []byte { return slices.Clone(schemaFile) }

// DefaultFile is the mapping file that says the default map, line by line, with comments.
func DefaultFile() []byte { return slices.Clone(defaultFile) }

// Problem is one thing wrong with a mapping file. Line and column count from 1; 0 for the file as a whole.
type Problem struct {
	File         string
	Line, Column int
	Message      string
}

func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// Error is the form of problems as an error: all of them, one a line, each with its place; nil without any.
func Error(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	lines := make([]string, len(problems))
	for i, p := range problems {
		lines[i] = p.String()
	}
	return fmt.Errorf("mapping file: %s", strings.Join(lines, "\n"))
}

var builtInMap = sync.OnceValue(func() *Map {
	m, problems := parseOver("default.yaml", emptyMap(), defaultFile)
	if len(problems) > 0 {
		panic(Error(problems)) // the embedded file; a test reads it
	}
	return m
})

// Default is the map of the mapping page.
func Default() *Map { return builtInMap().clone() }

// Parse reads a mapping file over the default; file is its name, for the problems. It returns all problems of the file at once, in the order of their lines; with any,
// the map is nil. An empty file is the default map.
func Parse(file string, b []byte) (*Map, []Problem) { return parseOver(file, Default(), b) }

func parseOver(name string, m *Map, b []byte) (*Map, []Problem) {
	r := reader{name: name, m: m}
	file, err := parser.ParseBytes(b, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, []Problem{r.syntax(err)}
	}
	var docs []ast.Node
	for _, d := range file.Docs {
		if d.Body != nil && d.Body.Type() != ast.CommentType {
			docs = append(docs, d.Body)
		}
	}
	if len(docs) > 1 {
		r.problem(docs[1], "more than one YAML document")
	}
	if len(docs) > 0 {
		r.file(docs[0])
	}
	r.check()
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b Problem) int {
			if a.Line != b.Line {
				return a.Line - b.Line
			}
			return a.Column - b.Column
		})
		return nil, r.problems
	}
	return m, nil
}
