package deploy_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/devstack"
)

// source is the program's own Go code, package by package, with its text constants.
type source struct {
	t         *testing.T
	packages  map[string][]*ast.File       // by folder
	constants map[string]map[string]string // folder, name: value
	wrappers  map[string]int               // functions that pass a code on, as package.name, and which of their parameters it is
}

func readSource(t *testing.T) *source {
	t.Helper()
	s := &source{t: t, packages: map[string][]*ast.File{}, constants: map[string]map[string]string{}, wrappers: map[string]int{}}
	for _, top := range []string{"../activities", "../clients", "../internal", "../starter", "../worker", "../workflows"} {
		require.NoError(t, filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			folder := filepath.Dir(path)
			s.packages[folder] = append(s.packages[folder], file)
			s.readConstants(folder, file)
			return nil
		}))
	}
	return s
}

func (s *source) readConstants(folder string, file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, v := range spec.Values {
			if text, ok := literal(v); ok {
				if s.constants[folder] == nil {
					s.constants[folder] = map[string]string{}
				}
				s.constants[folder][spec.Names[i].Name] = text
			}
		}
		return true
	})
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}

// codes are all codes with which a step.Park is made: given in a literal, or to a function that makes one of its parameter.
func (s *source) codes() []string {
	found := map[string]bool{}
	for _, calls := range []bool{false, true} { // literals first: they tell which functions to look for
		for folder, files := range s.packages {
			for _, file := range files {
				for _, decl := range file.Decls {
					fn, _ := decl.(*ast.FuncDecl)
					ast.Inspect(decl, func(n ast.Node) bool {
						if e := s.codeIn(folder, n, calls); e != nil {
							s.take(folder, fn, e, found)
						}
						return true
					})
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// codeIn is the expression of the code in a node that makes a park.
func (s *source) codeIn(folder string, n ast.Node, calls bool) ast.Expr {
	switch n := n.(type) {
	case *ast.CompositeLit:
		if calls || nameOf(n.Type) != "Park" {
			return nil
		}
		for _, e := range n.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok && nameOf(kv.Key) == "Code" {
				return kv.Value
			}
		}
	case *ast.CallExpr:
		if at, ok := s.wrappers[calledAs(folder, n.Fun)]; ok && calls && len(n.Args) > at {
			return n.Args[at]
		}
	}
	return nil
}

func (s *source) take(folder string, fn *ast.FuncDecl, e ast.Expr, found map[string]bool) {
	text, ok := literal(e)
	if !ok {
		text, ok = s.constants[folder][nameOf(e)]
	}
	if ok {
		found[text] = true
		return
	}
	if fn != nil && fn.Recv == nil { // calls of a method would not be found
		at := 0
		for _, p := range fn.Type.Params.List {
			for _, name := range p.Names {
				if name.Name == nameOf(e) {
					s.wrappers[filepath.Base(folder)+"."+fn.Name.Name] = at
					return
				}
				at++
			}
		}
	}
	require.Failf(s.t, "the code of a park is no constant", "in %s: %#v; a code is listed, so that it has a page and few values as a label", folder, e)
}

// calledAs is the function that is called, as package.name; a method is none.
func calledAs(folder string, fun ast.Expr) string {
	switch fun := fun.(type) {
	case *ast.Ident:
		return filepath.Base(folder) + "." + fun.Name
	case *ast.SelectorExpr:
		return nameOf(fun.X) + "." + fun.Sel.Name
	}
	return ""
}

func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// parkCodes are the codes of all parks of the program.
func parkCodes(t *testing.T) []string {
	t.Helper()
	codes := readSource(t).codes()
	require.Greater(t, len(codes), 25, "the source is not read as it should be: %v", codes)
	return codes
}

func TestEveryParkHasAPage(t *testing.T) {
	codes := parkCodes(t)
	assert.Equal(t, codes, pages(t, "."), "one page in docs/runbook a park code, and none without")
	index, err := os.ReadFile("../docs/operations.md")
	require.NoError(t, err)
	for _, code := range codes {
		assert.Contains(t, string(index), "[`"+code+"`](runbook/"+code+".md)", "docs/operations.md links the page")
		text := page(t, code)
		assert.True(t, strings.HasPrefix(text, "# "+code+"\n"), code)
		for _, part := range []string{"\n## What it means\n", "\n## What to check\n", "\n## What to send\n"} {
			assert.Equal(t, 1, strings.Count(text, part), "%s: %s", code, part)
		}
		assert.Contains(t, text, "\nstarter ", "%s: an exact command", code)
	}
}

func TestEveryAlertHasAPage(t *testing.T) {
	names := slices.Sorted(slices.Values(alertNames(t)))
	assert.Equal(t, names, pages(t, "alerts"))
	index, err := os.ReadFile("../docs/operations.md")
	require.NoError(t, err)
	for _, name := range names {
		assert.Contains(t, string(index), "[`"+name+"`](runbook/alerts/"+name+".md)", "docs/operations.md links the page")
		assert.True(t, strings.HasPrefix(page(t, "alerts/"+name), "# "+name+"\n"), name)
	}
}

// The commands of the pages are ones that the starter takes, flags and all.
func TestPagesGiveCommandsThatExist(t *testing.T) {
	t.Parallel()
	starter, err := devstack.Build(t.Context(), "rezora2nutshell/starter", t.TempDir())
	require.NoError(t, err)
	command := regexp.MustCompile(`(?m)^starter ([^#\n]+)`)
	quoted, tried := regexp.MustCompile(`"[^"]*"`), map[string]bool{}
	for _, folder := range []string{".", "alerts"} {
		for _, name := range pages(t, folder) {
			for _, m := range command.FindAllStringSubmatch(page(t, filepath.Join(folder, name)), -1) {
				args := append(strings.Fields(quoted.ReplaceAllString(m[1], "text")), "--help")
				if line := strings.Join(args, " "); !tried[line] {
					tried[line] = true
					out, err := exec.Command(starter, args...).CombinedOutput()
					assert.NoError(t, err, "%s: starter %s: %s", name, m[1], out)
				}
			}
		}
	}
	assert.Greater(t, len(tried), 5)
}

func page(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../docs/runbook", name+".md"))
	require.NoError(t, err)
	return string(b)
}
