package undo

import (
	"context"
	"fmt"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/report"
	"rezora2nutshell/internal/target"
)

// Outlook says what a rollback would do, without doing it.
type Outlook struct {
	Lines    []Forecast
	Kept     []report.KeptRecord // with a crawl only
	Fields   int                 // custom fields that stay: no call removes a definition
	InDoubt  int64               // effects that a rollback would have to look up first
	ByLedger bool                // there is no crawl: what people touched since is not known
}

// Forecast counts the records of one object.
type Forecast struct {
	Object  string
	Delete  int64
	Restore int64
	Keep    int64
	Gone    int64 // deleted already, as far as the ledger knows
}

// Preview reads the ledger and, when crawl is not 0, the account as that crawl saw it. It makes no call and writes nothing, so it may run
// beside a worker. What people did since the crawl is not in it; the rollback looks anew.
func Preview(ctx context.Context, run *ledger.Run, defs map[nutshell.EntityType]target.Defs, crawl int, force bool) (Outlook, error) {
	v := previewer{
		Undoer: &Undoer{Run: run, Defs: defs, Crawl: crawl, Force: force},
		out:    Outlook{ByLedger: crawl == 0}, by: map[string]*Forecast{},
	}
	if err := v.eachRecordPage(ctx, v.page); err != nil {
		return v.out, fmt.Errorf("preview the rollback: %w", err)
	}
	return v.out, v.rest(ctx)
}

type previewer struct {
	*Undoer
	out Outlook
	by  map[string]*Forecast
}

func (v *previewer) page(ctx context.Context, typ nutshell.EntityType, rows []ledger.Effect) error {
	ids, err := v.ownedBy(ctx, typ, rows)
	if err != nil {
		return err
	}
	units, err := v.units(ctx, typ, ids)
	if err != nil {
		return err
	}
	records := map[int64]seen{}
	var a around
	if v.Crawl != 0 {
		if records, err = v.shown(ctx, v.Crawl, typ, ids); err != nil {
			return err
		}
		if a, err = v.around(ctx, typ, units, records); err != nil {
			return err
		}
	}
	for _, x := range units {
		if len(x.open(v.Force)) == 0 || x.probe() {
			continue
		}
		j := v.byLedger(x)
		if s, ok := records[x.id]; ok {
			if j, err = v.judge(x, s, a, nil, nil); err != nil {
				return err
			}
		}
		v.add(x, j)
	}
	return nil
}

// byLedger decides on a record that no crawl shows: it may have been made since.
func (v *previewer) byLedger(x *unit) judgement {
	switch {
	case x.removed():
		return judgement{do: gone}
	case x.made():
		return judgement{do: remove}
	}
	return judgement{do: restore}
}

func (v *previewer) add(x *unit, j judgement) {
	object := x.object()
	f := v.by[object]
	if f == nil {
		f = &Forecast{Object: object}
		v.by[object] = f
	}
	switch {
	case j.do == gone:
		f.Gone++
	case j.do == keep, j.do == restore && j.partly:
		f.Keep++
		if len(v.out.Kept) < keepMost {
			v.out.Kept = append(v.out.Kept, report.KeptRecord{
				Object: object, SourceID: x.first.SourceID, TargetType: string(x.typ), TargetID: x.id, Reason: j.reason,
			})
		}
	case j.do == restore:
		f.Restore++
	default:
		f.Delete++
	}
}

// rest puts the lines in the order of the reports, and adds what the counts know.
func (v *previewer) rest(ctx context.Context) error {
	for _, object := range api.Objects {
		if f := v.by[object]; f != nil {
			v.out.Lines = append(v.out.Lines, *f)
		}
	}
	counts, err := v.Run.Counts(ctx)
	if err != nil {
		return fmt.Errorf("preview the rollback: %w", err)
	}
	for _, c := range counts {
		switch {
		case c.Verb == ledger.Define && c.State == ledger.Done:
			v.out.Fields += int(c.N)
		case c.State == ledger.Intent, c.State == ledger.InDoubt:
			v.out.InDoubt += c.N
		}
	}
	return nil
}
