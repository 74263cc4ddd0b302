package rezora

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"rezora2nutshell/clients/rezora/internal/canon"
	"rezora2nutshell/internal/record"
)

// ExportOptions name a folder of exported files (rezora contract 7.5).
type ExportOptions struct {
	Dir             string
	AllowNoManifest bool
	AsOf            string // RFC 3339, the export's time when there is no manifest
	Zone            string // of zone-less times; "" is UTC
	Disabled        []record.Kind
	MaxBytes        int64 // of an attachment; 0 is 2 GiB
	Legacy          bool  // the folder stands for the legacy API: the six shared resources
}

// Export reads a folder of exported files. It is safe for use by several goroutines, and opens files for reading only.
type Export struct {
	options ExportOptions
	convert canon.Converter

	mu    sync.Mutex
	ids   map[record.Kind][]uint64 // sorted hashes of ids, filled when a single read needs them
	idsOf time.Time                // as_of of the export they are from
}

var _ Source = (*Export)(nil)

// Errors of exports.
var (
	ErrExportOlder = errors.New("the export is older than the one read before")
	ErrNoFile      = errors.New("the export has no file for the resource")
)

// IncompleteError says that rows of a file could not be read; all others were delivered.
type IncompleteError struct {
	Resource record.Kind
	File     string
	Lines    []int // the first hundred
	Rejected int
}

func (e *IncompleteError) Error() string {
	return fmt.Sprintf("read %s from %s: %d rows rejected for their width, lines %v", e.Resource, e.File, e.Rejected, e.Lines)
}

// NewExport checks the options. Nothing is read yet.
func NewExport(o ExportOptions) (*Export, error) {
	info, err := os.Stat(o.Dir)
	if err != nil || !info.IsDir() {
		return nil, fmt.Errorf("export.dir %q is not a folder; name the folder that holds the exported files", o.Dir)
	}
	loc, err := zone("source.zone", o.Zone)
	if err != nil {
		return nil, err
	}
	fill(&o.MaxBytes, int64(2<<30))
	return &Export{options: o, convert: canon.Converter{Clock: canon.Clock{Zone: loc}}, ids: map[record.Kind][]uint64{}}, nil
}

// Walk reads the rows of a resource's file. An export as old as Since holds no change; an older one is an error.
func (e *Export) Walk(ctx context.Context, req WalkRequest, page func(context.Context, Page) error) (WalkResult, error) {
	m, err := e.manifest()
	if err != nil {
		return WalkResult{}, err
	}
	w := &exportWalk{export: e, req: req, page: page, state: req.Resume}
	if !w.state.AsOf.Equal(m.at) {
		w.state = WalkState{AsOf: m.at} // another export than the one this walk began with
	}
	switch {
	case !req.Since.IsZero() && m.at.Before(req.Since):
		return WalkResult{}, fmt.Errorf("read %s: %w", req.Kind, ErrExportOlder)
	case !req.Since.IsZero() && m.at.Equal(req.Since):
		w.state.Done, w.state.Pages = true, w.state.Pages+1
		if err := page(ctx, Page{Kind: req.Kind, First: true, Last: true, AsOf: m.at, State: w.state}); err != nil {
			return WalkResult{}, err
		}
	case !w.state.Done:
		if err := w.run(ctx); err != nil {
			return WalkResult{}, err
		}
	}
	return WalkResult{AsOf: m.at, Watermark: m.at, State: w.state}, nil
}

// exportWalk is a walk through a file; its cursor is the number of rows that are stored.
type exportWalk struct {
	export *Export
	req    WalkRequest
	page   func(context.Context, Page) error
	state  WalkState
}

func (w *exportWalk) run(ctx context.Context) error {
	done, err := strconv.Atoi(w.state.Cursor)
	if err != nil {
		done = 0
	}
	limit := w.req.Limit
	fill(&limit, 500)
	batch, row := w.fresh(), 0
	rejected, err := w.export.each(ctx, w.req.Kind, func(r canon.Result) error {
		if row++; row <= done {
			return nil
		}
		for _, o := range r.Oddities {
			batch.Oddities[o]++
		}
		if !r.Record.Deleted || w.req.IncludeDeleted {
			batch.Records = append(batch.Records, r.Record)
		}
		if len(batch.Records) < limit {
			return nil
		}
		err := w.deliver(ctx, batch, row, false)
		batch = w.fresh()
		return err
	})
	if err != nil {
		return err
	}
	if rejected != nil {
		if err := w.deliver(ctx, batch, row, false); err != nil {
			return err
		}
		return rejected
	}
	return w.deliver(ctx, batch, row, true)
}

func (w *exportWalk) fresh() Page { return Page{Kind: w.req.Kind, Oddities: map[Oddity]int{}} }

func (w *exportWalk) deliver(ctx context.Context, p Page, row int, last bool) error {
	next := w.state
	p.First = next.Pages == 0
	for _, r := range p.Records {
		if r.UpdatedAt.After(next.MaxUpdated) {
			next.MaxUpdated = r.UpdatedAt
		}
	}
	next.Pages, next.Rows = next.Pages+1, next.Rows+len(p.Records)
	if next.Cursor, next.Done = strconv.Itoa(row), last; last {
		next.Cursor = ""
	}
	p.State, p.AsOf, p.Last = next, next.AsOf, last
	if err := w.page(ctx, p); err != nil {
		return err
	}
	w.state = next
	return nil
}

// each calls fn for every row; rejected rows come back as an error of their own.
func (e *Export) each(ctx context.Context, kind record.Kind, fn func(canon.Result) error) (*IncompleteError, error) {
	path, err := e.file(kind)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", kind, err)
	}
	defer func() { _ = f.Close() }()
	take := func(r canon.Result) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return fn(r)
	}
	if filepath.Ext(path) == ".csv" {
		return e.csvRows(kind, f, take)
	}
	return nil, e.jsonRows(kind, f, take)
}

// file finds the one file of a resource.
func (e *Export) file(kind record.Kind) (string, error) {
	if slices.Contains(e.options.Disabled, kind) {
		return "", fmt.Errorf("%s: %w", kind, ErrDisabled)
	}
	var found []string
	for _, ext := range []string{".json", ".csv"} {
		path := filepath.Join(e.options.Dir, string(kind)+ext)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			found = append(found, path)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 2:
		return "", &PreflightError{Kind: kind, Check: "export files", Cause: "both a .json and a .csv file are there", Cure: "remove the one that does not count"}
	}
	return "", fmt.Errorf("%s: %w", kind, ErrNoFile)
}

// Count is unknown to an export: its manifest is checked by Preflight.
func (e *Export) Count(context.Context, record.Kind, CountRequest) (Count, error) {
	return Count{}, nil
}

// SweepIDs gives the ids of all live rows. A resource that was not exported in full is not swept: absence means nothing there.
func (e *Export) SweepIDs(ctx context.Context, kind record.Kind, _ *Capability, fn func(context.Context, []string) error) error {
	m, err := e.manifest()
	if err != nil {
		return err
	}
	if kind == record.Activities || slices.Contains(m.Partial, kind) {
		return fmt.Errorf("%s: %w", kind, ErrNotSwept)
	}
	_, err = e.Walk(ctx, WalkRequest{Kind: kind}, func(ctx context.Context, p Page) error {
		ids := make([]string, 0, len(p.Records))
		for _, r := range p.Records {
			ids = append(ids, r.ID)
		}
		return fn(ctx, ids)
	})
	return err
}

// parseAsOf reads the export's time.
func parseAsOf(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("as_of is not RFC 3339 with a zone")
	}
	return at.UTC(), nil
}
