package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html"
	"html/template"
	"io"
	"strings"
)

//go:embed html
var files embed.FS

// The parts of every page. The policy allows the page's own style and script by their hashes and nothing else: no network, no form, no
// frame, no attribute that runs.
var (
	style  = asset("style.css")
	script = asset("script.js")
	policy = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'", hashOf(style), hashOf(script))
)

func asset(name string) string {
	b, err := files.ReadFile("html/" + name)
	if err != nil {
		panic(err) // a file of the package is missing from it
	}
	return string(b)
}

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"num": num, "label": label, "one": one, "object": objectWord, "kindOf": kindWord, "clip": clip, "dict": dict, "percent": percent, "size": sizeWords,
	"hours": hoursWords, "lower": strings.ToLower, "join": strings.Join,
}).ParseFS(files, "html/*.tmpl"))

// render writes a page: the shell with the body of a template in it.
func render(w io.Writer, title, body string, data any) error {
	_, err := fmt.Fprintf(w, `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="%s">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>%s</title>
<style>%s</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
`, policy, html.EscapeString(title), style)
	if err != nil {
		return err
	}
	if err := pages.ExecuteTemplate(w, body, data); err != nil {
		return fmt.Errorf("write page %s: %w", body, err)
	}
	_, err = fmt.Fprintf(w, "<script>%s</script>\n</body>\n</html>\n", script)
	return err
}
