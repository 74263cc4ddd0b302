package extract

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/union"
)

const (
	walkUnion   = "union" // the walk over a shelf
	decideBatch = 250
	listed      = 10 // ids named in a reason
)

// deciding is where the decisions on one resource stand; it is stored with the records of each batch, so every record counts once.
type deciding struct {
	After    int64                      `json:"after"`
	Batch    int                        `json:"batch"`
	Pass     int                        `json:"pass,omitempty"`
	Coverage map[string]*union.Coverage `json:"coverage"`
	Stopped  int                        `json:"stopped,omitempty"` // records that the policy stops at
	Stops    []string                   `json:"stops,omitempty"`
}

// decide joins one resource, batch by batch off the shelf.
func (j *joining) decide(ctx context.Context, kind record.Kind) error {
	st := &deciding{Pass: j.rep.Passes, Coverage: map[string]*union.Coverage{}}
	j.states[kind] = st
	if !j.Union.Shares(kind) {
		return nil
	}
	c, err := j.Run.Cursor(ctx, kind, j.n, walkUnion)
	if err != nil {
		return err
	}
	if len(c.State) > 0 {
		if err := json.Unmarshal(c.State, st); err != nil {
			return fmt.Errorf("read the state of the union of %s: %w", kind, err)
		}
	}
	total, err := j.Run.DestCount(ctx, legacyShelf(j.n), string(kind))
	if err != nil {
		return err
	}
	x := newIndex(j.round, kind)
	for !c.Done {
		rows, err := j.Run.DestEach(ctx, legacyShelf(j.n), string(kind), st.After, decideBatch)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			c.Done = true
			return j.Run.PutCursor(ctx, kind, j.n, c)
		}
		b := &batch{joining: j, x: x, kind: kind, st: st, aliases: map[string]string{}}
		if c, err = b.run(ctx, rows); err != nil {
			return err
		}
		j.turn.At("join legacy "+string(kind), int64(st.Batch)*decideBatch, total)
		if err := j.checkpoint(ctx); err != nil {
			return err
		}
	}
	return nil
}

// batch is what the decisions on a few legacy records write together.
type batch struct {
	*joining
	x       *index
	kind    record.Kind
	st      *deciding
	aliases map[string]string
	order   []string
	stage   map[string]record.Record
	chunk   []union.Discrepancy
	flags   []ledger.FlagRow
}

func (b *batch) run(ctx context.Context, rows []ledger.DestRecord) (ledger.Cursor, error) {
	list := make([]shelved, len(rows))
	places := make([]string, 0, len(rows))
	ends := map[record.Kind][]string{}
	for i, row := range rows {
		s, err := unshelve(row)
		if err != nil {
			return ledger.Cursor{}, err
		}
		list[i] = s
		if places = append(places, s.ID); !b.Union.MatchByID {
			places = append(places, b.addedID(s.ID))
		}
		if err := endsOf(b.kind, s, ends); err != nil {
			return ledger.Cursor{}, err
		}
	}
	b.x.forget()
	if err := b.x.prime(ctx, b.kind, places); err != nil {
		return ledger.Cursor{}, err
	}
	for kind, ids := range ends {
		if err := b.x.prime(ctx, kind, ids); err != nil {
			return ledger.Cursor{}, err
		}
	}
	b.stage = map[string]record.Record{}
	for _, s := range list {
		rd := b.accepted[s.Read]
		if rd == nil {
			continue // of a reading that was broken off
		}
		agent := rd.Cover.AgentID
		if s.Agent != "" {
			var err error
			if agent, err = b.agent(ctx, s.Agent); err != nil {
				return ledger.Cursor{}, err
			}
		}
		if err := b.one(ctx, s, agent); err != nil {
			return ledger.Cursor{}, err
		}
	}
	b.st.After = rows[len(rows)-1].ID
	return b.commit(ctx)
}

// endsOf collects the ends of a membership.
func endsOf(kind record.Kind, s shelved, into map[record.Kind][]string) error {
	if kind != record.TeamMemberships && kind != record.GroupMemberships {
		return nil
	}
	var m struct {
		Team    string `json:"team_id"`
		Agent   string `json:"agent_id"`
		Group   string `json:"group_id"`
		Contact string `json:"contact_id"`
	}
	if err := s.record(kind).Decode(&m); err != nil {
		return err
	}
	for end, id := range map[record.Kind]string{record.Teams: m.Team, record.Agents: m.Agent, record.DistributionGroups: m.Group, record.Contacts: m.Contact} {
		if id != "" {
			into[end] = append(into[end], id)
		}
	}
	return nil
}

// commit writes what may be repeated first, then the records with the state that counts them.
func (b *batch) commit(ctx context.Context) (ledger.Cursor, error) {
	c := ledger.Cursor{Walk: walkUnion}
	if len(b.aliases) > 0 {
		if err := b.Run.AliasMany(ctx, b.kind, b.aliases); err != nil {
			return c, err
		}
	}
	if len(b.flags) > 0 {
		if err := b.Run.Flag(ctx, b.flags); err != nil {
			return c, err
		}
	}
	if len(b.chunk) > 0 {
		if err := b.Run.PutValue(ctx, chunkKey(b.n, b.st.Pass, b.kind, b.st.Batch), b.chunk); err != nil {
			return c, err
		}
	}
	b.st.Batch++
	recs := make([]record.Record, len(b.order))
	for i, id := range b.order {
		recs[i] = b.stage[id]
	}
	var err error
	if c.State, err = json.Marshal(b.st); err != nil {
		return c, err
	}
	_, err = b.Run.StagePage(ctx, b.kind, b.n, recs, c)
	return c, err
}

