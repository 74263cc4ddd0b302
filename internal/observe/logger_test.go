package observe_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.uber.org/zap"

	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/observe"
)

const address = "marisol.vega+x@mail.example.com"

type person struct{ Mail string }

func (p person) String() string { return p.Mail }

func lines(t *testing.T, b *bytes.Buffer) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range strings.Lines(b.String()) {
		var m map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &m), line)
		out = append(out, m)
	}
	return out
}

func TestJSONLines(t *testing.T) {
	var b bytes.Buffer
	l := observe.LoggerTo(config.Log{Level: "info", Format: "json"}, &b)
	l.Debug("hidden")
	l.Info("page done", zap.String("migration", "acme"), zap.Int("seq", 7), zap.Error(errors.New("people 7: refused")))
	got := lines(t, &b)
	require.Len(t, got, 1)
	assert.Equal(t, "page done", got[0]["msg"])
	assert.Equal(t, "info", got[0]["level"])
	assert.Equal(t, "acme", got[0]["migration"])
	assert.InDelta(t, 7, got[0]["seq"], 0)
	assert.Equal(t, "people 7: refused", got[0]["error"])
	assert.Contains(t, got[0]["caller"], "logger_test.go")
	assert.NotEmpty(t, got[0]["time"])
}

func TestConsoleAndLevel(t *testing.T) {
	var b bytes.Buffer
	l := observe.LoggerTo(config.Log{Level: "warn", Format: "console"}, &b)
	l.Info("hidden")
	l.Warn("shown")
	assert.Contains(t, b.String(), "WARN")
	assert.NotContains(t, b.String(), "hidden")
}

// Whatever way an address or a secret takes into a line, it does not come out.
func TestNothingPersonalComesOut(t *testing.T) {
	for _, format := range []string{"json", "console"} {
		var b bytes.Buffer
		l := observe.LoggerTo(config.Log{Level: "debug", Format: format}, &b)
		secret := config.NewSecret("hunter2")
		fields := []zap.Field{
			zap.String("s", address), zap.Error(fmt.Errorf("get %s: %w", address, errors.New("no"))), zap.Any("any", person{address}),
			zap.Stringer("stringer", person{address}), zap.Strings("strings", []string{"a", address}), zap.ByteString("bytes", []byte(address)),
			zap.Any("map", map[string]any{"k": address}), zap.Any("struct", struct{ M string }{address}), zap.Any("secret", secret),
			zap.Any("with secret", struct{ S config.Secret }{secret}), zap.String("url", "https://h/x?e=ann%40example.com"),
			zap.Errors("errors", []error{errors.New(address)}), zap.Reflect("reflect", &person{address}), zap.Dict("dict", zap.String("m", address)),
			zap.Stringer("nil", (*person)(nil)),
		}
		l.Info("mail to "+address, fields...)
		l.With(fields...).Named("sub").Warn("later")
		observe.TemporalLogger(l).Error("sdk", "Error", errors.New(address), "Payload", person{address})
		assert.NotContains(t, b.String(), "marisol")
		assert.NotContains(t, b.String(), "hunter2")
		assert.NotContains(t, b.String(), "ann%40")
		assert.Contains(t, b.String(), "[e-mail]")
		assert.Contains(t, b.String(), "[redacted]")
	}
}

func TestMaskKeepsTheRest(t *testing.T) {
	for in, want := range map[string]string{
		"contacts 7: <ann@example.com>, bob@x.co.uk.": "contacts 7: <[e-mail]>, [e-mail].",
		"user@localhost is no address":                "user@localhost is no address",
		"module@v1.2":                                 "module@v1.2",
		"nothing here":                                "nothing here",
		"münch@exämple.de":                            "[e-mail]",
	} {
		assert.Equal(t, want, observe.Mask(in))
	}
}

func TestTemporalLogger(t *testing.T) {
	var b bytes.Buffer
	l := observe.TemporalLogger(observe.LoggerTo(config.Log{Level: "debug", Format: "json"}, &b))
	l.Debug("d", "WorkflowID", "migration/acme", "Attempt", 3)
	log.With(l, "RunID", "r").Info("i", "odd")
	l.Warn("w", 5, "five")
	l.Error("e", "Error", errors.New("boom"))
	got := lines(t, &b)
	require.Len(t, got, 4)
	assert.Equal(t, "migration/acme", got[0]["WorkflowID"])
	assert.Contains(t, got[0]["caller"], "logger_test.go", "the caller is the SDK's line, not the adapter's")
	assert.Equal(t, "r", got[1]["RunID"])
	assert.Equal(t, "odd", got[1]["extra"])
	assert.Equal(t, "five", got[2]["5"])
	assert.Equal(t, "boom", got[3]["Error"])
	for i, level := range []string{"debug", "info", "warn", "error"} {
		assert.Equal(t, level, got[i]["level"])
	}
}
