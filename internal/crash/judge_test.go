package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/oracle"
)

// end is how a story ended, as far as it must not depend on what happened to its workers.
type end struct {
	status string
	roots  []string // of source and target
	live   []string // every live record with what it says
	files  []string // names in the archive; a step that a person stopped may have written its own or not
}

// faults collects what is wrong with the end of a story.
type faults struct{ list []string }

func (f *faults) add(format string, args ...any) {
	f.list = append(f.list, fmt.Sprintf(format, args...))
}

func (f *faults) check(ok bool, format string, args ...any) {
	if !ok {
		f.add(format, args...)
	}
}

// judge holds the end of a story against the promises (I3, I6, I9), and against the end of the undisturbed one; nil is its own.
func (s *story) judge(p api.Progress, err error, status string, want *end) (end, []string) {
	var f faults
	out := end{status: p.Status}
	if err != nil {
		f.add("%v", err)
		return out, f.list
	}
	f.check(p.Status == status, "status %s: %s", p.Status, p.Reason)
	out.live, out.files = s.live(), s.archived()
	s.books(&f, status == api.StatusCompleted)
	s.audit(&f, p)
	f.check(len(s.spooled()) == 0, "left in the spool: %s", s.spooled())
	if status == api.StatusCompleted {
		s.completed(&f, &out)
	} else {
		s.undone(&f)
	}
	if want != nil {
		f.check(slices.Equal(out.roots, want.roots), "roots %s", diff(want.roots, out.roots))
		// How far a run had come when a person stopped it differs, and so does what they keep: undone judges those.
		f.check(s.stopAt != "" || slices.Equal(out.live, want.live), "live records %s", diff(want.live, out.live))
		f.check(s.stopAt != "" || slices.Equal(out.files, want.files), "archive %s", diff(want.files, out.files))
	}
	return out, f.list
}

// completed judges a migration by the map and by its own report.
func (s *story) completed(f *faults, out *end) {
	dest, err := oracle.DestinationOf(s.nutshell)
	if err != nil {
		f.add("%v", err)
		return
	}
	src, err := oracle.SourceOf(s.source, false)
	if err != nil {
		f.add("%v", err)
		return
	}
	account := oracle.Account{
		Source: src, Approved: &s.approved, Before: s.before, Dest: dest, FilesOffered: true, LinkBase: linkBase + "/" + name, Edits: s.edits,
		Limits:   oracle.Limits{NoteChars: noteChars, FileBytes: fileBytes},
		Policies: oracle.Policies{OnOrphans: "fallback", FallbackOwner: nutshelltest.SeedUser, SourceDeletes: "delete"},
	}
	if s.variant.judge != nil {
		s.variant.judge(&account)
	}
	problems := oracle.Judge(account)
	f.check(len(problems) == 0, "%d differences from the map:\n%s", len(problems), oracle.Lines(problems, 5))
	f.check(len(s.source.Stats().Violations) == 0, "the source was written to")
	var rec struct {
		Objects []struct {
			Object                                                                            string
			Source, Matched, Missing, Mismatched, Unexpected, Duplicated, Flagged, Unverified int64
		}
		DiscrepancyRate float64 `json:"discrepancy_rate"`
		SourceRoot      string  `json:"source_root"`
		TargetRoot      string  `json:"target_root"`
	}
	s.report(f, "reconciliation.json", &rec)
	f.check(rec.DiscrepancyRate == 0, "discrepancy rate %v: %+v", rec.DiscrepancyRate, rec.Objects)
	for _, o := range rec.Objects {
		f.check(o.Source == o.Matched+o.Missing+o.Mismatched+o.Flagged+o.Unverified, "not conserved: %+v", o)
		f.check(o.Duplicated == 0 && o.Unexpected == 0, "%+v", o)
	}
	out.roots = []string{rec.SourceRoot, rec.TargetRoot}
}

// undone judges a rollback: nothing of ours is left but what people touched.
func (s *story) undone(f *faults) {
	problems := oracle.Untouched(s.before, s.nutshell.Snapshot(), s.edits)
	var rep struct {
		Created struct{ Deleted, Kept, Failed int64 }
		Updated struct{ Restored, Kept, Failed int64 }
		Kept    []map[string]any
		Proof   struct {
			UntouchedChanged int64 `json:"untouched_changed"`
		}
	}
	s.report(f, "rollback.json", &rep)
	f.check(len(problems) == 0, "%d traces:\n%skept %v", len(problems), oracle.Lines(problems, 5), rep.Kept)
	f.check(rep.Created.Failed+rep.Updated.Failed == 0, "failed: %+v", rep)
	f.check(rep.Proof.UntouchedChanged == 0, "proof: %+v", rep.Proof)
}

