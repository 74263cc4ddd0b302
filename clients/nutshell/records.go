package nutshell

import (
	"context"
	"fmt"
)

// whole: an answer to a create or edit is one only with id and rev.
func whole(t EntityType) func(any) bool {
	return func(v any) bool {
		e, ok := DecodeEntity(v, t)
		return ok && e.Rev != ""
	}
}

// one runs a call that answers one record.
func (c *Client) one(ctx context.Context, t EntityType, r rpc) (Entity, error) {
	r.usable = whole(t)
	v, err := c.call(ctx, r)
	if err != nil {
		return Entity{}, err
	}
	e, _ := DecodeEntity(v, t)
	return e, nil
}

// badType is the error of a call that does not exist for a type.
func badType(method string, kind Kind, err error) error {
	return &Error{Outcome: NotSent, Method: method, Kind: kind, Fault: err.Error()}
}

// Create makes a contact, account, lead, task or activity and answers it as
// Nutshell shows it, with the rev it has then. Never repeated: IsInDoubt means
// that the record may exist and has to be looked for.
func (c *Client) Create(ctx context.Context, t EntityType, body map[string]any) (Entity, error) {
	s, err := t.singular()
	if err != nil || t == Notes || t == Users || t == Teams {
		return Entity{}, badType("new"+string(t), KindCreate, fmt.Errorf("entity type %q cannot be created so", string(t)))
	}
	return c.one(ctx, t, rpc{method: "new" + s, kind: KindCreate, params: map[string]any{t.param(): body}})
}

// NewNote adds a note to a contact, account or lead. actAs is the e-mail of
// the user who is to be its author, "" for the key's user; Nutshell honours it
// only for an impersonating key (nutshell contract 1.2).
func (c *Client) NewNote(ctx context.Context, parent EntityType, parentID int64, text, actAs string) (Entity, error) {
	return c.one(ctx, Notes, rpc{method: "newNote", kind: KindCreate, actAs: actAs,
		params: map[string]any{"entity": parent.Link(parentID), "note": text}})
}

// Edit changes the keys of body and nothing else. IsStale: rev is not the
// record's any more.
func (c *Client) Edit(ctx context.Context, t EntityType, id int64, rev string, body map[string]any) (Entity, error) {
	s, err := t.singular()
	if err != nil || t == Notes {
		return Entity{}, badType("edit"+string(t), KindEdit, fmt.Errorf("entity type %q cannot be edited so", string(t)))
	}
	return c.one(ctx, t, rpc{method: "edit" + s, kind: KindEdit,
		params: map[string]any{t.param() + "Id": id, "rev": rev, t.param(): body}})
}

// EditNote replaces the text of a note: its author's, within 24 h (else IsForbidden).
func (c *Client) EditNote(ctx context.Context, id int64, rev, text, actAs string) (Entity, error) {
	return c.one(ctx, Notes, rpc{method: "editNote", kind: KindEdit, actAs: actAs,
		params: map[string]any{"noteId": id, "rev": rev, "note": text}})
}

// Delete deletes softly. IsNotFound: missing, or deleted before; IsStale: rev
// is not the record's any more.
func (c *Client) Delete(ctx context.Context, t EntityType, id int64, rev string) error {
	s, err := t.singular()
	if err != nil {
		return badType("delete"+string(t), KindDelete, err)
	}
	_, err = c.call(ctx, rpc{method: "delete" + s, kind: KindDelete, usable: Bool,
		params: map[string]any{t.param() + "Id": id, "rev": rev}})
	return err
}

// Get reads one record. A deleted one comes with Deleted set, or as
// IsNotFound: accounts differ (nutshell contract 4.3).
func (c *Client) Get(ctx context.Context, t EntityType, id int64) (Entity, error) {
	s, err := t.singular()
	if err != nil {
		return Entity{}, badType("get"+string(t), KindRead, err)
	}
	return c.one(ctx, t, rpc{method: "get" + s, kind: KindRead, params: map[string]any{t.param() + "Id": id}})
}

// Undelete brings a deleted record back by REST, for 30 days after its
// deletion; a note comes back without its files. A live record stays as it is.
func (c *Client) Undelete(ctx context.Context, t EntityType, id int64) error {
	k := c.rest("undelete", KindEdit, "POST", fmt.Sprintf("/rest/%s/%d/undelete", t.Collection(), id))
	k.accept = func(status int, body []byte) *Error {
		m, e := k.readRest(status, body)
		if e != nil {
			return e
		}
		for _, v := range List(m[t.Collection()]) {
			row, _ := v.(map[string]any)
			if got, ok := ID(row["id"]); ok && got == id {
				return nil
			}
		}
		return k.broken(status, "answer without the record")
	}
	return c.do(ctx, k)
}
