package nutshelltest

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// call is one method call: its parameters by name and the place for its result.
// It runs under the store's lock.
type call struct {
	parser
	s      *Server
	params object
	out    view
}

func (s *Server) parser(who *actor) parser {
	now := s.now()
	p := parser{cfg: &s.cfg, db: s.db, actor: who, now: at(now), limits: s.Limits()}
	if p.limits.FindLagSeconds > 0 {
		p.born = now.UnixNano()
	}
	return p
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

type limiterClass int

const (
	unlimited limiterClass = iota
	limitFind
	limitGet
)

// method is one row of the table in nutshell contract 2.
type method struct {
	params  []string
	limiter limiterClass
	lists   bool // obeys the find lag
	writes  bool
	run     func(*call) *Error
}

// bind names positional parameters. Unknown names are ignored.
func (m *method) bind(params any) (object, *Error) {
	switch v := params.(type) {
	case nil:
		return object{}, nil
	case map[string]any:
		return v, nil
	case []any:
		named := object{}
		for i, p := range v {
			if i < len(m.params) {
				named[m.params[i]] = p
			}
		}
		return named, nil
	}
	return nil, badParam("params")
}

func getter(param string, k kind) *method {
	return &method{params: []string{param, "rev"}, limiter: limitGet, run: func(c *call) *Error {
		if k == kUsers && c.params[param] == nil {
			c.out.record(c.actor.user)
			return nil
		}
		id, err := c.id(param)
		if err != nil {
			return err
		}
		r := c.db.record(k, id)
		if r == nil || (!r.base().live() && c.cfg.GetDeleted == "404") {
			return notFound(k)
		}
		c.out.record(r)
		return nil
	}}
}

func creator[T record](param string, create func(*parser, object) (T, *Error)) *method {
	return &method{params: []string{param}, writes: true, run: func(c *call) *Error {
		in, err := c.object(param)
		if err == nil {
			err = c.actor.mayWrite()
		}
		if err != nil {
			return err
		}
		row, err := create(&c.parser, in)
		if err == nil {
			c.out.record(row)
		}
		return err
	}}
}

func editor[T record](id, param string, k kind, edit func(*parser, T, object) *Error) *method {
	return &method{params: []string{id, "rev", param}, writes: true, run: func(c *call) *Error {
		t, err := c.target(id, k)
		if err != nil {
			return err
		}
		in, err := c.object(param)
		if err == nil {
			err = t.check(c, nil)
		}
		if err == nil {
			err = edit(&c.parser, t.row.(T), in)
		}
		if err == nil {
			c.out.record(t.row)
		}
		return err
	}}
}

func deleter(id string, k kind) *method {
	return &method{params: []string{id, "rev"}, writes: true, run: func(c *call) *Error {
		t, err := c.target(id, k)
		if err == nil {
			err = t.check(c, nil)
		}
		if err == nil {
			c.db.remove(t.row, c.now)
			c.out.bool(true)
		}
		return err
	}}
}

// target is the record that an edit or delete names, and the rev sent with it.
type target struct {
	kind kind
	row  record // nil if missing
	rev  string
}

func (c *call) target(param string, k kind) (target, *Error) {
	id, err := c.id(param)
	if err != nil {
		return target{}, err
	}
	rev, ok := textOf(c.params["rev"])
	if !ok {
		return target{}, badParam("rev")
	}
	return target{k, c.db.record(k, id), rev}, nil
}

// check goes from existence over permission to the rev.
func (t target) check(c *call, permission func() *Error) *Error {
	if t.row == nil || !t.row.base().live() {
		return notFound(t.kind)
	}
	if err := c.actor.mayWrite(); err != nil {
		return err
	}
	if permission != nil {
		if err := permission(); err != nil {
			return err
		}
	}
	if t.rev != "REV_IGNORE" && t.rev != t.row.base().revText() {
		return errStale
	}
	return nil
}

func newNote(c *call) *Error {
	entity, ok := c.params["entity"].(map[string]any)
	if _, isText := entity["entityType"].(string); !ok || !isText {
		return badParam("entity")
	}
	if _, ok := whole(entity["id"]); !ok {
		return badParam("entity")
	}
	text, err := c.noteParam()
	if err == nil {
		err = c.actor.mayWrite()
	}
	if err != nil {
		return err
	}
	n, err := c.createNote(entity, text)
	if err == nil {
		c.out.record(n)
	}
	return err
}

func editNote(c *call) *Error {
	t, err := c.target("noteId", kNotes)
	if err != nil {
		return err
	}
	text, err := c.noteParam()
	if err != nil {
		return err
	}
	err = t.check(c, func() *Error {
		n := t.row.(*note)
		if n.author != c.actor.user || c.now > n.created+noteWindow {
			return errNoteClosed
		}
		return nil
	})
	if err == nil {
		err = c.editNote(t.row.(*note), text)
	}
	if err == nil {
		c.out.record(t.row)
	}
	return err
}

// noteParam takes a text, or an object with the text in its key note.
func (c *call) noteParam() (any, *Error) {
	switch v := c.params["note"].(type) {
	case string:
		return v, nil
	case map[string]any:
		if _, ok := v["note"].(string); ok {
			return v, nil
		}
	}
	return nil, badParam("note")
}

func (c *call) id(param string) (int64, *Error) {
	id, ok := whole(c.params[param])
	if !ok {
		return 0, badParam(param)
	}
	return id, nil
}

func (c *call) object(param string) (object, *Error) {
	switch v := c.params[param].(type) {
	case map[string]any:
		return v, nil
	case []any:
		if len(v) == 0 {
			return object{}, nil
		}
	}
	return nil, badParam(param)
}

// text reads a required text parameter.
func (c *call) textParam(param string) (string, *Error) {
	s, ok := c.params[param].(string)
	if !ok {
		return "", badParam(param)
	}
	if strings.IndexByte(s, 0) >= 0 {
		return "", invalid(param, "contains U+0000")
	}
	return s, nil
}

// textOf reads a rev: a text, or a number as its text.
func textOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case interface{ String() string }:
		return v.String(), true
	}
	return "", false
}

func methodNames() []string { return slices.Sorted(maps.Keys(rpcMethods)) }

func kindOfMethod(name string) string {
	for prefix, kind := range map[string]string{"new": "create", "edit": "edit", "delete": "delete"} {
		if strings.HasPrefix(name, prefix) {
			return kind
		}
	}
	return "read"
}

// statName keeps the number of counters bounded whatever is called.
func statName(name string) string {
	switch {
	case name == "":
		return "(unreadable)"
	case strings.HasPrefix(name, "rest:"):
		return restStatName(name)
	case rpcMethods[name] == nil && name != "getApiForUsername":
		return "(unknown)"
	}
	return name
}

func newCall(s *Server, who *actor, params object) *call {
	c := &call{s: s, params: params}
	c.actor = who
	return c
}
