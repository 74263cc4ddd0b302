package ledger

import (
	"context"
	"fmt"
	"slices"
)

const insertEffect = `INSERT INTO effects (run, ` + effectColumns + `, undo_image) VALUES
	(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (run, ` + keyColumns + `) DO NOTHING`

// Plan inserts effects in state planned, skipped or quarantined. One whose key exists stays as it is. An effect with Ord 0 gets the next
// number of its step, in the order of the call, so numbers are dense and a repetition gives the same. One that begins as skipped or
// quarantined has its line in the audit log.
func (r *Run) Plan(ctx context.Context, effects []Effect) error {
	plans := make([]planned, 0, len(effects))
	seen := map[EffectKey]bool{}
	for _, e := range effects {
		p, err := r.planned(e)
		if err != nil {
			return fmt.Errorf("plan %s: %w", e.EffectKey, err)
		}
		if !seen[p.EffectKey] {
			seen[p.EffectKey] = true
			plans = append(plans, p)
		}
	}
	if len(plans) == 0 {
		return nil
	}
	return wrap(r.l.write(ctx, true, len(plans), func(t *tx) error { return t.plan(r, plans) }), "plan effects")
}

// planned is an effect ready to insert.
type planned struct {
	Effect
	image       []byte
	shown, ours string // encrypted
}

func (r *Run) planned(e Effect) (planned, error) {
	if e.State == "" {
		e.State = Planned
	}
	if e.Part == 0 {
		e.Part = 1
	}
	switch {
	case e.Object == "" || e.SourceID == "" || e.Role == "" || e.Step == "":
		return planned{}, fmt.Errorf("object, source id, role and step must be given")
	case e.State != Planned && e.State != Skipped && e.State != Quarantined:
		return planned{}, fmt.Errorf("%w: an effect cannot begin as %s", ErrIllegal, e.State)
	}
	p := planned{Effect: e, image: []byte{}}
	var err error
	if p.shown, err = sealField(r, e.EffectKey, "shown", e.Shown); err != nil {
		return p, err
	}
	if p.ours, err = sealField(r, e.EffectKey, "ours", e.Ours); err != nil {
		return p, err
	}
	if len(e.PreImage) > 0 {
		b, err := r.box()
		if err != nil {
			return p, err
		}
		p.image = b.seal(r.imagePlace(e.EffectKey), e.PreImage)
	}
	return p, nil
}

func (t *tx) plan(r *Run, plans []planned) error {
	run := r.id
	steps, err := t.lockSteps(run, plans) // before the rows are looked at: two planners of one step take turns
	if err != nil {
		return err
	}
	keys := make([]EffectKey, len(plans))
	for i, p := range plans {
		keys[i] = p.EffectKey
	}
	have, err := t.current(run, keys)
	if err != nil {
		return err
	}
	now, err := t.clock()
	if err != nil {
		return err
	}
	var sets [][]any
	for i, p := range plans {
		if have[i].found {
			continue
		}
		size := steps[p.Step]
		if p.Ord == 0 {
			p.Ord = size.n + 1
		}
		size.n, size.sample = max(size.n, p.Ord), max(size.sample, p.SampleOrd)
		sets = append(sets, append(p.args(run), p.Step, p.Ord, p.SampleOrd, p.Round, string(p.Verb), string(p.State), p.How, p.TargetType, p.TargetID, p.Rev,
			p.BodyHash, "", 0, p.HighWater, 0, 0, 0, p.Code, p.Reason, p.shown, p.ours, p.image, now, []byte{}))
		t.count(countKey{run: run, object: p.Object, role: countRole(p.Role, p.Part), verb: string(p.Verb), state: string(p.State), how: p.How, round: int64(p.Round)}, 1)
		if p.State != Planned {
			if err := t.outcome(r, p.EffectKey, current{verb: string(p.Verb)}, Planned, p.outcome()); err != nil {
				return err
			}
		}
	}
	if len(sets) == 0 {
		return nil
	}
	ns, err := t.execEach(t.ctx, insertEffect, sets)
	if err != nil {
		return err
	}
	t.grown["effects"] += len(sets)
	if slices.Contains(ns, 0) {
		return errRace
	}
	return t.storeSteps(run, steps)
}

// outcome is what an effect that is planned as settled says of itself.
func (e Effect) outcome() Outcome {
	return Outcome{State: e.State, How: e.How, Type: e.TargetType, ID: e.TargetID, Code: e.Code, Reason: e.Reason}
}

type stepSize struct{ n, sample int64 }

