package projection

import (
	"context"
	"encoding/json"
	"fmt"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/decide"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
)

func (a *Assembler) companies(ctx context.Context, page []ledger.Staged) (map[string][]mapping.Projection, error) {
	decided, err := decide.Read[decide.Company](ctx, a.Run, record.Companies, idsOf(page))
	if err != nil {
		return nil, err
	}
	var parents []string
	for _, d := range decided {
		if d.Parent != "" {
			parents = append(parents, d.Parent)
		}
	}
	names, err := a.CompanyNames(ctx, parents)
	if err != nil {
		return nil, err
	}
	out := make(map[string][]mapping.Projection, len(page))
	for _, s := range page {
		in := mapping.CompanyInput{Raw: s.Canon}
		if err := s.Decode(&in.Company); err != nil {
			return nil, err
		}
		d := decided[s.ID]
		in.ParentName, in.ParentCut = names[d.Parent], d.Cut
		p := a.Map.Company(a.Env, in)
		if d.How == decide.Linked {
			p = p.LinksOnly()
		}
		out[s.ID] = []mapping.Projection{p}
	}
	return out, nil
}

// CompanyNames are the names that companies have in Nutshell: their own, or that of the record they were merged into. Companies that are
// not migrated have none.
func (a *Assembler) CompanyNames(ctx context.Context, ids []string) (map[string]string, error) {
	out := map[string]string{}
	if len(ids) == 0 {
		return out, nil
	}
	staged, err := a.Run.GetMany(ctx, record.Companies, ids)
	if err != nil {
		return nil, fmt.Errorf("read companies: %w", err)
	}
	decided, err := decide.Read[decide.Company](ctx, a.Run, record.Companies, ids)
	if err != nil {
		return nil, err
	}
	for id, s := range staged {
		d := decided[id]
		if s.Deleted || d.Quarantined {
			continue
		}
		if d.Existing.ID != 0 {
			if out[id], err = a.accountName(ctx, d.Existing.ID); err != nil {
				return nil, err
			}
		}
		if out[id] != "" {
			continue
		}
		var c record.Company
		if err := s.Decode(&c); err != nil {
			return nil, err
		}
		out[id] = a.Map.CompanyName(a.Env, c)
	}
	return out, nil
}

func (a *Assembler) accountName(ctx context.Context, id int64) (string, error) {
	row, ok, err := a.Run.DestGet(ctx, a.Crawl, string(nutshell.Accounts), id)
	if err != nil || !ok || len(row.Body) == 0 {
		return "", err
	}
	var body struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(row.Body, &body); err != nil {
		return "", fmt.Errorf("read the name of company %d: %w", id, err)
	}
	return body.Name, nil
}

func idsOf(page []ledger.Staged) []string {
	out := make([]string, len(page))
	for i, s := range page {
		out[i] = s.ID
	}
	return out
}
