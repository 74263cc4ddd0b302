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
	err = r.lines(ctx, r.settings, run, func(object, id, sum string) error { return w.Write([]string{object, id, sum}) })
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
	r.tell(ctx, out)
	r.printf("\nAfter the real run: starter rehearse %s --compare %s\n", r.name, r.out)
	return nil
}

// rateWords say where the rate of the hours comes from.
var rateWords = map[string]string{
	wiring.PaceSet: "as set", wiring.PaceLearned: "which the migration has learned so far", wiring.PaceStart: "which learning starts with",
}

// tellPatience is how long the rehearsal waits for a worker to take down how it came out.
const tellPatience = 30 * time.Second

// tell has the migration remember the root, so that its reconciliation can say whether it came true.
func (r *rehearsal) tell(ctx context.Context, out rehearsed) {
	ctx, cancel := context.WithTimeout(ctx, tellPatience)
	defer cancel()
	payload, err := json.Marshal(api.RehearsedInput{Migration: r.name, TargetRoot: out.TargetRoot, At: out.At.Format(time.RFC3339), By: userName()})
	if err == nil {
		err = r.told(ctx, payload)
	}
	if err != nil {
		r.printf("  the migration has not heard of it yet (%s); its worker takes it down when it runs\n", oneLine(err))
	}
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

// lines gives a hash for each record that Nutshell shows: the object, the source id, and the hash of its line in the target root.
func (c console) lines(ctx context.Context, settings config.Config, run *ledger.Run, take func(object, id, sum string) error) error {
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
		if err := eachLine(ctx, v, object, take); err != nil {
			return err
		}
	}
	return nil
}

// linePage is how many effects are compared together.
const linePage = 500

func eachLine(ctx context.Context, v verify.Verifier, object string, take func(object, id, sum string) error) error {
	var page []ledger.Effect
	flush := func() error {
		kept, err := stillThere(ctx, v.Run, object, page)
		if err != nil {
			return err
		}
		page = page[:0]
		results, err := v.Page(ctx, kept)
		if err != nil {
			return fmt.Errorf("compare %s: %w", object, err)
		}
		for _, res := range results {
			if res.Shown == "" {
				continue
			}
			sum := sha256.Sum256([]byte(res.Shown))
			if err := take(object, res.Effect.SourceID, hex.EncodeToString(sum[:])); err != nil {
				return err
			}
		}
		return nil
	}
	err := v.Run.EachEffect(ctx, ledger.EffectFilter{Object: object}, func(e ledger.Effect) error {
		if len(page) >= linePage && page[len(page)-1].SourceID != e.SourceID {
			if err := flush(); err != nil {
				return err
			}
		}
		if verify.MakesRecord(e) && (e.Epoch == 0 || e.Verb == ledger.Create) {
			page = append(page, e)
		}
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
