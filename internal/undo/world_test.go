package undo_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/report"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/target"
	"rezora2nutshell/internal/undo"
)

// world is a simulated account with records of its own, and a small migration into it of every kind of effect.
type world struct {
	t      testing.TB
	sim    *nutshelltest.Server
	path   string
	clock  *clock
	ledger *ledger.Ledger
	run    *ledger.Run
	client *nutshell.Client
	defs   map[nutshell.EntityType]target.Defs
	wants  projector
	before nutshelltest.Snapshot // the account before the migration
	own    ownRecords
	runID  int
}

// ownRecords are people's own.
type ownRecords struct {
	merged, other  int64 // companies
	ann, bea, cal  int64 // people: merged with c-1, untouched, met by a lead of ours
	lead, note     int64
	task, activity int64
}

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }

func (c *clock) add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

// projector answers what the tests planned.
type projector map[ledger.EffectKey]mapping.Projection

func (p projector) Project(_ context.Context, rows []ledger.Effect) (map[ledger.EffectKey]mapping.Projection, error) {
	out := map[ledger.EffectKey]mapping.Projection{}
	for _, r := range rows {
		if x, ok := p[r.EffectKey]; ok {
			out[r.EffectKey] = x
		}
	}
	return out, nil
}

const fileText = "the deed"

type files struct{}

type body struct{ *bytes.Reader }

func (body) Close() error { return nil }

func (files) Open(context.Context, string) (effect.Spooled, error) {
	return effect.Spooled{Body: body{bytes.NewReader([]byte(fileText))}, Size: int64(len(fileText))}, nil
}

func (files) Done(string) {}

func newWorld(t testing.TB, change ...func(*nutshelltest.Config)) *world {
	t.Helper()
	cfg := nutshelltest.DefaultConfig()
	cfg.FindRatePerSecond = 0
	for _, f := range change {
		f(&cfg)
	}
	w := &world{t: t, sim: nutshelltest.NewServer(cfg), path: filepath.Join(t.TempDir(), "migration.db"), wants: projector{},
		clock: &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}}
	t.Cleanup(w.sim.Close)
	w.openLedger()
	t.Cleanup(func() { _ = w.ledger.Close() })
	w.client = w.connect(nil)
	w.people()
	w.before = w.sim.Snapshot()
	w.migrate()
	return w
}

func (w *world) openLedger() {
	var err error
	w.ledger, err = ledger.Open(context.Background(), ledger.Options{URL: "sqlite://" + w.path, KeyFile: w.path + ".key", Clock: w.clock.now})
	require.NoError(w.t, err)
	w.run, err = w.ledger.Begin(context.Background(), ledger.BeginRequest{
		Name: "acme", WorkflowID: "migration/acme", FirstRunID: "run-1", Input: []byte(`{"migration":"acme"}`), NutshellAccount: "501", RezoraAccount: "a-1",
	})
	require.NoError(w.t, err)
}

func (w *world) connect(transport http.RoundTripper) *nutshell.Client {
	c, err := nutshell.New(nutshell.Options{
		BaseURL: w.sim.URL, Username: nutshelltest.SeedUser, APIKey: nutshelltest.SeedKey, Transport: transport, RetryWait: time.Millisecond, Retries: 1,
		FindsParallel: 4,
	})
	require.NoError(w.t, err)
	return c
}

func (w *world) must(id int64, err error) int64 {
	w.t.Helper()
	require.NoError(w.t, err)
	return id
}

