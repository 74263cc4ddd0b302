// Package rehearse plays a migration through beforehand: the sealed extract of its ledger is the source, a simulated account that holds what
// the crawl of the real one found is the destination, and everything between is the program itself. The real accounts hear nothing of it;
// only files of attachments are read from the source once more.
package rehearse

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
)

// Source serves a sealed extract as a source: every record of the union as it stands, once. Nothing changes in it.
type Source struct {
	Run   *ledger.Run
	Caps  rezora.Capabilities // what the preflight of the real source found
	Files rezora.Source       // of attachments
	began time.Time
}

// NewSource reads what the migration keeps of its source.
func NewSource(ctx context.Context, run *ledger.Run, files rezora.Source) (*Source, error) {
	s := &Source{Run: run, Files: files, began: time.Now().UTC().Truncate(time.Second)}
	if ok, err := run.Value(ctx, keyCaps, &s.Caps); err != nil || !ok {
		return nil, missing(err, "the source has not been looked at yet")
	}
	if root, err := run.Root(ctx, 0); err != nil || root == "" {
		return nil, missing(err, "the extract is not sealed yet")
	}
	return s, nil
}

func missing(err error, what string) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: %s; wait until the migration has passed the phase owners", ErrTooEarly, what)
}

// Identify implements rezora.Source.
func (s *Source) Identify(context.Context) (string, error) { return s.Caps.Fingerprint, nil }

// Preflight implements rezora.Source: the same offers, but nothing to count or to sweep.
func (s *Source) Preflight(context.Context) (rezora.Capabilities, error) {
	out := s.Caps
	out.Resources = map[record.Kind]rezora.Capability{}
	for kind, c := range s.Caps.Resources {
		c.Delta, c.Deletes, c.Sweep, c.Count, c.Total = rezora.DeltaFull, rezora.DeletesNone, "none", rezora.CountOwn, nil
		out.Resources[kind] = c
	}
	return out, nil
}

// pageSize is how many records are handed over together.
const pageSize = 500

// Walk implements rezora.Source.
func (s *Source) Walk(ctx context.Context, req rezora.WalkRequest, page func(context.Context, rezora.Page) error) (rezora.WalkResult, error) {
	set, _, err := s.Run.SealedSet(ctx, 0, req.Kind)
	if err != nil {
		return rezora.WalkResult{}, err
	}
	state := req.Resume
	for !state.Done {
		from := int64(1)
		if state.Cursor != "" {
			if from, err = strconv.ParseInt(state.Cursor, 10, 64); err != nil {
				return rezora.WalkResult{}, fmt.Errorf("resume %s: %w", req.Kind, err)
			}
		}
		rows, err := s.Run.SealedPage(ctx, 0, req.Kind, from, from+pageSize-1)
		if err != nil {
			return rezora.WalkResult{}, err
		}
		out := rezora.Page{Kind: req.Kind, First: state.Pages == 0, AsOf: s.began, Oddities: map[rezora.Oddity]int{}}
		for _, row := range ledger.Live(rows) {
			r := row.Record
			r.Provenance, r.Legacy = record.FromCurrent, nil
			out.Records = append(out.Records, r)
			if r.UpdatedAt.After(state.MaxUpdated) {
				state.MaxUpdated = r.UpdatedAt
			}
		}
		next := from + pageSize
		state.AsOf, state.Pages, state.Rows = s.began, state.Pages+1, state.Rows+len(out.Records)
		state.Cursor, state.Done = strconv.FormatInt(next, 10), next > set.Count
		out.State, out.Last = state, state.Done
		if err := page(ctx, out); err != nil {
			return rezora.WalkResult{}, err
		}
	}
	return rezora.WalkResult{AsOf: s.began, Watermark: s.began, State: state}, nil
}

// Count implements rezora.Source.
func (s *Source) Count(context.Context, record.Kind, rezora.CountRequest) (rezora.Count, error) {
	return rezora.Count{}, nil
}

// Item implements rezora.Source.
func (s *Source) Item(ctx context.Context, kind record.Kind, id string) (record.Record, rezora.State, error) {
	row, ok, err := s.Run.Get(ctx, kind, id)
	switch {
	case err != nil:
		return record.Record{}, "", err
	case !ok:
		return record.Record{}, rezora.Absent, nil
	case row.Deleted:
		return record.Record{}, rezora.Gone, nil
	}
	return row.Record, rezora.Live, nil
}

// SweepIDs implements rezora.Source: nothing is deleted in an extract.
func (s *Source) SweepIDs(context.Context, record.Kind, *rezora.Capability, func(context.Context, []string) error) error {
	return rezora.ErrNotSwept
}

// Attachment implements rezora.Source: bytes are nowhere but in the real source.
func (s *Source) Attachment(ctx context.Context, req rezora.AttachmentRequest, dst rezora.Part) (rezora.Download, error) {
	return s.Files.Attachment(ctx, req, dst)
}
