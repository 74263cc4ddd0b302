package union

import (
	"context"

	"rezora2nutshell/internal/record"
)

// translated is a legacy record whose references are those of the union.
type translated struct {
	record  record.Record
	missing bool // an end of a membership is not in the union
}

// translate replaces references by the ids that the union uses.
func (c classifier) translate(ctx context.Context, legacy record.Record, owner string) (translated, error) {
	out := translated{record: legacy}
	if e, ok := membershipEnds[legacy.Kind]; ok {
		return c.translateEnds(ctx, out, e)
	}
	if legacy.Kind != record.Contacts && legacy.Kind != record.DistributionGroups {
		return out, nil
	}
	if owner == "" {
		var err error
		if owner, err = text(legacy, "owner_agent_id"); err != nil {
			return out, err
		}
	}
	owner, err := c.agent(ctx, owner)
	if err != nil || owner == "" {
		return out, err
	}
	out.record, err = withText(legacy, "owner_agent_id", owner)
	return out, err
}

// agent finds an owner: an id of current stays, a legacy id gives way to what was decided for it.
func (c classifier) agent(ctx context.Context, id string) (string, error) {
	if id == "" {
		return "", nil
	}
	if _, ok, err := c.idx.Live(ctx, record.Agents, id); err != nil || ok {
		return id, err
	}
	if decided, ok, err := c.idx.Decided(ctx, record.Agents, id); err != nil || ok && decided != "" {
		return decided, err
	}
	return id, nil
}

func (c classifier) translateEnds(ctx context.Context, out translated, e ends) (translated, error) {
	for _, end := range []struct {
		field string
		kind  record.Kind
	}{{e.aField, e.aKind}, {e.bField, e.bKind}} {
		legacyID, err := text(out.record, end.field)
		if err != nil {
			return out, err
		}
		id, err := c.end(ctx, end.kind, legacyID)
		if err != nil {
			return out, err
		}
		if id == "" {
			out.missing = true
			continue
		}
		if out.record, err = withText(out.record, end.field, id); err != nil {
			return out, err
		}
	}
	return out, nil
}

// end finds an end of a membership in the union, "" when it is not there.
func (c classifier) end(ctx context.Context, kind record.Kind, legacyID string) (string, error) {
	if legacyID == "" {
		return "", nil
	}
	if id, ok, err := c.idx.Decided(ctx, kind, legacyID); err != nil || ok {
		return id, err
	}
	if !c.policy.MatchByID {
		return "", nil
	}
	_, ok, err := c.idx.Live(ctx, kind, legacyID)
	if err != nil || !ok {
		return "", err
	}
	return legacyID, nil
}
