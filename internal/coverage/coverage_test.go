package coverage

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/clients/rezora/rezoratest"
)

const docs = "../../docs/contracts/"

// TestEveryRowOfTheContractsHasATest demands a test, or a reason why there is nothing to notice, for each switch and fault of the contracts,
// and of each test that it sets that very switch.
func TestEveryRowOfTheContractsHasATest(t *testing.T) {
	wanted := map[string]bool{}
	for _, name := range names(t, "nutshell.md", "### 6.1", "### 6.2", "### 6.3") {
		wanted["nutshell "+name] = true
	}
	for _, name := range names(t, "rezora.md", "## 9.") {
		wanted["rezora "+name] = true
	}
	require.Greater(t, len(wanted), 120, "the tables are found")
	fields := map[string]string{}
	fieldsOf(reflect.TypeFor[nutshelltest.Config](), "nutshell ", fields)
	fieldsOf(reflect.TypeFor[rezoratest.Config](), "rezora ", fields)
	kinds := constants(t, "../../clients/nutshell/nutshelltest/faults.go")
	for key, r := range covered(t) {
		if !assert.True(t, wanted[key], "coverage.md has a row for %q, which no contract knows", key) {
			continue
		}
		delete(wanted, key)
		if len(r.tests) == 0 {
			assert.NotEmpty(t, r.why, "%s has neither a test nor a reason", key)
			continue
		}
		name := key[strings.Index(key, " ")+1:]
		ways := []string{name, kinds[name], fields[key]}
		for _, test := range r.tests {
			assert.NotRegexp(t, "(nutshelltest|rezoratest)/", test, "a simulator's own test shows nothing of the migration")
			said, ok := mentions(t, test)
			if assert.True(t, ok, "%s: there is no test %s", key, test) {
				assert.True(t, said[ways[0]] || said[ways[1]] || said[ways[2]], "%s: %s does not set it", key, test)
			}
		}
	}
	for key := range wanted {
		assert.Fail(t, "no test", "%s: name a test in docs/contracts/coverage.md, or say why nobody can notice it", key)
	}
}

var (
	quoted = regexp.MustCompile("`([A-Za-z0-9]+)`")
	notes  = regexp.MustCompile(`\([^)]*\)`)
)

// names are the switches in the first column of the tables below some headings.
func names(t *testing.T, file string, headings ...string) (out []string) {
	t.Helper()
	inside := false
	for line := range strings.Lines(read(t, docs+file)) {
		if strings.HasPrefix(line, "#") {
			inside = false
			for _, h := range headings {
				inside = inside || strings.HasPrefix(line, h)
			}
		}
		if cell := first(line); inside && cell != "" {
			for _, m := range quoted.FindAllStringSubmatch(notes.ReplaceAllString(cell, ""), -1) {
				out = append(out, m[1])
			}
		}
	}
	return out
}

func first(line string) string {
	if cells := strings.Split(line, "|"); len(cells) > 2 && cells[0] == "" {
		return cells[1]
	}
	return ""
}

// row is a line of coverage.md.
type row struct {
	tests []string
	why   string
}

func covered(t *testing.T) map[string]row {
	t.Helper()
	out := map[string]row{}
	section := ""
	for line := range strings.Lines(read(t, docs+"coverage.md")) {
		if after, ok := strings.CutPrefix(line, "## "); ok {
			section = strings.ToLower(strings.TrimSpace(after)) + " "
		}
		cells := strings.Split(line, "|")
		if len(cells) != 5 {
			continue
		}
		for _, name := range quoted.FindAllStringSubmatch(cells[1], -1) {
			r := row{why: strings.TrimSpace(cells[3])}
			for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[2], -1) {
				r.tests = append(r.tests, m[1])
			}
			assert.NotContains(t, out, section+name[1], "twice")
			out[section+name[1]] = r
		}
	}
	return out
}

// fieldsOf maps the normative names of switches to the fields of a simulator's settings.
func fieldsOf(typ reflect.Type, api string, out map[string]string) {
	for i := range typ.NumField() {
		f := typ.Field(i)
		if f.Anonymous {
			fieldsOf(f.Type, api, out)
			continue
		}
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		out[api+tag] = f.Name
	}
}

// constants maps the values of a file's string constants to their names.
func constants(t *testing.T, file string) map[string]string {
	t.Helper()
	out := map[string]string{}
	ast.Inspect(parse(t, file), func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			for i, value := range v.Values {
				if lit, ok := value.(*ast.BasicLit); ok && i < len(v.Names) {
					s, _ := strconv.Unquote(lit.Value)
					out[s] = v.Names[i].Name
				}
			}
		}
		return true
	})
	return out
}

// mentions are the names, keys and texts in a test, written as package/TestName, and in the package's variables that it uses.
func mentions(t *testing.T, test string) (map[string]bool, bool) {
	t.Helper()
	dir, name := filepath.Split(test)
	files, err := filepath.Glob(filepath.Join("../..", dir, "*_test.go"))
	require.NoError(t, err)
	var body ast.Node
	vars := map[string]ast.Node{}
	for _, file := range files {
		for _, d := range parse(t, file).Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.Name == name && d.Recv == nil {
					body = d
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if v, ok := spec.(*ast.ValueSpec); ok && d.Tok == token.VAR {
						vars[v.Names[0].Name] = v
					}
				}
			}
		}
	}
	if body == nil || !strings.HasPrefix(name, "Test") {
		return nil, false
	}
	said := map[string]bool{}
	collect(body, said)
	for v, node := range vars {
		if said[v] {
			collect(node, said)
		}
	}
	return said, true
}

func collect(n ast.Node, said map[string]bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			said[n.Name] = true
		case *ast.BasicLit:
			if s, err := strconv.Unquote(n.Value); err == nil {
				said[s] = true
			}
		}
		return true
	})
}

func parse(t *testing.T, file string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	return f
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(b)
}
