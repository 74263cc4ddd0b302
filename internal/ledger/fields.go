package ledger

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// sealField encrypts what is kept of the fields of a record: its values are keyed hashes, but their paths name e-mail addresses, streets and
// web sites. nil becomes "", so that a column tells "as it is" from "now empty".
func sealField[T ~map[string]string | ~[]string](r *Run, k EffectKey, column string, v T) (string, error) {
	if v == nil {
		return "", nil
	}
	b, err := r.box()
	if err != nil {
		return "", err
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return base64.RawStdEncoding.EncodeToString(b.seal(r.imagePlace(k)+"/"+column, raw)), nil
}

// openField reads what sealField wrote, and JSON in the clear, as ledgers of earlier versions hold it.
func (r *Run) openField(b *box, k EffectKey, column, stored string, v any) error {
	if stored == "" {
		return nil
	}
	raw := []byte(stored)
	if !strings.HasPrefix(stored, "{") && !strings.HasPrefix(stored, "[") {
		sealed, err := base64.RawStdEncoding.DecodeString(stored)
		if err == nil {
			raw, err = b.open(r.imagePlace(k)+"/"+column, sealed)
		}
		if err != nil {
			return fmt.Errorf("%s, %s: %w", k, column, err)
		}
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("%s, %s: %w", k, column, err)
	}
	return nil
}

// keep encrypts what an outcome says of the record's fields, before the writer has it.
func (x *change) keep(r *Run) (err error) {
	if x.shown, err = sealField(r, x.key, "shown", x.out.Shown); err != nil {
		return err
	}
	x.ours, err = sealField(r, x.key, "ours", x.out.Ours)
	return err
}
