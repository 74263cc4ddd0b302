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
	for i, g := range all {
		if i+1 < len(all) && all[i+1].Name == g.Name { // an earlier generation
			continue
		}
		s, err := p.snapshot(ctx, g)
		if err != nil {
			return nil, fmt.Errorf("read where %s stands: %w", g.Name, err)
		}
		out = append(out, s)
	}
	return out, nil
}

func (p *Parts) snapshot(ctx context.Context, g ledger.Generation) (observe.Snapshot, error) {
	s := observe.Snapshot{Migration: g.Name, Records: map[string]map[string]int64{}, Gap: map[string]int64{}, DeltaLag: -1}
	run, err := p.Ledger.RunAt(ctx, g.Name, g.Gen)
	if err != nil {
		return s, err
	}
	counts, err := run.Counts(ctx)
	if err != nil {
		return s, err
	}
	for _, c := range counts {
		if s.Records[c.Object] == nil {
			s.Records[c.Object] = map[string]int64{}
		}
		s.Records[c.Object][string(c.State)] += c.N
	}
	owner := g.WorkflowID
	switch g.Status {
	case ledger.StatusOpen:
		if len(counts) > 0 { // before the plan no record has an effect
			s.Gap = p.gap(run)
		}
		if err := p.ages(ctx, run, &s); err != nil {
			return s, err
		}
	case ledger.StatusUndoing:
		rollback, known, err := undo.Current(ctx, run)
		if err != nil {
			return s, err
		}
		if known {
			owner = rollback.WorkflowID
		}
	default:
		return s, nil
	}
	phase, code := p.standing(ctx, owner)
	s.ParkedOn = code
	if phase != "" && phase != api.PhaseDelta { // after cut-over the source moves away, and nobody follows it
		s.DeltaLag = -1
	}
	return s, nil
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
	if !asOf.IsZero() {
		s.DeltaLag = max(0, now.Sub(asOf))
	}
	return nil
}

// standing asks the run itself for its phase and the code of its park; "" when nobody can say since Temporal or every worker is away.
func (p *Parts) standing(ctx context.Context, workflowID string) (phase, code string) {
	const patience = 2 * time.Second
	if p.Temporal == nil {
		return "", ""
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var progress api.Progress
	if err := p.query(ctx, workflowID, api.ProgressQuery, &progress); err != nil {
		return "", ""
	}
	if progress.Status == api.StatusParked {
		_ = p.query(ctx, workflowID, api.ParkQuery, &code) // it may have moved on meanwhile
	}
	return progress.Phase, code
}

func (p *Parts) query(ctx context.Context, workflowID, name string, into any) error {
	v, err := p.Temporal.QueryWorkflow(ctx, workflowID, "", name)
	if err != nil {
		return err
	}
	return v.Get(into)
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
