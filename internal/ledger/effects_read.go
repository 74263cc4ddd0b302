package ledger

import (
	"context"
	"slices"
	"strings"
)

// effects reads whole effects; where begins with WHERE.
func (r *Run) effects(ctx context.Context, where string, args ...any) ([]Effect, error) {
	return r.effectsWith(ctx, effectColumns, where, args...)
}

func (r *Run) effectsWith(ctx context.Context, columns, where string, args ...any) ([]Effect, error) {
	var out []Effect
	err := r.l.read(ctx, func(s session) error {
		return s.query(ctx, `SELECT `+columns+` FROM effects `+where, func(row scanner) error {
			e, err := r.scanEffect(row)
			out = append(out, e)
			return err
		}, args...)
	})
	return out, err
}

// Effects reads the effects of a step numbered from..to, both included; sample reads by the numbers within the sample.
func (r *Run) Effects(ctx context.Context, step string, sample bool, from, to int64) ([]Effect, error) {
	where := `WHERE run = ? AND step = ? AND ord BETWEEN ? AND ? ORDER BY ord`
	if sample {
		where = `WHERE run = ? AND step = ? AND sample_ord > 0 AND sample_ord BETWEEN ? AND ? ORDER BY sample_ord`
	}
	out, err := r.effects(ctx, where, r.id, step, from, to)
	return out, wrap(err, "read effects of step %s", step)
}

// Effect reads one effect and reports whether there is one.
func (r *Run) Effect(ctx context.Context, key EffectKey) (Effect, bool, error) {
	out, err := r.effects(ctx, `WHERE `+whereKey, key.args(r.id)...)
	if err != nil || len(out) == 0 {
		return Effect{}, false, wrap(err, "read effect %s", key)
	}
	return out[0], true, nil
}

// EffectsOf reads all effects of source records, each record's in key order.
func (r *Run) EffectsOf(ctx context.Context, object string, sourceIDs []string) (map[string][]Effect, error) {
	out := map[string][]Effect{}
	err := inList(r.l.d, unique(sourceIDs), func(in string, args []any) error {
		list, err := r.effects(ctx, `WHERE run = ? AND object = ? AND source_id `+in, append([]any{r.id, object}, args...)...)
		for _, e := range list {
			out[e.SourceID] = append(out[e.SourceID], e)
		}
		return err
	})
	for _, list := range out {
		slices.SortFunc(list, func(a, b Effect) int { return a.Compare(b.EffectKey) })
	}
	return out, wrap(err, "read effects of %s", object)
}

// TargetsOf finds, for each reference as it was asked, the effect that made the record: of those with a target the one of the latest epoch,
// else one that may still make it, else the latest of all. References without an effect are missing in the answer. Pre-images and what the
// records show are left out.
func (r *Run) TargetsOf(ctx context.Context, refs []Ref) (map[Ref]Effect, error) {
	return r.targetsOf(ctx, bareColumns, refs)
}

// WholeTargetsOf is TargetsOf with pre-images and what the records show.
func (r *Run) WholeTargetsOf(ctx context.Context, refs []Ref) (map[Ref]Effect, error) {
	return r.targetsOf(ctx, effectColumns, refs)
}

func (r *Run) targetsOf(ctx context.Context, columns string, refs []Ref) (map[Ref]Effect, error) {
	type group struct{ object, role string }
	groups := map[group][]string{}
	for _, ref := range refs {
		g := group{ref.Object, ref.Role}
		groups[g] = append(groups[g], ref.SourceID)
	}
	out := map[Ref]Effect{}
	for g, ids := range groups {
		role := g.role
		if role == "" {
			role = RoleRecord
		}
		err := inList(r.l.d, unique(ids), func(in string, args []any) error {
			list, err := r.effectsWith(ctx, columns, `WHERE run = ? AND object = ? AND role = ? AND source_id `+in, append([]any{r.id, g.object, role}, args...)...)
			for _, e := range list {
				ref := Ref{Object: g.object, SourceID: e.SourceID, Role: g.role}
				if have, ok := out[ref]; !ok || targetBefore(have, e) {
					out[ref] = e
				}
			}
			return err
		})
		if err != nil {
			return nil, wrap(err, "read targets of %s", g.object)
		}
	}
	return out, nil
}

