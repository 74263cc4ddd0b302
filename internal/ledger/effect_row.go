package ledger

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
)

const (
	keyColumns   = `object, source_id, role, parent, part, epoch`
	whereKey     = `run = ? AND object = ? AND source_id = ? AND role = ? AND parent = ? AND part = ? AND epoch = ?`
	standColumns = keyColumns + `, step, ord, sample_ord, round, verb, state, how, target_type, target_id, rev, body_hash, token, deadline,
		high_water, attempts, absent, absent_at, code, reason, `
	effectColumns = standColumns + `shown, ours, pre_image, updated_at`
	bareColumns   = standColumns + `'', '', NULL, updated_at` // what a record shows and showed is left encrypted where nobody asks for it
)

// Compare orders keys by their fields, texts by their bytes.
func (k EffectKey) Compare(o EffectKey) int {
	return cmp.Or(cmp.Compare(k.Object, o.Object), cmp.Compare(k.SourceID, o.SourceID), cmp.Compare(k.Role, o.Role),
		cmp.Compare(k.Parent, o.Parent), cmp.Compare(k.Part, o.Part), cmp.Compare(k.Epoch, o.Epoch))
}

// String names an effect in errors and logs; ids only (I5).
func (k EffectKey) String() string {
	s := fmt.Sprintf("%s/%s %s", k.Object, k.SourceID, k.Role)
	if k.Parent != "" {
		s += " on " + k.Parent
	}
	if k.Part > 1 {
		s += fmt.Sprintf(" part %d", k.Part)
	}
	if k.Epoch > 0 {
		s += fmt.Sprintf(" epoch %d", k.Epoch)
	}
	return s
}

func (k EffectKey) args(run int64) []any {
	return []any{run, k.Object, k.SourceID, k.Role, k.Parent, max(k.Part, 1), k.Epoch}
}

func (r *Run) imagePlace(k EffectKey) string {
	return "effects/" + strconv.FormatInt(r.id, 10) + "/" + strings.Join([]string{k.Object, k.SourceID, k.Role, k.Parent, strconv.Itoa(max(k.Part, 1)), strconv.Itoa(k.Epoch)}, "\x00")
}

// claimed are the states in which a row's token names a claim.
var claimed = map[State]bool{Intent: true, InDoubt: true, Reverting: true}

// scanEffect reads effectColumns. Once the key is destroyed the pre-image and what was shown are gone, the rest stays.
func (r *Run) scanEffect(row scanner, more ...any) (Effect, error) {
	var e Effect
	var verb, state, shown, ours string
	var deadline, absentAt, updated int64
	var image []byte
	err := row.Scan(append([]any{&e.Object, &e.SourceID, &e.Role, &e.Parent, &e.Part, &e.Epoch, &e.Step, &e.Ord, &e.SampleOrd, &e.Round, &verb, &state,
		&e.How, &e.TargetType, &e.TargetID, &e.Rev, &e.BodyHash, &e.Token, &deadline, &e.HighWater, &e.Attempts, &e.Absent, &absentAt,
		&e.Code, &e.Reason, &shown, &ours, &image, &updated}, more...)...)
	if err != nil {
		return e, err
	}
	e.Verb, e.State = Verb(verb), State(state)
	e.Deadline, e.AbsentAt, e.UpdatedAt = fromMicros(deadline), fromMicros(absentAt), fromMicros(updated)
	if !claimed[e.State] {
		e.Token = ""
	}
	b := r.key.Load()
	if b == nil {
		return e, nil
	}
	if err := r.openField(b, e.EffectKey, "shown", shown, &e.Shown); err != nil {
		return e, err
	}
	if err := r.openField(b, e.EffectKey, "ours", ours, &e.Ours); err != nil {
		return e, err
	}
	if len(image) > 0 {
		if e.PreImage, err = b.open(r.imagePlace(e.EffectKey), image); err != nil {
			return e, err
		}
	}
	return e, nil
}

// current is what a transition has to know of a row: where it stands and under which count.
type current struct {
	found               bool
	id                  int64
	state               State
	token               string
	deadline            int64
	role, verb, how     string
	round               int64
	hasImage            bool
	targetType          string
	target              int64
	rev                 string
	attempts, highWater int64
}

// current reads rows and, on PostgreSQL, locks them until the transaction ends. Keys come sorted: one order for all processes.
func (t *tx) current(run int64, keys []EffectKey) ([]current, error) {
	sets := make([][]any, len(keys))
	for i, k := range keys {
		sets[i] = k.args(run)
	}
	out := make([]current, len(keys))
	const q = `SELECT id, state, token, deadline, role, verb, how, round, CASE WHEN length(pre_image) > 0 THEN 1 ELSE 0 END, target_type, target_id, rev,
		attempts, high_water FROM effects WHERE ` + whereKey
	err := t.queryEach(t.ctx, q+t.l.d.forUpdate, sets, func(i int, row scanner) error {
		c := &out[i]
		var state string
		var image int64
		err := row.Scan(&c.id, &state, &c.token, &c.deadline, &c.role, &c.verb, &c.how, &c.round, &image, &c.targetType, &c.target, &c.rev,
			&c.attempts, &c.highWater)
		c.found, c.state, c.hasImage = true, State(state), image != 0
		return err
	})
	return out, err
}

// countRole keeps further parts of a split text apart in the counts: a text is one record, however many notes it takes.
func countRole(role string, part int) string {
	if part > 1 {
		return role + PartSuffix
	}
	return role
}

// PartSuffix is what the role of further parts of a split text ends with in Counts.
const PartSuffix = "/part"

// moved keeps the counts when a row goes from c to another state (I3).
func (t *tx) moved(run int64, k EffectKey, c current, to State, how string) {
	key := countKey{run: run, object: k.Object, role: countRole(c.role, k.Part), verb: c.verb, state: string(c.state), how: c.how, round: c.round}
	t.count(key, -1)
	key.state = string(to)
	if how != "" {
		key.how = how
	}
	t.count(key, 1)
}

// goesOn refuses while the run is paused. On PostgreSQL a pause waits for the transactions that have looked. Whoever is going to change
// the run's own row looks with forUpdate: two that share the lock and then both want it alone would wait for each other.
func (t *tx) goesOn(run int64, lock string) error {
	p, known := t.paused[run]
	if !known {
		var err error
		if p, err = paused(t.ctx, t, run, lock); err != nil {
			return err
		}
		t.paused[run] = p
	}
	if p {
		return ErrPaused
	}
	return nil
}

// undoing reports whether a rollback of the run has begun or ended. The row is locked by goesOn, so the answer holds until the commit.
func (t *tx) undoing(run int64) (bool, error) {
	var status string
	_, err := one(t.ctx, t, `SELECT status FROM migrations WHERE id = ?`, []any{run}, &status)
	return status == StatusUndoing || status == StatusRolledBack, err
}

func paused(ctx context.Context, s session, run int64, lock string) (bool, error) {
	var n int64
	_, err := one(ctx, s, `SELECT paused FROM migrations WHERE id = ?`+lock, []any{run}, &n)
	return n != 0, err
}
