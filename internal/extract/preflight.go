package extract

import (
	"context"
	"slices"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/record"
)

// KeyLegacy is where the result of the legacy source's preflight lies: rezora.LegacyCapabilities of the API, rezora.Capabilities of a folder.
const KeyLegacy = "source_legacy"

// Preflight looks at both sources before anything is read into the ledger (rezora contract 11). A difference that cannot be adapted to is a
// park with cause and cure; a resource that is not offered is a result.
func (r *Reader) Preflight(ctx context.Context) (rezora.Capabilities, error) {
	var caps rezora.Capabilities
	p := r.patience(r.pausedOnly)
	err := p.read(ctx, "the source", func() (err error) {
		caps, err = r.Source.Preflight(ctx)
		return err
	})
	if err != nil {
		return caps, err
	}
	if r.LegacyFiles != nil {
		var files rezora.Capabilities
		err := p.read(ctx, "the legacy export", func() (err error) {
			files, err = r.LegacyFiles.Preflight(ctx)
			return err
		})
		if err != nil {
			return caps, err
		}
		return caps, r.Run.PutValue(ctx, KeyLegacy, files)
	}
	if r.Legacy == nil {
		return caps, nil
	}
	return caps, r.legacyPreflight(ctx, p, caps)
}

func (r *Reader) legacyPreflight(ctx context.Context, p *patience, caps rezora.Capabilities) error {
	var check rezora.LegacyCheck
	byEmail := map[string]string{}
	var found rezora.LegacyCapabilities
	err := p.read(ctx, "the legacy API", func() (err error) {
		check = rezora.LegacyCheck{Credentials: r.inScope(), Current: r.Source, ZoneDecided: r.ZoneDecided,
			Owner: func(_ context.Context, email string) (string, error) { return byEmail[email], nil }}
		if !r.Union.MatchByID {
			check.MatchByID = new(bool)
		}
		if check.AgentIDs, err = r.agentsOfSource(ctx, caps, byEmail); err == nil {
			found, err = r.Legacy.Preflight(ctx, check)
		}
		return err
	})
	if err != nil {
		return err
	}
	return r.Run.PutValue(ctx, KeyLegacy, found)
}

// inScope leaves out the credentials of agents that the union does not look at.
func (r *Reader) inScope() []rezora.Credential {
	return slices.DeleteFunc(slices.Clone(r.Credentials), func(c rezora.Credential) bool {
		return c.AgentID != "" && len(r.Union.Agents) > 0 && !slices.Contains(r.Union.Agents, c.AgentID)
	})
}

// agentsOfSource lists the agents in scope and fills in their addresses. An account has hundreds of them.
func (r *Reader) agentsOfSource(ctx context.Context, caps rezora.Capabilities, byEmail map[string]string) ([]string, error) {
	var ids []string
	clear(byEmail)
	_, err := r.Source.Walk(ctx, rezora.WalkRequest{Kind: record.Agents, Caps: caps.Of(record.Agents)}, func(_ context.Context, p rezora.Page) error {
		for _, rec := range p.Records {
			var a record.Agent
			if rec.Deleted || rec.Decode(&a) != nil {
				continue
			}
			byEmail[foldEmail(a.Email)] = rec.ID
			if (len(r.Union.Agents) == 0 || slices.Contains(r.Union.Agents, rec.ID)) && !slices.Contains(ids, rec.ID) {
				ids = append(ids, rec.ID)
			}
		}
		return nil
	})
	return ids, err
}