// people fills the account as its users had it.
func (w *world) people() {
	for _, entity := range []string{"Contacts", "Accounts", "Leads"} {
		w.must(w.sim.AddCustomField(entity, nutshelltest.FieldDef{Name: crawl.SourceField, Type: "Text"}))
	}
	require.NoError(w.t, w.sim.AddTag("Contacts", "VIP"))
	w.defs = map[nutshell.EntityType]target.Defs{}
	for _, entity := range []nutshell.EntityType{nutshell.Contacts, nutshell.Accounts, nutshell.Leads} {
		w.defs[entity] = target.Defs{crawl.SourceField: {Type: target.KindText}}
	}
	o := &w.own
	o.merged = w.must(w.sim.CreateAccount(map[string]any{"name": "Tern Homes", "url": "https://tern.example.com", "phone": map[string]any{"fax": "+15125550100"}}))
	o.other = w.must(w.sim.CreateAccount(map[string]any{"name": "Gull Homes"}))
	o.ann = w.must(w.sim.CreateContact(map[string]any{
		"name": "Ann", "email": "ann@x.example", "phone": map[string]any{"home": "+15125550101"}, "tags": []string{"VIP"},
		"accounts": []any{map[string]any{"id": o.other, "relationship": "Boss"}},
	}))
	o.bea = w.must(w.sim.CreateContact(map[string]any{"name": "Bea", "email": "bea@x.example"}))
	o.cal = w.must(w.sim.CreateContact(map[string]any{"name": "Cal", "email": "cal@x.example"}))
	o.lead = w.must(w.sim.CreateLead(map[string]any{"description": "own lead", "contacts": []any{map[string]any{"id": o.bea, "entityType": "Contacts"}}}))
	o.note = w.must(w.sim.AddNote("Contacts", o.bea, "our own note"))
	w.must(w.sim.AddFile(o.note, "own.txt", "text/plain", []byte("own")))
	o.task = w.must(w.sim.CreateTask(map[string]any{"title": "own task", "entity": map[string]any{"entityType": "Contacts", "id": o.bea}}))
	o.activity = w.must(w.sim.CreateActivity(map[string]any{
		"name": "own call", "activityTypeId": 1, "startTime": "2026-01-01T10:00:00+0000", "endTime": "2026-01-01T11:00:00+0000",
		"participants": []any{map[string]any{"entityType": "Contacts", "id": o.ann}},
	}))
}

// plan journals one effect with what is to be shown.
func (w *world) plan(name string, e ledger.Effect, p mapping.Projection) {
	w.t.Helper()
	e.Part, e.Step, e.State = max(1, e.Part), name, ledger.Planned
	e.TargetType = p.Type
	p.Object, p.SourceID, p.Role, p.Parent, p.Part = e.Object, e.SourceID, e.Role, e.Parent, e.Part
	w.wants[e.EffectKey] = p
	require.NoError(w.t, w.run.Plan(context.Background(), []ledger.Effect{e}))
}

func key(object, id, role string) ledger.EffectKey {
	return ledger.EffectKey{Object: object, SourceID: id, Role: role, Part: 1}
}

func create(object, id, role string) ledger.Effect {
	return ledger.Effect{EffectKey: key(object, id, role), Verb: ledger.Create, How: "created"}
}

func ours(id string, more ...target.Want) []target.Want {
	return append([]target.Want{target.Custom(crawl.SourceField, target.KindText, id)}, more...)
}

func on(object, id string) mapping.Ref { return mapping.Ref{Object: object, SourceID: id} }

func linkTo(list string, id int64) target.Want {
	return target.Want{Path: target.LinkPath(list, id), Wire: map[string]any{"entityType": "Contacts", "id": json.Number(strconv.FormatInt(id, 10))}, Field: list, Verdict: target.Equal}
}

