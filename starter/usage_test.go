package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBadUsageIsOneLineAndCode2(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.json")
	require.NoError(t, os.WriteFile(bad, []byte(`{"migration":"acme","pagesize":5}`), 0o600))
	for name, c := range map[string]struct {
		args  []string
		env   map[string]string
		parts []string
	}{
		"unknown command":     {args: []string{"migrate"}, parts: []string{`"migrate"`, "starter --help"}},
		"unknown flag":        {args: []string{"status", "acme", "--fast"}, parts: []string{"--fast"}},
		"missing argument":    {args: []string{"pause"}, parts: []string{"<migration> is missing"}},
		"argument too many":   {args: []string{"resume", "a", "b"}, parts: []string{`"b"`}},
		"neither yes nor no":  {args: []string{"confirm", "acme"}, parts: []string{"--approve", "--reject"}},
		"both yes and no":     {args: []string{"confirm", "acme", "--approve", "--reject"}, parts: []string{"--approve or --reject"}},
		"short digest":        {args: []string{"confirm", "acme", "--approve", "--report", "abc"}, parts: []string{"--report", "8"}},
		"group without word":  {args: []string{"mapping"}, parts: []string{"check, propose, default, schema"}},
		"group, unknown word": {args: []string{"audit", "check"}, parts: []string{`"check"`, "verify"}},
		"start without name":  {args: []string{"start"}, parts: []string{"migration"}},
		"start, bad value":    {args: []string{"start", "acme", "--existing", "replace"}, parts: []string{"existing", "merge"}},
		"start, bad name":     {args: []string{"start", "Acme Inc"}, parts: []string{"migration"}},
		"start, two names":    {args: []string{"start", "acme", "--migration", "other"}, parts: []string{"two names"}},
		"start, unknown key":  {args: []string{"start", "--input", bad}, parts: []string{"pagesize", "unknown key"}},
		"start, no file":      {args: []string{"start", "--input", filepath.Join(dir, "none.json")}, parts: []string{"none.json"}},
		"bad setting":         {args: []string{"status", "acme"}, env: map[string]string{"TEMPORAL_ADDRESS": "nowhere"}, parts: []string{"TEMPORAL_ADDRESS", "nowhere"}},
		"unknown migration":   {args: []string{"status", "nobody-knows"}, env: live(), parts: []string{"unknown migration nobody-knows"}},
		"no such name":        {args: []string{"pause", "Not/A/Name"}, env: live(), parts: []string{"unknown migration"}},
		"no namespace":        {args: []string{"status", "acme"}, env: live("TEMPORAL_NAMESPACE", "nowhere"), parts: []string{"TEMPORAL_NAMESPACE", "nowhere"}},
		"start, no namespace": {args: []string{"start", "acme"}, env: live("TEMPORAL_NAMESPACE", "nowhere"), parts: []string{"TEMPORAL_NAMESPACE", "nowhere"}},
		"rollback, unknown":   {args: []string{"rollback", "nobody-knows"}, env: live("LEDGER_URL", "sqlite://"+dir+"/x.db"), parts: []string{"unknown migration nobody-knows"}},
		"rollback, edited":    {args: []string{"rollback", "acme", "--edited", "all"}, parts: []string{"keep or force"}},
		"no ledger":           {args: []string{"report", "acme"}, env: map[string]string{"LEDGER_URL": "sqlite://" + dir + "/none.db"}, parts: []string{"LEDGER_URL", "none.db"}},
		"bad ledger":          {args: []string{"shred", "acme"}, env: map[string]string{"LEDGER_URL": "mysql://x"}, parts: []string{"LEDGER_URL"}},
		"explain, object":     {args: []string{"explain", "acme", "persons", "1"}, parts: []string{`"persons"`, "people"}},
		"audit, no file":      {args: []string{"audit", "verify", filepath.Join(dir, "none.jsonl")}, parts: []string{"none.jsonl"}},
		"simulate, address":   {args: []string{"simulate", "--rezora", "here"}, parts: []string{`"here"`}},
		"simulate, size":      {args: []string{"simulate", "--size", "XXL"}, parts: []string{"XXL"}},
		"demo, contacts":      {args: []string{"demo", "--contacts", "0"}, parts: []string{"--contacts"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := c.env
			if env == nil {
				env = map[string]string{}
			}
			r := command(t, env, c.args...)
			r.oneLine(t, exitUsage, c.parts...)
			assert.Empty(t, r.out, "nothing on standard output")
		})
	}
}

func TestUnreachableTemporalNamesTheSettingAndTheCure(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"status", "acme"}, {"start", "acme"}, {"confirm", "acme", "--approve"}, {"rollback", "acme"}} {
		command(t, map[string]string{"TEMPORAL_ADDRESS": "127.0.0.1:9"}, args...).oneLine(t, exitFailed, "TEMPORAL_ADDRESS", "127.0.0.1:9", "start one")
	}
}

func TestHelpIsNoError(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"--help"}, {"start", "--help"}, {"mapping", "check", "--help"}} {
		r := command(t, map[string]string{}, args...).done(t)
		assert.Contains(t, r.out, "Usage:")
	}
	out := command(t, map[string]string{}, "--help").out
	for _, name := range strings.Fields("start status confirm pause resume cutover accept rollback report explain mapping audit shred demo simulate") {
		assert.Contains(t, out, "  "+name+" ")
	}
}
