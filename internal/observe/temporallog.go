package observe

import (
	"fmt"

	"go.temporal.io/sdk/log"
	"go.uber.org/zap"
)

// temporalLogger writes what the Temporal SDK has to say.
type temporalLogger struct{ zap *zap.Logger }

var (
	_ log.Logger          = temporalLogger{}
	_ log.WithLogger      = temporalLogger{}
	_ log.WithSkipCallers = temporalLogger{}
)

// TemporalLogger adapts z to the Temporal SDK.
func TemporalLogger(z *zap.Logger) log.Logger {
	return temporalLogger{z.WithOptions(zap.AddCallerSkip(1))}
}

func (l temporalLogger) Debug(msg string, keyvals ...any) { l.zap.Debug(msg, fields(keyvals)...) }
func (l temporalLogger) Info(msg string, keyvals ...any)  { l.zap.Info(msg, fields(keyvals)...) }
func (l temporalLogger) Warn(msg string, keyvals ...any)  { l.zap.Warn(msg, fields(keyvals)...) }
func (l temporalLogger) Error(msg string, keyvals ...any) { l.zap.Error(msg, fields(keyvals)...) }

// With returns a logger that adds the pairs to each line.
func (l temporalLogger) With(keyvals ...any) log.Logger {
	return temporalLogger{l.zap.With(fields(keyvals)...)}
}

// WithCallerSkip returns a logger that takes the caller depth frames further up.
func (l temporalLogger) WithCallerSkip(depth int) log.Logger {
	return temporalLogger{l.zap.WithOptions(zap.AddCallerSkip(depth))}
}

// fields turns key, value, key, value, ... into zap's fields. A key that is no text and a last key without value are kept
// under a name of their own.
func fields(keyvals []any) []zap.Field {
	out := make([]zap.Field, 0, len(keyvals)/2+1)
	for i := 0; i < len(keyvals); i += 2 {
		key, ok := keyvals[i].(string)
		if !ok {
			key = fmt.Sprint(keyvals[i])
		}
		if i+1 == len(keyvals) {
			out = append(out, zap.String("extra", key))
			break
		}
		switch v := keyvals[i+1].(type) {
		case error:
			out = append(out, zap.NamedError(key, v))
		default:
			out = append(out, zap.Any(key, v))
		}
	}
	return out
}