// migrate writes effects of every kind: companies, people and leads made and merged, notes, a completed task, an activity, files.
func (w *world) migrate() {
	ctx := context.Background()
	c := crawl.Crawler{Client: w.client, Run: w.run, Defs: w.defs, Number: 1}
	require.NoError(w.t, c.Do(ctx, turn(), crawl.All...))
	start := time.Date(2024, 5, 2, 15, 0, 0, 0, time.UTC)

	w.plan("companies", ledger.Effect{EffectKey: key("companies", "org-1", "record"), Verb: ledger.Edit, How: "merged", TargetID: w.own.merged},
		mapping.Projection{Type: "Accounts", Wants: ours("org-1", target.Text("name", "Tern"), target.Phone("main", "5125550102"))})
	w.plan("companies", create("companies", "org-2", "record"), mapping.Projection{Type: "Accounts", Wants: ours("org-2", target.Text("name", "Swift Homes"))})
	w.plan("companies", create("companies", "org-3", "record"), mapping.Projection{Type: "Accounts", Wants: ours("org-3", target.Text("name", "Rook Homes"))})

	w.plan("people", ledger.Effect{EffectKey: key("people", "c-1", "record"), Verb: ledger.Edit, How: "merged", TargetID: w.own.ann},
		mapping.Projection{Type: "Contacts", Wants: ours("c-1", target.NameParts("Ann", "Lee"), target.Phone("work", "5125550103"), target.Phone("home", "5125550104"),
			target.Text("description", "from the source"), target.Link("accounts", "companies", "org-2", "Buyer"), target.UserRef("owner", 2))})
	w.plan("people", create("people", "c-2", "record"), mapping.Projection{Type: "Contacts", Wants: ours("c-2",
		target.NameParts("Dan", "Roe"), target.Email("dan@x.example"), target.Link("accounts", "companies", "org-2", "Agent"))})
	w.plan("people", create("people", "c-3", "record"), mapping.Projection{Type: "Contacts", Wants: ours("c-3", target.NameText("Eve"), target.Link("accounts", "companies", "org-1", ""))})
	w.plan("people", create("people", "c-4", "record"), mapping.Projection{Type: "Contacts", Wants: ours("c-4", target.NameText("Fay"), target.Phone("mobile", "5125550105"))})

	w.plan("leads", create("leads", "l-1", "record"), mapping.Projection{Type: "Leads", Wants: ours("l-1", target.Text("description", "Dan: web"),
		target.Link("contacts", "people", "c-2", ""), target.LinkRef("primaryAccount", "companies", "org-2"))})
	w.plan("leads", create("leads", "l-1", "note"), mapping.Projection{Type: "Notes", Text: "[Rezora lead l-1] 2024-01-01T00:00:00Z\n\nmessage: hi", NoteOn: on("leads", "l-1")})
	w.plan("leads", create("leads", "l-2", "record"), mapping.Projection{Type: "Leads", Wants: ours("l-2", target.Text("description", "Cal: web"), linkTo("contacts", w.own.cal))})
	w.plan("leads", ledger.Effect{EffectKey: key("leads", "l-2", "close"), Verb: ledger.Edit, How: "created"}, mapping.Projection{Type: "Leads",
		Wants: []target.Want{target.EntityRef("outcome", "Lead_Outcomes", 1), target.Time("closedTime", start)}})

	note := func(id, text string, to mapping.Ref) {
		w.plan("notes", create("notes", id, "record"), mapping.Projection{Type: "Notes", Text: "[Rezora note " + id + "] 2024-01-01T00:00:00Z - Jo\n\n" + text, NoteOn: to})
	}
	note("n-1", "hello", on("people", "c-2"))
	note("n-2", "hello Ann", on("people", "c-1"))
	note("n-3", "hello Tern", on("companies", "org-1"))

	w.plan("tasks", create("tasks", "t-1", "record"), mapping.Projection{Type: "Tasks", Text: "[Rezora task t-1] created 2024-01-01T00:00:00Z", Wants: []target.Want{
		target.Text("title", "Call Dan"), target.Text("description", "[Rezora task t-1] created 2024-01-01T00:00:00Z"), target.LinkRef("entity", "people", "c-2")}})
	w.plan("tasks", ledger.Effect{EffectKey: key("tasks", "t-1", "complete"), Verb: ledger.Edit, How: "created"}, mapping.Projection{Type: "Tasks",
		Wants: []target.Want{target.Time("completedTime", start)}})
	w.plan("activities", create("activities", "a-1", "record"), mapping.Projection{Type: "Activities", Text: "[Rezora call a-1]", Wants: []target.Want{
		target.Text("name", "Call"), target.Int("status", 1), target.Text("description", "[Rezora call a-1]"), target.Time("startTime", start), target.Time("endTime", start),
		target.EntityRef("activityType", "Activity_Types", 1), target.Link("participants", "people", "c-2", ""), target.Participant("Users", 2)}})

	sum := sha256.Sum256([]byte(fileText))
	for id, to := range map[string]mapping.Ref{"f-1": on("people", "c-2"), "f-2": on("people", "c-1")} {
		w.plan("attachments", create("attachments", id, "note"), mapping.Projection{Type: "Notes", Text: "[Rezora file " + id + "] deed.txt", NoteOn: to})
		w.plan("attachments", ledger.Effect{EffectKey: key("attachments", id, "file"), Verb: ledger.Upload, How: "created"}, mapping.Projection{Type: "Files",
			File: &mapping.File{Name: "deed.txt", ContentType: "text/plain", Size: int64(len(fileText)), SHA256: hex.EncodeToString(sum[:])}})
	}
	w.write("companies", "people", "leads", "notes", "tasks", "activities", "attachments")
}

