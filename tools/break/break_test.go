package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The list does not rot: every text stands in the code exactly once, every test that is named exists, and no invariant is left out.
func TestTheListFitsTheCode(t *testing.T) {
	list, err := load("mutations.yml", "../..")
	require.NoError(t, err)
	covered := map[string]int{}
	for _, m := range list {
		covered[m.Invariant]++
	}
	assert.Len(t, covered, 10)
	assert.GreaterOrEqual(t, len(list), 25)
}

// tree is a module with one function and its test, under version control.
func tree(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":    "module tiny\n\ngo 1.26\n",
		"p/p.go":    "package p\n\nfunc Add(a, b int) int {\n\tif a == 7 {\n\t\treturn 7 + b\n\t}\n\treturn a + b\n}\n",
		"p/pair.go": "package p\n\nvar Pair = [2]int{1, 1}\n",
		"p/p_test.go": "package p\n\nimport \"testing\"\n\nfunc TestAdd(t *testing.T) {\n\tif Add(1, 2) != 3 {\n\t\tt.Fatal(\"wrong\")\n\t}\n}\n\n" +
			"func TestBroken(t *testing.T) { t.Fatal(\"always\") }\n",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o600))
	}
	out, err := exec.CommandContext(t.Context(), "git", "-C", root, "init", "--quiet").CombinedOutput()
	require.NoError(t, err, string(out))
	return root
}

func mutate(name, find, replace string) mutation {
	return mutation{Name: name, Invariant: "I1", Breaks: "it", Edits: []edit{{File: "p/p.go", Find: find, Replace: replace}}, Package: "p", Run: "TestAdd"}
}

func TestMutationsAreKilledOrTold(t *testing.T) {
	root := tree(t)
	verdicts, err := breakAll(t.Context(), root, []mutation{
		mutate("killed", "  return a + b\n}", "return a - b\n}"),
		mutate("survives", "return 7 + b", "return 8 + b"),
		mutate("does-not-compile", "return a + b", "return"),
		mutate("killed-again", "return a + b", "panic(a + b)"),
	})
	require.ErrorContains(t, err, "survives: no test noticed")
	require.ErrorContains(t, err, "does-not-compile: the mutated program does not compile")
	assert.NotContains(t, err.Error(), "killed")
	require.Len(t, verdicts, 3)
	assert.Equal(t, []string{"TestAdd", "", "TestAdd"}, []string{verdicts[0].killer, verdicts[1].killer, verdicts[2].killer})
	text, err := os.ReadFile(filepath.Join(root, "p/p.go"))
	require.NoError(t, err)
	assert.Contains(t, string(text), "return a + b", "the tree itself is never touched")
}

// A test that fails anyway would kill every mutation.
func TestATestThatFailsAnywayProvesNothing(t *testing.T) {
	m := mutate("killed", "return a + b", "return a - b")
	m.Run = "TestBroken"
	_, err := breakAll(t.Context(), tree(t), []mutation{m})
	require.ErrorContains(t, err, "without any mutation")
}

func TestAListThatDoesNotFitIsRefused(t *testing.T) {
	root := tree(t)
	for want, m := range map[string]mutation{
		"stands 0 times": mutate("x", "return a * b", "return"),
		"stands 2 times": {Name: "x", Invariant: "I1", Breaks: "it", Edits: []edit{{File: "p/pair.go", Find: "1", Replace: "2"}}, Package: "p", Run: "TestAdd"},
		"none of I1":     {Name: "x", Invariant: "I11"},
		"no code":        {Name: "x", Invariant: "I1", Breaks: "it", Edits: []edit{{File: "p/p_test.go", Find: "3", Replace: "4"}}, Package: "p", Run: "TestAdd"},
		"outside":        {Name: "x", Invariant: "I1", Breaks: "it", Edits: []edit{{File: "../p.go", Find: "3", Replace: "4"}}, Package: "p", Run: "TestAdd"},
		"no test":        {Name: "x", Invariant: "I1", Breaks: "it", Edits: []edit{{File: "p/p.go", Find: "3", Replace: "4"}}, Package: "p", Run: "TestSub"},
	} {
		if want == "outside" {
			want = "no code"
		}
		_, err := m.apply(root)
		assert.ErrorContains(t, err, want)
	}
}

func TestTheKillerIsNamed(t *testing.T) {
	for output, want := range map[string]string{
		"--- FAIL: TestA (0.1s)\n    --- FAIL: TestA/sub (0.1s)\nFAIL\n":                                    "TestA",
		"    --- FAIL: TestB/sub (0.1s)\n":                                                                  "TestB",
		"panic: test timed out after 4m0s\n\trunning tests:\n\t\tTestC (4m0s)\n":                            "TestC",
		"panic: oh\n\ngoroutine 7 [running]:\nrezora2nutshell/internal/x.TestD(0xc)\n\t/x_test.go:7 +0x1\n": "TestD",
		"exit status 2\n": "",
	} {
		assert.Equal(t, want, killer(output), output)
	}
}

func TestTheTableStandsBetweenItsMarks(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	require.NoError(t, os.WriteFile(page, []byte("before\n"+tableBegin+"\nold\n"+tableEnd+"\nafter\n"), 0o600))
	text := table([]verdict{{mutation: mutate("m", "a", "b"), killer: "TestAdd"}, {mutation: mutate("n", "a", "b")}})
	for range 2 {
		require.NoError(t, writeTable(page, text))
	}
	got, err := os.ReadFile(page)
	require.NoError(t, err)
	assert.Equal(t, "before\n"+tableBegin+"\n"+text+tableEnd+"\nafter\n", string(got))
	assert.Contains(t, text, "| I1 | `m` | it | `TestAdd` (p) | 0 |")
	assert.Contains(t, text, "**nothing**")
	require.NoError(t, os.WriteFile(page, []byte("no marks"), 0o600))
	require.Error(t, writeTable(page, text))
}
