package rezoratest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/fnv"
	"io"
)

// byteStream yields the bytes of an attachment from its id alone; nothing is
// held. It is an io.ReadSeeker for http.ServeContent.
type byteStream struct {
	seed      uint64
	size, pos int64
}

func newByteStream(id string, size int64) *byteStream {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	return &byteStream{seed: h.Sum64(), size: size}
}

// word is the splitmix64 output at index i.
func (b *byteStream) word(i uint64) uint64 {
	z := b.seed + (i+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (b *byteStream) Read(p []byte) (int, error) {
	if b.pos >= b.size {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), b.size-b.pos)]
	var w [8]byte
	for n := 0; n < len(p); {
		binary.LittleEndian.PutUint64(w[:], b.word(uint64(b.pos)/8))
		c := copy(p[n:], w[b.pos%8:])
		n += c
		b.pos += int64(c)
	}
	return len(p), nil
}

func (b *byteStream) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += b.pos
	case io.SeekEnd:
		offset += b.size
	}
	if offset < 0 {
		return 0, errors.New("rezoratest: seek before the start")
	}
	b.pos = offset
	return offset, nil
}

// contentHash is the SHA-256 of an attachment's bytes in lower hex.
func contentHash(id string, size int64) string {
	h := sha256.New()
	_, _ = io.Copy(h, newByteStream(id, size))
	return hex.EncodeToString(h.Sum(nil))
}