func (t *tx) lockSteps(run int64, plans []planned) (map[string]*stepSize, error) {
	names := make([]string, len(plans))
	for i, p := range plans {
		names[i] = p.Step
	}
	steps := map[string]*stepSize{}
	for _, step := range unique(names) {
		size, err := t.lockStep(run, step)
		if err != nil {
			return nil, err
		}
		steps[step] = size
	}
	return steps, nil
}

func (t *tx) lockStep(run int64, step string) (*stepSize, error) {
	size := &stepSize{}
	q := `SELECT n, sample FROM steps WHERE run = ? AND step = ?` + t.l.d.forUpdate
	found, err := one(t.ctx, t, q, []any{run, step}, &size.n, &size.sample)
	if err != nil || found {
		return size, err
	}
	if _, err := t.exec(t.ctx, `INSERT INTO steps (run, step, n, sample) VALUES (?, ?, 0, 0) ON CONFLICT (run, step) DO NOTHING`, run, step); err != nil {
		return nil, err
	}
	_, err = one(t.ctx, t, q, []any{run, step}, &size.n, &size.sample)
	return size, err
}

func (t *tx) storeSteps(run int64, steps map[string]*stepSize) error {
	for step, size := range steps {
		if _, err := t.exec(t.ctx, `UPDATE steps SET n = ?, sample = ? WHERE run = ? AND step = ?`, size.n, size.sample, run, step); err != nil {
			return err
		}
	}
	return nil
}

// MarkSample puts effects into the sample: each gets the next sample number of its step, in the order of the call; one that has a
// number keeps it. An unknown key is ErrIllegal.
func (r *Run) MarkSample(ctx context.Context, keys []EffectKey) error {
	return wrap(r.l.write(ctx, true, len(keys), func(t *tx) error { return t.markSample(r.id, keys) }), "mark the sample")
}

func (t *tx) markSample(run int64, keys []EffectKey) error {
	sets := make([][]any, len(keys))
	for i, k := range keys {
		sets[i] = k.args(run)
	}
	steps, marked := make([]string, len(keys)), make([]bool, len(keys))
	read := func() error {
		return t.queryEach(t.ctx, `SELECT step, sample_ord FROM effects WHERE `+whereKey, sets, func(i int, row scanner) error {
			var ord int64
			err := row.Scan(&steps[i], &ord)
			marked[i] = ord > 0
			return err
		})
	}
	if err := read(); err != nil {
		return err
	}
	sizes := map[string]*stepSize{}
	for _, step := range unique(steps) {
		if step == "" {
			continue
		}
		var err error
		if sizes[step], err = t.lockStep(run, step); err != nil {
			return err
		}
	}
	if err := read(); err != nil { // again, now that nobody else can number
		return err
	}
	var updates [][]any
	seen := map[EffectKey]bool{}
	for i, k := range keys {
		if steps[i] == "" {
			return fmt.Errorf("%w: %s is not planned", ErrIllegal, k)
		}
		if marked[i] || seen[k] {
			continue
		}
		seen[k] = true
		sizes[steps[i]].sample++
		updates = append(updates, append([]any{sizes[steps[i]].sample}, sets[i]...))
	}
	if _, err := t.execEach(t.ctx, `UPDATE effects SET sample_ord = ? WHERE `+whereKey, updates); err != nil {
		return err
	}
	return t.storeSteps(run, sizes)
}

// StepTargets is the number of effects of a step, and the entity type of records that some of them made or changed.
type StepTargets struct {
	Step string
	Type string
	N    int64 // effects of the whole step, whatever their type
}

// StepTargets lists which steps made or changed records of which types, by step and type.
func (r *Run) StepTargets(ctx context.Context) ([]StepTargets, error) {
	var out []StepTargets
	const q = `SELECT e.step, e.target_type, s.n FROM (SELECT DISTINCT step, target_type FROM effects WHERE run = ? AND target_id <> 0) e
		JOIN steps s ON s.run = ? AND s.step = e.step ORDER BY e.step, e.target_type`
	err := r.l.read(ctx, func(s session) error {
		return s.query(ctx, q, func(row scanner) error {
			var t StepTargets
			err := row.Scan(&t.Step, &t.Type, &t.N)
			out = append(out, t)
			return err
		}, r.id, r.id)
	})
	return out, wrap(err, "read the steps of the journal")
}

// StepSize is the number of effects of a step, and of those in the sample.
func (r *Run) StepSize(ctx context.Context, step string) (n, sample int64, err error) {
	err = r.l.read(ctx, func(s session) error {
		_, err := one(ctx, s, `SELECT n, sample FROM steps WHERE run = ? AND step = ?`, []any{r.id, step}, &n, &sample)
		return err
	})
	return n, sample, wrap(err, "read the size of step %s", step)
}
