package account

import (
	"bytes"
	"context"
	"crypto/sha256"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/ledger"
)

// create makes a marked record. Of several bodies the next one is tried when the account refuses the values of the one before; which says
// which it took.
func (s *session) create(ctx context.Context, t nutshell.EntityType, role string, bodies ...map[string]any) (e nutshell.Entity, which int, err error) {
	for i, body := range bodies {
		e, err = s.perform(ctx, act{
			marker: s.marker, role: role, verb: ledger.Create, t: t, lags: t != nutshell.Notes,
			send: func(ctx context.Context) (nutshell.Entity, error) { return s.Client.Create(ctx, t, body) },
			find: func(ctx context.Context) (nutshell.Entity, bool, error) { return s.findNew(ctx, t) },
		})
		if err == nil {
			return s.saw(e), i, nil
		}
		if !refusedWith(err) {
			break
		}
	}
	return e, 0, err
}

// findNew looks for a marked record that this session does not know yet.
func (s *session) findNew(ctx context.Context, t nutshell.EntityType) (nutshell.Entity, bool, error) {
	list, err := s.lookup(ctx, t, s.marker, s.parents())
	if err != nil {
		return nutshell.Entity{}, false, err
	}
	for _, e := range list {
		if _, known := s.seen[recordKey{t, e.ID}]; !known {
			return e, true, nil
		}
	}
	return nutshell.Entity{}, false, nil
}

// parents are the records of this session that others hang on.
func (s *session) parents() []recordKey {
	var out []recordKey
	for k := range s.seen {
		if k.t.TakesNotes() {
			out = append(out, k)
		}
	}
	return out
}

// newNote puts a marked note on a record.
func (s *session) newNote(ctx context.Context, role string, on nutshell.Entity, text string) (nutshell.Entity, error) {
	e, err := s.perform(ctx, act{
		marker: s.marker, role: role, verb: ledger.Create, t: nutshell.Notes, parent: recordKey{on.Type, on.ID}, lags: true,
		send: func(ctx context.Context) (nutshell.Entity, error) {
			return s.Client.NewNote(ctx, on.Type, on.ID, text, "")
		},
		find: func(ctx context.Context) (nutshell.Entity, bool, error) { return s.findNew(ctx, nutshell.Notes) },
	})
	if err != nil {
		return e, err
	}
	return s.saw(e), nil
}

// edit changes a record. Where another call has moved its rev, it is read again, a bounded number of times.
func (s *session) edit(ctx context.Context, role string, on nutshell.Entity, body map[string]any) (e nutshell.Entity, err error) {
	for range tries {
		if e, err = s.editAt(ctx, role, on, on.Rev, body); !nutshell.IsStale(err) {
			return e, err
		}
		if on, err = s.Client.Get(ctx, on.Type, on.ID); err != nil {
			return e, err
		}
	}
	return e, errUnclear
}

// editAt sends an edit with any rev; the pre-image is the record as last shown.
func (s *session) editAt(ctx context.Context, role string, on nutshell.Entity, rev string, body map[string]any) (nutshell.Entity, error) {
	return s.change(ctx, role, on, rev, func(ctx context.Context) (nutshell.Entity, error) {
		return s.Client.Edit(ctx, on.Type, on.ID, rev, body)
	})
}

// editNote replaces the text of a note.
func (s *session) editNote(ctx context.Context, role string, on nutshell.Entity, text string) (nutshell.Entity, error) {
	return s.change(ctx, role, on, on.Rev, func(ctx context.Context) (nutshell.Entity, error) {
		return s.Client.EditNote(ctx, on.ID, on.Rev, text, "")
	})
}

func (s *session) change(ctx context.Context, role string, on nutshell.Entity, rev string, send func(context.Context) (nutshell.Entity, error)) (nutshell.Entity, error) {
	sent := on
	sent.Rev = rev
	e, err := s.perform(ctx, act{
		marker: s.marker, role: role, verb: ledger.Edit, t: on.Type, on: sent, send: send,
		find: func(ctx context.Context) (nutshell.Entity, bool, error) { // nobody else edits a probe record: a rev that moved is this edit's
			now, err := s.Client.Get(ctx, on.Type, on.ID)
			return now, err == nil && now.Rev != on.Rev, err
		},
	})
	if err != nil {
		return e, err
	}
	return s.saw(e), nil
}

// removeOnce deletes a record with a rev, once.
func (p *Prober) removeOnce(ctx context.Context, marker, role string, on nutshell.Entity, rev string) error {
	sent := on
	sent.Rev = rev
	_, err := p.perform(ctx, act{
		marker: marker, role: role + "/delete", verb: ledger.Delete, t: on.Type, on: sent,
		send: func(ctx context.Context) (nutshell.Entity, error) {
			return nutshell.Entity{ID: on.ID, Rev: rev}, p.Client.Delete(ctx, on.Type, on.ID, rev)
		},
		find: func(ctx context.Context) (nutshell.Entity, bool, error) {
			now, err := p.Client.Get(ctx, on.Type, on.ID)
			if nutshell.IsNotFound(err) || err == nil && now.Deleted {
				return nutshell.Entity{ID: on.ID, Rev: now.Rev}, true, nil
			}
			return now, false, err
		},
	})
	return err
}

// undelete brings a record back; before is the record before its deletion.
func (s *session) undelete(ctx context.Context, role string, before nutshell.Entity) error {
	_, err := s.perform(ctx, act{
		marker: s.marker, role: role + "/undelete", verb: ledger.Edit, t: before.Type, on: before,
		send: func(ctx context.Context) (nutshell.Entity, error) {
			return nutshell.Entity{ID: before.ID}, s.Client.Undelete(ctx, before.Type, before.ID)
		},
		find: func(ctx context.Context) (nutshell.Entity, bool, error) {
			now, err := s.Client.Get(ctx, before.Type, before.ID)
			if nutshell.IsNotFound(err) {
				return now, false, nil
			}
			return now, err == nil && !now.Deleted, err
		},
	})
	return err
}

// upload puts a file on the session's note.
func (s *session) upload(ctx context.Context, name string, content []byte) (int64, error) {
	size := int64(len(content))
	e, err := s.perform(ctx, act{
		marker: s.marker, role: "file", verb: ledger.Upload, t: nutshell.Files, parent: recordKey{nutshell.Notes, s.note.ID},
		send: func(ctx context.Context) (nutshell.Entity, error) {
			f, err := s.Client.Upload(ctx, s.note.ID, name, "application/octet-stream", bytes.NewReader(content), size)
			return nutshell.Entity{ID: f.ID}, err
		},
		find: func(ctx context.Context) (nutshell.Entity, bool, error) {
			files, err := s.Client.NoteFiles(ctx, s.note.ID)
			for _, f := range files {
				if f.Size == size {
					return nutshell.Entity{ID: f.ID}, true, nil
				}
			}
			return nutshell.Entity{}, false, err
		},
	})
	return e.ID, err
}

// sameFile downloads a file and compares it.
func (s *session) sameFile(ctx context.Context, id int64, content []byte) (bool, error) {
	h := sha256.New()
	if err := s.Client.Download(ctx, id, int64(len(content)), h); err != nil {
		return false, err
	}
	want := sha256.Sum256(content)
	return bytes.Equal(h.Sum(nil), want[:]), nil
}
