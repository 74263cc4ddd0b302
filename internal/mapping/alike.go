package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// alikeFrom is the likeness of two names from which a field of the account is worth a person's look.
const alikeFrom = 0.6

// Alike is a field of the account that may stand for a property already.
type Alike struct {
	Field  ExistingField
	Name   float64 // likeness of the names, 0 to 1
	Values float64 // share of the distinct values that are among the field's choices, -1 when it has none
}

func (a Alike) String() string {
	s := fmt.Sprintf("the account's field %q has a like name (%.0f %%)", a.Field.Name, 100*a.Name)
	if a.Values >= 0 {
		s += fmt.Sprintf(" and %.0f %% of the values among its choices", 100*a.Values)
	}
	return s
}

func (a Alike) score() float64 {
	if a.Values < 0 {
		return a.Name
	}
	return (a.Name + a.Values) / 2
}

// alike finds the field of the account that is most like a property, by name and by values. Fields that cannot take every value, and
// those the plan writes to, do not count.
func (p *Property) alike(name string, existing []ExistingField, taken map[string]bool) (Alike, bool) {
	var found []Alike
	for _, f := range existing {
		if taken[f.Name] || !takesAll(f, p) {
			continue
		}
		a := Alike{Field: f, Name: likeness(name, f.Name), Values: -1}
		if len(f.Choices) > 0 && len(p.Distinct) > 0 && !p.More {
			n := 0
			for _, v := range p.Distinct {
				if slices.Contains(f.Choices, v) {
					n++
				}
			}
			a.Values = float64(n) / float64(len(p.Distinct))
		}
		if a.score() >= alikeFrom && (a.Name >= alikeFrom || a.Values == 1) {
			found = append(found, a)
		}
	}
	if len(found) == 0 {
		return Alike{}, false
	}
	return slices.MaxFunc(found, func(a, b Alike) int {
		return cmp.Or(cmp.Compare(a.score(), b.score()), cmp.Compare(b.Field.Name, a.Field.Name))
	}), true
}

// likeness compares two names by the pairs of letters and digits that they share (Dice), case and all else ignored: 1 for the same.
func likeness(a, b string) float64 {
	x, y := letters(a), letters(b)
	if x == y {
		return 1
	}
	px, py := pairs(x), pairs(y)
	if len(px)+len(py) == 0 {
		return 0
	}
	shared := 0
	for pair, n := range px {
		shared += min(n, py[pair])
	}
	return 2 * float64(shared) / float64(total(px)+total(py))
}

func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

func pairs(s string) map[[2]rune]int {
	out := map[[2]rune]int{}
	runes := []rune(s)
	for i := 1; i < len(runes); i++ {
		out[[2]rune{runes[i-1], runes[i]}]++
	}
	return out
}

func total(m map[[2]rune]int) (n int) {
	for _, k := range m {
		n += k
	}
	return n
}
