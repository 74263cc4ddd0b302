package mapping

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// reader collects the problems of a mapping file while it fills a map.
type reader struct {
	name     string
	m        *Map
	problems []Problem
	names    []namedField // custom fields that the file names, to find those that meet
}

// namedField is a name that a line of the file gives to a custom field.
type namedField struct {
	entity, name, key string
	node              ast.Node
}

func (r *reader) syntax(err error) Problem {
	var syntax yaml.Error
	if errors.As(err, &syntax) {
		p := Problem{File: r.name, Message: "no YAML: " + syntax.GetMessage()}
		if t := syntax.GetToken(); t != nil && t.Position != nil {
			p.Line, p.Column = t.Position.Line, t.Position.Column
		}
		return p
	}
	return Problem{File: r.name, Message: "no YAML"}
}

func (r *reader) problem(at ast.Node, format string, args ...any) {
	p := Problem{File: r.name, Message: fmt.Sprintf(format, args...)}
	if at != nil {
		if t := at.GetToken(); t != nil && t.Position != nil {
			p.Line, p.Column = t.Position.Line, t.Position.Column
		}
	}
	r.problems = append(r.problems, p)
}

// entries calls fn for each key of a mapping. A key without value is an empty mapping.
func (r *reader) entries(n ast.Node, where string, fn func(key string, at, value ast.Node)) {
	var values []*ast.MappingValueNode
	switch v := n.(type) {
	case *ast.MappingNode:
		values = v.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{v}
	case *ast.NullNode:
		return
	default:
		r.problem(n, "%s must be a mapping of keys to values", where)
		return
	}
	seen := map[string]bool{}
	for _, v := range values {
		key, ok := keyText(v.Key)
		if !ok {
			r.problem(v.Key, "%s: a key must be plain text", where)
			continue
		}
		if seen[key] {
			r.problem(v.Key, "%s: key %q stands twice", where, key)
			continue
		}
		seen[key] = true
		fn(key, v.Key, v.Value)
	}
}

func keyText(n ast.MapKeyNode) (string, bool) {
	if scalar, ok := n.(*ast.MappingKeyNode); ok {
		if inner, ok := scalar.Value.(ast.MapKeyNode); ok {
			n = inner
		}
	}
	switch k := n.(type) {
	case *ast.StringNode:
		return k.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func (r *reader) unknownKey(at ast.Node, where, key string) {
	r.problem(at, "%s: unknown key %q", where, key)
}

// text reads a text; numbers and words that YAML takes for something else count as their text.
func (r *reader) text(n ast.Node, where string) (string, bool) {
	switch v := n.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		return v.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	case *ast.NullNode:
		r.problem(n, "%s has no value", where)
		return "", false
	}
	r.problem(n, "%s must be a text", where)
	return "", false
}

func (r *reader) oneOf(n ast.Node, where string, choices ...string) (string, bool) {
	s, ok := r.text(n, where)
	if !ok {
		return "", false
	}
	for _, c := range choices {
		if s == c {
			return s, true
		}
	}
	r.problem(n, "%s: %q is none of %s", where, s, strings.Join(choices, ", "))
	return "", false
}

func (r *reader) boolean(n ast.Node, where string) (value, ok bool) {
	if b, isBool := n.(*ast.BoolNode); isBool {
		return b.Value, true
	}
	r.problem(n, "%s must be true or false", where)
	return false, false
}

func (r *reader) whole(n ast.Node, where string, lo, hi int) (int, bool) {
	i, ok := n.(*ast.IntegerNode)
	if ok {
		var v int64
		switch x := i.Value.(type) {
		case int64:
			v = x
		case uint64:
			if x <= math.MaxInt64 {
				v = int64(x)
			} else {
				v = math.MaxInt64
			}
		}
		if v >= int64(lo) && v <= int64(hi) {
			return int(v), true
		}
	}
	r.problem(n, "%s must be a whole number from %d to %d", where, lo, hi)
	return 0, false
}
