package extract

import (
	"context"
	"fmt"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/union"
)

// joining is the union of one round (rezora contract 6): legacy is read in full onto a shelf, then decided record by record over what is
// staged of current.
type joining struct {
	*round
	logins   map[string]rezora.Credential // by reading
	done     []*reading
	accepted map[string]*reading // by the mark of its rows
	ended    map[string]bool     // readings that are done, by the mark of their rows
	states   map[record.Kind]*deciding
	sum      Union
}

// union joins legacy to current. Without a legacy source the union is current, and the summary says so.
func (r *round) union(ctx context.Context) error {
	if r.rep.Joined {
		return nil
	}
	j := &joining{round: r, logins: map[string]rezora.Credential{}, accepted: map[string]*reading{},
		ended: map[string]bool{}, states: map[record.Kind]*deciding{}, sum: Union{Round: r.n, Source: SourceNone, Chunks: map[record.Kind]Chunks{}}}
	if !r.hasLegacy() {
		return j.finish(ctx)
	}
	j.sum.Source = SourceHTTP
	if r.LegacyFiles != nil {
		j.sum.Source = SourceExport
	}
	for _, part := range []struct {
		level string
		kinds []record.Kind
	}{{rezora.CompanyLevel, companyKinds}, {rezora.AgentLevel, agentKinds}} {
		if err := j.readAll(ctx, part.level); err != nil {
			return err
		}
		for _, kind := range part.kinds {
			if err := j.decide(ctx, kind); err != nil {
				return err
			}
		}
	}
	if err := j.coverage(ctx); err != nil {
		return err
	}
	if err := j.mayGoOn(ctx); err != nil {
		return err
	}
	if err := j.vanished(ctx); err != nil {
		return err
	}
	return j.finish(ctx)
}

// finish makes this union the newest and forgets what the one before had read.
func (j *joining) finish(ctx context.Context) error {
	before, ok, err := ReadUnion(ctx, j.Run)
	if err != nil {
		return err
	}
	if err := j.Run.PutValue(ctx, keyUnion, j.sum); err != nil {
		return err
	}
	j.rep.Joined = true
	if err := j.save(ctx); err != nil {
		return err
	}
	if ok && before.Round < j.n && before.Source != SourceNone {
		return j.Run.DropDest(ctx, legacyShelf(before.Round))
	}
	return nil
}

// agent translates the id of an agent, as a credential names it, to the union's.
func (j *joining) agent(ctx context.Context, id string) (string, error) {
	if id == "" {
		return "", nil
	}
	x := newIndex(j.round, record.Agents)
	if _, live, err := x.Live(ctx, record.Agents, id); err != nil || live {
		return id, err
	}
	decided, ok, err := x.Decided(ctx, record.Agents, id)
	if err != nil || ok && decided != "" {
		return decided, err
	}
	return id, nil
}

const keyUnion = "union"

// The legacy sources of a union.
const (
	SourceNone   = "none" // no legacy source is configured: the union is current
	SourceHTTP   = "http"
	SourceExport = "export"
)

// Union is the newest union: what was read, and what became of it. It names ids at most.
type Union struct {
	Round    int                     `json:"round"`
	Source   string                  `json:"source"`
	Coverage []union.Coverage        `json:"coverage,omitempty"` // a row a resource and agent
	Readings []rezora.LegacyCoverage `json:"readings,omitempty"` // a row a credential
	Accepted []string                `json:"accepted,omitempty"` // agents whose incomplete data a person accepted
	Chunks   map[record.Kind]Chunks  `json:"chunks,omitempty"`   // of discrepancies
}

// Chunks are the pieces in which the discrepancies of a resource are stored.
type Chunks struct {
	Pass int `json:"pass,omitempty"`
	N    int `json:"n"`
}

// ReadUnion gives the newest union, false before the first.
func ReadUnion(ctx context.Context, run ledgerValues) (Union, bool, error) {
	var u Union
	ok, err := run.Value(ctx, keyUnion, &u)
	return u, ok, err
}

type ledgerValues interface {
	Value(ctx context.Context, key string, v any) (bool, error)
}

func chunkKey(round, pass int, kind record.Kind, batch int) string {
	return fmt.Sprintf("union/%d.%d/%s/%d", round, pass, kind, batch)
}

// EachDiscrepancy streams the differences between current and legacy that the newest union met, resource by resource.
func EachDiscrepancy(ctx context.Context, run ledgerValues, fn func(union.Discrepancy) error) error {
	u, ok, err := ReadUnion(ctx, run)
	if err != nil || !ok {
		return err
	}
	for _, kind := range union.Order {
		if err := eachDiscrepancy(ctx, run, u, kind, fn); err != nil {
			return err
		}
	}
	return nil
}

func eachDiscrepancy(ctx context.Context, run ledgerValues, u Union, kind record.Kind, fn func(union.Discrepancy) error) error {
	chunks := u.Chunks[kind]
	for batch := range chunks.N {
		var chunk []union.Discrepancy
		if _, err := run.Value(ctx, chunkKey(u.Round, chunks.Pass, kind, batch), &chunk); err != nil {
			return err
		}
		for _, d := range chunk {
			if err := fn(d); err != nil {
				return err
			}
		}
	}
	return nil
}
