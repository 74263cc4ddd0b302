package mapping_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/mapping"
)

func TestABodyIsHTMLWhenItHoldsAKnownTagOrAnEntity(t *testing.T) {
	t.Parallel()
	for _, yes := range []string{
		"<br>", "a<BR/>b", "<p class='x'>a</p>", "</div>", "O&#39;Neil", "O&#x27;Neil", "a &amp; b", "5 &lt; 6", "caf&eacute;", "x&nbsp;y", `<a href="u">t</a>`, "a &semi; b",
		"a&#59;b",
	} {
		assert.True(t, mapping.IsHTML(yes), yes)
	}
	for _, no := range []string{
		"", "plain", "1 < 2 > 0", "<john@example.com>", "<b@example.com> wrote", "AT&T; and R&D", "a & b;", "<unknown>", "x <- y", "&copy 2020", "if a<b and c>d", "& amp;", "&bogus;",
		"<br", "<3 hearts",
	} {
		assert.False(t, mapping.IsHTML(no), no)
	}
}

func TestHTMLBecomesReadableText(t *testing.T) {
	t.Parallel()
	for in, out := range map[string]string{
		"Met at open house.<br>Wants a yard.": "Met at open house.\nWants a yard.",
		"<p>One</p>\n<p>Two   words</p>":      "One\nTwo words",
		"<div>a<div>b</div></div>c":           "a\nb\nc",
		"a<br><br>b":                          "a\n\nb",
		"a<br/>\n  b":                         "a\nb",
		`See <a href="https://x.example.com/?a=1&amp;b=2">our site</a>!`:  "See our site (https://x.example.com/?a=1&b=2)!",
		`<a href="https://x.example.com"></a>`:                            "(https://x.example.com)",
		`<a name="top">Top</a>`:                                           "Top",
		`<a href="javascript:alert(1)">click</a>`:                         "click",
		"O&#39;Neil &amp; Sons &lt;b&gt; &eacute;":                        "O'Neil & Sons <b> é",
		"line one &amp;\nline two\n\nthree":                               "line one &\nline two\n\nthree",
		"<br>if a<b and c>d":                                              "if a<b and c>d",
		"<td nowrap>x</td><br>":                                           "x",
		"<b>bold</b> one\nline two":                                       "bold one\nline two",
		"a<script>var x = '<p>no</p>';</script>b<style>p{}</style>c":      "abc",
		"<ul><li>one</li><li>two</li></ul>after":                          "one\ntwo\nafter",
		"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>": "a b\nc",
		"<pre>a  b\n c</pre>d":                                            "a  b\n c\nd",
		"<!-- hidden --><p>shown</p>":                                     "shown",
		"<john@example.com> wrote:<br>hello <unknown thing>":              "<john@example.com> wrote:\nhello <unknown thing>",
		"<o:p>office</o:p><br>x":                                          "office\nx",
		"&lt;script&gt;not code&lt;/script&gt;":                           "<script>not code</script>",
		"<br>":                                                            "",
		"<p></p>":                                                         "",
		"<p>a&nbsp;b</p>":                                                 "a\u00a0b",
		"<h1>Title</h1>text":                                              "Title\ntext",
		"tail <br> and <b":                                                "tail\nand <b",
		"1 < 2 <br> 3":                                                    "1 < 2\n3",
		"<p>x<p>y":                                                        "x\ny",
		`<a href="https://x.example.com"><div>block</div></a>next<br>`:    "block\n(https://x.example.com)next",
	} {
		assert.Equal(t, out, mapping.HTMLToText(in), in)
	}
	plain, was := mapping.PlainBody("  a < b \n")
	assert.Equal(t, "  a < b \n", plain, "otherwise it stays as it is")
	assert.False(t, was)
}

func FuzzHTMLToText(f *testing.F) {
	for _, s := range []string{"<p>a</p>", "&#0;<br>", "<a href=x>y", "<script>", "<![CDATA[x]]>", "<svg><p>", "<plaintext>x<br>", "\xff<br>", "<a(L\xe6:q\xfd\x04\x95=w>y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		out := mapping.HTMLToText(body)
		require.True(t, !utf8.ValidString(body) || utf8.ValidString(out))
		if !strings.ContainsAny(body, "<&") {
			for _, w := range strings.Fields(body) {
				require.Contains(t, out, w, "text is never lost")
			}
		}
	})
}
