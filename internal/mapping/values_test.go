package mapping_test

import (
	"math/rand"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/mapping"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a@x.com", mapping.EmailKey(" A@X.com\t"))
	for in, out := range map[string]string{
		"Ann@Tern.Example.com": "tern.example.com", " a@b.co ": "b.co", "a@@b": "", "a@b@c": "", "nobody": "", "@b": "", "a@": "", "a b@c.d": "",
	} {
		assert.Equal(t, out, mapping.DomainOfEmail(in), in)
	}
	for in, out := range map[string]string{
		"https://www.Tern.example.com/path?q#f": "tern.example.com", "tern.example.com": "tern.example.com", "WWW.tern.example.com:8080/x": "tern.example.com",
		"http://user:pw@host.example.com.": "host.example.com", "": "", "  ": "", "//tern.example.com": "tern.example.com", "http://[::1": "",
		"https://bücher.example": "xn--bcher-kva.example", "www.com": "com",
	} {
		assert.Equal(t, out, mapping.Host(in), in)
	}
	assert.Equal(t, mapping.NameKey("Alder & Finch  Realty"), mapping.NameKey(" alder & FINCH\trealty\n"), "case and inner white space folded")
	assert.Equal(t, mapping.NameKey("STRASSE"), mapping.NameKey("Straße"))
	assert.NotEqual(t, mapping.NameKey("Alder"), mapping.NameKey("Al der"))
}

func TestFreeMailNeverIdentifiesACompany(t *testing.T) {
	t.Parallel()
	for _, d := range []string{"gmail.com", "GMAIL.com", "yahoo.com", "outlook.com", "icloud.com", "aol.com", "comcast.net", "proton.me", "hey.com"} {
		assert.True(t, mapping.IsFreeMail(d), d)
	}
	for _, d := range []string{"example.com", "boulder.example.com", "notgmail.com", "mail.gmail.com", ""} {
		assert.False(t, mapping.IsFreeMail(d), d)
	}
}

func TestCompactJSON(t *testing.T) {
	t.Parallel()
	for in, out := range map[string]string{
		`{ "b" : 1.50, "a": [1e3, -0.0, 0.10, 12E-1] }`:   `{"b":1.5,"a":[1000,0,0.1,1.2]}`,
		`"\u003cb\u003e &amp; \u2028 \/ \u0001 \n\t\"\\"`: `"<b> &amp; ` + "\u2028" + ` / \u0001 \n\t\"\\"`,
		`[ ]`: `[]`, `{ }`: `{}`, ` null `: `null`, `true`: `true`, `{"a":{"a":null},"a":2}`: `{"a":{"a":null},"a":2}`,
		`123456789012345678901234567890.10`: `123456789012345678901234567890.1`,
	} {
		got, err := mapping.CompactJSON([]byte(in))
		require.NoError(t, err, in)
		assert.Equal(t, out, got)
	}
	for _, in := range []string{``, `{`, `1 2`, `[1,`, `nul`} {
		_, err := mapping.CompactJSON([]byte(in))
		assert.Error(t, err, in)
	}
}

func TestSafeFilename(t *testing.T) {
	t.Parallel()
	for in, out := range map[string]string{
		"floor plan.pdf": "floor plan.pdf", "../../etc/passwd": "passwd", `C:\docs\deed.pdf`: "deed.pdf", "a/b\\c.txt": "c.txt",
		"a\x00b\n\u200d.pdf": "ab.pdf", "": "file-att-1", "dir/": "file-att-1", "..": "file-att-1", ".": "file-att-1", "\x01\u202e": "file-att-1", "  ": "file-att-1",
		".hidden": ".hidden", "отчёт.pdf": "отчёт.pdf",
	} {
		assert.Equal(t, out, mapping.SafeFilename(in, "att-1"), "%q", in)
	}
	long := mapping.SafeFilename(strings.Repeat("é", 300)+".pdf", "x")
	assert.Equal(t, 255, utf8.RuneCountInString(long), "255 characters")
	assert.True(t, strings.HasSuffix(long, ".pdf"), "with the extension kept")
	assert.Equal(t, 255, utf8.RuneCountInString(mapping.SafeFilename("a."+strings.Repeat("b", 300), "x")))
	assert.Equal(t, "file-%2E%2E%2F%2E%2E%2Fx", mapping.ArchiveFilename("..", "../../x"), "an id is no path either")
	assert.Equal(t, "attachments/att%2F18%20%C3%BC", mapping.ArchiveFolder("att/18 ü"))
	assert.Equal(t, "attachments/%", mapping.ArchiveFolder(""))
	archive := mapping.ArchiveFilename(strings.Repeat("é", 300)+".pdf", "x")
	assert.LessOrEqual(t, len(archive), 255)
	assert.True(t, strings.HasSuffix(archive, "é.pdf") && utf8.ValidString(archive))
}

