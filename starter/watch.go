package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/vbauerster/cupwriter"

	"rezora2nutshell/internal/api"
)

// painter shows one view after the other.
type painter interface{ paint(v view) }

// newPainter redraws in place on a terminal, and writes changes as lines anywhere else.
func newPainter(c console) painter {
	if !c.terminal() {
		return &linePainter{out: c}
	}
	return &screenPainter{cupwriter.New(c.out, false)}
}

// lookEvery is the pause between two looks at a migration.
const lookEvery = time.Second

// follow shows a migration until it has closed, or until stop says that the last view is enough. It returns that view.
func (c console) follow(ctx context.Context, r *remote, f flow, p painter, stop func(view) bool) (view, error) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var last view
	for {
		v, err := r.look(ctx, f)
		if err != nil {
			return v, err
		}
		if v.silence != "" { // what was seen last is better than nothing
			seen, silence := v.seen, v.silence
			v.progress = last.progress
			v.seen, v.silence = seen, silence
		}
		p.paint(v)
		last = v
		if v.closed || stop != nil && stop(v) {
			return v, nil
		}
		select {
		case <-ctx.Done():
			return v, ctx.Err()
		case <-tick.C:
		}
		again, ok, err := r.describe(ctx, f.id)
		if err != nil {
			return v, err
		}
		if !ok {
			return v, fmt.Errorf("%s is gone: its retention has ended; the ledger still knows it (starter report)", f.id)
		}
		f = again
	}
}

// screenPainter redraws in place.
type screenPainter struct{ w *cupwriter.Writer }

func (p *screenPainter) paint(v view) {
	width, height, err := p.w.GetTermSize()
	if err != nil || width <= 0 {
		width, height = 80, 24
	}
	lines := render(v, width)
	rows := 0
	for _, l := range lines {
		rows += 1 + max(0, runewidth.StringWidth(l)-1)/width
	}
	fmt.Fprintln(p.w, strings.Join(lines, "\n"))
	_ = p.w.Flush(min(rows, max(1, height-1))) // a terminal that is gone ends the program otherwise
}

// countsEvery bounds how often mere numbers make a line.
const countsEvery = 10 * time.Second

// linePainter writes what has changed, for logs and pipes.
type linePainter struct {
	out     console
	state   string
	note    string
	counts  string
	counted time.Time
}

func (p *linePainter) paint(v view) {
	stamp := v.seen.Format("15:04:05")
	g := v.progress
	state := strings.Join([]string{g.Phase, g.Status, g.WaitingFor, g.Reason, v.silence}, "\x00")
	if state != p.state {
		p.state = state
		p.change(stamp, v)
	}
	if v.note != p.note {
		p.note = v.note
		p.out.printf("%s %s\n", stamp, v.note)
	}
	counts := countsLine(g)
	if counts != p.counts && (v.closed || v.seen.Sub(p.counted) >= countsEvery) {
		p.counts, p.counted = counts, v.seen
		p.out.printf("%s %s\n", stamp, counts)
	}
}

func (p *linePainter) change(stamp string, v view) {
	g := v.progress
	if v.silence != "" {
		p.out.printf("%s %s\n", stamp, v.silence)
		return
	}
	line := fmt.Sprintf("%s %s: phase %s, %s", stamp, g.Migration, phaseText(g.Phase), g.Status)
	if g.Reason != "" {
		line += ": " + g.Reason
	}
	p.out.println(line)
	if g.WaitingFor == "" {
		return
	}
	for _, l := range reportLines(g.Reports) {
		p.out.println("  " + l)
	}
	for _, l := range nextLines(v) {
		if l != "" {
			p.out.println("  " + l)
		}
	}
}

// countsLine is how far the objects are, in one line.
func countsLine(g api.Progress) string {
	var parts []string
	for _, o := range g.Objects {
		if o.Total == 0 && o.Done() == 0 {
			continue
		}
		done := o.Done()
		if g.Phase == api.PhaseRollback {
			done = o.Reverted + o.Kept
		}
		part := fmt.Sprintf("%s %s of %s", o.Object, count(done), count(o.Total))
		if o.Flagged > 0 {
			part += fmt.Sprintf(" (%s flagged)", count(o.Flagged))
		}
		if o.InDoubt > 0 {
			part += fmt.Sprintf(" (%s in doubt)", count(o.InDoubt))
		}
		parts = append(parts, part)
	}
	return strings.Join(append(parts, calls(g.Calls.Total())), ", ")
}

// width of a terminal, 80 anywhere else.
func width(c console) int {
	f, ok := c.out.(*os.File)
	if !ok {
		return 80
	}
	w := cupwriter.New(f, false)
	if !w.IsTerminal() {
		return 80
	}
	cols, _, err := w.GetTermSize()
	if err != nil || cols <= 0 {
		return 80
	}
	return cols
}
