package mapping

import (
	"cmp"
	"fmt"
	"slices"
)

// decideType chooses the type of a field that is to be defined, and says why.
func (p *planner) decideType(f *PlannedField, object string, c candidate) {
	want, known := definedTypes[c.DataType]
	switch {
	case c.rule.Type != "":
		want = c.rule.Type
		f.Reason = "type of the mapping file"
	case !c.Defined:
		want = Text
		f.Reason = "the property has no definition"
	case !known:
		want = Text
		f.Reason = fmt.Sprintf("the definition has type %q, which the map does not know", c.DataType)
		p.find(FindingTypeUnknown, object, c.source, c.Values, f.Reason)
	default:
		f.Reason = "type of the definition: " + c.DataType
	}
	long := textType(c.Longest)
	switch want {
	case Select:
		choices, ok := c.choices()
		if !ok {
			f.Reason = fmt.Sprintf("more than %d choices, or one over %d characters", maxChoices, maxChoice)
			p.find(FindingTooManyChoices, object, c.source, c.Values, f.Reason+": the field is "+long)
			want = long
		} else {
			f.Choices = choices
		}
	case Number, Date, DateTime, Boolean:
		if off := c.Values - c.Agree[want]; off > 0 {
			f.Reason = fmt.Sprintf("%d of %d values do not agree with type %s", off, c.Values, want)
			p.find(FindingTypeDisagrees, object, c.source, off, f.Reason+": the field is "+long)
			want = long
		}
	case Text:
		want = long
	}
	if !p.definable(want) {
		second := cmp.Or(p.fallback(c.Longest), Text)
		if want != Text && want != TextArea || second != want {
			f.Instead = true
			f.Reason = fmt.Sprintf("the account defines no %s, so it is %s", want, second)
			p.find(FindingTypeRefused, object, c.source, c.Values, f.Reason)
		}
		want, f.Choices = second, nil
	}
	f.Type = want
}

// textType is textarea for a property with a value that is too long for text.
func textType(longest int) string {
	if longest > maxChoice {
		return TextArea
	}
	return Text
}

// choices are the options of the definition and every value observed; false when a select cannot have them.
func (p *Property) choices() ([]string, bool) {
	if p.More || p.LongChoice {
		return nil, false
	}
	all := slices.Concat(p.Options, p.Distinct)
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) > maxChoices || slices.ContainsFunc(all, func(c string) bool { return !sendable(c, maxChoice) }) {
		return nil, false
	}
	return all, len(all) > 0
}

// takesAll reports whether a field of the account takes every value that was seen, so that reading it back gives the same text.
func takesAll(old ExistingField, p *Property) bool {
	t := CanonicalType(old.Type)
	if old.Multiple && t != Select {
		return false
	}
	switch t {
	case Text:
		return p.Longest <= maxChoice
	case TextArea:
		return true
	case Number, Date, DateTime, Boolean:
		return p.Agree[t] == p.Values
	case Select:
		return !p.More && !p.LongChoice && !slices.ContainsFunc(p.Distinct, func(v string) bool { return !slices.Contains(old.Choices, v) })
	}
	return false
}
