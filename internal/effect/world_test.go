package effect_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/target"
)

// load is the step that the tests' effects belong to.
const load = "load"

// content is the file that attachment f1 is.
var content = bytes.Repeat([]byte("deed \x00\xFF\r\n"), 100)

// world is a ledger, an account and the projections of a small migration.
type world struct {
	s       *nutshelltest.Server
	run     *ledger.Run
	client  *nutshell.Client
	defs    map[nutshell.EntityType]target.Defs
	plans   map[ledger.EffectKey]mapping.Projection
	effects []ledger.Effect
	marks   map[string]int64
	merged  int64 // contact of the account that a source person is merged into
	doomed  int64 // contact that is deleted
	change  func(*effect.Writer)
	breaker *effect.Breaker // of the present worker
}

// Project answers as the assembler does: afresh, for the rows asked.
func (w *world) Project(_ context.Context, rows []ledger.Effect) (map[ledger.EffectKey]mapping.Projection, error) {
	out := map[ledger.EffectKey]mapping.Projection{}
	for _, r := range rows {
		if p, ok := w.plans[r.EffectKey]; ok {
			out[r.EffectKey] = p
		}
	}
	return out, nil
}

type reader struct{ *bytes.Reader }

func (reader) Close() error { return nil }

func (w *world) Open(context.Context, string) (effect.Spooled, error) {
	return effect.Spooled{Body: reader{bytes.NewReader(content)}, Size: int64(len(content))}, nil
}

func (w *world) Done(string) {}

// newWorld has nothing planned yet.
func newWorld(t *testing.T, configure func(*nutshelltest.Config)) *world {
	t.Helper()
	cfg := nutshelltest.DefaultConfig()
	cfg.FindRatePerSecond = 0
	if configure != nil {
		configure(&cfg)
	}
	w := &world{s: nutshelltest.NewServer(cfg), plans: map[ledger.EffectKey]mapping.Projection{}}
	t.Cleanup(w.s.Close)
	for _, typ := range []string{"Accounts", "Contacts", "Leads"} {
		_, err := w.s.AddCustomField(typ, nutshelltest.FieldDef{Name: "Rezora_ID__c", Type: "text"})
		require.NoError(t, err)
	}
	text := target.Defs{"Rezora_ID__c": {Type: target.KindText}}
	w.defs = map[nutshell.EntityType]target.Defs{nutshell.Accounts: text, nutshell.Contacts: text, nutshell.Leads: text}
	l, err := ledger.Open(t.Context(), ledger.Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "ledger.db")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	w.run, err = l.Begin(t.Context(), ledger.BeginRequest{Name: "acme", WorkflowID: "migration/acme", FirstRunID: "1", NutshellAccount: "501", RezoraAccount: "r"})
	require.NoError(t, err)
	w.client = w.newClient(t, nil)
	return w
}

func (w *world) newClient(t *testing.T, change func(*nutshell.Options)) *nutshell.Client {
	t.Helper()
	o := nutshell.Options{BaseURL: w.s.URL, Username: nutshelltest.SeedUser, APIKey: nutshelltest.SeedKey,
		Timeout: unit, UploadTimeout: unit, RetryWait: time.Millisecond, MaxRetryAfter: 10 * time.Millisecond, Patience: 50 * time.Millisecond}
	if change != nil {
		change(&o)
	}
	c, err := nutshell.New(o)
	require.NoError(t, err)
	return c
}

// writer is a worker's own: its marks are those of the crawl, not what another has seen.
func (w *world) writer() *effect.Writer {
	w.breaker = &effect.Breaker{Patience: 20 * unit}
	out := &effect.Writer{
		Run: w.run, Client: w.client, Project: w, Files: w, Defs: w.defs, Breaker: w.breaker, Marks: effect.NewMarks(w.marks), Log: zap.NewNop(),
		Timeout: unit, UploadTimeout: unit, Concurrency: 3, IDsGrow: true,
		Margin: unit / 3, Poll: 20 * time.Millisecond, ChunkTime: unit / 6,
	}
	if w.change != nil {
		w.change(out)
	}
	return out
}

// add plans one effect.
func (w *world) add(e ledger.Effect, p mapping.Projection) {
	if e.Part == 0 {
		e.Part = 1
	}
	e.Step, e.State = load, ledger.Planned
	if p.Type != "" {
		e.TargetType = p.Type
	}
	p.Object, p.SourceID, p.Role, p.Part, p.Verb = e.Object, e.SourceID, e.Role, e.Part, string(e.Verb)
	w.effects = append(w.effects, e)
	w.plans[e.EffectKey] = p
}

