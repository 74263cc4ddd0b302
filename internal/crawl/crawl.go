// Package crawl enumerates a Nutshell account into the ledger: every live company, person, lead, task and activity, and the notes that
// their parents list. It shares nothing with the writer, so what it finds can be held against what the journal says. A page of records
// and the cursor that follows it are one transaction (I1); ids are paged in ascending order, the only order to rely on.
package crawl

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/target"
)

// Match keys of crawled records.
const (
	KeyEmail  = "email"
	KeyHost   = "host"
	KeyName   = "name"
	KeyParent = "parent" // of a note, task or activity: "<entity type>/<id>" of each record it hangs on
)

// All are the entity types of a whole crawl; notes come along with their parents.
var All = []nutshell.EntityType{nutshell.Accounts, nutshell.Contacts, nutshell.Leads, nutshell.Tasks, nutshell.Activities}

// leadStatuses list every lead of an account; 0 includes pending (nutshell contract 7.12).
var leadStatuses = []int{0, 10, 11, 12}

// Filters are the queries that together list every live record of a type.
func Filters(t nutshell.EntityType) []map[string]any {
	if t != nutshell.Leads {
		return []map[string]any{nil}
	}
	out := make([]map[string]any, len(leadStatuses))
	for i, status := range leadStatuses {
		out[i] = map[string]any{"status": status, "filter": 2}
	}
	return out
}

// Crawler reads one account into one numbered crawl.
type Crawler struct {
	Client *nutshell.Client
	Run    *ledger.Run
	Defs   map[nutshell.EntityType]target.Defs
	Number int
}