func (s *story) report(f *faults, file string, into any) {
	b, err := os.ReadFile(filepath.Join(s.folder(), "archive", name, file))
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	f.check(err == nil, "%s: %v", file, err)
}

// books holds the ledger against its own promises. What a stopped migration never sent may stay planned.
func (s *story) books(f *faults, completed bool) {
	ctx := context.Background()
	l := s.workers[len(s.workers)-1].parts.Ledger
	run, err := l.Run(ctx, name)
	if err != nil {
		f.add("%v", err)
		return
	}
	unsettled := []ledger.State{ledger.Intent, ledger.InDoubt, ledger.Reverting}
	if completed {
		unsettled = append(unsettled, ledger.Planned)
	}
	err = run.EachEffect(ctx, ledger.EffectFilter{States: unsettled}, func(e ledger.Effect) error {
		f.add("%s is %s: %s", e.EffectKey, e.State, e.Reason)
		return nil
	})
	f.check(err == nil, "%v", err)
	for round := 0; completed && round < 3; round++ {
		gaps, err := run.Conservation(ctx, round)
		f.check(err == nil, "%v", err)
		for _, g := range gaps {
			f.check(g.Sealed == g.Accounted, "round %d: %+v", round, g)
		}
	}
}

// audit verifies the exported chain.
func (s *story) audit(f *faults, p api.Progress) {
	b, err := os.ReadFile(filepath.Join(s.folder(), "archive", name, "audit.jsonl"))
	if err != nil {
		f.add("%v", err)
		return
	}
	lines, bad, why, err := ledger.VerifyAudit(bytes.NewReader(b))
	f.check(err == nil && bad == 0 && lines > 0, "audit line %d of %d: %s %v", bad, lines, why, err)
	f.check(strings.Contains(string(b), p.AuditHead), "the audit's head is not in the file")
}

// live describes every live record, without ids, revs and server times.
func (s *story) live() []string {
	snap := s.nutshell.Snapshot()
	all := map[string][]nutshelltest.Record{
		"Contacts": snap.Contacts, "Accounts": snap.Accounts, "Leads": snap.Leads, "Notes": snap.Notes, "Tasks": snap.Tasks, "Activities": snap.Activities,
	}
	dead := map[string]bool{} // a copy that was swept leaves its links behind
	for entity, records := range all {
		for _, r := range records {
			dead[fmt.Sprintf("%s/%d", entity, r.ID)] = !r.Live()
		}
	}
	var out []string
	for entity, records := range all {
		for _, r := range records {
			if r.Live() {
				delete(r.Fields, "number") // the account counts its leads
				links := map[string]int{}
				for key, list := range r.Links {
					for _, l := range list {
						if to, _, _ := strings.Cut(l, " as "); !dead[to] {
							links[key]++
						}
					}
				}
				out = append(out, fmt.Sprint(entity, " ", r.Fields, r.Lists, r.Tags, r.CustomFields, links, len(r.Files)))
			}
		}
	}
	for entity, fields := range snap.CustomFields {
		for _, d := range fields {
			out = append(out, fmt.Sprint("field ", entity, " ", d.Name, " ", d.Type, d.Choices))
		}
	}
	slices.Sort(out)
	return out
}

// archived are the names of the files in the archive.
func (s *story) archived() []string { return under(filepath.Join(s.folder(), "archive")) }

func (s *story) spooled() []string { return under(filepath.Join(s.folder(), "spool")) }

func under(dir string) []string {
	var out []string
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, strings.TrimPrefix(path, dir))
		}
		return nil
	})
	slices.Sort(out)
	return out
}

// diff shows what two sorted lists do not share.
func diff(want, have []string) string {
	var b strings.Builder
	left := slices.Clone(have)
	for _, w := range want {
		if i := slices.Index(left, w); i >= 0 {
			left = slices.Delete(left, i, i+1)
			continue
		}
		fmt.Fprintf(&b, "\n  missing %.600s", w)
	}
	for _, h := range left {
		fmt.Fprintf(&b, "\n  extra   %.600s", h)
	}
	return b.String()
}
