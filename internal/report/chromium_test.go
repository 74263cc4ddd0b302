package report_test

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	chromium "rezora2nutshell/internal/browser"
	"rezora2nutshell/internal/report"
)

// oddValues are what people write into a CRM, and what those who mean harm do.
var oddValues = []string{
	strings.Repeat("Donaudampfschifffahrt", 40), "שלום עולם, זה שם ארוך מאוד", "\u202etxet desrever", "👩‍👩‍👧‍👦🏳️‍🌈 Familie", `<script>console.error("ran")</script>`,
	`<img src=x onerror=console.error("ran")>`, `"><svg/onload=console.error(1)>`, "a\nb\n\tc", "https://example.com/" + strings.Repeat("path/", 60), "z̸̡̢̛a̶l̷g̸o̶", "",
}

// bigSample has 500 records and every odd value under every verdict.
func bigSample(t testing.TB) report.SampleDiff {
	d := sampleDiff()
	verdicts := []string{"equal", "transformed", "truncated", "missing", "mismatch"}
	objects := [][2]string{{"people", "Contacts"}, {"companies", "Accounts"}, {"leads", "Leads"}, {"notes", "Notes"}, {"tasks", "Tasks"}, {"activities", "Activities"}}
	for i := len(d.Records); i < 500; i++ {
		o := objects[i%len(objects)]
		r := report.DiffRecord{Object: o[0], SourceID: fmt.Sprint(7000000 + i), TargetType: o[1], TargetID: int64(i + 1)}
		for n := range 12 {
			v := oddValues[(i+n)%len(oddValues)]
			f := report.DiffField{Field: fmt.Sprintf("customFields.Field number %d", n), Source: v, Target: v, Verdict: "equal"}
			if n == 0 {
				f = report.DiffField{Field: "name", Source: fmt.Sprintf("Person %d %s", i, v), Target: fmt.Sprintf("Person %d %s", i, v), Verdict: "equal"}
			}
			if n == 1 {
				f.Verdict = verdicts[i%len(verdicts)]
			}
			switch f.Verdict {
			case "missing":
				f.Target, f.Reason = "", "Nutshell does not show the value"
			case "mismatch", "truncated", "transformed":
				f.Target, f.Reason = v+" other", v
			}
			r.Fields = append(r.Fields, f)
		}
		d.Records = append(d.Records, r)
	}
	require.Len(t, d.Records, 500)
	require.NoError(t, report.Seal(&d, []byte(mapYAML), root))
	return d
}

func onDisk(t testing.TB, name string, p report.Page) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, p.HTML(&b))
	require.Less(t, b.Len(), 5<<20, "a page is under 5 MB")
	file := filepath.Join(t.TempDir(), name+".html")
	require.NoError(t, os.WriteFile(file, b.Bytes(), 0o600))
	return (&url.URL{Scheme: "file", Path: file}).String()
}

func TestReportsInChromium(t *testing.T) {
	b := chromium.Start(t)
	pages := allPages(t)
	const big = "sample-diff of 500"
	pages[big] = bigSample(t)
	for name, page := range pages {
		t.Run(name, func(t *testing.T) {
			address := onDisk(t, "page", page)
			for _, v := range []chromium.View{{Width: 390}, {Width: 390, Dark: true}, {Width: 1280}} {
				p := b.Open(t, address, v)
				assert.Zero(t, p.Overflow(), "%s: nothing is scrolled sideways; too wide: %v", v, p.Wide())
				if v.Width == 390 && !v.Dark && name != big { // the page of 500 has the controls of the small one, many times over
					assert.Empty(t, p.Unreachable(), "%s: by keyboard", v)
				}
				if v.Width == 390 {
					assert.Empty(t, p.Pale(), "%s: contrast", v)
					assert.Zero(t, p.Overflow(), "%s: nothing is scrolled sideways with all folds open; too wide: %v", v, p.Wide())
				}
				assert.Empty(t, p.Problems(), "%s", v)
				assert.Equal(t, []string{address}, p.Requests(), "%s: nothing is asked for but the page", v)
				if dir := os.Getenv("REPORT_PICTURES"); dir != "" { // for eyes
					file := strings.ReplaceAll(fmt.Sprintf("%s %s.png", name, v), " ", "-")
					require.NoError(t, os.WriteFile(filepath.Join(dir, file), p.Picture(), 0o600))
				}
			}
		})
	}
}

// What the audit looks for is found where it is.
func TestTheAuditFindsFaults(t *testing.T) {
	p := chromium.Start(t).Open(t, "about:blank", chromium.View{Width: 390})
	chromium.Ask[int](p, `document.body.innerHTML = '<p style="color:#bbb;width:2000px">pale</p><button tabindex="-1">x</button>', 0`)
	assert.Positive(t, p.Overflow())
	assert.NotEmpty(t, p.Wide())
	assert.NotEmpty(t, p.Pale())
	assert.NotEmpty(t, p.Unreachable())
}

// shownRecords counts what the filters have left.
const shownRecords = `Array.from(document.querySelectorAll(".rec")).filter(function (e) { return e.checkVisibility(); }).length`

func TestFiltersWorkByKeyboard(t *testing.T) {
	p := chromium.Start(t).Open(t, onDisk(t, "sample-diff", bigSample(t)), chromium.View{Width: 1280})
	says := func(text string) {
		t.Helper()
		assert.Eventually(t, func() bool {
			return chromium.Ask[string](p, `document.querySelector("#filters output").textContent`) == text
		}, 10*time.Second, 50*time.Millisecond, text)
	}
	focus := func(what string) { chromium.Ask[int](p, fmt.Sprintf(`document.querySelector(%q).focus(), 0`, what)) }
	says("500 records")
	focus("#filters [name=text]")
	p.Do(chromedp.KeyEvent("marisol VEGA"))
	says("2 of 500 records") // the person, and the lead that is named after her
	assert.Equal(t, 2, chromium.Ask[int](p, shownRecords))
	assert.Contains(t, chromium.Ask[string](p, `document.querySelector(".rec:not([hidden])").textContent`), "Marisol Vega")
	p.Do(chromedp.KeyEvent(kb.Tab))
	require.Equal(t, "Show all", chromium.Ask[string](p, `document.activeElement.textContent`))
	p.Do(chromedp.KeyEvent(kb.Enter))
	says("500 records")

	focus(".choice details:not([open]) > summary")
	p.Do(chromedp.KeyEvent(kb.Enter))
	assert.True(t, chromium.Ask[bool](p, `document.activeElement.parentNode.open`), "a fold opens with Enter")
	assert.Empty(t, p.Problems())
}

// Without scripts every record is there, and nothing is offered that would need one.
func TestSampleWithoutScript(t *testing.T) {
	p := chromium.Start(t).Open(t, onDisk(t, "sample-diff", bigSample(t)), chromium.View{Width: 390, NoScript: true})
	var records, buttons int
	p.Do(chromedp.Evaluate(shownRecords, &records), chromedp.Evaluate(`Array.from(document.querySelectorAll("button, select")).filter(function (e) { return e.checkVisibility(); }).length`, &buttons))
	assert.Equal(t, 500, records)
	assert.Zero(t, buttons)
}

// BenchmarkOpen is the time from the click to a laid out page of 500 records.
func BenchmarkOpen(b *testing.B) {
	c := chromium.Start(b)
	p := c.Open(b, onDisk(b, "sample-diff", bigSample(b)), chromium.View{Width: 1280})
	for b.Loop() {
		p.Do(chromedp.Reload())
	}
}
