package ledger

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// VerifyAudit checks an exported audit log. badLine is the first line that is not as it was written, and reason says why in words for
// a person; 0 and "" when the log is whole. err is a failure to read. An edited, dropped, added or reordered line breaks the chain;
// a cut tail shows because the last line must be the export's own. A file cut exactly at an earlier export's line is that earlier
// export: only its head, compared with the run's audit_head, tells them apart.
func VerifyAudit(r io.Reader) (lines int64, badLine int64, reason string, err error) {
	in := bufio.NewReaderSize(r, 1<<16)
	v := chainVerifier{prev: firstPrev}
	for {
		line, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return v.seq, 0, "", fmt.Errorf("read the audit log: %w", err)
		}
		if len(line) > 0 {
			if reason := v.next(bytes.TrimSuffix(line, []byte("\n"))); reason != "" {
				return v.seq, v.seq, reason, nil
			}
		}
		if err != nil {
			break
		}
	}
	if reason := v.end(); reason != "" {
		return v.seq, max(v.seq, 1), reason, nil
	}
	return v.seq, 0, "", nil
}

type chainVerifier struct {
	seq       int64
	prev      string
	migration string
	event     string
	exported  json.Number
}

// next takes the following line and says what is wrong with it.
func (v *chainVerifier) next(line []byte) string {
	v.seq++
	decoded, err := decodeJSON(line)
	m, ok := decoded.(map[string]any)
	if err != nil || !ok {
		return "it is not one JSON object"
	}
	if canon, err := appendObject(nil, m); err != nil || !bytes.Equal(canon, line) {
		return "it was edited: its form is not the one it was written in"
	}
	hash, _ := m["hash"].(string)
	delete(m, "hash")
	body, err := appendObject(nil, m)
	if err != nil {
		return "it is not one JSON object"
	}
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != hash {
		return "it was edited: its hash does not match its content"
	}
	if seq, _ := m["seq"].(json.Number); seq.String() != fmt.Sprint(v.seq) {
		return fmt.Sprintf("it should be line %d by its place but says %q: lines were dropped, added or reordered", v.seq, seq)
	}
	if m["prev"] != v.prev {
		return "it does not follow from the line before it: lines were dropped, exchanged or reordered"
	}
	name, _ := m["migration"].(string)
	if v.seq > 1 && name != v.migration {
		return "it belongs to another migration"
	}
	if at, _ := m["at"].(string); at == "" || name == "" {
		return "it lacks its time or its migration"
	}
	v.event, _ = m["event"].(string)
	v.exported, _ = m["lines"].(json.Number)
	v.migration, v.prev = name, hash
	return ""
}

func (v *chainVerifier) end() string {
	switch {
	case v.seq == 0:
		return "there are no lines"
	case v.event != AuditExported:
		return "the log was cut: its last line is not the end of an export"
	case v.exported.String() != fmt.Sprint(v.seq):
		return fmt.Sprintf("the log was cut: the export wrote %s lines, there are %d", v.exported, v.seq)
	}
	return ""
}
