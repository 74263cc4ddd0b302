// Package sketch tells in which entries two large sets differ without having both at hand. Each set is summed into a table of fixed size; the
// difference of two tables gives back the few entries that are in one set only (an invertible Bloom lookup table; Goodrich and Mitzenmacher,
// "Invertible Bloom Lookup Tables", 2011). When they are too many, it says so; no entry comes out that is in both.
package sketch

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

const (
	parts     = 3   // every entry is in one cell of each
	partCells = 768 // in all about 1,800 entries can be told: 880 keys whose number differs
	keyMost   = 80
	cellBytes = 4 + 1 + keyMost + 8 + 8
	bytesAll  = parts * partCells * cellBytes
)

// ErrForm says that bytes are no sketch.
var ErrForm = errors.New("no sketch of this version")

// cell sums the entries that fall into it: how many there are, and all else by exclusive or.
type cell struct {
	count      int32
	key        [1 + keyMost]byte // length first
	sum, check uint64
}

// Sketch is a set of keys, each with a number that stands for its content. The zero value is empty.
type Sketch struct{ cells [parts * partCells]cell }

// Add puts a key into the set. It is added once only.
func (s *Sketch) Add(key string, sum uint64) error {
	if key == "" || len(key) > keyMost {
		return fmt.Errorf("a key has 1 to %d bytes, not %d", keyMost, len(key))
	}
	c := cell{count: 1, sum: sum}
	c.key[0] = byte(len(key))
	copy(c.key[1:], key)
	s.put(c)
	return nil
}

// put adds an entry, or takes one out whose count is -1.
func (s *Sketch) put(c cell) {
	at, check := places(c)
	c.check = check
	for _, i := range at {
		s.cells[i].join(c)
	}
}

func (c *cell) join(o cell) {
	c.count += o.count
	c.sum ^= o.sum
	c.check ^= o.check
	for i := range c.key {
		c.key[i] ^= o.key[i]
	}
}

// places are the cells of an entry, and what proves that a cell holds it alone.
func places(c cell) (at [parts]int, check uint64) {
	h := sha256.Sum256(binary.BigEndian.AppendUint64(slices.Clone(c.key[:]), c.sum))
	for i := range at {
		at[i] = i*partCells + int(binary.BigEndian.Uint64(h[8*i:])%partCells)
	}
	return at, binary.BigEndian.Uint64(h[8*parts:])
}

// Differing are the keys that are in one of two sets only, or with another number, in order. It is not whole when they are too many to tell.
func Differing(a, b *Sketch) (keys []string, whole bool) {
	left := *a
	for i, c := range b.cells {
		c.count = -c.count
		left.cells[i].join(c)
	}
	for range left.cells { // each round takes out at least one entry
		found := false
		for i := range left.cells {
			c := left.cells[i] // as it is now: earlier ones of this round may have changed it
			if !c.alone(i) {
				continue
			}
			found = true
			keys = append(keys, string(c.key[1:1+c.key[0]]))
			c.count = -c.count
			left.put(c)
		}
		if !found {
			break
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys), left == Sketch{}
}

// alone tells that exactly one entry is left in cell i.
func (c cell) alone(i int) bool {
	if c.count != 1 && c.count != -1 || c.key[0] == 0 || c.key[0] > keyMost {
		return false
	}
	at, check := places(c)
	return check == c.check && slices.Contains(at[:], i)
}

// MarshalBinary gives the table; its size does not depend on the set's.
func (s *Sketch) MarshalBinary() ([]byte, error) {
	out := make([]byte, 0, bytesAll)
	for _, c := range s.cells {
		out = binary.BigEndian.AppendUint32(out, uint32(c.count))
		out = append(out, c.key[:]...)
		out = binary.BigEndian.AppendUint64(out, c.sum)
		out = binary.BigEndian.AppendUint64(out, c.check)
	}
	return out, nil
}

// UnmarshalBinary reads what MarshalBinary gave.
func (s *Sketch) UnmarshalBinary(b []byte) error {
	if len(b) != bytesAll {
		return ErrForm
	}
	for i := range s.cells {
		c := &s.cells[i]
		c.count = int32(binary.BigEndian.Uint32(b))
		copy(c.key[:], b[4:])
		c.sum = binary.BigEndian.Uint64(b[4+len(c.key):])
		c.check = binary.BigEndian.Uint64(b[12+len(c.key):])
		b = b[cellBytes:]
	}
	return nil
}
