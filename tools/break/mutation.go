package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
)

// mutation is one small fault, the invariant it breaks, and the tests that must notice.
type mutation struct {
	Name      string `yaml:"name"`
	Invariant string `yaml:"invariant"` // I1 to I10
	Breaks    string `yaml:"breaks"`    // what is wrong with the mutated program, in a few words
	Edits     []edit `yaml:"edits"`     // more than one where two guards stand behind each other
	Package   string `yaml:"package"`   // folder of the tests
	Run       string `yaml:"run"`       // their names, separated by |
}

type edit struct {
	File    string `yaml:"file"`
	Find    string `yaml:"find"` // occurs exactly once in the file; lines are compared without their indentation
	Replace string `yaml:"replace"`
}

var (
	names      = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	invariants = regexp.MustCompile(`^I([1-9]|10)$`)
)

// load reads the list and holds it against the tree at root: an entry that does not fit the code any more is an error, not a mutation
// less. All faults are told at once.
func load(list, root string) ([]mutation, error) {
	raw, err := os.ReadFile(list)
	if err != nil {
		return nil, fmt.Errorf("read the list: %w", err)
	}
	var all []mutation
	if err := yaml.UnmarshalWithOptions(raw, &all, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("read %s: %w", list, err)
	}
	seen := map[string]bool{}
	var faults []error
	for _, m := range all {
		if seen[m.Name] {
			faults = append(faults, fmt.Errorf("%s: the name is given twice", m.Name))
		}
		seen[m.Name] = true
		if _, err := m.apply(root); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", m.Name, err))
		}
	}
	return all, errors.Join(faults...)
}

// apply gives the texts of the files with the fault in them, by name.
func (m mutation) apply(root string) (map[string]string, error) {
	switch {
	case !names.MatchString(m.Name):
		return nil, errors.New("name: small letters, digits and hyphens only")
	case !invariants.MatchString(m.Invariant):
		return nil, fmt.Errorf("invariant: %q is none of I1 to I10", m.Invariant)
	case m.Breaks == "" || len(m.Edits) == 0:
		return nil, errors.New("breaks and edits must be given")
	}
	if err := m.tested(root); err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for _, e := range m.Edits {
		if !filepath.IsLocal(e.File) || !strings.HasSuffix(e.File, ".go") || strings.HasSuffix(e.File, "_test.go") {
			return nil, fmt.Errorf("file: %q is no code of the program", e.File)
		}
		if e.Find == "" || e.Find == e.Replace {
			return nil, errors.New("find and replace must be given, and differ")
		}
		if _, ok := texts[e.File]; !ok {
			raw, err := os.ReadFile(filepath.Join(root, e.File))
			if err != nil {
				return nil, err
			}
			texts[e.File] = string(raw)
		}
		at := e.pattern().FindAllStringIndex(texts[e.File], -1)
		if len(at) != 1 {
			return nil, fmt.Errorf("find: %q stands %d times in %s, not once; bring the list up to date", e.Find, len(at), e.File)
		}
		texts[e.File] = texts[e.File][:at[0][0]] + strings.TrimSpace(e.Replace) + texts[e.File][at[0][1]:]
	}
	return texts, nil
}

// tested looks for the tests that are to notice.
func (m mutation) tested(root string) error {
	files, err := filepath.Glob(filepath.Join(root, m.Package, "*_test.go"))
	if err != nil {
		return err
	}
	var code strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		code.Write(text)
	}
	for test := range strings.SplitSeq(m.Run, "|") {
		if !strings.HasPrefix(test, "Test") || !strings.Contains(code.String(), "\nfunc "+test+"(") {
			return fmt.Errorf("run: there is no test %q in %q", test, m.Package)
		}
	}
	return nil
}

// pattern matches the text to find.
func (e edit) pattern() *regexp.Regexp {
	lines := strings.Split(strings.TrimSpace(e.Find), "\n")
	for i, line := range lines {
		lines[i] = regexp.QuoteMeta(strings.TrimSpace(line))
	}
	return regexp.MustCompile(strings.Join(lines, `[ \t]*\n[ \t]*`))
}

// pick is the mutations of some names, all for none.
func pick(all []mutation, wanted []string) ([]mutation, error) {
	if len(wanted) == 0 {
		return all, nil
	}
	byName := map[string]mutation{}
	for _, m := range all {
		byName[m.Name] = m
	}
	out := make([]mutation, 0, len(wanted))
	for _, name := range wanted {
		m, ok := byName[name]
		if !ok {
			return nil, fmt.Errorf("no mutation is named %q; -list shows them", name)
		}
		out = append(out, m)
	}
	return out, nil
}
