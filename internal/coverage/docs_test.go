package coverage

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const root = "../.."

var contracts = []string{"docs/contracts/nutshell.md", "docs/contracts/rezora.md"}

// pages are the README and everything below docs, by their path from the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, pattern := range []string{"README.md", "docs/*.md", "docs/*/*.md", "docs/*/*/*.md"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			name, err := filepath.Rel(root, file)
			require.NoError(t, err)
			out[name] = string(text)
		}
	}
	require.Greater(t, len(out), 40)
	return out
}

var (
	linked   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	fenced   = regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```")
	span     = regexp.MustCompile("`([^`\n]+)`")
	inRepo   = regexp.MustCompile(`^(activities|clients|deploy|docs|internal|starter|tools|worker|workflows)/[\w./*-]+$`)
	named    = regexp.MustCompile("`((?:activities|clients|internal|starter|worker|workflows)/[\\w./-]+\\.go)` \\(((?:`\\w+`(?:, )?)+)\\)")
	nameIn   = regexp.MustCompile("((?:`\\w+`(?:, )?)+)(?: in | \\(|, )`((?:activities|clients|internal|starter|worker|workflows)/[\\w./-]+\\.go)`")
	testName = regexp.MustCompile(`^(Test|Fuzz|Benchmark)[A-Z]\w+$`)
	made     = regexp.MustCompile(`\bmake ([a-z][a-z-]*)`)
)

// slug is a heading as its anchor is called on the usual forges.
func slug(head string) string {
	head = strings.ToLower(strings.NewReplacer("`", "", "*", "").Replace(strings.TrimSpace(head)))
	return strings.ReplaceAll(regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(head, ""), " ", "-")
}

// TestLinksOfTheDocsLeadSomewhere follows every link between pages, to its heading.
func TestLinksOfTheDocsLeadSomewhere(t *testing.T) {
	all := pages(t)
	for name, text := range all {
		for _, m := range linked.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			path, anchor, _ := strings.Cut(m[1], "#")
			to := name
			if path != "" {
				to = filepath.Join(filepath.Dir(name), path)
			}
			if _, err := os.Stat(filepath.Join(root, to)); !assert.NoError(t, err, "%s links %s", name, m[1]) || anchor == "" {
				continue
			}
			var anchors []string
			for _, h := range heading.FindAllStringSubmatch(all[to], -1) {
				anchors = append(anchors, slug(h[1]))
			}
			assert.Contains(t, anchors, anchor, "%s links %s", name, m[1])
		}
	}
}

// TestWhatTheDocsNameExists looks for every file, function, test and make target that a page names.
func TestWhatTheDocsNameExists(t *testing.T) {
	tests, makefile := testNames(t), read(t, filepath.Join(root, "Makefile"))
	for name, text := range pages(t) {
		for _, m := range span.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			switch said := m[1]; {
			case testName.MatchString(filepath.Base(said)):
				assert.True(t, tests[filepath.Base(said)], "%s names a test that does not exist: %s", name, said)
			case inRepo.MatchString(said) && !slices.Contains(contracts, name): // those name addresses of the two APIs
				files, err := filepath.Glob(filepath.Join(root, said))
				require.NoError(t, err)
				assert.NotEmpty(t, files, "%s names %s", name, said)
			}
		}
		for path, ids := range declared(text) {
			code := read(t, filepath.Join(root, path))
			for _, id := range ids {
				assert.Regexp(t, `(?m)^\t?(func (\([^)]*\) )?|type |var |const )?`+id+`\b`, code, "%s says that %s declares %s", name, path, id)
			}
		}
		for _, part := range append(codeBlocks(text), spans(text)...) {
			for _, m := range made.FindAllStringSubmatch(part, -1) {
				assert.Contains(t, makefile, "\n"+m[1]+":", "%s says make %s", name, m[1])
			}
		}
	}
}

// declared are the identifiers that a text says are in a file: `path.go` (`Name`), `Name` (`path.go`), `Name` in `path.go`.
func declared(text string) map[string][]string {
	out := map[string][]string{}
	for _, m := range append(named.FindAllStringSubmatch(text, -1), nameIn.FindAllStringSubmatch(text, -1)...) {
		path, ids := m[1], m[2]
		if strings.HasSuffix(m[2], ".go") {
			path, ids = m[2], m[1]
		}
		for _, id := range span.FindAllStringSubmatch(ids, -1) {
			out[path] = append(out[path], id[1])
		}
	}
	return out
}