func (w *world) writer() *effect.Writer {
	return &effect.Writer{
		Run: w.run, Client: w.client, Project: w.wants, Files: files{}, Defs: w.defs, Breaker: &effect.Breaker{}, Marks: effect.NewMarks(nil), Log: zap.NewNop(),
		Crawl: 1, Timeout: 2 * time.Second, UploadTimeout: 2 * time.Second, Concurrency: 4, IDsGrow: true,
	}
}

func (w *world) write(steps ...string) {
	w.t.Helper()
	ctx := context.Background()
	for _, name := range steps {
		n, _, err := w.run.StepSize(ctx, name)
		require.NoError(w.t, err)
		rows, err := w.run.Effects(ctx, name, false, 1, n)
		require.NoError(w.t, err)
		_, err = w.writer().Page(ctx, turn(), rows, "")
		require.NoError(w.t, err)
		rows, err = w.run.Effects(ctx, name, false, 1, n)
		require.NoError(w.t, err)
		for _, e := range rows {
			require.Equal(w.t, ledger.Done, e.State, "%s: %s", e.EffectKey, e.Reason)
		}
	}
}

func turn() *step.Turn { return step.NewTurn("test", time.Hour) }

// target is the id in Nutshell of a migrated record.
func (w *world) target(object, id, role string) int64 {
	w.t.Helper()
	e, ok, err := w.run.Effect(context.Background(), key(object, id, role))
	require.NoError(w.t, err)
	require.True(w.t, ok)
	require.NotZero(w.t, e.TargetID)
	return e.TargetID
}

// attempt begins a rollback, or finds it begun.
func (w *world) attempt(edited string) undo.Rollback {
	w.t.Helper()
	r, err := undo.Begin(context.Background(), w.run, undo.Rollback{WorkflowID: "rollback/acme", FirstRunID: "undo-" + strconv.Itoa(w.runID), Edited: edited})
	require.NoError(w.t, err)
	return r
}

func (w *world) undoer(r undo.Rollback, client *nutshell.Client) *undo.Undoer {
	return &undo.Undoer{
		Run: w.run, Client: client, Defs: w.defs, Breaker: &effect.Breaker{}, Crawl: r.Crawl(), CrawledAt: r.CrawledAt, Timeout: 2 * time.Second,
		Concurrency: 3, Force: r.Force(),
	}
}

// rollback does what the workflow does, in small pages.
func (w *world) rollback(ctx context.Context, client *nutshell.Client, edited string) (report.Rollback, error) {
	r, err := undo.Begin(ctx, w.run, undo.Rollback{WorkflowID: "rollback/acme", FirstRunID: "undo-" + strconv.Itoa(w.runID), Edited: edited})
	if err != nil {
		return report.Rollback{}, err
	}
	r, steps, err := w.undoer(r, client).Survey(ctx, turn(), r, 1)
	if err != nil {
		return report.Rollback{}, err
	}
	for _, s := range steps {
		for from := int64(1); from <= s.N; from += 3 {
			if _, err := w.undoer(r, client).Page(ctx, turn(), s.Step, from, min(from+2, s.N)); err != nil {
				return report.Rollback{}, err
			}
		}
	}
	return w.undoer(r, client).Prove(ctx, turn(), r, 1)
}

// undone is a rollback that must work.
func (w *world) undone(edited string) report.Rollback {
	w.t.Helper()
	rep, err := w.rollback(context.Background(), w.client, edited)
	require.NoError(w.t, err)
	return rep
}

// killer is a network that dies with the process at its n-th exchange: before the request leaves, or before its answer is read.
type killer struct {
	mu    sync.Mutex
	base  http.RoundTripper
	left  int
	after bool
	die   func()
	dead  bool
	made  int
}

var errDead = errors.New("the process is dead")

func (k *killer) RoundTrip(r *http.Request) (*http.Response, error) {
	k.mu.Lock()
	if k.dead {
		k.mu.Unlock()
		return nil, errDead
	}
	k.made++
	last := k.left > 0 && k.made == k.left
	if last {
		k.dead = true
	}
	k.mu.Unlock()
	if last && !k.after {
		k.die()
		return nil, errDead
	}
	resp, err := k.base.RoundTrip(r)
	if last {
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		k.die()
		return nil, errDead
	}
	return resp, err
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func marshal(t testing.TB, v any) []byte {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}
