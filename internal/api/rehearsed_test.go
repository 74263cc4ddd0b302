package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/api"
)

func TestDecodeRehearsed(t *testing.T) {
	root := strings.Repeat("0a", 32)
	in, err := api.DecodeRehearsed([]byte(`{"migration":"acme","target_root":"` + root + `","at":"2026-05-01T00:00:00Z","by":"jo"}`))
	require.NoError(t, err)
	assert.Equal(t, api.RehearsedInput{Migration: "acme", TargetRoot: root, At: "2026-05-01T00:00:00Z", By: "jo"}, in)
	for payload, want := range map[string]string{
		`{"migration":"acme","target_root":"0a"}`:                                 "target_root: 64 hex digits",
		`{"migration":"..","target_root":"` + root + `"}`:                         "migration",
		`{"migration":"acme","target_root":"` + root + `","x":""}`:                "x",
		`{"migration":"acme","target_root":"` + root + `","outline":"no base64"}`: "outline",
		`[]`: "",
	} {
		_, err := api.DecodeRehearsed([]byte(payload))
		require.ErrorContains(t, err, want, payload)
	}
}