// TestEveryPackageIsInTheArchitecture looks for the folders that hold the program.
func TestEveryPackageIsInTheArchitecture(t *testing.T) {
	text := read(t, filepath.Join(root, "docs/architecture.md"))
	for _, pattern := range []string{"activities", "clients/*", "internal/*", "starter", "worker", "workflows"} {
		folders, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, folder := range folders {
			name, err := filepath.Rel(root, folder)
			require.NoError(t, err)
			assert.Contains(t, text, "`"+name+"`")
		}
	}
}

// TestCommandsOfTheDocsExist asks the starter for the help of every command that a page shows, and looks for the flags there.
func TestCommandsOfTheDocsExist(t *testing.T) {
	starter := filepath.Join(t.TempDir(), "starter")
	out, err := exec.Command("go", "build", "-o", starter, root+"/starter").CombinedOutput()
	require.NoError(t, err, "%s", out)
	helps := map[string]string{}
	help := func(words ...string) string {
		key := strings.Join(words, " ")
		if _, ok := helps[key]; !ok {
			out, err := exec.Command(starter, append(words, "--help")...).CombinedOutput()
			if err != nil {
				out = nil
			}
			helps[key] = string(out)
		}
		return helps[key]
	}
	seen := 0
	for name, text := range pages(t) {
		for _, block := range append(codeBlocks(text), spans(text)...) {
			for line := range strings.Lines(block) {
				line, _, _ = strings.Cut(line, "#")
				words := strings.Fields(line)
				for len(words) > 0 && slices.Contains([]string{"go", "run", "docker", "compose", "--rm", "-T", "exec", "$"}, words[0]) {
					words = words[1:]
				}
				if len(words) < 2 || !slices.Contains([]string{"starter", "./starter", "bin/starter"}, words[0]) || !regexp.MustCompile(`^[a-z]+$`).MatchString(words[1]) {
					continue
				}
				seen++
				command := words[1:2]
				if len(words) > 2 && slices.Contains([]string{"mapping", "audit", "ledger", "completion"}, words[1]) {
					command = words[1:3]
				}
				said := help(command...)
				if !assert.NotEmpty(t, said, "%s shows %s", name, strings.TrimSpace(line)) {
					continue
				}
				for _, w := range words[2:] {
					if flag, _, _ := strings.Cut(w, "="); strings.HasPrefix(flag, "--") && len(flag) > 2 {
						assert.Regexp(t, regexp.QuoteMeta(flag)+`\b`, said, "%s shows %s", name, strings.TrimSpace(line))
					}
				}
			}
		}
	}
	assert.Greater(t, seen, 60)
}

// TestTheReadmeListsEverySetting holds the README's table of settings against the settings of the program.
func TestTheReadmeListsEverySetting(t *testing.T) {
	files, err := filepath.Glob(root + "/internal/config/*.go")
	require.NoError(t, err)
	var known []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, m := range regexp.MustCompile("env:\"([A-Z][A-Z_]+)").FindAllStringSubmatch(read(t, file), -1) {
			known = append(known, m[1])
		}
	}
	require.Greater(t, len(known), 25, "settings are found")
	table := section(read(t, filepath.Join(root, "README.md")), "## Settings")
	for _, name := range known {
		assert.Contains(t, table, "`"+name+"`", "the README's table of settings")
	}
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			continue
		}
		for _, m := range span.FindAllStringSubmatch(cells[1], -1) {
			if regexp.MustCompile(`^[A-Z][A-Z_]+$`).MatchString(m[1]) {
				assert.Contains(t, known, m[1], "a setting of the README")
			}
		}
	}
}

// section is the text from a heading to the next of its rank.
func section(text, head string) string {
	_, rest, _ := strings.Cut(text, "\n"+head+"\n")
	part, _, _ := strings.Cut(rest, "\n## ")
	return part
}

func codeBlocks(text string) (out []string) {
	for _, m := range fenced.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

func spans(text string) (out []string) {
	for _, m := range span.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		out = append(out, m[1])
	}
	return out
}

// testNames are the names of all tests, fuzz targets and benchmarks.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	require.NoError(t, filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`).FindAllStringSubmatch(string(b), -1) {
			out[m[1]] = true
		}
		return err
	}))
	return out
}