func (b *batch) put(rec record.Record) {
	if _, ok := b.stage[rec.ID]; !ok {
		b.order = append(b.order, rec.ID)
	}
	b.stage[rec.ID] = rec
}

// one decides on one legacy record.
func (b *batch) one(ctx context.Context, s shelved, agent string) error {
	legacy := s.record(b.kind)
	in, err := b.Union.InScope(legacy, agent)
	if err != nil || !in {
		return err
	}
	b.x.late = false
	d, err := union.Classify(ctx, b.Union, b.x, b.x.probe(), legacy, agent)
	if err != nil {
		return err
	}
	if d.Class == union.Tombstoned && d.Stored && b.n > 0 && b.x.late {
		// Deleted since the first reading: a record deleted in current and still in legacy stays deleted (rezora contract 6).
		d.Stored, d.UnionID, d.Alias, d.Provenance = false, "", false, ""
	}
	if d.Class == union.Live {
		if d, err = b.again(ctx, d, legacy, agent); err != nil {
			return err
		}
	}
	if d.Stored {
		b.x.decided[d.UnionID] = d.Record
		b.put(d.Record)
	}
	if err := b.withdraw(ctx, d); err != nil {
		return err
	}
	alias, err := b.x.alias(ctx, b.kind, s.ID)
	if alias != nil || d.Alias || !b.Union.MatchByID {
		b.aliases[s.ID] = d.UnionID
	}
	b.account(d, agent)
	return err
}

// account counts a decision and notes what the report must say.
func (b *batch) account(d union.Decision, agent string) {
	c := b.st.Coverage[agent]
	if c == nil {
		c = &union.Coverage{Resource: b.kind, AgentID: agent}
		b.st.Coverage[agent] = c
	}
	c.Add(d)
	if x, differs := d.Discrepancy(agent); differs {
		b.chunk = append(b.chunk, x)
	}
	if d.Stop && b.n == 0 {
		if b.st.Stopped++; len(b.st.Stops) < listed {
			b.st.Stops = append(b.st.Stops, d.LegacyID)
		}
	}
}

// again looks at a record that an earlier union has completed already. Whatever legacy says no more must not live on in it, but an opt-out
// that another legacy record of the same person still knows does.
func (b *batch) again(ctx context.Context, d union.Decision, legacy record.Record, agent string) (union.Decision, error) {
	before, ok, err := b.x.Live(ctx, b.kind, d.UnionID)
	if err != nil || !ok || len(before.Legacy) == 0 {
		return d, err
	}
	other, err := b.other(ctx, before.Legacy, legacy.ID)
	if err != nil {
		return d, err
	}
	elsewhere := other != nil && optedOut(other.Canon)
	lost := optedOut(before.Canon) && optedOut(before.Legacy) && !optedOut(legacy.Canon) && !elsewhere
	refill := b.Union.FillEmpty && other == nil && !bytes.Equal(before.Legacy, legacy.Source())
	if lost || refill {
		rec, state, _, err := b.item(ctx, b.kind, d.UnionID)
		if err != nil {
			return d, err
		}
		if state == rezora.Live && (refill || !optedOut(rec.Canon)) {
			rec.Provenance = record.FromCurrent
			b.x.decided[d.UnionID] = rec
			if d, err = union.Classify(ctx, b.Union, b.x, b.x.probe(), legacy, agent); err != nil {
				return d, err
			}
			if flag, ok := resubscribed(ledger.Staged{Record: before}, d.Record); ok {
				b.flags = append(b.flags, flag)
			}
		}
	}
	if elsewhere && !optedOut(legacy.Canon) {
		d.Record.Legacy = other.record(b.kind).Source()
	}
	return d, nil
}

// other finds the legacy record that stands beside a record, when it is another one than id and this round has read it.
func (b *batch) other(ctx context.Context, beside json.RawMessage, id string) (*shelved, error) {
	otherID := legacyID(b.kind, beside)
	if b.kind != record.Contacts || otherID == "" || otherID == id {
		return nil, nil
	}
	found, err := b.onShelf(ctx, b.n, b.kind, []string{otherID})
	if err != nil {
		return nil, err
	}
	s, ok := found[otherID]
	if !ok || b.accepted[s.Read] == nil {
		return nil, nil
	}
	return &s, nil
}

// withdraw takes a record out of the union that an earlier one took from legacy alone, and that is now left out or another record.
func (b *batch) withdraw(ctx context.Context, d union.Decision) error {
	id := b.addedID(d.LegacyID)
	if d.Stored && d.UnionID == id {
		return nil
	}
	s, err := b.x.staged(ctx, b.kind, id)
	if err != nil || s == nil || s.Deleted || ofCurrent(*s) {
		return err
	}
	at, err := b.asOf(ctx, b.kind)
	if err != nil {
		return err
	}
	b.put(tombstone(b.kind, id, at, ByAbsence))
	return nil
}

// asOf is the source's clock at the round's walk over a resource.
func (r *round) asOf(ctx context.Context, kind record.Kind) (at time.Time, err error) {
	c, err := r.Run.Cursor(ctx, kind, r.n, walkCurrent)
	return c.AsOf, err
}
