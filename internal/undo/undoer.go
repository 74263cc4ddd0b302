package undo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/target"
)

// Undoer takes back the effects of one migration.
type Undoer struct {
	Run     *ledger.Run
	Client  *nutshell.Client
	Defs    map[nutshell.EntityType]target.Defs // as they were when the records were written
	Breaker *effect.Breaker

	Crawl       int           // the crawl that decisions start from
	CrawledAt   time.Time     // when it began, by the store's clock
	Timeout     time.Duration // of one call
	Concurrency int           // calls in flight of this worker
	Force       bool          // records that people touched go too
}

// Result counts the records of a page.
type Result struct {
	Done int64 // need nothing more
	Left int64 // could not be undone now: the proof tries them again
}

// staleAfter is how long a decision may rest on the crawl alone. Somebody may have hung a note or a file on a record since, which moves no
// rev, so an older decision is taken from the record itself.
const staleAfter = 10 * time.Minute

// The phases of a rollback: what hangs on a record goes before the record.
var phases = []struct {
	name string
	typ  nutshell.EntityType
}{
	{"notes", nutshell.Notes}, {"tasks", nutshell.Tasks}, {"activities", nutshell.Activities},
	{"leads", nutshell.Leads}, {"people", nutshell.Contacts}, {"companies", nutshell.Accounts},
}

const stepPrefix = "undo/"

// Steps are the page sequences of the rollback, in order: for every phase the steps of the journal that made or changed records of its type.
// The pages of a sequence are those of the journal's step.
func (u *Undoer) Steps(ctx context.Context) ([]step.Size, error) {
	targets, err := u.Run.StepTargets(ctx)
	if err != nil {
		return nil, err
	}
	var out []step.Size
	for _, p := range phases {
		for _, t := range targets {
			if t.Type == string(p.typ) {
				out = append(out, step.Size{Step: stepPrefix + p.name + "/" + t.Step, N: t.N})
			}
		}
	}
	return out, nil
}

// parseStep reads the name of a page sequence.
func parseStep(name string) (typ nutshell.EntityType, journal string, err error) {
	phase, journal, ok := strings.Cut(strings.TrimPrefix(name, stepPrefix), "/")
	for _, p := range phases {
		if ok && p.name == phase {
			return p.typ, journal, nil
		}
	}
	return "", "", fmt.Errorf("%q is no step of a rollback", name)
}

// Page undoes the records of one type whose making, or first change, stands among the effects from..to of a journal's step.
func (u *Undoer) Page(ctx context.Context, turn *step.Turn, name string, from, to int64) (Result, error) {
	typ, journal, err := parseStep(name)
	if err != nil {
		return Result{}, err
	}
	rows, err := u.Run.Effects(ctx, journal, false, from, to)
	if err != nil {
		return Result{}, fmt.Errorf("read effects %d to %d of %s: %w", from, to, journal, err)
	}
	ids, err := u.ownedBy(ctx, typ, rows)
	if err != nil {
		return Result{}, err
	}
	turn.At(name, 0, int64(len(ids)))
	return u.carry(ctx, turn, typ, ids)
}

// ownedBy are the records of a type that the given effects stand for: every record belongs to one effect only, so that no two pages
// handle the same.
func (u *Undoer) ownedBy(ctx context.Context, typ nutshell.EntityType, rows []ledger.Effect) ([]int64, error) {
	var ids []int64
	here := map[ledger.EffectKey]bool{}
	for _, e := range rows {
		if e.TargetType == string(typ) && e.TargetID != 0 {
			ids = append(ids, e.TargetID)
			here[e.EffectKey] = true
		}
	}
	units, err := u.units(ctx, typ, ids)
	if err != nil {
		return nil, err
	}
	out := make([]int64, 0, len(units))
	for _, x := range units {
		if here[x.first.EffectKey] {
			out = append(out, x.id)
		}
	}
	return out, nil
}
