package union

import (
	"context"
	"fmt"

	"rezora2nutshell/internal/record"
)

// Class is what a legacy record is to the union.
type Class string

// The classes.
const (
	Live       Class = "live"       // current has it
	Tombstoned Class = "tombstoned" // current deleted it
	New        Class = "new"        // current never had it
	Ambiguous  Class = "ambiguous"  // current has several that it could be: added, never merged
	Unresolved Class = "unresolved" // a membership with an end that is not in the union: not added
)

// Rule names the rule that decided (rezora contract 6, step 3).
type Rule string

// The rules, first one wins.
const (
	SameID       Rule = "same_id"
	TombstoneID  Rule = "tombstone_id"
	SameKey      Rule = "same_key"
	SeveralKeys  Rule = "several_with_key"
	TombstoneKey Rule = "tombstone_key"
	ProbeLive    Rule = "probe_live"
	ProbeGone    Rule = "probe_gone"
	ProbeAbsent  Rule = "probe_absent"
	Unprobed     Rule = "unprobed"
	EndMissing   Rule = "end_missing"
)

// Decision says what becomes of one legacy record.
type Decision struct {
	Kind     record.Kind
	LegacyID string
	Class    Class
	Rule     Rule
	// UnionID is the record's id in the union, "" when it is left out. The store answers Index.Decided from it.
	UnionID string
	// Alias says that UnionID is another id than the legacy one.
	Alias      bool
	Provenance record.Provenance // of the union's record, "" when it is left out
	// Record is the union's record, to be stored; of a left out one the legacy record as it would have been added.
	Record                 record.Record
	Stored                 bool // Record belongs into the union
	Stop                   bool // the policy wants the run to stop before load
	UnsubscribedFromLegacy bool
	Differences            []string // fields that differ from current; names only
	Filled                 []string // fields that fill_empty filled
}

// Classify decides on a legacy record. owner is the agent whose credential read it, in ids of the current API, "" for records of a
// company credential.
func Classify(ctx context.Context, p Policy, idx Index, probe Probe, legacy record.Record, owner string) (Decision, error) {
	c := classifier{policy: p, idx: idx, probe: probe}
	d, err := c.decide(ctx, legacy, owner)
	if err != nil {
		return Decision{}, fmt.Errorf("union of %s, legacy id %s: %w", legacy.Kind, legacy.ID, err)
	}
	return d, nil
}

type classifier struct {
	policy Policy
	idx    Index
	probe  Probe
}

func (c classifier) decide(ctx context.Context, legacy record.Record, owner string) (Decision, error) {
	d := Decision{Kind: legacy.Kind, LegacyID: legacy.ID}
	in, err := c.translate(ctx, legacy, owner)
	if err != nil {
		return d, err
	}
	current, err := c.match(ctx, in, &d)
	if err != nil {
		return d, err
	}
	switch {
	case d.Class == Live:
		return merge(c.policy, d, current, in.record, legacy)
	case d.Class == Tombstoned && c.policy.Resurrect != Add:
		d.Stop = c.policy.Resurrect == Stop
		d.Record = withLegacy(in.record, legacy)
		return d, nil
	case in.missing:
		d.Class, d.Rule = Unresolved, EndMissing
		d.Record = withLegacy(in.record, legacy)
		return d, nil
	}
	return c.add(d, in, legacy)
}

// add takes the legacy record itself into the union.
func (c classifier) add(d Decision, in translated, legacy record.Record) (Decision, error) {
	d.UnionID = c.policy.addedID(legacy.ID)
	d.Alias = d.UnionID != legacy.ID
	d.Provenance, d.Stored = record.FromLegacyOnly, true
	if d.Class == Tombstoned {
		d.Provenance = record.Resurrected
	}
	rec, err := withText(in.record, "id", d.UnionID)
	if err != nil {
		return d, err
	}
	rec = withLegacy(rec, legacy)
	rec.ID, rec.Provenance = d.UnionID, d.Provenance
	d.Record = rec
	return d, nil
}

// match finds the class by the first rule that decides; for Live it gives the record of current.
func (c classifier) match(ctx context.Context, in translated, d *Decision) (record.Record, error) {
	kind, id := in.record.Kind, in.record.ID
	if c.policy.MatchByID {
		rec, ok, err := c.idx.Live(ctx, kind, id)
		if err != nil || ok {
			d.set(Live, SameID)
			return rec, err
		}
		gone, err := c.idx.Tomb(ctx, kind, id)
		if err != nil || gone {
			d.set(Tombstoned, TombstoneID)
			return record.Record{}, err
		}
	}
	if rec, done, err := c.byKey(ctx, in, d); err != nil || done {
		return rec, err
	}
	d.set(New, Unprobed)
	if !c.policy.Probe || !c.policy.MatchByID || c.probe == nil {
		return record.Record{}, nil
	}
	rec, state, err := c.probe(ctx, kind, id)
	if err != nil {
		return rec, fmt.Errorf("probe: %w", err)
	}
	switch state {
	case ProbedLive:
		d.set(Live, ProbeLive)
	case ProbedGone:
		d.set(Tombstoned, ProbeGone)
	case ProbedAbsent:
		d.set(New, ProbeAbsent)
	}
	return rec, nil
}

func (c classifier) byKey(ctx context.Context, in translated, d *Decision) (record.Record, bool, error) {
	if in.missing {
		return record.Record{}, false, nil
	}
	key, err := Key(in.record)
	if err != nil || key == nil {
		return record.Record{}, false, err
	}
	ids, err := c.idx.LiveByKey(ctx, in.record.Kind, key)
	switch {
	case err != nil:
		return record.Record{}, false, err
	case len(ids) > 1:
		d.set(Ambiguous, SeveralKeys)
		return record.Record{}, true, nil
	case len(ids) == 1:
		rec, ok, err := c.idx.Live(ctx, in.record.Kind, ids[0])
		if err == nil && !ok {
			err = fmt.Errorf("the index names current id %s by key and does not have it", ids[0])
		}
		d.set(Live, SameKey)
		return rec, true, err
	}
	gone, err := c.idx.TombByKey(ctx, in.record.Kind, key)
	if gone {
		d.set(Tombstoned, TombstoneKey)
	}
	return record.Record{}, gone, err
}

func (d *Decision) set(class Class, rule Rule) { d.Class, d.Rule = class, rule }

func withLegacy(rec, legacy record.Record) record.Record {
	rec.Legacy = legacy.Source()
	return rec
}
