package ledger

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/record"
)

func TestCanonicalForm(t *testing.T) {
	for in, want := range map[string]string{
		`{"b":1.50,"a":[true,null,"x"]}`:           `{"a":[true,null,"x"],"b":1.50}`,
		`"\u00e9<&>\u2028\/"`:                      "\"é<&>\u2028/\"",
		`"\b\f\n\r\t\"\\\u0001\u007f"`:             "\"\\b\\f\\n\\r\\t\\\"\\\\\\u0001\u007f\"",
		` { "z" : { } , "Z":[ ] , "é":1 , "a":0 }`: `{"Z":[],"a":0,"z":{},"é":1}`,
		`12345678901234567890`:                     `12345678901234567890`,
	} {
		got, err := canonicalJSON([]byte(in))
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
	}
	for _, bad := range []string{``, `{`, `{} {}`, `nul`} {
		_, err := canonicalJSON([]byte(bad))
		require.Error(t, err, bad)
	}
	got, err := appendCanonical(nil, map[string]any{"s": []string{"a"}, "n": int64(3), "k": record.Contacts, "f": 0.5})
	require.NoError(t, err)
	assert.Equal(t, `{"f":0.5,"k":"contacts","n":3,"s":["a"]}`, string(got))
}

// FuzzAppendString: every text survives, as valid JSON.
func FuzzAppendString(f *testing.F) {
	f.Add("plain")
	f.Add("a\"\\\x00\x1f\u2028é\xff")
	f.Fuzz(func(t *testing.T, s string) {
		var back string
		require.NoError(t, json.Unmarshal(appendString(nil, s), &back))
		if utf8.ValidString(s) {
			require.Equal(t, s, back)
		}
	})
}

func TestEveryKindHasItsPlace(t *testing.T) {
	seen := map[int64]bool{}
	for _, kind := range record.Kinds {
		spec, err := specOf(kind)
		require.NoError(t, err)
		assert.False(t, seen[spec.code], "%s shares its code", kind)
		seen[spec.code] = true
	}
	assert.Len(t, kinds, len(record.Kinds))
}

func TestFraming(t *testing.T) {
	for _, c := range [][2][]byte{{[]byte(`{"a":1}`), nil}, {[]byte(`{"a":1}`), []byte(`{"b":2}`)}, {nil, []byte("x")}, {make([]byte, 300), []byte("x")}} {
		canon, raw, err := unframe(frame(c[0], c[1]))
		require.NoError(t, err)
		assert.Equal(t, c[0], canon)
		assert.Equal(t, c[1], raw)
	}
	_, _, err := unframe([]byte{200})
	require.Error(t, err)
}

func TestABoxOpensOnlyInItsPlace(t *testing.T) {
	b, err := newBox(randomBytes(32))
	require.NoError(t, err)
	sealed := b.seal("staged/1/2/3", []byte("secret"))
	plain, err := b.open("staged/1/2/3", sealed)
	require.NoError(t, err)
	assert.Equal(t, "secret", string(plain))
	_, err = b.open("staged/1/2/4", sealed)
	require.Error(t, err)
	sealed[len(sealed)-1] ^= 1
	_, err = b.open("staged/1/2/3", sealed)
	require.Error(t, err)
	other, err := newBox(randomBytes(32))
	require.NoError(t, err)
	_, err = other.open("staged/1/2/3", b.seal("staged/1/2/3", []byte("secret")))
	require.Error(t, err)
	assert.Empty(t, b.seal("p", nil))
	assert.NotEqual(t, b.seal("p", []byte("x")), b.seal("p", []byte("x")))
}
