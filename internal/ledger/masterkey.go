package ledger

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const keyBytes = 32

// loadMasterKey reads the key file; create allows to make it, which is right only for a new ledger.
func loadMasterKey(path string, create bool) ([]byte, error) {
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && create:
		return makeMasterKey(path)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: %s is missing beside an existing ledger", ErrKeyFile, path)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	s := strings.TrimSpace(string(text))
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString,
		base64.URLEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		if key, err := decode(s); err == nil && len(key) == keyBytes {
			return key, nil
		}
	}
	return nil, fmt.Errorf("%w: %s does not hold %d bytes in hex or base64", ErrKeyFile, path, keyBytes)
}

// makeMasterKey leaves a whole file or none, on disk before anything is encrypted with it.
func makeMasterKey(path string) ([]byte, error) {
	key := randomBytes(keyBytes)
	tmp, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.WriteString(hex.EncodeToString(key) + "\n")
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err == nil {
		err = os.Link(tmp.Name(), path) // unlike a rename it never replaces a key
	}
	if errors.Is(err, fs.ErrExist) {
		return loadMasterKey(path, false)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	if dir, err := os.Open(filepath.Dir(path)); err == nil {
		_ = dir.Sync() // not every file system can
		_ = dir.Close()
	}
	return key, nil
}
