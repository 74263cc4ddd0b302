package wiring

import (
	"context"
	"fmt"
	"time"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/observe"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/undo"
)

// Snapshots tells for the metrics where every migration of the ledger stands: the last generation of each name.
func (p *Parts) Snapshots(ctx context.Context) ([]observe.Snapshot, error) {
	if err := p.ShowRates(ctx); err != nil {
		return nil, err
	}
	all, err := p.Ledger.Migrations(ctx)
	if err != nil {
		return nil, err
	}
	var out []observe.Snapshot
	asked := map[string]bool{} // workflow ids
	for i, g := range all {
		if i+1 < len(all) && all[i+1].Name == g.Name { // an earlier generation
			continue
		}
		s, owner, err := p.snapshot(ctx, g)
		if err != nil {
			return nil, fmt.Errorf("read where %s stands: %w", g.Name, err)
		}
		if owner != "" {
			asked[owner] = true
			progress, code := p.standing(ctx, owner)
			s.ParkedOn = code
			if progress.Phase != "" && progress.Phase != api.PhaseDelta { // after cut-over the source moves away, and nobody follows it
				s.DeltaLag = -1
			}
		}
		out = append(out, s)
	}
	return p.unopened(ctx, out, asked), nil
}

// snapshot is what the ledger says of a migration, and the workflow that says the rest: "" when none is under way.
func (p *Parts) snapshot(ctx context.Context, g ledger.Generation) (s observe.Snapshot, owner string, err error) {
	s = observe.Snapshot{Migration: g.Name, Records: map[string]map[string]int64{}, Gap: map[string]int64{}, DeltaLag: -1}
	run, err := p.Ledger.RunAt(ctx, g.Name, g.Gen)
	if err != nil {
		return s, "", err
	}
	counts, err := run.Counts(ctx)
	if err != nil {
		return s, "", err
	}
	for _, c := range counts {
		if s.Records[c.Object] == nil {
			s.Records[c.Object] = map[string]int64{}
		}
		s.Records[c.Object][string(c.State)] += c.N
	}
	switch g.Status {
	case ledger.StatusOpen:
		if len(counts) > 0 { // before the plan no record has an effect
			s.Gap = p.gap(run)
		}
		return s, g.WorkflowID, p.ages(ctx, run, &s)
	case ledger.StatusUndoing:
		rollback, known, err := undo.Current(ctx, run)
		if err != nil || !known {
			return s, g.WorkflowID, err
		}
		return s, rollback.WorkflowID, nil
	}
	return s, "", nil
}

// conserved is the last comparison of sealed records with effects. On a large account it takes longer than a scrape may, so it is made
// beside them, now and then.
type conserved struct {
	gap     map[string]int64
	at      time.Time
	took    time.Duration
	running bool
}

// gapAge is how old the comparison may be, gapShare the most of the time that it may take.
const (
	gapAge   = time.Minute
	gapShare = 20
)

// gap is what the last comparison found; nil before the first has ended.
func (p *Parts) gap(run *ledger.Run) map[string]int64 {
	info := run.Info()
	key := fmt.Sprint(info.Name, "/", info.Gen)
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.conserved[key]
	if c == nil {
		c = &conserved{}
		p.conserved[key] = c
	}
	if !c.running && (c.at.IsZero() || time.Since(c.at) > max(gapAge, gapShare*c.took)) {
		c.running = true
		p.beside.Go(func() { p.compare(run, c) })
	}
	return c.gap
}

func (p *Parts) compare(run *ledger.Run, c *conserved) {
	begun := time.Now()
	gaps, err := run.Conservation(p.alive, 0)
	found := map[string]int64{}
	for _, g := range gaps {
		found[string(g.Kind)] = g.Sealed - g.Accounted
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	c.running, c.at, c.took = false, time.Now(), time.Since(begun)
	if err == nil { // an old one is better than none
		c.gap = found
	}
}

// ages fills how far behind the delta is, and how old the oldest claim is: no call outlives its time-out, so a page that is older hangs.
func (p *Parts) ages(ctx context.Context, run *ledger.Run, s *observe.Snapshot) error {
	now, err := run.StoreNow(ctx)
	if err != nil {
		return err
	}
	claims, until, err := run.Claimed(ctx, "")
	if err != nil {
		return err
	}
	if claims > 0 {
		s.PageAge = max(0, now.Sub(until.Add(-p.Config.Nutshell.Limits.CallTimeout.Duration())))
	}
	var asOf time.Time
	for round := 1; ; round++ {
		c, err := run.Cursor(ctx, record.Contacts, round, "current")
		if err != nil {
			return err
		}
		if c.AsOf.IsZero() {
			break
		}
		asOf = c.AsOf
	}
	if asOf.IsZero() {
		return nil
	}
	in, err := api.DecodeInput(run.Info().Input)
	if err != nil {
		return fmt.Errorf("read the input: %w", err)
	}
	s.DeltaLag, s.DeltaInterval = max(0, now.Sub(asOf)), in.DeltaInterval.D()
	return nil
}

// Health says what keeps this worker from working, for the health page.
func (p *Parts) Health(ctx context.Context) error {
	if _, err := p.Ledger.Now(ctx); err != nil {
		return fmt.Errorf("the ledger does not answer: %w", err)
	}
	if p.Temporal == nil {
		return nil
	}
	if _, err := p.Temporal.CheckHealth(ctx, nil); err != nil {
		return fmt.Errorf("temporal does not answer at %s", p.Config.Temporal.Address)
	}
	return nil
}
