// Package decide takes the decisions that need the whole set: which company a contact belongs to, which person a lead is of, which record
// of the account is already there and who has it. They are taken over the sealed set and one crawl before anything is written, and
// stored; everything later reads them. Decisions hold ids only.
package decide

import (
	"context"
	"encoding/json"
	"fmt"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/step"
)

// How a record comes to its place in Nutshell.
const (
	Created = "created" // a new record
	Merged  = "merged"  // into a record of the account
	Linked  = "linked"  // policy skip: no field of the record of the account is written
	Ours    = "ours"    // it carries our key already, whichever migration made it
)

// Existing says which record of the account a source record is.
type Existing struct {
	ID      int64  `json:"id,omitempty"`
	How     string `json:"how"`
	Several int    `json:"several,omitempty"` // matches, when there was more than one: created new and flagged
	Taken   string `json:"taken,omitempty"`   // source record that has the only match already: created new and flagged
	Link    bool   `json:"link,omitempty"`    // under the policy skip: it still gets the link to its company
}

// Company is what was decided about a company.
type Company struct {
	Existing
	Parent      string `json:"parent,omitempty"` // "" when it has none, or none that is migrated
	Cut         bool   `json:"cut,omitempty"`    // its parent was dropped to break a cycle
	Quarantined bool   `json:"q,omitempty"`
	Depth       int    `json:"depth,omitempty"`
}

// Contact is what was decided about a contact.
type Contact struct {
	Existing
	Company     string `json:"company,omitempty"`
	Rule        string `json:"rule,omitempty"` // company_id, domain or company_name
	Ambiguous   string `json:"ambiguous,omitempty"`
	Quarantined bool   `json:"q,omitempty"`
}

// Lead is what was decided about a lead.
type Lead struct {
	Existing
	Person    *mapping.Ref `json:"person,omitempty"`
	Company   *mapping.Ref `json:"company,omitempty"`
	Ambiguous bool         `json:"ambiguous,omitempty"`
}

// Decider decides over one round's sealed set and one crawl.
type Decider struct {
	Run    *ledger.Run
	Map    *mapping.Map
	Env    *mapping.Env
	Round  int
	Crawl  int
	Policy string // existing: merge, skip or create

	// Whole decides over the whole union as it stands, not over the round's sealed set.
	Whole bool
	// Written names the records that were written already. The record of the account that each is stays as it is; what else was decided
	// about them changes only with Anew, in the last delta round.
	Written func(ctx context.Context, object string, ids []string) (map[string]bool, error)
	Anew    bool
}

// pageSize is how many records are decided on together; their look-ups are batched.
const pageSize = 500

// All decides for companies, contacts and leads, in this order. Idempotent: a repetition decides the same.
func (d *Decider) All(ctx context.Context, turn *step.Turn) error {
	for _, decide := range []func(context.Context, *step.Turn) error{d.companies, d.contacts, d.leads} {
		if err := decide(ctx, turn); err != nil {
			return err
		}
	}
	return nil
}

// pages walks the records to decide on.
func (d *Decider) pages(ctx context.Context, turn *step.Turn, kind record.Kind, fn func([]ledger.Staged) error) error {
	if d.Whole {
		return d.union(ctx, turn, kind, fn)
	}
	set, _, err := d.Run.SealedSet(ctx, d.Round, kind)
	if err != nil {
		return fmt.Errorf("read sealed %s: %w", kind, err)
	}
	for from := int64(1); from <= set.Count; from += pageSize {
		page, err := d.Run.SealedPage(ctx, d.Round, kind, from, from+pageSize-1)
		if err != nil {
			return fmt.Errorf("read sealed %s from %d: %w", kind, from, err)
		}
		if err := fn(ledger.Live(page)); err != nil {
			return err
		}
		turn.At("decide "+string(kind), min(from+pageSize-1, set.Count), set.Count)
	}
	return nil
}

func (d *Decider) union(ctx context.Context, turn *step.Turn, kind record.Kind, fn func([]ledger.Staged) error) error {
	var page []ledger.Staged
	done := int64(0)
	err := d.Run.Each(ctx, kind, true, func(s ledger.Staged) error {
		page = append(page, s)
		if len(page) < pageSize {
			return nil
		}
		done += pageSize
		turn.At("decide "+string(kind), done, 0)
		err := fn(page)
		page = nil
		return err
	})
	if err != nil || len(page) == 0 {
		return err
	}
	return fn(page)
}

// put stores decisions of a page. of gives the decision about a record; kept is the record of the account that a written one is.
func (d *Decider) put(ctx context.Context, kind record.Kind, object string, ids []string, of func(id string, kept *Existing) any) error {
	written := map[string]bool{}
	if d.Written != nil {
		var err error
		if written, err = d.Written(ctx, object, ids); err != nil {
			return err
		}
	}
	before, err := Read[Existing](ctx, d.Run, kind, ids)
	if err != nil {
		return err
	}
	var rows []ledger.Decision
	for _, id := range ids {
		var kept *Existing
		if x, decided := before[id]; decided && written[id] {
			if !d.Anew {
				continue
			}
			kept = &x
		}
		b, err := json.Marshal(of(id, kept))
		if err != nil {
			return fmt.Errorf("store the decision about %s %s: %w", kind, id, err)
		}
		rows = append(rows, ledger.Decision{Kind: kind, ID: id, Data: b, Crawl: d.Crawl})
	}
	return d.Run.PutDecisions(ctx, rows)
}

// Read reads decisions of one kind.
func Read[T any](ctx context.Context, run *ledger.Run, kind record.Kind, ids []string) (map[string]T, error) {
	raw, err := run.Decisions(ctx, kind, ids)
	if err != nil {
		return nil, fmt.Errorf("read decisions about %s: %w", kind, err)
	}
	out := make(map[string]T, len(raw))
	for id, b := range raw {
		var v T
		if err := json.Unmarshal(b, &v); err != nil {
			return nil, fmt.Errorf("read the decision about %s %s: %w", kind, id, err)
		}
		out[id] = v
	}
	return out, nil
}
