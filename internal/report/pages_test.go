package report_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/report"
)

func allPages(t *testing.T) map[string]report.Page {
	t.Helper()
	guide, err := report.BuildGuide("acme-2026", guideInput())
	require.NoError(t, err)
	return map[string]report.Page{
		"sample-diff": sampleDiff(), "pre-migration": preMigration(), "reconciliation": reconciliation(true), "rollback": rollback(), "rebuild-guide": guide,
		"empty sample-diff": report.SampleDiff{}, "empty pre-migration": report.PreMigration{}, "empty reconciliation": report.Reconciliation{},
		"empty rollback": report.Rollback{}, "empty rebuild-guide": report.RebuildGuide{},
	}
}

// A page stands alone: its policy allows its own style and script by hash and nothing else, and it asks for nothing from anywhere.
func TestPagesStandAlone(t *testing.T) {
	for name, p := range allPages(t) {
		t.Run(name, func(t *testing.T) {
			page := text(t, p.HTML)
			policy := between(t, page, `<meta http-equiv="Content-Security-Policy" content="`, `"`)
			assert.True(t, strings.HasPrefix(policy, "default-src 'none';"), policy)
			assert.NotContains(t, policy, "unsafe")
			assert.Contains(t, policy, "style-src '"+hash(between(t, page, "<style>", "</style>"))+"'")
			assert.Contains(t, policy, "script-src '"+hash(between(t, page, "<script>", "</script>"))+"'")
			assert.Less(t, strings.Index(page, "Content-Security-Policy"), strings.Index(page, "<style>"), "the policy comes before what it judges")
			for _, bad := range []string{` style="`, "<link", "<img", "@import", "url(", " onclick=", "http://", "https://cdn"} {
				assert.NotContains(t, strings.ReplaceAll(page, "https://frontrange.example.com", ""), bad)
			}
			for _, href := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(page, -1) {
				assert.NotContains(t, href[1], ":", "links lead to files beside the page")
			}
			assert.NotContains(t, page, "ZgotmplZ", "no value was refused by the template")
		})
	}
}

func TestPagesCanBeUsedByEverybody(t *testing.T) {
	for name, p := range allPages(t) {
		t.Run(name, func(t *testing.T) {
			page := text(t, p.HTML)
			assert.Contains(t, page, `<html lang="en">`)
			assert.Contains(t, page, `name="viewport"`)
			assert.Equal(t, 1, strings.Count(page, "<h1>"))
			assert.Equal(t, 1, strings.Count(page, `<main id="main">`))
			assert.Contains(t, page, `<a class="skip" href="#main">`)
			ids := map[string]bool{}
			for _, id := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
				assert.False(t, ids[id[1]], "id %s occurs twice", id[1])
				ids[id[1]] = true
			}
			for _, ref := range regexp.MustCompile(`aria-labelledby="([^"]*)"`).FindAllStringSubmatch(page, -1) {
				assert.True(t, ids[ref[1]], "%s labels nothing", ref[1])
			}
			for _, tag := range []string{"details", "summary", "table", "section", "ul", "ol", "div", "span"} {
				opened := len(regexp.MustCompile(`<`+tag+`[ >]`).FindAllString(page, -1))
				assert.Equal(t, opened, strings.Count(page, "</"+tag+">"), tag)
			}
		})
	}
}

// Text has a contrast of 4.5 to 1 on the grounds that it stands on, by day and by night.
func TestContrast(t *testing.T) {
	css, err := os.ReadFile("html/style.css")
	require.NoError(t, err)
	blocks := regexp.MustCompile(`:root \{([^}]*--bg[^}]*)\}`).FindAllStringSubmatch(string(css), -1)
	require.Len(t, blocks, 2, "light and dark")
	for i, block := range blocks {
		colors := map[string]string{}
		for _, c := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6})`).FindAllStringSubmatch(block[1], -1) {
			colors[c[1]] = c[2]
		}
		pairs := [][2]string{
			{"ink", "bg"}, {"ink", "card"}, {"ink", "tint"}, {"soft", "bg"}, {"soft", "card"}, {"soft", "tint"}, {"link", "bg"}, {"link", "card"},
			{"good", "good-bg"}, {"form", "form-bg"}, {"cut", "cut-bg"}, {"bad", "bad-bg"}, {"bad", "bg"}, {"off", "off-bg"},
			{"ink", "good-bg"}, {"ink", "form-bg"}, {"ink", "cut-bg"}, {"ink", "bad-bg"},
		}
		for _, p := range pairs {
			require.NotEmpty(t, colors[p[0]], p[0])
			require.NotEmpty(t, colors[p[1]], p[1])
			assert.GreaterOrEqual(t, contrast(t, colors[p[0]], colors[p[1]]), 4.5, "%s on %s, scheme %d", p[0], p[1], i)
		}
		for _, bar := range []string{"bar-good", "bar-form", "bar-cut", "bar-bad", "bar-off"} {
			assert.NotEmpty(t, colors[bar])
		}
	}
}

func between(t *testing.T, s, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(s, from)
	require.True(t, ok, from)
	inner, _, ok := strings.Cut(rest, to)
	require.True(t, ok, to)
	return inner
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// contrast is that of WCAG 2.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	l := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		require.NoError(t, err)
		c := float64(n) / 255
		if c <= 0.03928 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		l += weight * c
	}
	return l
}

func TestAPageWithManyLinesStaysShort(t *testing.T) {
	r := reconciliation(false)
	for i := range 30_000 {
		r.Flag("people", fmt.Sprint(i), "the contact has neither name, e-mail nor phone that Nutshell takes")
		r.Edit("people", fmt.Sprint(i), int64(i), "name")
		r.Remarks.Add("people", fmt.Sprint(i), "value_refused", "email: no e-mail address")
	}
	page := text(t, r.HTML)
	assert.Less(t, len(page), 500_000)
	assert.Contains(t, page, "29,802 more lines in reconciliation.json")
	data := object(t, r.JSON)
	assert.Len(t, data["flagged"], 10_000)
	assert.InDelta(t, 20_002, data["left_out"].(map[string]any)["flagged"], 0)
}
