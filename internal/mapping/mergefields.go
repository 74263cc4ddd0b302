package mapping

import (
	"maps"
	"regexp"
	"slices"
)

// mergeField is a placeholder of the source's templates: an upper-case word between double hash marks (rezora contract 8).
var mergeField = regexp.MustCompile(`##([A-Z][A-Z0-9_]*)##`)

// MergeFields rewrites the merge fields of a template for Nutshell. Those without a line in the map stay as they are; each of
// them is returned once, in order.
func (m *Map) MergeFields(html string) (out string, unknown []string) {
	left := map[string]bool{}
	out = mergeField.ReplaceAllStringFunc(html, func(field string) string {
		if to, ok := m.MergeFieldNames[field[2:len(field)-2]]; ok {
			return to
		}
		left[field] = true
		return field
	})
	return out, slices.Sorted(maps.Keys(left))
}