func key(object, id, role string) ledger.EffectKey {
	return ledger.EffectKey{Object: object, SourceID: id, Role: role, Part: 1}
}

func sourceID(id string) target.Want { return target.Custom("Rezora_ID__c", target.KindText, id) }

func (w *world) company(id string) {
	w.add(ledger.Effect{EffectKey: key(mapping.Companies, id, mapping.RoleRecord), Verb: ledger.Create},
		mapping.Projection{Type: "Accounts", Wants: []target.Want{target.Text("name", "Tern "+id), sourceID(id)}})
}

func (w *world) person(id, company string) {
	wants := []target.Want{target.NameParts("Ines", "Okafor "+id), target.Email(id + "@example.com"), target.Phone("mobile", "+15125550142"), sourceID(id)}
	if company != "" {
		wants = append(wants, target.Link("accounts", mapping.Companies, company, "Buyer"))
	}
	w.add(ledger.Effect{EffectKey: key(mapping.People, id, mapping.RoleRecord), Verb: ledger.Create}, mapping.Projection{Type: "Contacts", Wants: wants})
}

func (w *world) note(id, object, parent string) {
	text := fmt.Sprintf("[Rezora note %s] 2024-05-02 15:00 UTC - Ann\nCalled about %s & more\n", id, id)
	w.add(ledger.Effect{EffectKey: key(mapping.NoteObjects, id, mapping.RoleRecord), Verb: ledger.Create},
		mapping.Projection{Type: "Notes", Text: text, NoteOn: mapping.Ref{Object: object, SourceID: parent}})
}

// everything plans a page with an effect of each kind.
func (w *world) everything(t *testing.T) {
	t.Helper()
	var err error
	w.merged, err = w.s.CreateContact(map[string]any{"name": "Bob Users", "email": "bob@example.com"})
	require.NoError(t, err)
	w.doomed = w.deletedAtSource(t, "p4")
	w.marks = map[string]int64{"Contacts": w.doomed}
	w.company("c1")
	w.person("p1", "c1")
	w.person("p2", "")
	w.add(ledger.Effect{EffectKey: key(mapping.People, "p3", mapping.RoleRecord), Verb: ledger.Edit, TargetID: w.merged, How: "merged"},
		mapping.Projection{Type: "Contacts", Wants: []target.Want{target.NameText("Robert Other"), target.Phone("mobile", "+15125550143"), sourceID("p3"), target.Link("accounts", mapping.Companies, "c1", "")}})
	w.add(ledger.Effect{EffectKey: key(mapping.People, "p4", effect.GonePrefix+mapping.RoleRecord), Verb: ledger.Delete, TargetType: "Contacts", TargetID: w.doomed}, mapping.Projection{})
	lead := []target.Want{target.Text("description", "12 Elm St"), sourceID("l1"), target.Link("contacts", mapping.People, "p1", ""), target.LinkRef("primaryAccount", mapping.Companies, "c1")}
	closed := []target.Want{target.EntityRef("outcome", "Lead_Outcomes", 1), target.Time("closedTime", time.Date(2024, 5, 2, 15, 0, 0, 0, time.UTC))}
	w.add(ledger.Effect{EffectKey: key(mapping.LeadObjects, "l1", mapping.RoleRecord), Verb: ledger.Create}, mapping.Projection{Type: "Leads", Wants: lead})
	w.add(ledger.Effect{EffectKey: key(mapping.LeadObjects, "l1", mapping.RoleClose), Verb: ledger.Edit}, mapping.Projection{Type: "Leads", Wants: closed})
	w.note("n1", mapping.People, "p1")
	w.note("n2", mapping.LeadObjects, "l1")
	task := "[Rezora task t1] created 2024-05-02 15:00 UTC\nbody"
	w.add(ledger.Effect{EffectKey: key(mapping.TaskObjects, "t1", mapping.RoleRecord), Verb: ledger.Create}, mapping.Projection{Type: "Tasks", Text: task,
		Wants: []target.Want{target.Text("title", "Send"), target.Text("description", task), target.LinkRef("entity", mapping.People, "p1")}})
	w.add(ledger.Effect{EffectKey: key(mapping.TaskObjects, "t1", mapping.RoleComplete), Verb: ledger.Edit}, mapping.Projection{Type: "Tasks",
		Wants: []target.Want{target.Time("completedTime", time.Date(2024, 5, 3, 15, 0, 0, 0, time.UTC))}})
	call := "[Rezora call a1] 2024-05-02\nbody"
	at := time.Date(2024, 5, 2, 15, 0, 0, 0, time.UTC)
	w.add(ledger.Effect{EffectKey: key(mapping.Activities, "a1", mapping.RoleRecord), Verb: ledger.Create}, mapping.Projection{Type: "Activities", Text: call,
		Wants: []target.Want{target.Text("name", "Call"), target.Text("description", call), target.EntityRef("activityType", "Activity_Types", 1), target.Int("status", 1),
			target.Time("startTime", at), target.Time("endTime", at.Add(time.Hour)), target.Link("participants", mapping.People, "p1", "")}})
	w.attachment("f1", "p1")
	require.NoError(t, w.run.Plan(t.Context(), w.effects))
	w.s.ResetStats()
}

