package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

const (
	tableBegin = "<!-- make break: begin -->"
	tableEnd   = "<!-- make break: end -->"
)

// table shows verdicts by invariant, in Markdown.
func table(verdicts []verdict) string {
	var b strings.Builder
	b.WriteString("| invariant | mutation | what it breaks | killed by | seconds |\n|---|---|---|---|---|\n")
	for _, v := range verdicts {
		by := "**nothing**"
		if v.killer != "" {
			by = fmt.Sprintf("`%s` (%s)", v.killer, v.Package)
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %.0f |\n", v.Invariant, v.Name, v.Breaks, by, v.took.Seconds())
	}
	return b.String()
}

// writeTable puts a text between the two marker lines of a page.
func writeTable(page, text string) error {
	old, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(old), tableBegin)
	_, tail, closed := strings.Cut(rest, tableEnd)
	if !ok || !closed {
		return fmt.Errorf("%s has no lines %s and %s", page, tableBegin, tableEnd)
	}
	return os.WriteFile(page, []byte(head+tableBegin+"\n"+text+tableEnd+tail), 0o600)
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
