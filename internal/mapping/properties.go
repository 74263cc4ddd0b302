package mapping

import (
	"encoding/json"
	"maps"
	"slices"

	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/target"
)

// properties demands the custom properties of a record. What the plan does not decide is not guessed: it is archived and flagged.
func (b *build) properties(object string, props record.Properties) {
	for _, name := range slices.Sorted(maps.Keys(props)) {
		raw := props[name]
		field := "custom_properties." + name
		text, ok := PropertyText(raw)
		if ok && text == "" || b.m.Properties[object][name].Off {
			continue
		}
		f, planned := b.env.Fields.Property(object, name)
		if !planned {
			b.flag(FlagPropertyNew, "the map decides on no field for a custom property; "+inRecords)
			continue
		}
		report := "customFields." + f.Name
		why := "no value that can be read"
		if ok {
			why = b.unfit(f, raw, text)
		}
		if why != "" {
			b.refuse(report, text, why, field)
			continue
		}
		verdict, reason := target.Equal, ""
		if isStructured(raw) {
			verdict, reason = target.Transformed, "arrays and objects are compact JSON"
		}
		if f.Multiple {
			for _, w := range target.Choices(f.Name, []string{text}) {
				b.put(w.As(verdict, reason), field)
			}
			continue
		}
		b.put(target.Custom(f.Name, target.Kind(f.Type), text).As(verdict, reason), field)
	}
}

// unfit says why a field does not take a value; "" when it does.
func (b *build) unfit(f PlannedField, raw json.RawMessage, text string) string {
	switch f.Type {
	case Text, TextArea:
		if limit := b.textLimit(f.Type); !sendable(text, limit) {
			return tooLong(text, limit)
		}
	case Select:
		if _, found := slices.BinarySearch(f.Choices, text); !found {
			return "not one of the choices of the field"
		}
	case Number, Date, DateTime, Boolean:
		if !agrees(f.Type, raw, text) {
			return "no " + f.Type + " as the field takes it"
		}
	default:
		return "the field has a type that is not written to"
	}
	return ""
}
