package effect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/target"
)

// AnswerKey is where the server's words about a refused effect are kept, encrypted.
func AnswerKey(k ledger.EffectKey) string { return "answer/" + name(k) }

// request describes the intent before it is committed: what will be sent, and from where a lost record would have to be looked for.
func (w *Writer) request(j *job) (ledger.ClaimRequest, error) {
	r := ledger.ClaimRequest{Key: j.row.EffectKey, TargetType: j.p.Type}
	switch j.row.Verb {
	case ledger.Edit, ledger.Delete:
		r.TargetID, r.Rev, r.PreImage, r.BodyHash = j.edit.view.ID, j.edit.view.Rev, j.edit.pre, hashBody(j.edit.body)
	case ledger.Upload:
		r.TargetID, r.BodyHash = j.own.TargetID, hashBody(map[string]any{"name": j.p.File.Name, "sha256": j.p.File.SHA256, "size": j.p.File.Size})
	default:
		body, err := w.createBody(j)
		if err != nil {
			return r, err
		}
		j.body = body
		r.HighWater, r.BodyHash = w.Marks.Highest(j.p.Type), hashBody(body)
	}
	return r, nil
}

func (w *Writer) createBody(j *job) (map[string]any, error) {
	if j.p.Type == string(nutshell.Notes) {
		return map[string]any{"note": j.p.Text, "on": j.on}, nil
	}
	body, err := target.CreateBody(j.p.Type, j.wants, j.where)
	if err != nil {
		return nil, fmt.Errorf("build %s: %w", name(j.row.EffectKey), err)
	}
	if key := ownerKeys[nutshell.EntityType(j.p.Type)]; w.OwnerIsCaller && key != "" {
		if _, owned := body[key]; !owned {
			body[key] = nil
		}
	}
	return body, nil
}

// ownerKeys are the keys under which records have an owner.
var ownerKeys = map[nutshell.EntityType]string{nutshell.Accounts: "owner", nutshell.Contacts: "owner", nutshell.Leads: "assignee", nutshell.Tasks: "assignee"}

func hashBody(body map[string]any) string {
	b, err := json.Marshal(body)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// call makes the one call of a claim and judges its answer.
func (w *Writer) call(ctx context.Context, j *job, c claim, accepted string) (ledger.Outcome, error) {
	switch j.row.Verb {
	case ledger.Create:
		return w.create(ctx, j, c, accepted)
	case ledger.Edit:
		return w.sendEdit(ctx, j, c, accepted)
	case ledger.Upload:
		return w.upload(ctx, j, c, accepted)
	case ledger.Delete:
		return w.sendDelete(ctx, j, c, accepted)
	}
	return release(c), fmt.Errorf("effect %s: verb %q has no call", name(c.Key), j.row.Verb)
}

// create sends one POST, with the source key in it. It is never sent again by any layer.
func (w *Writer) create(ctx context.Context, j *job, c claim, accepted string) (ledger.Outcome, error) {
	var e nutshell.Entity
	var err error
	if t := nutshell.EntityType(j.p.Type); t == nutshell.Notes {
		e, err = w.Client.NewNote(ctx, parentType(j.p), j.on, j.p.Text, j.p.ActAs)
	} else {
		e, err = w.Client.Create(ctx, t, j.body)
	}
	if err != nil {
		return w.failed(ctx, j, c, err, accepted)
	}
	w.Breaker.Succeeded()
	w.Marks.Saw(j.p.Type, e.ID)
	return w.created(j, c, e, "created")
}

// created is the outcome of a record that is there: its id, its rev, and what Nutshell shows of it.
func (w *Writer) created(j *job, c claim, e nutshell.Entity, how string) (ledger.Outcome, error) {
	out := ledger.Outcome{Claim: c.Claim, State: ledger.Done, How: how, Type: j.p.Type, ID: e.ID, Rev: e.Rev}
	view, err := target.FromWire(j.p.Type, e.Raw, w.Defs[nutshell.EntityType(j.p.Type)])
	if err != nil {
		// The record is there; what it shows is read again by the comparison.
		return out, nil
	}
	wants := j.wants
	if j.p.Type == string(nutshell.Notes) {
		wants = []target.Want{target.Text("note", j.p.Text)}
	}
	shown, ours := target.Remember(nil, nil, wants, wants, view, j.where, w.Run.ShortHash)
	if how == "adopted" {
		w.asWritten(shown, wants, view, j.where)
	}
	out.Shown, out.Ours = shown, texts(ours)
	return out, nil
}

// asWritten makes what the map demanded the base where an adopted record shows another value: between the lost answer and the look-up a
// person may have edited it, and that edit must not be taken for ours (I7).
func (w *Writer) asWritten(shown map[string]string, wants []target.Want, view target.View, where target.Resolve) {
	for i, f := range target.Compare(wants, view, where) {
		if f.Fault() && f.Path != "" {
			shown[string(f.Path)] = w.Run.ShortHash(wants[i].Canon)
		}
	}
}

func texts(paths []target.Path) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = string(p)
	}
	return out
}

func paths(texts []string) []target.Path {
	out := make([]target.Path, len(texts))
	for i, t := range texts {
		out[i] = target.Path(t)
	}
	return out
}

var objectTypes = map[string]nutshell.EntityType{
	mapping.Companies: nutshell.Accounts, mapping.People: nutshell.Contacts, mapping.LeadObjects: nutshell.Leads,
}

// parentType is the entity type of the record a note is written on.
func parentType(p mapping.Projection) nutshell.EntityType { return objectTypes[p.NoteOn.Object] }

// markerOf is what a record of an effect carries, so that it can be found again: our key, or a header line.
func markerOf(j *job) string {
	switch nutshell.EntityType(j.p.Type) {
	case nutshell.Notes, nutshell.Tasks, nutshell.Activities:
		if h, ok := crawl.ParseHeader(j.p.Text); ok {
			return h.Key()
		}
		return crawl.Header{Object: j.row.Object, ID: j.row.SourceID}.Key()
	}
	return j.row.SourceID
}

func isAny(err error, targets ...error) bool {
	for _, t := range targets {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}
