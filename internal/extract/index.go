package extract

import (
	"context"
	"slices"
	"strings"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/union"
)

// index shows the ledger to the union's decisions. It holds no more than one batch.
type index struct {
	*round
	kind    record.Kind
	primed  map[record.Kind]map[string]*ledger.Staged // nil = not staged
	aliases map[record.Kind]map[string]*string        // nil = no alias
	decided map[string]record.Record                  // by union id: of this batch, not staged yet
	agents  map[string]bool                           // live agents of current, by id
	late    bool                                      // the last tombstone found is of a delta round
}

func newIndex(r *round, kind record.Kind) *index {
	x := &index{round: r, kind: kind, agents: map[string]bool{}, decided: map[string]record.Record{}}
	x.forget()
	return x
}

// forget ends a batch.
func (x *index) forget() {
	clear(x.decided)
	x.primed, x.aliases = map[record.Kind]map[string]*ledger.Staged{}, map[record.Kind]map[string]*string{}
}

// prime reads records and aliases that a batch will ask for in one go.
func (x *index) prime(ctx context.Context, kind record.Kind, ids []string) error {
	aliases, err := x.Run.Aliases(ctx, kind, ids)
	if err != nil {
		return err
	}
	x.aliases[kind] = map[string]*string{}
	all := slices.Clone(ids)
	for _, id := range ids {
		if to, ok := aliases[id]; ok {
			x.aliases[kind][id] = &to
			all = append(all, to)
		} else {
			x.aliases[kind][id] = nil
		}
	}
	got, err := x.Run.GetMany(ctx, kind, all)
	if err != nil {
		return err
	}
	x.primed[kind] = map[string]*ledger.Staged{}
	for _, id := range all {
		if s, ok := got[id]; ok {
			x.primed[kind][id] = &s
		} else {
			x.primed[kind][id] = nil
		}
	}
	return nil
}

func (x *index) staged(ctx context.Context, kind record.Kind, id string) (*ledger.Staged, error) {
	if s, ok := x.primed[kind][id]; ok {
		return s, nil
	}
	s, ok, err := x.Run.Get(ctx, kind, id)
	if err != nil || !ok {
		return nil, err
	}
	return &s, nil
}

// alias is what an earlier decision says of a legacy id; nil when it says nothing.
func (x *index) alias(ctx context.Context, kind record.Kind, legacyID string) (*string, error) {
	if to, ok := x.aliases[kind][legacyID]; ok {
		return to, nil
	}
	got, err := x.Run.Aliases(ctx, kind, []string{legacyID})
	if to, ok := got[legacyID]; ok {
		return &to, err
	}
	return nil, err
}

// Live implements union.Index.
func (x *index) Live(ctx context.Context, kind record.Kind, id string) (record.Record, bool, error) {
	if kind == x.kind {
		if rec, ok := x.decided[id]; ok {
			return rec, rec.Provenance == record.FromCurrent || rec.Provenance == record.FromBoth, nil
		}
	}
	owner := kind == record.Agents && x.kind != record.Agents
	if live, ok := x.agents[id]; owner && ok {
		return record.Record{Kind: kind, ID: id}, live, nil // only whether there is one is asked of another kind
	}
	s, err := x.staged(ctx, kind, id)
	if err != nil {
		return record.Record{}, false, err
	}
	live := s != nil && !s.Deleted && ofCurrent(*s)
	if owner {
		x.agents[id] = live
	}
	if !live {
		return record.Record{}, false, nil
	}
	return s.Record, true, nil
}

// keyNames are the ledger's names of the union's secondary keys.
var keyNames = map[record.Kind]string{
	record.Agents: "email", record.Teams: "name", record.TeamMemberships: "pair", record.Contacts: "owner_email",
	record.DistributionGroups: "owner_name", record.GroupMemberships: "pair",
}

// LiveByKey implements union.Index.
func (x *index) LiveByKey(ctx context.Context, kind record.Kind, key []string) ([]string, error) {
	return x.byKey(ctx, kind, key, x.Run.Lookup, func(s *ledger.Staged) bool { return !s.Deleted && ofCurrent(*s) })
}

// byKey finds records by hash, and proves them by their own key.
func (x *index) byKey(ctx context.Context, kind record.Kind, key []string,
	lookup func(context.Context, record.Kind, string, []string) (map[string][]string, error), fits func(*ledger.Staged) bool,
) ([]string, error) {
	value := strings.Join(key, "\x00")
	found, err := lookup(ctx, kind, keyNames[kind], []string{value})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, id := range found[value] {
		s, err := x.staged(ctx, kind, id)
		if err != nil {
			return nil, err
		}
		if s == nil || !fits(s) {
			continue
		}
		own, err := union.Key(s.Record)
		if err != nil {
			return nil, err
		}
		if slices.Equal(own, key) {
			out = append(out, id)
		}
	}
	return out, nil
}

// Tomb implements union.Index.
func (x *index) Tomb(ctx context.Context, kind record.Kind, id string) (bool, error) {
	s, err := x.staged(ctx, kind, id)
	if err != nil || s == nil {
		return false, err
	}
	return x.isTomb(s), nil
}

// isTomb tells what current deleted: not what only legacy lost, but also what was added again in spite of its tombstone.
func (x *index) isTomb(s *ledger.Staged) bool {
	tomb := s.Provenance == record.Resurrected || s.Deleted && FoundBy(*s) != ByAbsence
	x.late = tomb && s.Deleted && s.Round > 0 && s.Provenance != record.Resurrected
	return tomb
}

// TombByKey implements union.Index.
func (x *index) TombByKey(ctx context.Context, kind record.Kind, key []string) (bool, error) {
	added, err := x.byKey(ctx, kind, key, x.Run.Lookup, func(s *ledger.Staged) bool { return s.Provenance == record.Resurrected && x.isTomb(s) })
	if err != nil || len(added) > 0 {
		return len(added) > 0, err
	}
	late := false
	gone, err := x.byKey(ctx, kind, key, x.Run.LookupDeleted, func(s *ledger.Staged) bool {
		ok := x.isTomb(s)
		late = late || ok && x.late
		return ok
	})
	x.late = late
	return len(gone) > 0, err
}

// Decided implements union.Index.
func (x *index) Decided(ctx context.Context, kind record.Kind, legacyID string) (string, bool, error) {
	alias, err := x.alias(ctx, kind, legacyID)
	if err != nil {
		return "", false, err
	}
	id, known := legacyID, alias != nil
	if known {
		id = *alias
	} else if !x.Union.MatchByID {
		return "", false, nil
	}
	if id == "" {
		return "", true, nil
	}
	s, err := x.staged(ctx, kind, id)
	switch {
	case err != nil:
		return "", false, err
	case s != nil && !s.Deleted && (known || !ofCurrent(*s)):
		return id, true, nil
	}
	return "", known, nil
}

// probe asks current for a record that is in neither of its sets; nil when there is nobody to ask.
func (x *index) probe() union.Probe {
	if !x.caps.Offers(x.kind) {
		return nil
	}
	return func(ctx context.Context, kind record.Kind, id string) (record.Record, union.State, error) {
		rec, state, refused, err := x.item(ctx, kind, id)
		if err != nil || refused {
			return rec, union.ProbedUnknown, err
		}
		switch state {
		case rezora.Live:
			return rec, union.ProbedLive, nil
		case rezora.Gone:
			return rec, union.ProbedGone, nil
		}
		return rec, union.ProbedAbsent, nil
	}
}
