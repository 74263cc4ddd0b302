package ledger

import (
	"fmt"
	"slices"
)

// What an outcome does not say stays as it is.
const settleEffect = `UPDATE effects SET state = ?, how = ?, target_type = ?, target_id = ?, rev = ?, token = ?, deadline = ?,
	shown = CASE WHEN CAST(? AS TEXT) = '' THEN shown ELSE ? END, ours = CASE WHEN CAST(? AS TEXT) = '' THEN ours ELSE ? END,
	code = ?, reason = ?, updated_at = ?, settled_at = ?,
	attempts = attempts - CAST(? AS BIGINT) WHERE id = ? AND state = ? AND token = ?`

// change is one conditional transition: the row must be in state from and carry token.
type change struct {
	key    EffectKey
	from   State
	token  string // must be on the row
	give   string // is on it afterwards: the same, so that a repetition is recognised
	out    Outcome
	expiry bool     // only when the row's deadline has passed
	forget bool     // the target is gone
	late   bool     // a miss is a late outcome, for the audit log
	was    *current // the row as its claim left it, nil when it has to be read
	shown  string   // encrypted
	ours   string
}

// change applies conditional transitions, with a line in the audit log for each row that moves: the one given for it, or the ledger's own
// when none are. moved says which rows moved now; ok says that, or that the row stands as asked already.
func (t *tx) change(r *Run, changes []change, lines []chainEvent) (moved, ok []bool, err error) {
	now, err := t.clock()
	if err != nil {
		return nil, nil, err
	}
	b := &changing{tx: t, r: r, changes: changes, lines: lines, now: now, moved: make([]bool, len(changes)), ok: make([]bool, len(changes))}
	known, unknown := b.sorted()
	missed, err := b.move(known)
	if err != nil {
		return nil, nil, err
	}
	read, err := b.read(append(unknown, missed...))
	if err != nil {
		return nil, nil, err
	}
	if missed, err = b.move(read); err == nil && len(missed) > 0 {
		err = errRace // locked rows do not change: only a second writer of an SQLite file could
	}
	return b.moved, b.ok, err
}

// changing is one batch of transitions.
type changing struct {
	*tx
	r         *Run
	changes   []change
	lines     []chainEvent
	now       int64
	moved, ok []bool
}

// standing is a change with the row it is about. Of several changes of one row the first counts.
type standing struct {
	at      int // among the changes
	row     current
	doubled bool
}

// sorted orders changes by their rows, as all processes do. Rows that nearly always stand as their claim left them need not be read: the
// update itself asks whether they do.
func (b *changing) sorted() (known, unknown []standing) {
	order := make([]int, len(b.changes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int { return b.changes[x].key.Compare(b.changes[y].key) })
	for i, at := range order {
		s := standing{at: at, doubled: i > 0 && b.changes[order[i-1]].key == b.changes[at].key}
		if x := b.changes[at]; x.was != nil && x.was.token == x.token && !s.doubled {
			s.row = *x.was
			known = append(known, s)
		} else {
			unknown = append(unknown, s)
		}
	}
	return known, unknown
}

// read reads rows and returns those that may move.
func (b *changing) read(list []standing) (may []standing, err error) {
	slices.SortStableFunc(list, func(x, y standing) int { return b.changes[x.at].key.Compare(b.changes[y.at].key) })
	keys := make([]EffectKey, len(list))
	for i, s := range list {
		keys[i] = b.changes[s.at].key
	}
	have, err := b.current(b.r.id, keys)
	if err != nil {
		return nil, err
	}
	for i, s := range list {
		x, c := b.changes[s.at], have[i]
		if !c.found {
			return nil, fmt.Errorf("%w: %s is not planned", ErrIllegal, x.key)
		}
		if c.state != x.from || x.token != "" && c.token != x.token || x.expiry && c.deadline >= b.now || s.doubled {
			b.ok[s.at] = c.state == x.out.State && (x.token == "" || c.token == x.token) && !s.doubled
			if x.late && !b.ok[s.at] {
				line, err := newChainEvent(b.r.info.Name, b.r.info.Gen, lateOutcome(x, c))
				if err != nil {
					return nil, err
				}
				b.audit(line)
			}
			continue
		}
		s.row = c
		may = append(may, s)
	}
	return may, nil
}

// move moves rows that stand as said, and returns those that do not.
func (b *changing) move(list []standing) (missed []standing, err error) {
	sets := make([][]any, len(list))
	for i, s := range list {
		sets[i] = b.changes[s.at].args(s.row, b.now)
	}
	ns, err := b.execEach(b.ctx, settleEffect, sets)
	if err != nil {
		return nil, err
	}
	for i, s := range list {
		if ns[i] == 0 {
			missed = append(missed, s)
			continue
		}
		x := b.changes[s.at]
		b.moved[s.at], b.ok[s.at] = true, true
		b.tx.moved(b.r.id, x.key, s.row, x.out.State, x.out.How)
		switch len(b.lines) {
		case len(b.changes):
			b.audit(b.lines[s.at])
		case 0:
			if err := b.outcome(b.r, x.key, s.row, x.from, x.out); err != nil {
				return nil, err
			}
		}
	}
	return missed, nil
}

func (x change) args(c current, now int64) []any {
	o := x.out
	how, typ, id, rev, give := c.how, c.targetType, c.target, c.rev, c.token
	unsent := flag(x.from == Intent && x.late && o.State == Planned) // such a claim counts as none: there can be no second record of it
	if x.forget {
		id, rev = 0, ""
	}
	if o.How != "" {
		how = o.How
	}
	if o.Type != "" {
		typ = o.Type
	}
	if o.ID != 0 {
		id = o.ID
	}
	if o.Rev != "" {
		rev = o.Rev
	}
	if x.give != "" {
		give = x.give
	}
	deadline := c.deadline
	if o.State == InDoubt && o.Wait > 0 {
		deadline = min(deadline, now+o.Wait.Microseconds())
	}
	settled := now // when Nutshell's answer to a call became known, 0 while it is not
	if x.from == Planned || o.State == Planned || o.State == InDoubt {
		settled = 0
	}
	return []any{string(o.State), how, typ, id, rev, give, deadline, x.shown, x.shown, x.ours, x.ours, o.Code, o.Reason, now, settled, unsent, c.id, string(x.from), c.token}
}

func lateOutcome(x change, c current) AuditEvent {
	return AuditEvent{Event: "late_outcome", Fields: map[string]any{
		"object": x.key.Object, "source_id": x.key.SourceID, "role": x.key.Role, "parent": x.key.Parent, "part": x.key.Part, "epoch": x.key.Epoch,
		"outcome": string(x.out.State), "target_type": x.out.Type, "target_id": x.out.ID, "state": string(c.state)}}
}
