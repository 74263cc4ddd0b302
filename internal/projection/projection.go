// Package projection gathers what the map needs to know of a record from the ledger, and says what Nutshell must show of it. It is pure but
// for those reads: planning, writing, comparing and reconciling all call it afresh and get the same answer, since the sealed set, the
// decisions and the approved map do not change. Memory is bounded by the page.
package projection

import (
	"context"
	"fmt"
	"slices"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/target"
)

// Assembler projects records of one migration.
type Assembler struct {
	Run   *ledger.Run
	Map   *mapping.Map
	Env   *mapping.Env
	Crawl int // whose names merged companies have
	// Fetch brings the bytes of attachments and tells their size and hash. nil: only what was fetched before is known.
	Fetch func(ctx context.Context, a record.Attachment) (FileFacts, error)

	campaigns *cache[*record.Campaign]
	groups    *cache[*record.DistributionGroup]
}

// FileFacts are what is known of an attachment's bytes once they were fetched.
type FileFacts struct {
	Size     int64  `json:"size"`
	SHA256   string `json:"sha256"`
	StoredAt string `json:"stored_at,omitempty"` // in the archive, below LinkBase
	Failed   string `json:"failed,omitempty"`
}

// FileKey is where the facts of an attachment are kept.
func FileKey(id string) string { return "file/" + id }

// kindOf is the resource behind an object of the journal.
var kindOf = map[string]record.Kind{
	mapping.Companies: record.Companies, mapping.People: record.Contacts, mapping.LeadObjects: record.Leads, mapping.NoteObjects: record.Notes,
	mapping.TaskObjects: record.Tasks, mapping.Activities: record.Interactions, mapping.Attachments: record.Attachments,
}

// KindOf is the resource behind an object of the journal.
func KindOf(object string) record.Kind { return kindOf[object] }

// New makes an assembler.
func New(run *ledger.Run, m *mapping.Map, env *mapping.Env, crawl int) *Assembler {
	return &Assembler{
		Run: run, Map: m, Env: env, Crawl: crawl, campaigns: newCache[*record.Campaign](cacheSize), groups: newCache[*record.DistributionGroup](cacheSize),
	}
}

// Page projects records of one kind. on limits campaign notes to the given receivers ("" for all).
func (a *Assembler) Page(ctx context.Context, kind record.Kind, page []ledger.Staged) (map[string][]mapping.Projection, error) {
	var out map[string][]mapping.Projection
	var err error
	switch kind {
	case record.Companies:
		out, err = a.companies(ctx, page)
	case record.Contacts:
		out, err = a.people(ctx, page)
	case record.Leads:
		out, err = a.leads(ctx, page)
	case record.Notes:
		out, err = a.notes(ctx, page)
	case record.Tasks:
		out, err = a.tasks(ctx, page)
	case record.Interactions:
		out, err = a.interactions(ctx, page)
	case record.Attachments:
		out, err = a.attachments(ctx, page)
	default:
		return nil, fmt.Errorf("%s have no projection", kind)
	}
	if err != nil {
		return nil, fmt.Errorf("project %s: %w", kind, err)
	}
	return out, nil
}

// place is a projection's place in the journal, whatever its epoch.
type place struct {
	object, id, role, parent string
	part                     int
}

// Project computes the projections behind rows of the journal. A row whose source record is gone, or which the record does not demand any
// more, is missing in the answer.
func (a *Assembler) Project(ctx context.Context, rows []ledger.Effect) (map[ledger.EffectKey]mapping.Projection, error) {
	ids := map[string][]string{}
	seen := map[string]bool{}
	for _, row := range rows {
		if key := row.Object + "/" + row.SourceID; !seen[key] {
			seen[key] = true
			ids[row.Object] = append(ids[row.Object], row.SourceID)
		}
	}
	places := map[place]mapping.Projection{}
	for object, list := range ids {
		kind, ok := kindOf[object]
		if !ok {
			continue
		}
		if err := a.into(ctx, kind, list, places); err != nil {
			return nil, err
		}
	}
	out := make(map[ledger.EffectKey]mapping.Projection, len(rows))
	for _, row := range rows {
		p, ok := places[place{row.Object, row.SourceID, row.Role, row.Parent, row.Part}]
		if !ok && row.Role == mapping.RoleFile { // a file is set aside with its note
			p = places[place{row.Object, row.SourceID, mapping.RoleNote, row.Parent, 1}]
			ok = p.Quarantine != nil
		}
		if !ok {
			continue
		}
		if row.Epoch > 0 && row.Role == mapping.RoleRecord {
			p.Wants = append(slices.Clone(p.Wants), furtherWants(places, row)...)
		}
		out[row.EffectKey] = p
	}
	return out, nil
}

// furtherWants are what closing or completing demands of the same record. An edit of the delta merges everything in one go, or it would
// take back what the second call of the load had set.
func furtherWants(places map[place]mapping.Projection, row ledger.Effect) []target.Want {
	var out []target.Want
	for _, role := range []string{mapping.RoleClose, mapping.RoleComplete} {
		out = append(out, places[place{row.Object, row.SourceID, role, row.Object + "/" + row.SourceID, 1}].Wants...)
	}
	return out
}

func (a *Assembler) into(ctx context.Context, kind record.Kind, ids []string, places map[place]mapping.Projection) error {
	staged, err := a.Run.GetMany(ctx, kind, ids)
	if err != nil {
		return fmt.Errorf("read %s: %w", kind, err)
	}
	page := make([]ledger.Staged, 0, len(staged))
	for _, id := range ids {
		if s, ok := staged[id]; ok && !s.Deleted {
			page = append(page, s)
		}
	}
	projections, err := a.Page(ctx, kind, page)
	if err != nil {
		return err
	}
	for _, list := range projections {
		for _, p := range list {
			places[place{p.Object, p.SourceID, p.Role, p.Parent, max(1, p.Part)}] = p
		}
	}
	return nil
}
