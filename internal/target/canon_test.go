package target_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/target"
)

func TestNumbersInTheirShortestForm(t *testing.T) {
	for in, out := range map[string]string{
		"0": "0", "-0": "0", "-0.00": "0", "007": "7", "12.50": "12.5", "-1.0": "-1", "1e3": "1000", "1.25E1": "12.5", "125e-1": "12.5", "5e-3": "0.005", "0.5e+1": "5",
		"1e400": "1" + strings.Repeat("0", 400), "1e401": "1e401", "": "", ".5": ".5", "5.": "5.", "1,5": "1,5", "x": "x", "1e": "1e", "--1": "--1",
		"123456789012345678901234567890.10": "123456789012345678901234567890.1",
	} {
		w := target.Custom("Size", target.KindNumber, in)
		assert.Equal(t, out, w.Canon, in)
		if n, ok := w.Wire.(json.Number); ok {
			_, err := json.Marshal(n)
			require.NoError(t, err)
		}
	}
}

// The parsing of nutshell contract 3.1.
func TestPhones(t *testing.T) {
	for in, out := range map[string]string{
		"(512) 555-0142": "+15125550142", "512.555.0142": "+15125550142", "1 512 555 0142": "+15125550142", "+1 (512) 555/0142": "+15125550142",
		"+49 30 1234567": "+49301234567", "+12": "12", "555-0142": "5550142", "2 512 555 0142": "25125550142", "512-555-0142 x12": "+15125550142x12",
		"512-555-0142 EXT. 12": "+15125550142x12", "512-555-0142 ext 1234567": "+15125550142x1234567", "512-555-0142 #9": "+15125550142x9",
		"512-555-0142 x12345678": "512-555-0142 x12345678", "1-800-FLOWERS": "1-800-FLOWERS", "call x12": "call x12", " 512-555-0142 ": "+15125550142", "x5": "x5",
	} {
		assert.Equal(t, out, target.Phone("work", in).Canon, in)
	}
}

func TestPathsTellTheirParts(t *testing.T) {
	for _, c := range []struct {
		path target.Path
		list string
	}{
		{"description", ""}, {"phone:home", "phone"}, {"phone:#+1512", "phone"}, {"accounts:310", "accounts"}, {target.CustomPath("a:b"), ""},
		{target.ChoicePath("a:b", "c:d"), `custom:a\:b`}, {target.CustomPath(`x\`), ""},
	} {
		assert.Equal(t, c.list, c.path.List(), c.path)
	}
	entityType, id, ok := target.Path("participants:Contacts/12").Linked()
	assert.True(t, ok)
	assert.Equal(t, "Contacts/12", target.EntityRef("x", entityType, id).Canon)
	for _, p := range []target.Path{"accounts:@companies/org-7", "phone:12", "accounts:", "participants:12", "description"} {
		_, _, ok = p.Linked()
		assert.False(t, ok, p)
	}
	for _, name := range []string{"a", "a:b", `a\`, `a\:b`, `:`, `\\:`, ""} {
		got, ok := target.CustomPath(name).Custom()
		assert.True(t, ok)
		assert.Equal(t, name, got)
		got, ok = target.ChoicePath(name, `x:\y`).Custom()
		assert.True(t, ok)
		assert.Equal(t, name, got)
	}
	assert.Equal(t, []target.Path{"a", "b"}, target.Paths([]string{"a", "b"}))
}

func TestTypeWords(t *testing.T) {
	for word, kind := range map[string]target.Kind{
		"Text": target.KindText, "LongText": target.KindTextArea, "long_text": target.KindTextArea, "Textarea": target.KindTextArea, "Date Time": target.KindDateTime,
		"date-time": target.KindDateTime, "enum-multiple": target.KindSelect, "Decision": target.KindSelect, "CURRENCY": target.KindCurrency, "Formula": target.KindUnknown,
	} {
		assert.Equal(t, kind, target.KindOf(word), word)
	}
}

func FuzzPhone(f *testing.F) {
	for _, s := range []string{"+1 512 555 0142 x9", "#", "ext", "x1x2", "\xff1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w := target.Phone("work", s)
		assert.Equal(t, strings.TrimSpace(s) == "", w.Canon == "")
		shown, err := json.Marshal(map[string]any{"id": 1, "phone": map[string]any{"work": s}})
		require.NoError(t, err)
		if utf8.ValidString(s) && w.Canon != "" {
			allEqual(t, []target.Want{w}, read(t, "Contacts", string(shown)), nil)
		}
	})
}
