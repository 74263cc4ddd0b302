package oracle

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
)

// contentSum is the SHA-256 of the bytes that the source simulator serves for an attachment: words of splitmix64, little endian,
// seeded by the FNV-1a hash of the id.
func contentSum(id string, size int64) string {
	seed := fnv.New64a()
	_, _ = seed.Write([]byte(id))
	state, sum := seed.Sum64(), sha256.New()
	block := make([]byte, 0, 64<<10)
	for left := size; left > 0; {
		block = block[:0]
		for len(block)+8 <= cap(block) && int64(len(block)) < left {
			state += 0x9e3779b97f4a7c15
			z := state
			z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
			z = (z ^ z>>27) * 0x94d049bb133111eb
			block = binary.LittleEndian.AppendUint64(block, z^z>>31)
		}
		n := min(left, int64(len(block)))
		_, _ = sum.Write(block[:n])
		left -= n
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// unreadable are the faults that keep an attachment's bytes away for good (rezora contract 5).
var unreadable = map[string]bool{"wrong_hash": true, "wrong_size": true, "missing": true}

// readable tells whether the bytes of an attachment can be had.
func (s Source) readable(id string) bool {
	fault, own := s.FileFaults[id]
	if !own {
		fault = s.FileFaults["*"]
	}
	return !unreadable[fault]
}
