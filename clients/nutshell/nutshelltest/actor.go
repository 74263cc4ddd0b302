package nutshelltest

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Actor works in the account as a person would in the product: by the rules of
// the contract for values and links, but without key, rev, limits of rate,
// faults or counters. Server embeds one for user 1.
type Actor struct {
	s      *Server
	userID int64
}

// As is the same access as another user. An unknown id makes every call fail.
func (a Actor) As(userID int64) Actor { return Actor{a.s, userID} }

// Call runs any JSON-RPC method with named parameters and decodes its result
// into out unless that is nil. Edits and deletes without rev take the present
// one. A refusal is an *Error.
func (a Actor) Call(name string, params map[string]any, out any) error {
	raw, err := json.Marshal(params)
	if err != nil {
		return fmt.Errorf("simulator call %s: %w", name, err)
	}
	v, err := decodeJSON(raw)
	if err != nil {
		return fmt.Errorf("simulator call %s: %w", name, err)
	}
	in, _ := v.(map[string]any)
	result, refusal := a.call(name, in)
	if refusal != nil {
		return refusal
	}
	if out == nil {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(result))
	dec.UseNumber()
	return dec.Decode(out)
}

func (a Actor) call(name string, params object) ([]byte, *Error) {
	m := rpcMethods[name]
	if m == nil {
		return nil, errMethod
	}
	if params == nil {
		params = object{}
	}
	if params["rev"] == nil {
		params["rev"] = "REV_IGNORE"
	}
	a.s.db.mu.RLock()
	u := a.s.db.users.rows[a.userID]
	a.s.db.mu.RUnlock()
	if u == nil {
		return nil, notFound(kUsers)
	}
	c := newCall(a.s, &actor{user: u}, params)
	if err := a.s.invoke(m, c); err != nil {
		return nil, err
	}
	return c.out.b, nil
}

type made struct {
	ID int64 `json:"id"`
}

func (a Actor) create(method, param string, fields map[string]any) (int64, error) {
	if fields == nil {
		fields = map[string]any{}
	}
	var m made
	err := a.Call(method, map[string]any{param: fields}, &m)
	return m.ID, err
}

func (a Actor) edit(method, idParam string, id int64, param string, fields map[string]any) error {
	if fields == nil {
		fields = map[string]any{}
	}
	return a.Call(method, map[string]any{idParam: id, param: fields}, nil)
}

// CreateContact makes a contact from the input keys of nutshell contract 3.2.
func (a Actor) CreateContact(fields map[string]any) (int64, error) {
	return a.create("newContact", "contact", fields)
}

// EditContact changes a contact whatever its rev.
func (a Actor) EditContact(id int64, fields map[string]any) error {
	return a.edit("editContact", "contactId", id, "contact", fields)
}

// DeleteContact deletes a contact softly, whatever its rev.
func (a Actor) DeleteContact(id int64) error {
	return a.Call("deleteContact", map[string]any{"contactId": id}, nil)
}

// CreateAccount makes an account from the input keys of nutshell contract 3.3.
func (a Actor) CreateAccount(fields map[string]any) (int64, error) {
	return a.create("newAccount", "account", fields)
}

// EditAccount changes an account whatever its rev.
func (a Actor) EditAccount(id int64, fields map[string]any) error {
	return a.edit("editAccount", "accountId", id, "account", fields)
}

// DeleteAccount deletes an account softly, whatever its rev.
func (a Actor) DeleteAccount(id int64) error {
	return a.Call("deleteAccount", map[string]any{"accountId": id}, nil)
}

// CreateLead makes a lead from the input keys of nutshell contract 3.4.
func (a Actor) CreateLead(fields map[string]any) (int64, error) {
	return a.create("newLead", "lead", fields)
}

// EditLead changes a lead whatever its rev.
func (a Actor) EditLead(id int64, fields map[string]any) error {
	return a.edit("editLead", "leadId", id, "lead", fields)
}

// DeleteLead deletes a lead softly, whatever its rev.
func (a Actor) DeleteLead(id int64) error {
	return a.Call("deleteLead", map[string]any{"leadId": id}, nil)
}

// AddNote puts a note on a contact, account or lead.
func (a Actor) AddNote(entityType string, id int64, text string) (int64, error) {
	var m made
	err := a.Call("newNote", map[string]any{"entity": map[string]any{"entityType": entityType, "id": id}, "note": text}, &m)
	return m.ID, err
}

// EditNote changes a note of the acting user within its day.
func (a Actor) EditNote(id int64, text string) error {
	return a.Call("editNote", map[string]any{"noteId": id, "note": text}, nil)
}

// DeleteNote deletes a note softly and its files for good.
func (a Actor) DeleteNote(id int64) error {
	return a.Call("deleteNote", map[string]any{"noteId": id}, nil)
}

// CreateTask makes a task from the input keys of nutshell contract 3.6.
func (a Actor) CreateTask(fields map[string]any) (int64, error) {
	return a.create("newTask", "task", fields)
}

// EditTask changes a task whatever its rev.
func (a Actor) EditTask(id int64, fields map[string]any) error {
	return a.edit("editTask", "taskId", id, "task", fields)
}

// DeleteTask deletes a task softly.
func (a Actor) DeleteTask(id int64) error {
	return a.Call("deleteTask", map[string]any{"taskId": id}, nil)
}

// CreateActivity makes an activity from the input keys of nutshell contract 3.6.
func (a Actor) CreateActivity(fields map[string]any) (int64, error) {
	return a.create("newActivity", "activity", fields)
}

// EditActivity changes an activity whatever its rev.
func (a Actor) EditActivity(id int64, fields map[string]any) error {
	return a.edit("editActivity", "activityId", id, "activity", fields)
}

// DeleteActivity deletes an activity softly.
func (a Actor) DeleteActivity(id int64) error {
	return a.Call("deleteActivity", map[string]any{"activityId": id}, nil)
}

// Get returns the full record, deleted ones included unless getDeleted is 404.
// Numbers are json.Number.
func (a Actor) Get(entityType string, id int64) (map[string]any, error) {
	for name, m := range map[string][2]string{
		"Contacts": {"getContact", "contactId"}, "Accounts": {"getAccount", "accountId"}, "Leads": {"getLead", "leadId"},
		"Notes": {"getNote", "noteId"}, "Tasks": {"getTask", "taskId"}, "Activities": {"getActivity", "activityId"},
		"Users": {"getUser", "userId"}, "Teams": {"getTeam", "teamId"},
	} {
		if name == entityType {
			var out map[string]any
			err := a.Call(m[0], map[string]any{m[1]: id}, &out)
			return out, err
		}
	}
	return nil, fmt.Errorf("simulator get: no entity type %q", entityType)
}
