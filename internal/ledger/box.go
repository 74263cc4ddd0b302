package ledger

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"sync"
)

// box encrypts and hashes with two keys derived from one.
type box struct {
	aead cipher.AEAD
	macs sync.Pool
}

func newBox(key []byte) (*box, error) {
	enc, err := hkdf.Expand(sha256.New, key, "rezora2nutshell ledger encryption", 32)
	if err != nil {
		return nil, err
	}
	mac, err := hkdf.Expand(sha256.New, key, "rezora2nutshell ledger hashes", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(enc)
	if err != nil {
		return nil, err
	}
	b := &box{}
	if b.aead, err = cipher.NewGCMWithRandomNonce(block); err != nil {
		return nil, err
	}
	b.macs.New = func() any { return hmac.New(sha256.New, mac) }
	return b, nil
}

// seal encrypts plain and binds it to the place it is stored at. Nothing stays nothing.
func (b *box) seal(place string, plain []byte) []byte {
	if len(plain) == 0 {
		return []byte{}
	}
	return b.aead.Seal(make([]byte, 0, len(plain)+b.aead.Overhead()), nil, plain, []byte(place))
}

func (b *box) open(place string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	plain, err := b.aead.Open(nil, nil, sealed, []byte(place))
	if err != nil {
		return nil, fmt.Errorf("decrypt %s: %w", place, errors.New("the key does not fit, or the stored bytes were altered"))
	}
	return plain, nil
}

// mac is the keyed hash of a value for one purpose.
func (b *box) mac(purpose string, value []byte) []byte {
	h := b.macs.Get().(hash.Hash)
	defer b.macs.Put(h)
	h.Reset()
	h.Write([]byte(purpose)) // a hash never fails
	h.Write([]byte{0})
	h.Write(value)
	return h.Sum(nil)
}

func (b *box) hash(purpose, value string) string {
	return hex.EncodeToString(b.mac(purpose, []byte(value))[:16])
}

func newToken() string { return hex.EncodeToString(randomBytes(16)) }

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails; crashes the program rather than return weak bytes
	return b
}
