package oracle_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/oracle"
)

func scan(text string, marks ...string) []oracle.Hit {
	return oracle.Scan(oracle.Texts(map[string]string{"t": text}), marks)
}

func TestScanFindsMarksHoweverTheyAreWritten(t *testing.T) {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	quoted := func(s string) string { b, err := json.Marshal(s); require.NoError(t, err); return string(b) }
	escaped := func(s string) string { return strings.Trim(fmt.Sprintf("%+q", s), `"`) }
	const mark = `José "Pepe" Núñez 🏡`
	for name, text := range map[string]string{
		"plain": "x " + mark + " y", "upper case": "MVEGA@EXAMPLE.COM", "JSON": quoted(mark), "JSON in JSON": quoted(quoted(mark)),
		"ASCII escapes": escaped(mark), "surrogates": `Jos\u00e9 \"Pepe\" N\u00fa\u00f1ez \ud83c\udfe1`, "base64": `{"data":"` + b64(quoted(mark)) + `"}`,
		"base64 twice": b64(`{"data":"` + b64(mark) + `"}`), "URL": "/search?q=mvega%40example.com&x=1", "base64 in a path": "/a/" + b64("mvega@example.com") + "/b",
		"unpadded": base64.RawURLEncoding.EncodeToString([]byte(mark)), "HTML": "Jos&#233; &quot;Pepe&quot; N&#250;&#241;ez 🏡",
	} {
		assert.NotEmpty(t, scan(text, mark, "mvega@example.com"), name)
	}
}

func TestScanFindsNothingElse(t *testing.T) {
	assert.Empty(t, scan("1772055501429 nanoseconds", "7205550142"), "digits inside a longer number")
	assert.Empty(t, scan("Annabelle Lees", "Annabel", "belle Lee"), "parts of words")
	assert.Empty(t, scan("short", "short"), "marks under six bytes")
	assert.Empty(t, scan(strings.Repeat("c2FmZSB0ZXh0", 100), "mvega@example.com"))
	assert.Len(t, scan("a@example.com a@example.com", "a@example.com", "A@example.com"), 1, "once a text")
}

func TestMarks(t *testing.T) {
	b := newBench(t)
	b.row("contacts", obj{"id": "1", "name": "Marisol Vega", "email": " mvega@example.com", "phones": obj{"mobile": "720-555-0142"},
		"company_name": "Vega", "addresses": obj{"home": obj{"street": "88 Alder Ct"}}, "custom_properties": obj{"Spouse Name": "Ana Torres", "Area": "Erie"}})
	b.row("agents", obj{"id": "2", "email": "priya@example.com", "first_name": "Priya", "last_name": "Lindqvist"})
	b.row("notes", obj{"id": "3", "parent_type": "contact", "parent_id": "1", "body": "Met at the open house on Sunday, wants a large yard and quiet streets.\nmore"})
	b.person(obj{"name": "Ed Standalone", "email": obj{"0": "ed@example.com"}})
	b.begin()
	src, err := oracle.SourceOf(b.source, true)
	require.NoError(t, err)
	got := oracle.Marks(src, b.before, "BO@example.com")
	for _, want := range []string{"Marisol Vega", "mvega@example.com", "720-555-0142", "7205550142", "88 Alder Ct", "Ana Torres", "priya@example.com",
		"Priya Lindqvist", "Met at the open house on Sunday, wants a", "Ed Standalone", "ed@example.com"} {
		assert.Contains(t, got, want)
	}
	for _, not := range []string{"bo@example.com", "Vega", "Erie", "Area"} {
		assert.NotContains(t, got, not)
	}
}

// A generated account's marks must not stand in texts that speak of counts and phases only.
func TestMarksDoNotMatchOrdinaryText(t *testing.T) {
	cfg := rezoratest.DefaultConfig()
	cfg.Size = "XS"
	src, err := oracle.SourceOf(rezoratest.New(cfg), true)
	require.NoError(t, err)
	b := newBench(t)
	marks := oracle.Marks(src, b.dest.Snapshot())
	require.Greater(t, len(marks), 200)
	text := `{"phase":"companies","status":"running","reason":"","objects":[{"object":"people","total":60,"created":12}]} migration/acme-2026
		extract owners map sample approval companies people leads timeline archive delta reconciliation done http://127.0.0.1:7233
		"2024-05-01T10:00:00Z" 0f3e63e14cdf7acc created updated skipped flagged in_doubt reverted kept contacts/9999971 note 33001`
	assert.Empty(t, scan(text, marks...))
}
