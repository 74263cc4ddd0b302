// Package browser looks at pages as people do: with Chromium, over DevTools. Only tests use it; without a Chromium they fail.
package browser

import (
	"context"
	"fmt"
	"os/exec"
	"sync"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/chromedp"
)

// TB is the part of testing.TB that the helpers need; this package itself does not import testing.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// limit bounds everything that one test does with its browser.
const limit = 4 * time.Minute

// Browser is one running Chromium.
type Browser struct{ ctx context.Context }

// Start runs a Chromium that ends with the test. The test fails when there is none; tools/prepare installs it.
func Start(tb TB) *Browser {
	tb.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		tb.Fatalf("no chromium, chromium-browser or google-chrome on the PATH; tools/prepare installs one")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WSURLReadTimeout(time.Minute),
		chromedp.Flag("disable-dev-shm-usage", true))
	limited, stop := context.WithTimeout(context.Background(), limit)
	tb.Cleanup(stop)
	allocated, free := chromedp.NewExecAllocator(limited, options...)
	tb.Cleanup(free)
	ctx, quit := chromedp.NewContext(allocated)
	tb.Cleanup(quit)
	if err := chromedp.Run(ctx); err != nil {
		tb.Fatalf("start %s: %v", path, err)
	}
	return &Browser{ctx}
}

// View is how a page is looked at.
type View struct {
	Width    int64 // CSS pixels
	Dark     bool
	NoScript bool
	AnyCert  bool // takes a certificate that nobody has signed
}

func (v View) String() string {
	scheme := "light"
	if v.Dark {
		scheme = "dark"
	}
	return fmt.Sprintf("%d px, %s", v.Width, scheme)
}

// Page is one open tab.
type Page struct {
	tb  TB
	ctx context.Context

	mu       sync.Mutex
	problems []string
	requests []string
}

// Open opens an address in a tab of its own. Tabs of one browser share its cookies.
func (b *Browser) Open(tb TB, address string, v View) *Page {
	tb.Helper()
	ctx, leave := chromedp.NewContext(b.ctx)
	tb.Cleanup(leave)
	p := &Page{tb: tb, ctx: ctx}
	chromedp.ListenTarget(ctx, p.note)
	scheme := "light"
	if v.Dark {
		scheme = "dark"
	}
	p.Do(
		network.Enable(), log.Enable(), runtime.Enable(),
		security.SetIgnoreCertificateErrors(v.AnyCert),
		emulation.SetDeviceMetricsOverride(v.Width, 844, 1, v.Width < 600),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
		emulation.SetScriptExecutionDisabled(v.NoScript),
		page.BringToFront(), // a page that nobody sees draws nothing and asks for nothing
		chromedp.Navigate(address),
	)
	return p
}

func (p *Page) note(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError || e.Entry.Source == log.SourceSecurity {
			p.problems = append(p.problems, e.Entry.Text)
		}
	case *runtime.EventExceptionThrown:
		p.problems = append(p.problems, e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError {
			p.problems = append(p.problems, "console.error")
		}
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	}
}

// Problems are the errors of the console and the violations of the page's policy so far.
func (p *Page) Problems() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.problems...)
}

// Requests are the addresses asked for so far, that of the page included.
func (p *Page) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.requests...)
}

// Do carries out actions of chromedp in this tab.
func (p *Page) Do(actions ...chromedp.Action) {
	p.tb.Helper()
	if err := chromedp.Run(p.ctx, actions...); err != nil {
		p.tb.Fatalf("in the browser: %v", err)
	}
}

// Ask evaluates an expression in the page, and decodes its value.
func Ask[T any](p *Page, expression string) T {
	p.tb.Helper()
	var v T
	p.Do(chromedp.Evaluate(expression, &v))
	return v
}

// tallest is the height of a page, in CSS pixels, up to which Chromium takes a picture of the whole.
const tallest = 16000

// Picture is the page as PNG: the whole, or what the window shows of a very long one.
func (p *Page) Picture() []byte {
	p.tb.Helper()
	var png []byte
	if Ask[int](p, `document.documentElement.scrollHeight`) > tallest {
		p.Do(chromedp.CaptureScreenshot(&png))
	} else {
		p.Do(chromedp.FullScreenshot(&png, 100))
	}
	return png
}
