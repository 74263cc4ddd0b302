package oracle

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one difference between the map's demand and the account.
type Problem struct {
	Object   string // companies people leads notes tasks activities attachments fields account
	SourceID string // "" for records that have no source
	TargetID string // such as Contacts/12, "" when there is none
	Field    string // "" when the record as a whole is wrong
	Want     string
	Have     string
	Rule     string // the sentence of the map, shortened
}

func (p Problem) String() string {
	where := p.Object
	if p.SourceID != "" {
		where += " " + p.SourceID
	}
	if p.TargetID != "" {
		where += " (" + p.TargetID + ")"
	}
	if p.Field != "" {
		where += " " + p.Field
	}
	return fmt.Sprintf("%s: want %s, have %s; rule: %s", where, clip(p.Want), clip(p.Have), p.Rule)
}

// clip keeps a failed test readable.
func clip(s string) string {
	const most = 300
	if s == "" {
		return "nothing"
	}
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "..."
	}
	return fmt.Sprintf("%q", s)
}

// Lines prints problems, at most n of them, for the message of an assertion.
func Lines(problems []Problem, n int) string {
	var b strings.Builder
	for i, p := range problems {
		if i == n {
			fmt.Fprintf(&b, "... and %d more\n", len(problems)-n)
			break
		}
		b.WriteString(p.String() + "\n")
	}
	return b.String()
}

func sortProblems(list []Problem) {
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.SourceID, b.SourceID), cmp.Compare(a.TargetID, b.TargetID),
			cmp.Compare(a.Field, b.Field))
	})
}