func targetBefore(a, b Effect) bool {
	switch {
	case (a.TargetID != 0) != (b.TargetID != 0):
		return b.TargetID != 0
	case a.TargetID == 0 && open(a) != open(b):
		return open(b)
	case a.Epoch != b.Epoch:
		return b.Epoch > a.Epoch
	}
	return b.Compare(a.EffectKey) < 0
}

// open tells an effect without an outcome.
func open(e Effect) bool { return e.State == Planned || e.State == Intent || e.State == InDoubt }

// ByTarget reads the effects whose target is one of the records, each record's in key order.
func (r *Run) ByTarget(ctx context.Context, typ string, ids []int64) (map[int64][]Effect, error) {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	out := map[int64][]Effect{}
	err := inList(r.l.d, slices.Compact(ids), func(in string, args []any) error {
		list, err := r.effects(ctx, `WHERE run = ? AND target_type = ? AND target_id <> 0 AND target_id `+in, append([]any{r.id, typ}, args...)...)
		for _, e := range list {
			out[e.TargetID] = append(out[e.TargetID], e)
		}
		return err
	})
	for _, list := range out {
		slices.SortFunc(list, func(a, b Effect) int { return a.Compare(b.EffectKey) })
	}
	return out, wrap(err, "read effects on %s", typ)
}

// EachEffect streams the effects that a filter chooses, in key order, or by number when a step is given. Rows that change meanwhile may or
// may not come.
func (r *Run) EachEffect(ctx context.Context, f EffectFilter, fn func(Effect) error) error {
	where, args := f.where(r.id)
	after, order := f.after()
	var last *Effect
	for {
		q, a := where, slices.Clone(args)
		if last != nil {
			q += after
			a = append(a, f.position(*last)...)
		}
		page, err := r.effects(ctx, q+order, append(a, streamChunk)...)
		if err != nil {
			return wrap(err, "read effects")
		}
		for _, e := range page {
			if err := fn(e); err != nil {
				return err
			}
		}
		if len(page) < streamChunk {
			return nil
		}
		last = &page[len(page)-1]
	}
}

func (f EffectFilter) where(run int64) (string, []any) {
	var b strings.Builder
	b.WriteString(`WHERE run = ?`)
	args := []any{run}
	and := func(cond string, v ...any) {
		b.WriteString(` AND ` + cond)
		args = append(args, v...)
	}
	if f.Object != "" {
		and(`object = ?`, f.Object)
	}
	if f.Step != "" {
		and(`step = ?`, f.Step)
	}
	in := func(col string, list []any) {
		if len(list) > 0 {
			and(col+` IN (`+strings.TrimSuffix(strings.Repeat(`?,`, len(list)), `,`)+`)`, list...)
		}
	}
	in(`state`, texts(f.States))
	in(`role`, texts(f.Roles))
	in(`verb`, texts(f.Verbs))
	if f.Sample {
		and(`sample_ord > 0`)
	}
	if f.HasTarget {
		and(`target_id <> 0`)
	}
	if f.Round != nil {
		and(`round = ?`, *f.Round)
	}
	return b.String(), args
}

func (f EffectFilter) after() (after, order string) {
	op, dir := `>`, ``
	if f.Reverse {
		op, dir = `<`, ` DESC`
	}
	if f.Step != "" {
		return ` AND ord ` + op + ` ?`, ` ORDER BY ord` + dir + ` LIMIT ?`
	}
	return ` AND (` + keyColumns + `) ` + op + ` (?, ?, ?, ?, ?, ?)`,
		` ORDER BY ` + strings.ReplaceAll(keyColumns, `,`, dir+`,`) + dir + ` LIMIT ?`
}

func (f EffectFilter) position(e Effect) []any {
	if f.Step != "" {
		return []any{e.Ord}
	}
	return e.args(0)[1:]
}

func texts[T ~string](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}
