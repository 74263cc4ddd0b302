// Package canon turns items as a source serves them into canonical records (rezora contract 3.8 and 4): every tolerated form of
// an id, time, boolean or number becomes the one form that package record reads, digits and text stay exactly as received, what a
// field cannot hold is left out and counted, and the item as served is kept beside the canonical one whenever they differ.
package canon

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// maxDepth bounds the nesting of an answer.
const maxDepth = 128

// errSyntax is any fault in the JSON of an answer; the text of the answer never gets into errors.
var errSyntax = errors.New("not JSON")

// Node is a JSON value whose scalars keep the bytes that were received.
type Node struct {
	Raw     []byte   // the whole value as served, white space included
	Members []Member // of an object
	Items   []Node   // of an array
}

// Member is one name of an object with its value.
type Member struct {
	Name  string
	Value Node
}

// Parse reads one JSON value. The nodes share the bytes of src.
func Parse(src []byte) (Node, error) {
	if !json.Valid(src) {
		return Node{}, errSyntax
	}
	p := parser{src: src}
	n, err := p.value(0)
	if err != nil {
		return Node{}, err
	}
	return n, nil
}

type parser struct {
	src []byte
	at  int
}

func (p *parser) space() {
	for p.at < len(p.src) {
		switch p.src[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// value reads one value of a text that is known to be valid.
func (p *parser) value(depth int) (Node, error) {
	if depth > maxDepth {
		return Node{}, errSyntax
	}
	p.space()
	start := p.at
	var n Node
	switch p.src[p.at] {
	case '{':
		p.at++
		n.Members = []Member{}
		for p.space(); p.src[p.at] != '}'; p.space() {
			if p.src[p.at] == ',' {
				p.at++
				p.space()
			}
			name := unquote(p.text())
			p.space()
			p.at++ // ':'
			v, err := p.value(depth + 1)
			if err != nil {
				return Node{}, err
			}
			n.Members = append(n.Members, Member{Name: name, Value: v})
		}
		p.at++
	case '[':
		p.at++
		n.Items = []Node{}
		for p.space(); p.src[p.at] != ']'; p.space() {
			if p.src[p.at] == ',' {
				p.at++
			}
			v, err := p.value(depth + 1)
			if err != nil {
				return Node{}, err
			}
			n.Items = append(n.Items, v)
		}
		p.at++
	case '"':
		p.text()
	default:
		for p.at < len(p.src) && !bytes.ContainsRune([]byte(" \t\r\n,]}"), rune(p.src[p.at])) {
			p.at++
		}
	}
	n.Raw = p.src[start:p.at:p.at]
	return n, nil
}

// text skips a string and returns it with its quotes.
func (p *parser) text() []byte {
	start := p.at
	for p.at++; p.src[p.at] != '"'; p.at++ {
		if p.src[p.at] == '\\' {
			p.at++
		}
	}
	p.at++
	return p.src[start:p.at]
}

func unquote(quoted []byte) string {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1])
	}
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		return string(quoted[1 : len(quoted)-1])
	}
	return s
}

// Quote writes a text as JSON without HTML escaping.
func Quote(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return []byte(`""`)
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// String makes a text node.
func String(s string) Node { return Node{Raw: Quote(s)} }

// Literal makes a node of JSON that is known to be valid.
func Literal(raw string) Node { return Node{Raw: []byte(raw)} }

// Null is the JSON null.
var Null = Literal("null")

// Kind is the first byte of the value: one of `{ [ " t f n` or part of a number; 0 for the zero node.
func (n Node) Kind() byte {
	if len(n.Raw) == 0 {
		return 0
	}
	return n.Raw[0]
}

// IsNull reports null and the zero node.
func (n Node) IsNull() bool {
	return n.Members == nil && n.Items == nil && (len(n.Raw) == 0 || n.Raw[0] == 'n')
}

// IsNumber reports a JSON number.
func (n Node) IsNumber() bool {
	c := n.Kind()
	return c == '-' || c >= '0' && c <= '9'
}

// Text is the content of a string, the literal of any other scalar, "" for null.
func (n Node) Text() string {
	switch n.Kind() {
	case '"':
		return unquote(n.Raw)
	case 'n', 0:
		return ""
	}
	return string(n.Raw)
}

// Get finds a member of an object; of equal names the last one counts. The zero node stands for a missing member.
func (n Node) Get(name string) Node {
	for i := len(n.Members) - 1; i >= 0; i-- {
		if n.Members[i].Name == name {
			return n.Members[i].Value
		}
	}
	return Node{}
}

// Path follows a dotted path; "" is the node itself.
func (n Node) Path(path string) Node {
	for path != "" {
		var head string
		head, path, _ = strings.Cut(path, ".")
		n = n.Get(head)
	}
	return n
}

// Set puts a value under a dotted path of an object that is being built, making the objects between.
func (n *Node) Set(path string, v Node) {
	head, rest, nested := strings.Cut(path, ".")
	for i := range n.Members {
		if n.Members[i].Name == head {
			if nested {
				n.Members[i].Value.Set(rest, v)
			} else {
				n.Members[i].Value = v
			}
			return
		}
	}
	if nested {
		child := Node{Members: []Member{}}
		child.Set(rest, v)
		v = child
	}
	n.Members = append(n.Members, Member{Name: head, Value: v})
}

// AppendTo writes the value compactly, members in the order given. Literals are written as received.
func (n Node) AppendTo(b []byte) []byte {
	switch {
	case n.Members != nil:
		b = append(b, '{')
		for i, m := range n.Members {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(append(b, Quote(m.Name)...), ':')
			b = m.Value.AppendTo(b)
		}
		return append(b, '}')
	case n.Items != nil:
		b = append(b, '[')
		for i, v := range n.Items {
			if i > 0 {
				b = append(b, ',')
			}
			b = v.AppendTo(b)
		}
		return append(b, ']')
	case len(n.Raw) == 0:
		return append(b, "null"...)
	}
	return append(b, n.Raw...)
}