// Do crawls the given types from where an earlier turn stopped.
func (c *Crawler) Do(ctx context.Context, turn *step.Turn, types ...nutshell.EntityType) error {
	for _, t := range types {
		if t != nutshell.Leads {
			if err := c.walk(ctx, turn, t, string(t), nil); err != nil {
				return err
			}
			continue
		}
		for _, status := range leadStatuses {
			filter := map[string]any{"status": status, "filter": 2}
			if err := c.walk(ctx, turn, t, string(t)+"/"+strconv.Itoa(status), filter); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Crawler) walk(ctx context.Context, turn *step.Turn, t nutshell.EntityType, name string, filter map[string]any) error {
	cur, err := c.Run.DestCursor(ctx, c.Number, name)
	if err != nil {
		return fmt.Errorf("read cursor of crawl %d %s: %w", c.Number, name, err)
	}
	for !cur.Done {
		if err := turn.Over(); err != nil {
			return err
		}
		page, err := c.Client.Find(ctx, t, nutshell.Query{Filter: filter, Page: cur.Pages + 1})
		if err != nil {
			return fmt.Errorf("crawl %s page %d: %w", name, cur.Pages+1, err)
		}
		var rows []ledger.DestRecord
		for _, e := range page {
			r, err := c.Records(e)
			if err != nil {
				return err
			}
			rows = append(rows, r...)
		}
		cur.Pages++
		cur.Rows += int64(len(page))
		cur.Done = len(page) < 100
		if err := c.Run.PutDest(ctx, c.Number, name, rows, cur); err != nil {
			return fmt.Errorf("store page %d of crawl %d %s: %w", cur.Pages, c.Number, name, err)
		}
		turn.At("crawl "+string(t), cur.Rows, 0)
	}
	return nil
}

// Records turns one full record into its row and those of the notes it lists.
func (c *Crawler) Records(e nutshell.Entity) ([]ledger.DestRecord, error) {
	row, err := c.record(e)
	if err != nil {
		return nil, err
	}
	rows := []ledger.DestRecord{row}
	parent := ParentKey(e.Type, e.ID)
	for _, n := range nutshell.List(e.Raw["notes"]) {
		note, ok := nutshell.DecodeEntity(n, nutshell.Notes)
		if !ok {
			continue
		}
		note.Raw = WithParent(note.Raw, e.Type, e.ID)
		r, err := c.record(note)
		if err != nil {
			return nil, err
		}
		r.Keys = map[string][]string{KeyParent: {parent}}
		rows = append(rows, r)
	}
	return rows, nil
}

func (c *Crawler) record(e nutshell.Entity) (ledger.DestRecord, error) {
	view, err := target.FromWire(string(e.Type), e.Raw, c.Defs[e.Type])
	if err != nil {
		return ledger.DestRecord{}, fmt.Errorf("read %s %d: %w", e.Type, e.ID, err)
	}
	body, err := json.Marshal(Trim(e.Raw))
	if err != nil {
		return ledger.DestRecord{}, fmt.Errorf("keep %s %d: %w", e.Type, e.ID, err)
	}
	return ledger.DestRecord{
		Type: string(e.Type), ID: e.ID, Rev: e.Rev, Deleted: e.Deleted, SourceID: SourceOf(e.Type, e.Raw),
		Keys: keysOf(e), Hash: c.contentHash(view), Body: body,
	}, nil
}

// contentHash covers all that people can change, and nothing that the server derives.
func (c *Crawler) contentHash(v target.View) string {
	hashes := target.Hashes(v, c.Run.ShortHash)
	lines := make([]string, 0, len(hashes))
	for path, h := range hashes {
		lines = append(lines, path+"\x00"+h)
	}
	slices.Sort(lines)
	b, err := json.Marshal(lines)
	if err != nil {
		return ""
	}
	return c.Run.Hash("content", string(b))
}

// Trim leaves out of a record the notes, which have rows of their own, and of its files all but their ids.
func Trim(raw map[string]any) map[string]any {
	out := make(map[string]any, len(raw))
	for k, v := range raw {
		switch k {
		case "notes":
		case "file":
			if files := fileIDs(v); len(files) > 0 {
				out[k] = files
			}
		default:
			out[k] = v
		}
	}
	return out
}

func fileIDs(v any) []any {
	var out []any
	for _, f := range nutshell.List(v) {
		if id := nutshell.Object(f)["id"]; id != nil {
			out = append(out, map[string]any{"id": id})
		}
	}
	return out
}

// ParentKey names a record as the parent of others.
func ParentKey(t nutshell.EntityType, id int64) string {
	return string(t) + "/" + strconv.FormatInt(id, 10)
}

// Parents are the records that a task, activity or lead hangs on: the values of its key KeyParent.
func Parents(e nutshell.Entity) []string { return keysOf(e)[KeyParent] }

func keysOf(e nutshell.Entity) map[string][]string {
	switch e.Type {
	case nutshell.Contacts:
		return map[string][]string{KeyEmail: entries(e.Raw["email"], mapping.EmailKey)}
	case nutshell.Accounts:
		return map[string][]string{KeyHost: entries(e.Raw["url"], mapping.Host), KeyName: {mapping.NameKey(nutshell.Text(e.Raw["name"]))}}
	case nutshell.Tasks:
		return map[string][]string{KeyParent: refKeys([]any{e.Raw["entity"]})}
	case nutshell.Activities:
		return map[string][]string{KeyParent: append(refKeys(nutshell.List(e.Raw["participants"])), refKeys(nutshell.List(e.Raw["leads"]))...)}
	case nutshell.Leads:
		refs := append(nutshell.List(e.Raw["contacts"]), nutshell.List(e.Raw["accounts"])...)
		return map[string][]string{KeyParent: refKeys(append(refs, e.Raw["primaryAccount"]))}
	}
	return nil
}

// entries are the distinct canonical values of a multi-value dictionary.
func entries(v any, canon func(string) string) []string {
	var out []string
	for label, x := range nutshell.Object(v) {
		if k := canon(nutshell.Text(x)); label != "--primary" && k != "" {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func refKeys(refs []any) []string {
	var out []string
	for _, r := range refs {
		if e, ok := nutshell.DecodeEntity(r, ""); ok && e.Type != nutshell.Users && e.Type != nutshell.Teams {
			out = append(out, ParentKey(e.Type, e.ID))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// FirstAccount is the first company of a crawled person, 0 for none.
func FirstAccount(ctx context.Context, run *ledger.Run, number int, contactID int64) (int64, error) {
	row, ok, err := run.DestGet(ctx, number, string(nutshell.Contacts), contactID)
	if err != nil || !ok || len(row.Body) == 0 {
		return 0, err
	}
	var body struct {
		Accounts []struct {
			ID json.Number `json:"id"`
		} `json:"accounts"`
	}
	if err := json.Unmarshal(row.Body, &body); err != nil {
		return 0, fmt.Errorf("read the companies of person %d: %w", contactID, err)
	}
	if len(body.Accounts) == 0 {
		return 0, nil
	}
	id, _ := nutshell.ID(body.Accounts[0].ID)
	return id, nil
}

// parentKeys are the keys under which a note names its parent.
var parentKeys = map[nutshell.EntityType]string{nutshell.Contacts: "contact", nutshell.Accounts: "account", nutshell.Leads: "lead"}

// ParentOf is the record that a note hangs on; 0 when it does not say.
func ParentOf(note map[string]any) (nutshell.EntityType, int64) {
	for t, key := range parentKeys {
		if e, ok := nutshell.DecodeEntity(note[key], t); ok && e.ID != 0 {
			return t, e.ID
		}
	}
	return "", 0
}

// WithParent fills in the parent of a listed note, which a lead's list leaves out.
func WithParent(note map[string]any, parent nutshell.EntityType, id int64) map[string]any {
	key := parentKeys[parent]
	if key == "" || note[key] != nil {
		return note
	}
	out := maps.Clone(note)
	out[key] = map[string]any{"id": json.Number(strconv.FormatInt(id, 10)), "entityType": string(parent), "stub": true}
	return out
}
