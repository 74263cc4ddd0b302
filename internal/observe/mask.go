package observe

import (
	"fmt"
	"regexp"
	"strings"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

const masked = "[e-mail]"

var email = regexp.MustCompile(`[\p{L}\p{N}._%+'/=-]+(?:@|%40)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}[\p{L}\p{N}-]+`)

// Mask replaces every e-mail address in s, percent-encoded ones too.
func Mask(s string) string {
	if !strings.Contains(s, "@") && !strings.Contains(s, "%40") {
		return s
	}
	return email.ReplaceAllString(s, masked)
}

// maskCore is the last line of defence for I5: code writes ids only, but errors of other people's libraries quote what they
// were given.
type maskCore struct{ zapcore.Core }

func (c maskCore) With(fields []zapcore.Field) zapcore.Core {
	return maskCore{c.Core.With(maskFields(fields))}
}

func (c maskCore) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return ce.AddCore(e, c)
	}
	return ce
}

func (c maskCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	e.Message = Mask(e.Message)
	return c.Core.Write(e, maskFields(fields))
}

func maskFields(fields []zapcore.Field) []zapcore.Field {
	out := make([]zapcore.Field, len(fields))
	for i, f := range fields {
		out[i] = maskField(f)
	}
	return out
}

func maskField(f zapcore.Field) zapcore.Field {
	switch f.Type {
	case zapcore.StringType:
		f.String = Mask(f.String)
	case zapcore.ErrorType:
		if err, ok := f.Interface.(error); ok && err != nil {
			return zap.String(f.Key, Mask(err.Error()))
		}
	case zapcore.StringerType:
		return zap.String(f.Key, Mask(text(f.Interface)))
	case zapcore.ByteStringType:
		if b, ok := f.Interface.([]byte); ok {
			return zap.String(f.Key, Mask(string(b)))
		}
	case zapcore.ReflectType, zapcore.ArrayMarshalerType, zapcore.ObjectMarshalerType, zapcore.InlineMarshalerType:
		return maskEncoded(f)
	}
	return f
}

// text calls String as zap does: a nil pointer that panics is shown, not fatal.
func text(v any) (s string) {
	defer func() {
		if recover() != nil {
			s = "<nil>"
		}
	}()
	return v.(fmt.Stringer).String()
}

// maskEncoded looks at a composite value as it would be printed; one that shows an address is printed as masked text instead.
func maskEncoded(f zapcore.Field) zapcore.Field {
	enc := zapcore.NewJSONEncoder(zapcore.EncoderConfig{})
	buf, err := enc.EncodeEntry(zapcore.Entry{}, []zapcore.Field{f})
	if err != nil {
		return zap.String(f.Key, "<not printable>")
	}
	defer buf.Free()
	s := strings.TrimSpace(buf.String())
	if m := Mask(s); m != s {
		return zap.String(f.Key, m)
	}
	return f
}
