package e2e

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/stretchr/testify/assert"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

var header = regexp.MustCompile(`^(Campaign Note: .* )?\[Rezora (\S+) (\S+)\]`)

// exactlyOnce checks by keys alone, without any code of the migration, that no record is there twice and none of the people, companies
// and leads is missing.
func (s *stack) exactlyOnce() {
	s.Helper()
	snap := s.dest.Snapshot()
	for object, records := range map[string][]nutshelltest.Record{"companies": snap.Accounts, "contacts": snap.Contacts, "leads": snap.Leads} {
		live := liveKeys(records)
		for _, row := range s.source.Rows(object, false) {
			id, _ := row["id"].(string)
			assert.Equal(s, 1, live[id], "%s %s is there %d times", object, id, live[id])
		}
		for id, n := range live {
			assert.Equal(s, 1, n, "%s %s is there %d times", object, id, n)
		}
	}
	texts := map[string]int{}
	for _, n := range snap.Notes {
		if line, _, _ := strings.Cut(n.Fields["note"], "\n"); n.Live() && header.MatchString(line) {
			texts[fmt.Sprint(n.Links)+" "+line]++
		}
	}
	for line, n := range texts {
		assert.Equal(s, 1, n, "note %q is there %d times", line, n)
	}
}

func liveKeys(records []nutshelltest.Record) map[string]int {
	out := map[string]int{}
	for _, r := range records {
		if id := r.CustomFields["Rezora_ID__c"]; len(id) == 1 && r.Live() {
			out[id[0]]++
		}
	}
	return out
}
