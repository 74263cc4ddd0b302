package activities

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// safeSegment makes an id one segment of a path, whatever it holds: everything but letters, digits, _ and - is written as its bytes.
// Two different ids never become the same segment.
func safeSegment(id string) string {
	var b strings.Builder
	for i := range len(id) {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	if b.Len() == 0 {
		return "%"
	}
	return b.String()
}

func sortedKeys(m map[string]bool) []string { return slices.Sorted(maps.Keys(m)) }
