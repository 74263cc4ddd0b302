package rezora

import (
	"context"
	"fmt"
	"strings"
	"time"

	"rezora2nutshell/clients/rezora/internal/canon"
	"rezora2nutshell/internal/record"
)

// collection is one source collection of a resource with the compiled map of its rows.
type collection struct {
	path string
	rows mapping
}

// fold is a compiled Fold.
type fold struct {
	Fold
	value, name spec
	object      mapping
}

// dialect is a profile compiled for one zone, for the styles that map fields.
type dialect struct {
	collections map[record.Kind][]collection
	folds       map[record.Kind][]fold
}

// checkFields compiles everything once, for its errors.
func (p *Profile) checkFields() error {
	_, err := p.compile(canon.Clock{})
	return err
}

func (p *Profile) compile(clock canon.Clock) (dialect, error) {
	d := dialect{collections: map[record.Kind][]collection{}, folds: map[record.Kind][]fold{}}
	for kind, r := range p.Resources {
		parts := r.Parts
		if len(parts) > 0 && p.Paging.Style != pagingNone {
			return d, fmt.Errorf("resources.%s: parts need paging.style none", kind)
		}
		if len(parts) == 0 {
			parts = []Collection{{Path: r.Path}}
		}
		for _, part := range parts {
			m, err := compileMap(kind, clock, r.Fields, part.Fields)
			if err != nil {
				return d, err
			}
			d.collections[kind] = append(d.collections[kind], collection{path: part.Path, rows: m})
		}
	}
	for _, f := range p.Folds {
		got, err := compileFold(f, clock)
		if err != nil {
			return d, fmt.Errorf("folds %s: %w", f.Path, err)
		}
		d.folds[f.Into] = append(d.folds[f.Into], got)
	}
	return d, nil
}

func compileFold(f Fold, clock canon.Clock) (out fold, err error) {
	out.Fold = f
	schema := record.Schema(f.Into)
	if schema == nil || schema.Get(f.Field) == nil || f.Match == "" || f.Path == "" {
		return out, fmt.Errorf("path, match, into and field must name a collection, a key, a resource and one of its fields")
	}
	switch f.Kind {
	case "list":
		out.value, err = compile(f.Value, clock)
	case "map":
		if out.value, err = compile(f.Value, clock); err == nil {
			out.name, err = compile(f.Name, clock)
		}
	case "objects":
		for path, text := range f.Object {
			s, err := compile(text, clock)
			if err != nil {
				return out, err
			}
			out.object.fields = append(out.object.fields, mapped{path: path, spec: s})
		}
	default:
		err = fmt.Errorf("kind is %q; use list, map or objects", f.Kind)
	}
	return out, err
}

// rows reads a whole collection.
func (c *Client) rows(ctx context.Context, kind record.Kind, path string) ([]canon.Node, time.Time, error) {
	r := &Resource{Path: path}
	if known := c.profile.Resources[kind]; known != nil {
		r.Query = known.Query
	}
	got, err := c.page(ctx, kind, r, c.filter(kind, r, CountRequest{}))
	return got.items, got.asOf, err
}

// secondary are collections read for folds and lookups, kept for one walk.
type secondary struct {
	client *Client
	kind   record.Kind
	byKey  map[string]map[string][]canon.Node // "path key" to rows by value
}

func (s *secondary) load(ctx context.Context, path, key string) (map[string][]canon.Node, error) {
	name := path + " " + key
	if rows, ok := s.byKey[name]; ok {
		return rows, nil
	}
	rows, _, err := s.client.rows(ctx, s.kind, path)
	if err != nil {
		return nil, err
	}
	index := map[string][]canon.Node{}
	for _, row := range rows {
		v := row.Path(key).Text()
		index[v] = append(index[v], row)
	}
	s.byKey[name] = index
	return index, nil
}

// prepare loads what the folds of the resource need.
func (s *secondary) prepare(ctx context.Context) error {
	for _, f := range s.client.dialect.folds[s.kind] {
		if _, err := s.load(ctx, f.Path, f.Match); err != nil {
			return err
		}
		for _, l := range []*lookup{f.value.lookup, f.name.lookup} {
			if l == nil {
				continue
			}
			if _, err := s.load(ctx, l.collection, l.key); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *secondary) find(l lookup, key string) canon.Node {
	rows := s.byKey[l.collection+" "+l.key][key]
	if len(rows) == 0 {
		return canon.Null
	}
	return rows[0].Path(l.field)
}

// fold puts the secondary rows of a parent into its item, and returns them for the raw record.
func (s *secondary) fold(row canon.Node, item *canon.Node) []canon.Member {
	var raw []canon.Member
	for _, f := range s.client.dialect.folds[s.kind] {
		rows := s.byKey[f.Path+" "+f.Match][row.Path(f.Match).Text()]
		item.Set(f.Field, f.combine(rows, s.find))
		if len(rows) > 0 {
			raw = append(raw, canon.Member{Name: strings.Trim(f.Path, "/"), Value: canon.Node{Items: rows}})
		}
	}
	return raw
}

func (f fold) combine(rows []canon.Node, find lookups) canon.Node {
	if f.Kind == "map" {
		out := canon.Node{Members: []canon.Member{}}
		for _, row := range rows {
			if name := f.name.value(row, find); !name.IsNull() && name.Text() != "" {
				out.Members = append(out.Members, canon.Member{Name: name.Text(), Value: f.value.value(row, find)})
			}
		}
		return out
	}
	out := canon.Node{Items: []canon.Node{}}
	for _, row := range rows {
		if f.Kind == "list" {
			if v := f.value.value(row, find); !v.IsNull() {
				out.Items = append(out.Items, v)
			}
			continue
		}
		entry := canon.Node{Members: []canon.Member{}}
		for _, m := range f.object.fields {
			if v := m.spec.value(row, find); v.Kind() != 0 {
				entry.Set(m.path, v)
			}
		}
		out.Items = append(out.Items, entry)
	}
	return out
}
