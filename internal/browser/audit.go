package browser

import (
	_ "embed"
	"fmt"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

//go:embed audit.js
var audit string

// Overflow is by how many pixels the page is wider than its window; 0 when nothing has to be scrolled sideways.
func (p *Page) Overflow() int {
	p.tb.Helper()
	return Ask[int](p, `document.documentElement.scrollWidth - document.documentElement.clientWidth`)
}

// Wide are the elements that stick out of the window to the right, at most ten, to name the culprit.
func (p *Page) Wide() []string {
	p.tb.Helper()
	return Ask[[]string](p, audit+`.wide()`)
}

// Pale are the visible texts whose contrast with what lies behind them is less than 4.5:1 (WCAG 2.2 AA), every fold opened.
func (p *Page) Pale() []string {
	p.tb.Helper()
	return Ask[[]string](p, audit+`.pale()`)
}

// OpenFolds opens every details element.
func (p *Page) OpenFolds() {
	p.tb.Helper()
	Ask[int](p, `document.querySelectorAll("details").forEach(function (d) { d.open = true; }), 0`)
}

// Unreachable walks the page with the Tab key and lists the controls that never get the focus, or get it without showing it.
func (p *Page) Unreachable() []string {
	p.tb.Helper()
	n := Ask[int](p, audit+`.controls()`)
	p.Do(chromedp.Evaluate(`document.activeElement && document.activeElement.blur(), window.getSelection().removeAllRanges(), 0`, nil))
	for range n + 200 { // more than the page's own: a frame has controls too
		p.Do(chromedp.KeyEvent(kb.Tab))
		if done := Ask[bool](p, audit+`.visit()`); done {
			break
		}
	}
	left := Ask[[]string](p, audit+`.unvisited()`)
	if n == 0 {
		left = append(left, fmt.Sprintf("the page has %d controls", n))
	}
	return left
}