// deletedAtSource makes a person in an earlier step, whom the source has deleted since.
func (w *world) deletedAtSource(t *testing.T, id string) int64 {
	t.Helper()
	w.person(id, "")
	w.effects[0].Step = "earlier"
	require.NoError(t, w.run.Plan(t.Context(), w.effects))
	w.effects = nil
	var made ledger.Effect
	for try := 0; made.TargetID == 0 && try < 5; try++ { // on a busy machine an answer may take longer than a call
		rows, err := w.run.Effects(t.Context(), "earlier", false, 1, 1)
		require.NoError(t, err)
		_, err = w.writer().Page(t.Context(), step.NewTurn("earlier", time.Minute), rows, "")
		require.NoError(t, err)
		_, err = w.writer().Resolve(t.Context(), step.NewTurn("earlier", time.Minute), "earlier")
		require.NoError(t, err)
		made = w.effect(t, rows[0].EffectKey)
	}
	require.NotZero(t, made.TargetID)
	return made.TargetID
}

func (w *world) attachment(id, person string) {
	sum := sha256.Sum256(content)
	file := &mapping.File{Name: "deed.pdf", ContentType: "application/pdf", Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:])}
	on := mapping.Ref{Object: mapping.People, SourceID: person}
	from := &mapping.Attached{Parent: "interaction/i1", Size: file.Size, SHA256: file.SHA256}
	w.add(ledger.Effect{EffectKey: key(mapping.Attachments, id, mapping.RoleNote), Verb: ledger.Create},
		mapping.Projection{Type: "Notes", Text: "[Rezora file " + id + "] deed.pdf", NoteOn: on, File: file, Attached: from})
	w.add(ledger.Effect{EffectKey: key(mapping.Attachments, id, mapping.RoleFile), Verb: ledger.Upload}, mapping.Projection{Type: "Files", NoteOn: on, File: file, Attached: from})
}

// page runs one page over the whole step.
func (w *world) page(ctx context.Context, writer *effect.Writer, accepted string) (effect.Result, error) {
	rows, err := w.run.Effects(ctx, load, false, 1, 1000)
	if err != nil {
		return effect.Result{}, err
	}
	return writer.Page(ctx, step.NewTurn(load, time.Minute), rows, accepted)
}

// finish works as the workflow does: the page, what is in doubt, the sweep, until nothing is left.
func (w *world) finish(ctx context.Context) error {
	writer := w.writer()
	for range 12 {
		if _, err := w.page(ctx, writer, ""); err != nil {
			return err
		}
		if _, err := writer.Resolve(ctx, step.NewTurn(load, time.Minute), load); err != nil {
			return err
		}
		if _, err := writer.Sweep(ctx, step.NewTurn(load, time.Minute), load); err != nil {
			return err
		}
		if _, err := writer.Resolve(ctx, step.NewTurn(load, time.Minute), ""); err != nil {
			return err
		}
		n, err := w.run.Pending(ctx, load, false)
		if err != nil || n == 0 {
			return err
		}
	}
	return fmt.Errorf("work is left after twelve rounds")
}

// each are the live records that bear our marks, by source key.
func (w *world) each() map[string][]int64 {
	out := map[string][]int64{}
	snap := w.s.Snapshot()
	for object, list := range map[string][]nutshelltest.Record{mapping.Companies: snap.Accounts, mapping.People: snap.Contacts, mapping.LeadObjects: snap.Leads} {
		for _, r := range list {
			if id := r.CustomFields["Rezora_ID__c"]; r.Live() && len(id) > 0 {
				k := object + "/" + id[0]
				out[k] = append(out[k], r.ID)
			}
		}
	}
	for field, list := range map[string][]nutshelltest.Record{"note": snap.Notes, "description": append(snap.Tasks, snap.Activities...)} {
		for _, r := range list {
			if head, _, ok := strings.Cut(r.Fields[field], "]"); r.Live() && ok && strings.HasPrefix(head, "[Rezora ") {
				out[head] = append(out[head], r.ID)
			}
		}
	}
	return out
}

