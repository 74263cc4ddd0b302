package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/mattn/go-runewidth"

	"rezora2nutshell/internal/api"
)

const (
	barWidth  = 16
	leastWide = 60
)

// render shows a view as lines of at most width columns, what matters first.
func render(v view, width int) []string {
	width = max(width, leastWide)
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	p := v.progress
	if p.Phase == "" {
		add("%s", v.silence)
		return fit(lines, width)
	}
	add("%s   %s   %s   %s", p.Migration, phaseText(p.Phase), strings.ToUpper(p.Status), spent(v))
	if v.silence != "" {
		add("(as it was) %s", v.silence)
	}
	if v.note != "" {
		add("%s", v.note)
	}
	if p.Reason != "" {
		lines = append(lines, wrap(p.Reason, width)...)
	}
	lines = append(lines, "")
	objects := objectLines(p)
	if lines = append(lines, objects...); len(objects) == 0 {
		add("nothing planned yet")
	}
	lines = append(lines, "")
	for _, b := range v.beats {
		lines = append(lines, beatLine(b))
	}
	add("calls   %s to Nutshell: %s create, %s edit, %s delete, %s read, %s upload", count(p.Calls.Total()), count(p.Calls.Create), count(p.Calls.Edit),
		count(p.Calls.Delete), count(p.Calls.Read), count(p.Calls.Upload))
	if p.ETA != nil && p.Status == api.StatusRunning {
		add("load    done about %s", etaText(*p.ETA, v.seen))
	}
	lines = append(lines, reportLines(p.Reports)...)
	lines = fit(lines, width)
	return append(lines, nextLines(v)...) // commands are for copying: never cut
}

// phaseText is the phase with its place in the story.
func phaseText(phase string) string {
	phases := slices.DeleteFunc(slices.Clone(api.Phases), func(p string) bool { return p == api.PhaseMap && phase != api.PhaseMap })
	at := slices.Index(phases, phase)
	if at < 0 {
		return phase
	}
	return fmt.Sprintf("%s (%d of %d)", phase, at+1, len(phases))
}

func spent(v view) string {
	if v.closed || v.started.IsZero() {
		return ""
	}
	return "running for " + short(v.seen.Sub(v.started))
}

// objectLines are a bar for each object that has records, and its counts that are not 0.
func objectLines(p api.Progress) []string {
	type row struct {
		api.ObjectProgress
		done, total string
		share       float64
	}
	var rows []row
	wide, wider := 0, 0
	for _, o := range p.Objects {
		done := o.Done()
		if p.Phase == api.PhaseRollback {
			done = o.Reverted + o.Kept
		}
		if o.Total == 0 && done == 0 && o.InDoubt == 0 {
			continue
		}
		r := row{o, count(done), count(o.Total), 0}
		if o.Total > 0 {
			r.share = min(1, float64(done)/float64(o.Total))
		}
		rows = append(rows, r)
		wide, wider = max(wide, len(r.done)), max(wider, len(r.total))
	}
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = fmt.Sprintf("%-11s %s %3.0f %%  %*s of %*s ", r.Object, bar(r.share), r.share*100, wide, r.done, wider, r.total)
		for _, n := range []struct {
			name string
			n    int64
		}{{"created", r.Created}, {"updated", r.Updated}, {"skipped", r.Skipped}, {"flagged", r.Flagged}, {"in doubt", r.InDoubt}, {"reverted", r.Reverted}, {"kept", r.Kept}} {
			if n.n > 0 {
				lines[i] += fmt.Sprintf(" %s %s", n.name, count(n.n))
			}
		}
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}

func bar(share float64) string {
	eighths := int(share*barWidth*8 + 0.5)
	full := eighths / 8
	s := strings.Repeat("█", full)
	if rest := eighths % 8; rest > 0 {
		s += string([]rune(" ▏▎▍▌▋▊▉")[rest])
		full++
	}
	return s + strings.Repeat("·", barWidth-full)
}

func beatLine(b beat) string {
	line := "now     " + b.Step
	if b.Total > 0 {
		line += fmt.Sprintf(": %s of %s", count(b.Done), count(b.Total))
	} else if b.Done > 0 {
		line += ": " + count(b.Done)
	}
	if b.attempt > 1 && b.failure != "" {
		line += fmt.Sprintf(" (attempt %d; the one before: %s)", b.attempt, strings.Join(strings.Fields(b.failure), " "))
	}
	return line
}

func reportLines(r api.Reports) []string {
	var out []string
	for _, l := range []struct {
		name string
		url  *string
	}{{"pre-migration report", r.PreMigration}, {"sample diff", r.SampleDiff}, {"reconciliation", r.Reconciliation}, {"rollback report", r.Rollback}} {
		if l.url != nil {
			out = append(out, fmt.Sprintf("report  %s: %s", l.name, *l.url))
		}
	}
	return out
}

// nextLines are the exact commands that move a migration on which waits for a person.
func nextLines(v view) []string {
	var out []string
	for _, message := range strings.Fields(v.progress.WaitingFor) {
		if message == api.Confirm {
			out = append(out, "", "to approve:")
			out = append(out, ways(message, v, true)...)
			out = append(out, "to reject:")
			out = append(out, ways(message, v, false)...)
			continue
		}
		out = append(out, "", "to "+message+":")
		out = append(out, ways(message, v, true)...)
	}
	return out
}

// ways are the command lines of one message, addressed to the workflow that is shown: a Rollback by itself has an id of its own.
func ways(message string, v view, approved bool) []string {
	var out []string
	for _, w := range api.Commands(message, v.progress.Migration, v.progress.Digest, approved) {
		if v.id != "" {
			w.Command = strings.Replace(w.Command, api.MigrationIDPrefix+v.progress.Migration+" ", v.id+" ", 1)
		}
		out = append(out, fmt.Sprintf("  %-9s %s", w.Tool, w.Command))
	}
	return out
}

// calls is a number of calls in words.
func calls(n int64) string {
	if n == 1 {
		return "1 call"
	}
	return count(n) + " calls"
}

func count(n int64) string { return humanize.Comma(n) }

// short is a length of time as people say it.
func short(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d days %d h", int(d.Hours())/24, int(d.Hours())%24)
}

func etaText(eta string, now time.Time) string {
	at, err := time.Parse(time.RFC3339, eta)
	if err != nil {
		return eta
	}
	left := at.Sub(now)
	if left < 0 {
		return at.Local().Format("15:04:05")
	}
	return fmt.Sprintf("%s, in %s", at.Local().Format("Mon 15:04:05"), short(left))
}

// wrap breaks a text at blanks.
func wrap(text string, width int) []string {
	var out []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && runewidth.StringWidth(line)+1+runewidth.StringWidth(word) > width {
			out = append(out, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(out, line)
}

// fit cuts lines that a terminal would break: a redraw counts lines.
func fit(lines []string, width int) []string {
	for i, l := range lines {
		lines[i] = runewidth.Truncate(l, width, "…")
	}
	return lines
}