func TestMergeFields(t *testing.T) {
	t.Parallel()
	out, unknown := mapping.Default().MergeFields("Hi ##CONTACTNAME##, ##LISTING_1## ##AGENTNAME## ##A## ##LISTING_1## ##lower## # ##")
	assert.Equal(t, "Hi {{contact.name}}, ##LISTING_1## {{user.name}} ##A## ##LISTING_1## ##lower## # ##", out, "unknown ones are left")
	assert.Equal(t, []string{"##A##", "##LISTING_1##"}, unknown, "and listed once")
}

func TestShorten(t *testing.T) {
	t.Parallel()
	s, cut := mapping.Shorten(strings.Repeat("é", 255), 255)
	assert.Equal(t, strings.Repeat("é", 255), s)
	assert.False(t, cut)
	s, cut = mapping.Shorten(strings.Repeat("é", 256), 255)
	assert.Equal(t, strings.Repeat("é", 254)+"…", s, "254 and …")
	assert.True(t, cut)
}

func TestSplitText(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"[h]"}, mapping.SplitText("[h]", "", 10), "its header is its content")
	assert.Equal(t, []string{"[h]"}, mapping.SplitText("[h]", " \n", 10))
	assert.Equal(t, []string{"[h]\n\nabcde"}, mapping.SplitText("[h]", "abcde", 10), "a header line, an empty line, then the body")
	assert.Equal(t, []string{"[h] (1/3)\n\nabc ", "[h] (2/3)\n\ndef ", "[h] (3/3)\n\nghi"}, mapping.SplitText("[h]", "abc def ghi", 15), "split at the last white space")
	assert.Equal(t, []string{"[h] (1/2)\n\nabcdefghij", "[h] (2/2)\n\nabcdefghij"}, mapping.SplitText("[h]", "abcdefghijabcdefghij", 21), "without white space, at the limit")
}

// bodies takes the parts of a split text apart again.
func bodies(t *testing.T, header string, parts []string, limit int) string {
	t.Helper()
	var all strings.Builder
	for _, p := range parts {
		require.LessOrEqual(t, utf8.RuneCountInString(p), limit)
		head, body, found := strings.Cut(p, "\n\n")
		require.True(t, found || len(parts) == 1)
		require.True(t, strings.HasPrefix(head, header))
		all.WriteString(body)
	}
	return all.String()
}

func TestSplitTextLosesNothing(t *testing.T) {
	t.Parallel()
	const seed = 7
	rnd := rand.New(rand.NewSource(seed))
	letters := []rune("ab é🏠\n\t ")
	for range 3000 {
		body := make([]rune, 1+rnd.Intn(400))
		for i := range body {
			body[i] = letters[rnd.Intn(len(letters))]
		}
		if strings.TrimSpace(string(body)) == "" {
			continue
		}
		limit := 25 + rnd.Intn(60)
		parts := mapping.SplitText("[head]", string(body), limit)
		require.Equal(t, string(body), bodies(t, "[head]", parts, limit), "seed %d limit %d", seed, limit)
	}
}

func FuzzSplitText(f *testing.F) {
	f.Add("[h]", "some text to split", 20)
	f.Add("", "x", -1)
	f.Fuzz(func(t *testing.T, header, body string, limit int) {
		if strings.Contains(header, "\n\n") || !utf8.ValidString(header) || !utf8.ValidString(body) || strings.TrimSpace(body) == "" || len(body) > 5000 {
			t.Skip()
		}
		var all strings.Builder
		parts := mapping.SplitText(header, body, limit)
		for _, p := range parts {
			all.WriteString(strings.TrimPrefix(p[len(header):][strings.Index(p[len(header):], "\n\n"):], "\n\n"))
		}
		require.Equal(t, body, all.String())
	})
}