// right asserts that every effect is done, that each made exactly one record, and that the journal knows its id.
func (w *world) right(t *testing.T, name string) {
	t.Helper()
	rows, err := w.run.Effects(context.Background(), load, false, 1, 1000)
	require.NoError(t, err)
	live := w.each()
	marks := map[string]string{mapping.NoteObjects: "[Rezora note ", mapping.TaskObjects: "[Rezora task ", mapping.Activities: "[Rezora call ", mapping.Attachments: "[Rezora file "}
	for _, r := range rows {
		ok := r.State == ledger.Done || r.Verb == ledger.Delete && r.State == ledger.Skipped
		assert.True(t, ok, "%s: %s is %s: %s", name, r.EffectKey, r.State, r.Reason)
		if r.Verb != ledger.Create {
			continue
		}
		k := r.Object + "/" + r.SourceID
		if m := marks[r.Object]; m != "" {
			k = m + r.SourceID
		}
		assert.Equal(t, []int64{r.TargetID}, live[k], "%s: live records of %s and the journal's id", name, k)
	}
	assert.Empty(t, w.open(t), name)
}

// open lists rows that are not settled, of any step.
func (w *world) open(t *testing.T) []string {
	t.Helper()
	var out []string
	require.NoError(t, w.run.EachEffect(context.Background(), ledger.EffectFilter{States: []ledger.State{ledger.Planned, ledger.Intent, ledger.InDoubt}}, func(e ledger.Effect) error {
		out = append(out, e.EffectKey.String()+" "+string(e.State))
		return nil
	}))
	sort.Strings(out)
	return out
}

// whole asserts, beside right, that the edits, the deletion and the file of everything are there once.
func (w *world) whole(t *testing.T, name string) {
	t.Helper()
	w.right(t, name)
	snap := w.s.Snapshot()
	by := func(list []nutshelltest.Record, id int64) nutshelltest.Record {
		for _, r := range list {
			if r.ID == id {
				return r
			}
		}
		return nutshelltest.Record{}
	}
	live := w.each()
	if len(live["leads/l1"]) == 1 && len(live["[Rezora task t1"]) == 1 {
		lead := by(snap.Leads, live["leads/l1"][0])
		assert.Equal(t, "10", lead.Fields["status"], name)
		assert.Equal(t, "2024-05-02T15:00:00+0000", lead.Fields["closedTime"], name)
		assert.Len(t, lead.Links["contacts"], 1, name)
		assert.Equal(t, "2024-05-03T15:00:00+0000", by(snap.Tasks, live["[Rezora task t1"][0]).Fields["completedTime"], name)
	}
	merged := by(snap.Contacts, w.merged)
	assert.Equal(t, "Bob Users", merged.Fields["displayName"], "%s: a filled field is the user's", name)
	assert.Equal(t, []string{"p3"}, merged.CustomFields["Rezora_ID__c"], name)
	assert.Len(t, merged.Links["accounts"], 1, name)
	assert.False(t, by(snap.Contacts, w.doomed).Live(), name)
	notes := map[int64]bool{}
	for _, id := range live["[Rezora file f1"] {
		notes[id] = true
	}
	files := 0
	for _, f := range snap.Files {
		if notes[f.Note] {
			files++
			got, _ := w.s.FileContent(f.ID)
			assert.True(t, bytes.Equal(content, got), name)
		}
	}
	assert.Equal(t, 1, files, "%s: files of f1", name)
}

var _ io.ReadSeekCloser = reader{}

// task plans a task of nobody.
func (w *world) task(id string) {
	text := fmt.Sprintf("[Rezora task %s] created 2024-05-02 15:00 UTC\nbody", id)
	w.add(ledger.Effect{EffectKey: key(mapping.TaskObjects, id, mapping.RoleRecord), Verb: ledger.Create}, mapping.Projection{Type: "Tasks", Text: text,
		Wants: []target.Want{target.Text("title", "Send"), target.Text("description", text)}})
}

// sameNote plans the text of a note on one more person, as a campaign's note stands on everyone who received it.
func (w *world) sameNote(id, person string) {
	p := w.plans[key(mapping.NoteObjects, id, mapping.RoleRecord)]
	p.NoteOn.SourceID = person
	w.add(ledger.Effect{EffectKey: key(mapping.NoteObjects, id, mapping.RoleRecord+"/"+person), Verb: ledger.Create}, p)
}
