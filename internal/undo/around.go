package undo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/target"
)

// ref names a record of the account.
type ref struct {
	typ nutshell.EntityType
	id  int64
}

// around is what the judgement of some records needs to know of the records about them.
type around struct {
	effects map[ref][]ledger.Effect // on records that are linked
	foreign map[int64][]string      // what people hung on each record: "note 55"
}

// hangsOn are the types whose records may hang on a record of each type.
var hangsOn = map[nutshell.EntityType][]nutshell.EntityType{
	nutshell.Contacts: {nutshell.Notes, nutshell.Tasks, nutshell.Activities, nutshell.Leads},
	nutshell.Accounts: {nutshell.Notes, nutshell.Tasks, nutshell.Activities, nutshell.Leads},
	nutshell.Leads:    {nutshell.Notes, nutshell.Tasks, nutshell.Activities},
}

// listedIn are the children that a full record shows itself.
var listedIn = map[nutshell.EntityType]string{nutshell.Notes: "notes", nutshell.Leads: "leads"}

// around looks up whose the links and children of records are: the links they show, and those they showed after our last write.
func (u *Undoer) around(ctx context.Context, typ nutshell.EntityType, units []*unit, records map[int64]seen) (around, error) {
	a := around{foreign: map[int64][]string{}}
	links := linksOf(records)
	for _, x := range units {
		if last := x.last(); last != nil && x.made() {
			for p := range last.Shown {
				links.add(target.Behind(p))
			}
		}
	}
	var err error
	if a.effects, err = u.effectsOn(ctx, links); err != nil {
		return a, err
	}
	for _, child := range hangsOn[typ] {
		if err := u.children(ctx, typ, child, records, a.foreign); err != nil {
			return a, err
		}
	}
	if typ == nutshell.Notes {
		for id, s := range records {
			files, err := u.foreignFiles(ctx, s.raw)
			if err != nil {
				return a, err
			}
			for _, f := range files {
				a.foreign[id] = append(a.foreign[id], "file "+strconv.FormatInt(f, 10))
			}
		}
	}
	return a, nil
}

// links are records at the other end of links.
type links map[nutshell.EntityType]map[int64]bool

func (l links) add(p target.Path) {
	t, id, ok := p.Linked()
	typ := nutshell.EntityType(t)
	if !ok || hangsOn[typ] == nil {
		return
	}
	if l[typ] == nil {
		l[typ] = map[int64]bool{}
	}
	l[typ][id] = true
}

func linksOf(records map[int64]seen) links {
	l := links{}
	for _, s := range records {
		for p := range s.view.Fields {
			l.add(p)
		}
	}
	return l
}

func (u *Undoer) effectsOn(ctx context.Context, l links) (map[ref][]ledger.Effect, error) {
	out := map[ref][]ledger.Effect{}
	for t, set := range l {
		effects, err := u.Run.ByTarget(ctx, string(t), keys(set))
		if err != nil {
			return nil, err
		}
		for id, list := range effects {
			out[ref{t, id}] = list
		}
	}
	return out, nil
}

// children finds the live records of a type that hang on some records and that this migration did not make: those of the crawl, and those
// that a record just read lists.
func (u *Undoer) children(ctx context.Context, typ, child nutshell.EntityType, records map[int64]seen, foreign map[int64][]string) error {
	parents := make([]string, 0, len(records))
	for id, s := range records {
		if !s.gone {
			parents = append(parents, crawl.ParentKey(typ, id))
		}
	}
	slices.Sort(parents)
	byParent, err := u.Run.DestLookup(ctx, u.Crawl, string(child), crawl.KeyParent, parents)
	if err != nil {
		return err
	}
	hung := map[int64]map[int64]bool{}
	add := func(parent, id int64) {
		if hung[parent] == nil {
			hung[parent] = map[int64]bool{}
		}
		hung[parent][id] = true
	}
	for key, ids := range byParent {
		_, parent, _ := refOf(key)
		for _, id := range ids {
			add(parent, id)
		}
	}
	for id, s := range records {
		if !s.fresh || listedIn[child] == "" {
			continue
		}
		for _, v := range nutshell.List(s.raw[listedIn[child]]) {
			if e, ok := nutshell.DecodeEntity(v, child); ok && !e.Deleted {
				add(id, e.ID)
			}
		}
	}
	all := map[int64]bool{}
	for _, ids := range hung {
		maps.Copy(all, ids)
	}
	ours, err := u.ours(ctx, child, keys(all))
	if err != nil {
		return err
	}
	for parent, ids := range hung {
		for _, id := range slices.Sorted(maps.Keys(ids)) {
			if !ours[id] {
				foreign[parent] = append(foreign[parent], words[child]+" "+strconv.FormatInt(id, 10))
			}
		}
	}
	return nil
}

// ours tells which records this migration made, second copies included.
func (u *Undoer) ours(ctx context.Context, typ nutshell.EntityType, ids []int64) (map[int64]bool, error) {
	effects, err := u.Run.ByTarget(ctx, string(typ), ids)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]bool, len(effects))
	for id, list := range effects {
		out[id] = madeBy(list)
	}
	return out, nil
}

func madeBy(effects []ledger.Effect) bool {
	return slices.ContainsFunc(effects, func(e ledger.Effect) bool { return e.Verb == ledger.Create || e.Verb == ledger.Delete })
}

// foreignFiles are the files on a record that no upload of ours made.
func (u *Undoer) foreignFiles(ctx context.Context, raw map[string]any) ([]int64, error) {
	var ids []int64
	for _, f := range target.ListedFiles(raw) {
		ids = append(ids, f.ID)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	effects, err := u.Run.ByTarget(ctx, string(nutshell.Files), ids)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(ids, func(id int64) bool { return len(effects[id]) > 0 }), nil
}

// isOurs tells the links of a record that do not count as a person's doing: those to records that this migration made, and those that it
// set itself from the other end.
func (a around) isOurs(of ref) func(target.Path) bool {
	back := ""
	if list := listOf[of.typ]; list != "" {
		back = string(target.LinkPath(list, of.id))
	}
	return func(p target.Path) bool {
		t, id, ok := p.Linked()
		if !ok {
			return false
		}
		effects := a.effects[ref{nutshell.EntityType(t), id}]
		return madeBy(effects) || back != "" && slices.ContainsFunc(effects, func(e ledger.Effect) bool { return slices.Contains(e.Ours, back) })
	}
}

// listOf is the list in which other records show links to a record of each type.
var listOf = map[nutshell.EntityType]string{nutshell.Accounts: "accounts", nutshell.Contacts: "contacts", nutshell.Leads: "leads"}

// words name records in reasons.
var words = map[nutshell.EntityType]string{
	nutshell.Accounts: "company", nutshell.Contacts: "person", nutshell.Leads: "lead", nutshell.Notes: "note", nutshell.Tasks: "task",
	nutshell.Activities: "activity",
}

// refOf reads "<entity type>/<id>".
func refOf(text string) (nutshell.EntityType, int64, bool) {
	t, number, ok := strings.Cut(text, "/")
	id, err := strconv.ParseInt(number, 10, 64)
	return nutshell.EntityType(t), id, ok && err == nil
}

func keys[V any](m map[int64]V) []int64 { return slices.Sorted(maps.Keys(m)) }

// hung says in words what people hung on a record.
func hung(things []string) string {
	const most = 3
	if len(things) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(things[:most], ", "), len(things)-most)
	}
	return strings.Join(things, ", ")
}
