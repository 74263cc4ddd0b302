package config_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"rezora2nutshell/internal/config"
)

// printed gives v in every form that ends in a log, an error or a report.
func printed(t *testing.T, v any) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		out[verb] = fmt.Sprintf(verb, v)
		out["&"+verb] = fmt.Sprintf(verb, &v)
	}
	for _, enc := range []func(zapcore.EncoderConfig) zapcore.Encoder{zapcore.NewJSONEncoder, zapcore.NewConsoleEncoder} {
		var b bytes.Buffer
		log := zap.New(zapcore.NewCore(enc(zap.NewProductionEncoderConfig()), zapcore.AddSync(&b), zap.DebugLevel))
		log.Info("settings", zap.Any("any", v), zap.Reflect("reflect", v))
		out["zap "+b.String()[:1]] = b.String()
	}
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("settings", "v", v)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("settings", "v", v)
	out["slog"] = b.String()
	y, err := yaml.Marshal(v)
	require.NoError(t, err)
	out["yaml"] = string(y)
	return out
}

func TestSecretForms(t *testing.T) {
	s := config.NewSecret("hunter2")
	type open struct{ S config.Secret }
	type closed struct{ s config.Secret }
	for _, v := range []any{s, &s, open{s}, &open{s}, closed{s}, &closed{s}, []config.Secret{s}, map[string]config.Secret{"k": s}} {
		for form, text := range printed(t, v) {
			assert.NotContains(t, text, "hunter2", "%s of %T", form, v)
			assert.NotContains(t, text, "68756e74657232", "%s of %T", form, v)
		}
	}
	assert.Equal(t, "[redacted]", fmt.Sprint(s))
	assert.Equal(t, "hunter2", s.Reveal())
	assert.True(t, s.Set())
	assert.False(t, config.Secret{}.Set())
	assert.Equal(t, config.NewSecret("a"), config.NewSecret("a"))
}
