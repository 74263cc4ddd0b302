package observe

import (
	"io"
	"os"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"rezora2nutshell/internal/config"
)

// Logger returns the process's logger; it writes to standard error.
func Logger(c config.Log) *zap.Logger { return LoggerTo(c, os.Stderr) }

// LoggerTo returns a logger that writes to w. Writes are serialised.
func LoggerTo(c config.Log, w io.Writer) *zap.Logger {
	level, err := zapcore.ParseLevel(c.Level)
	if err != nil {
		level = zapcore.InfoLevel
	}
	form := zap.NewProductionEncoderConfig()
	form.TimeKey, form.EncodeTime = "time", zapcore.RFC3339NanoTimeEncoder
	encoder := zapcore.NewJSONEncoder(form)
	if c.Format == "console" {
		form.EncodeLevel = zapcore.CapitalLevelEncoder
		form.EncodeTime = zapcore.ISO8601TimeEncoder
		encoder = zapcore.NewConsoleEncoder(form)
	}
	core := zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(w)), level)
	return zap.New(maskCore{core}, zap.AddCaller(), zap.AddStacktrace(zapcore.DPanicLevel))
}
