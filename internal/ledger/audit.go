package ledger

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// AuditExported is the event that ends every export; its field "lines" is its own seq, so a cut tail shows.
const AuditExported = "exported"

const auditTime = "2006-01-02T15:04:05.000000Z"

var (
	firstPrev = strings.Repeat("0", 64)
	reserved  = []string{"seq", "at", "migration", "generation", "event", "prev", "hash"}
)

// chainEvent is an audit line to be, without its place in the chain.
type chainEvent struct {
	name string
	head []lineField // sorted; everything that does not depend on the place
	end  bool        // the line that ends an export
}

type lineField struct {
	key   string
	value []byte // JSON
}

// chainEvents makes lines ready before the writer has them, and refuses what cannot become one.
func (r *Run) chainEvents(events []AuditEvent) ([]chainEvent, error) {
	out := make([]chainEvent, len(events))
	for i, e := range events {
		var err error
		if e.Event == AuditExported {
			return nil, fmt.Errorf("audit event %s: only an export writes it", e.Event)
		}
		if out[i], err = newChainEvent(r.info.Name, r.info.Gen, e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func newChainEvent(name string, gen int, e AuditEvent) (chainEvent, error) {
	if e.Event == "" {
		return chainEvent{}, errors.New("audit event without a name")
	}
	for _, k := range reserved {
		if _, ok := e.Fields[k]; ok {
			return chainEvent{}, fmt.Errorf("audit event %s: field %q is the log's own", e.Event, k)
		}
	}
	c := chainEvent{name: name, end: e.Event == AuditExported, head: make([]lineField, 0, len(e.Fields)+3)}
	for k, v := range e.Fields {
		raw, err := appendCanonical(nil, v)
		if err != nil {
			return chainEvent{}, fmt.Errorf("audit event %s: %w", e.Event, err)
		}
		c.head = append(c.head, lineField{k, raw})
	}
	c.head = append(c.head, lineField{"event", appendString(nil, e.Event)}, lineField{"generation", strconv.AppendInt(nil, int64(gen), 10)},
		lineField{"migration", appendString(nil, name)})
	slices.SortFunc(c.head, func(a, b lineField) int { return strings.Compare(a.key, b.key) })
	return c, nil
}

func (t *tx) audit(events ...chainEvent) { t.lines = append(t.lines, events...) }

// lockChain makes the chain's row when it is missing and locks it until the end of the transaction.
func (t *tx) lockChain(name string) error {
	_, _, err := t.chainHead(name)
	return err
}

func (t *tx) chainHead(name string) (head string, lines int64, err error) {
	q := `SELECT head, lines FROM chains WHERE name = ?` + t.l.d.forUpdate
	found, err := one(t.ctx, t, q, []any{name}, &head, &lines)
	if err != nil || found {
		return head, lines, err
	}
	const insert = `INSERT INTO chains (name, head, lines) VALUES (?, ?, 0) ON CONFLICT (name) DO NOTHING`
	if _, err := t.exec(t.ctx, insert, name, firstPrev); err != nil {
		return "", 0, err
	}
	_, err = one(t.ctx, t, q, []any{name}, &head, &lines)
	return head, lines, err
}

// appendAudit chains the transaction's events, names in one order for all processes.
func (t *tx) appendAudit() error {
	if len(t.lines) == 0 {
		return nil
	}
	now, err := t.clock()
	if err != nil {
		return err
	}
	at := fromMicros(now)
	slices.SortStableFunc(t.lines, func(a, b chainEvent) int { return strings.Compare(a.name, b.name) })
	for from := 0; from < len(t.lines); {
		to := from + 1
		for to < len(t.lines) && t.lines[to].name == t.lines[from].name {
			to++
		}
		if err := t.appendChain(t.lines[from:to], at); err != nil {
			return err
		}
		from = to
	}
	return nil
}

func (t *tx) appendChain(events []chainEvent, at time.Time) error {
	name := events[0].name
	head, seq, err := t.chainHead(name)
	if err != nil {
		return err
	}
	sets := make([][]any, len(events))
	when := at.Format(auditTime)
	for i, e := range events {
		seq++
		var line string
		line, head = e.line(seq, when, head)
		sets[i] = []any{name, seq, line}
	}
	if _, err := t.execEach(t.ctx, `INSERT INTO audit (name, seq, line) VALUES (?, ?, ?)`, sets); err != nil {
		return err
	}
	_, err = t.exec(t.ctx, `UPDATE chains SET head = ?, lines = ? WHERE name = ?`, head, seq, name)
	return err
}

// line gives an event its place: the whole line, and its hash over the line without the hash.
func (e chainEvent) line(seq int64, at, prev string) (line, hash string) {
	number := strconv.AppendInt(nil, seq, 10)
	fields := append(slices.Clone(e.head), lineField{"at", appendString(nil, at)}, lineField{"prev", appendString(nil, prev)}, lineField{"seq", number})
	if e.end {
		fields = append(fields, lineField{"lines", number})
	}
	slices.SortFunc(fields, func(a, b lineField) int { return strings.Compare(a.key, b.key) })
	body := make([]byte, 0, 512)
	gap := 0 // where the hash belongs
	for i, f := range fields {
		body = append(body, "{,"[min(i, 1)])
		body = append(append(appendString(body, f.key), ':'), f.value...)
		if f.key < "hash" {
			gap = len(body)
		}
	}
	body = append(body, '}')
	sum := sha256.Sum256(body)
	hash = hex.EncodeToString(sum[:])
	return string(body[:gap]) + `,"hash":"` + hash + `"` + string(body[gap:]), hash
}

// Audit appends events to the log of the run's name; they are on disk when it returns.
func (r *Run) Audit(ctx context.Context, events []AuditEvent) error {
	lines, err := r.chainEvents(events)
	if err != nil || len(lines) == 0 {
		return err
	}
	err = r.l.write(ctx, true, len(lines), func(t *tx) error {
		t.audit(lines...)
		return nil
	})
	if err != nil {
		return fmt.Errorf("append to the audit log of %s: %w", r.info.Name, err)
	}
	return nil
}

// AuditHead is the hash of the last line and the number of lines.
func (r *Run) AuditHead(ctx context.Context) (head string, lines int64, err error) {
	head = firstPrev
	err = r.l.read(ctx, func(s session) error {
		_, err := one(ctx, s, `SELECT head, lines FROM chains WHERE name = ?`, []any{r.info.Name}, &head, &lines)
		return err
	})
	if err != nil {
		err = fmt.Errorf("read the audit head of %s: %w", r.info.Name, err)
	}
	return head, lines, err
}

// ExportAudit appends the line that ends an export and writes the whole chain of the name, all generations, up to and with that line.
// head is that line's hash.
func (r *Run) ExportAudit(ctx context.Context, w io.Writer) (head string, lines int64, err error) {
	name := r.info.Name
	closing, err := newChainEvent(name, r.info.Gen, AuditEvent{Event: AuditExported})
	if err != nil {
		return "", 0, err
	}
	err = r.l.write(ctx, true, 1, func(t *tx) error {
		_, n, err := t.chainHead(name) // held until the commit: our line will be the next after those this transaction has collected
		lines = n + 1
		for _, e := range t.lines {
			if e.name == name {
				lines++
			}
		}
		t.audit(closing)
		return err
	})
	if err != nil {
		return "", 0, fmt.Errorf("export the audit log of %s: %w", name, err)
	}
	out := bufio.NewWriterSize(w, 1<<16)
	last := ""
	for from := int64(1); from <= lines; from += 1000 {
		to := min(from+999, lines)
		if last, err = r.l.copyAudit(ctx, out, name, from, to); err != nil {
			return "", 0, fmt.Errorf("export the audit log of %s: %w", name, err)
		}
	}
	if err := out.Flush(); err != nil {
		return "", 0, fmt.Errorf("export the audit log of %s: %w", name, err)
	}
	var end struct {
		Hash string `json:"hash"`
	}
	if err := json.Unmarshal([]byte(last), &end); err != nil {
		return "", 0, fmt.Errorf("export the audit log of %s: last line: %w", name, err)
	}
	return end.Hash, lines, nil
}

func (l *Ledger) copyAudit(ctx context.Context, w *bufio.Writer, name string, from, to int64) (last string, err error) {
	var page []string
	err = l.read(ctx, func(s session) error {
		return s.query(ctx, `SELECT line FROM audit WHERE name = ? AND seq BETWEEN ? AND ? ORDER BY seq`, func(row scanner) error {
			var line string
			err := row.Scan(&line)
			page = append(page, line)
			return err
		}, name, from, to)
	})
	if err != nil {
		return "", err
	}
	if int64(len(page)) != to-from+1 {
		return "", fmt.Errorf("lines are missing between %d and %d", from, to)
	}
	for _, line := range page {
		if _, err := w.WriteString(line); err != nil {
			return "", err
		}
		if err := w.WriteByte('\n'); err != nil {
			return "", err
		}
	}
	return page[len(page)-1], nil
}
