package main

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/projection"
	"rezora2nutshell/internal/verify"
	"rezora2nutshell/internal/wiring"
)

// conclude writes down how the rehearsal came out.
func (r *rehearsal) conclude(ctx context.Context, l *ledger.Ledger, p api.Progress) error {
	if p.Status != api.StatusCompleted {
		return fmt.Errorf("the rehearsal ended %s: %s", p.Status, p.Reason)
	}
	var rec struct {
		SourceRoot string `json:"source_root"`
		TargetRoot string `json:"target_root"`
	}
	b, err := os.ReadFile(filepath.Join(r.out, "archive", r.name, "reconciliation.json"))
	if err == nil {
		err = json.Unmarshal(b, &rec)
	}
	if err != nil {
		return fmt.Errorf("read the rehearsal's reconciliation: %w", err)
	}
	run, err := l.Run(ctx, r.name)
	if err != nil {
		return err
	}
	lines, err := os.OpenFile(r.file(fileLines), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", fileLines, err)
	}
	w := csv.NewWriter(lines)
	outline := verify.Outline{Hash: r.real.ShortHash}
	err = r.shown(ctx, r.settings, run, func(page []verify.Result) error {
		for _, res := range page {
			if err := w.Write([]string{res.Effect.Object, res.Effect.SourceID, lineSum(res)}); err != nil {
				return err
			}
		}
		return outline.Add(page)
	})
	w.Flush()
	for _, e := range []error{w.Error(), lines.Close()} {
		if err == nil {
			err = e
		}
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", fileLines, err)
	}
	plain, err := config.Load(r.environ)
	if err != nil {
		return err
	}
	out := rehearsed{Migration: r.name, At: time.Now().UTC().Truncate(time.Second), SourceRoot: rec.SourceRoot, TargetRoot: rec.TargetRoot, Calls: p.Calls, Parks: r.parks}
	if out.Rate, out.RateFrom, err = wiring.Pace(ctx, r.book, plain.Nutshell); err != nil {
		return err
	}
	out.Hours = float64(p.Calls.Total()) / out.Rate / 3600
	text, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(r.file(fileRehearsal), append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", fileRehearsal, err)
	}
	r.printf("\nRehearsed\n  calls        %s (create %s, edit %s, delete %s, read %s, upload %s)\n", count(p.Calls.Total()), count(p.Calls.Create), count(p.Calls.Edit),
		count(p.Calls.Delete), count(p.Calls.Read), count(p.Calls.Upload))
	r.printf("  hours        %.1f at %.3g calls a second, %s; delta rounds left out\n  target root  %s\n  reports      %s\n", out.Hours, out.Rate, rateWords[out.RateFrom], out.TargetRoot,
		filepath.Join(r.out, "archive", r.name))
	if err := r.tell(ctx, out, &outline); err != nil {
		return err
	}
	r.printf("\nAfter the real run: starter rehearse %s --compare %s\n", r.name, r.out)
	return nil
}

// rateWords say where the rate of the hours comes from.
var rateWords = map[string]string{
	wiring.PaceSet: "as set", wiring.PaceLearned: "which the migration has learned so far", wiring.PaceStart: "which learning starts with",
}

// tellPatience is how long the rehearsal waits for a worker to take down how it came out.
const tellPatience = 30 * time.Second

// tell has the migration remember how it came out, so that its reconciliation can say whether that came true.
func (r *rehearsal) tell(ctx context.Context, out rehearsed, outline *verify.Outline) error {
	b, err := outline.Bytes()
	if err != nil {
		return err
	}
	payload, err := json.Marshal(api.RehearsedInput{Migration: r.name, TargetRoot: out.TargetRoot, Outline: b, At: out.At.Format(time.RFC3339), By: userName()})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, tellPatience)
	defer cancel()
	if err := r.told(ctx, payload); err != nil {
		r.printf("  the migration has not heard of it yet (%s); its worker takes it down when it runs\n", oneLine(err))
	}
	return nil
}

func (r *rehearsal) told(ctx context.Context, payload []byte) error {
	remote, err := r.connect(ctx)
	if err != nil {
		return err
	}
	defer remote.Close()
	f, err := remote.start(ctx, api.RehearsedWorkflow, api.RehearsedIDPrefix+r.name, payload)
	if err != nil {
		return err
	}
	return remote.GetWorkflow(ctx, f.id, f.run).Get(ctx, nil)
}

// shown gives what Nutshell shows in the crawl of the reconciliation, page by page, the records that are there. All of one source record are
// in the same page.
func (c console) shown(ctx context.Context, settings config.Config, run *ledger.Run, take func([]verify.Result) error) error {
	e := explanation{console: c, run: run}
	as, err := e.assembler(ctx, &book{settings: settings})
	if err != nil {
		return err
	}
	var crawl int
	var facts account.Facts
	for key, into := range map[string]any{keyReconcileCrawl: &crawl, keyFacts: &facts} {
		if _, err := run.Value(ctx, key, into); err != nil {
			return err
		}
	}
	if crawl == 0 || as == nil {
		return fmt.Errorf("%s has not been reconciled yet", run.Info().Name)
	}
	v := verify.Verifier{Run: run, Project: as, Defs: facts.Defs(), Read: verify.Crawled{Run: run, Crawl: crawl}}
	for _, object := range api.Objects {
		if err := eachPage(ctx, v, object, take); err != nil {
			return err
		}
	}
	return nil
}

// lineSum is the hash of a record's line in the target root.
func lineSum(res verify.Result) string {
	sum := sha256.Sum256([]byte(res.Shown))
	return hex.EncodeToString(sum[:])
}

// linePage is how many effects are compared together.
const linePage = 500

func eachPage(ctx context.Context, v verify.Verifier, object string, take func([]verify.Result) error) error {
	var page []ledger.Effect
	flush := func() error {
		kept, err := stillThere(ctx, v.Run, object, verify.Latest(page))
		if err != nil {
			return err
		}
		page = page[:0]
		results, err := v.Page(ctx, kept)
		if err != nil {
			return fmt.Errorf("compare %s: %w", object, err)
		}
		return take(slices.DeleteFunc(results, func(res verify.Result) bool { return res.Shown == "" }))
	}
	err := v.Run.EachEffect(ctx, ledger.EffectFilter{Object: object}, func(e ledger.Effect) error {
		if len(page) >= linePage && page[len(page)-1].SourceID != e.SourceID {
			if err := flush(); err != nil {
				return err
			}
		}
		page = append(page, e)
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// stillThere leaves out what the source has deleted: it is in no root.
func stillThere(ctx context.Context, run *ledger.Run, object string, page []ledger.Effect) ([]ledger.Effect, error) {
	var ids []string
	for _, e := range page {
		ids = append(ids, e.SourceID)
	}
	staged, err := run.GetMany(ctx, projection.KindOf(object), ids)
	if err != nil {
		return nil, err
	}
	var out []ledger.Effect
	for _, e := range page {
		if s, ok := staged[e.SourceID]; ok && !s.Deleted {
			out = append(out, e)
		}
	}
	return out, nil
}
