package target_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/target"
)

// server is the little of Nutshell that turns input into output: the forms of nutshell contract section 3, in both record shapes. It is
// written from the contract alone and shares nothing with the package.
type server struct {
	t       testing.TB
	full    bool // recordShape=full
	dates   bool // dateShape=object
	from    int  // unlabelledFrom
	defs    target.Defs
	nextID  int64
	records map[string]map[string]any // "<type>/<id>" -> state
}

func newServer(t testing.TB) *server {
	return &server{t: t, records: map[string]map[string]any{}, defs: target.Defs{
		"Rezora_ID__c": {Type: target.KindText}, "Created": {Type: target.KindDateTime}, "Born": {Type: target.KindDate},
		"Score": {Type: target.KindNumber}, "Budget": {Type: target.KindCurrency}, "Unsubscribed__c": {Type: target.KindBoolean},
		"Groups": {Type: target.KindTextArea}, "Kind": {Type: target.KindSelect}, "Areas: all": {Type: target.KindSelect, Multiple: true},
	}}
}

func (s *server) wire(v any) map[string]any {
	b, err := json.Marshal(v)
	require.NoError(s.t, err)
	return decode(s.t, string(b))
}

func decode(t testing.TB, text string) map[string]any {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var out map[string]any
	require.NoError(t, dec.Decode(&out))
	return out
}

func (s *server) create(entityType string, body map[string]any) (int64, target.View) {
	s.nextID++
	state := map[string]any{}
	if entityType == "Leads" {
		state["status"] = "0"
	}
	s.records[key(entityType, s.nextID)] = state
	s.apply(entityType, state, s.wire(body), true)
	return s.nextID, s.get(entityType, s.nextID)
}

func (s *server) edit(entityType string, id int64, body map[string]any) target.View {
	if body != nil {
		s.apply(entityType, s.records[key(entityType, id)], s.wire(body), false)
	}
	return s.get(entityType, id)
}

// person edits the record behind the migration's back.
func (s *server) person(entityType string, id int64, change func(state map[string]any)) target.View {
	change(s.records[key(entityType, id)])
	return s.get(entityType, id)
}

func (s *server) get(entityType string, id int64) target.View {
	v, err := target.FromWire(entityType, s.raw(entityType, id), s.defs)
	require.NoError(s.t, err)
	return v
}

func key(entityType string, id int64) string { return fmt.Sprint(entityType, "/", id) }

func (s *server) apply(entityType string, state, body map[string]any, isNew bool) {
	for name, value := range body {
		switch name {
		case "email", "phone", "url", "address":
			state[name] = s.dictionary(value)
		case "customFields":
			fields, _ := state[name].(map[string]any)
			if fields == nil {
				fields = map[string]any{}
				state[name] = fields
			}
			for field, v := range value.(map[string]any) {
				if fields[field] = v; v == nil {
					delete(fields, field)
				}
			}
		case "status":
			if entityType == "Activities" {
				state[name] = value
				continue
			}
			require.Equal(s.t, "0", value.(json.Number).String(), "a bare closed status is refused")
			state["status"], state["outcome"], state["closedTime"] = "0", nil, nil
		case "isPending":
			state["status"], state["outcome"], state["closedTime"] = "1", nil, nil
		case "outcome":
			require.False(s.t, isNew, "newLead ignores an outcome")
			state["status"], state["outcome"] = "10", value
			if state["closedTime"] = body["closedTime"]; state["closedTime"] == nil {
				state["closedTime"] = "2026-07-01T00:00:00Z"
			}
		case "closedTime":
			require.False(s.t, isNew, "newLead ignores a closing time")
			state[name] = value
		case "completedTime":
			require.False(s.t, isNew, "newTask ignores a completion")
			state[name] = value
		default:
			state[name] = value
		}
	}
}

type item struct {
	label   string
	value   any
	primary bool
}

// dictionary follows the input rules of nutshell contract 3.1.
func (s *server) dictionary(value any) []item {
	m, ok := value.(map[string]any)
	if !ok {
		require.Nil(s.t, value)
		return nil
	}
	keys := slices.Collect(maps.Keys(m))
	slices.SortFunc(keys, func(a, b string) int {
		x, errX := strconv.Atoi(a)
		y, errY := strconv.Atoi(b)
		switch {
		case errX == nil && errY == nil:
			return x - y
		case errX == nil:
			return -1
		case errY == nil:
			return 1
		}
		return strings.Compare(a, b)
	})
	var out []item
	for _, k := range keys {
		if k == "--primary" {
			continue
		}
		label := k
		if _, err := strconv.Atoi(k); err == nil {
			label = ""
		}
		out = append(out, item{label: label, value: m[k]})
	}
	marked, ok := m["--primary"]
	for i := range out {
		if !ok && i == 0 || ok && s.json(marked) == s.json(out[i].value) {
			out[i].primary = true
			return out
		}
	}
	require.Empty(s.t, out, "--primary equals no entry")
	return out
}

func (s *server) json(v any) string {
	b, err := json.Marshal(v)
	require.NoError(s.t, err)
	return string(b)
}

// raw is the full record as get* would answer it.
func (s *server) raw(entityType string, id int64) map[string]any {
	state := s.records[key(entityType, id)]
	out := map[string]any{"id": id, "rev": "0", "entityType": entityType, "modifiedTime": "2026-03-02T08:10:00+0000", "htmlUrl": "x"}
	if s.full {
		out["deletedTime"], out["customFields"], out["territory"] = nil, []any{}, nil
	}
	for name, value := range state {
		switch name {
		case "email", "phone", "url", "address":
			s.printDictionary(out, name, value.([]item))
		case "customFields":
			fields := map[string]any{}
			for field, v := range value.(map[string]any) {
				fields[field] = s.custom(field, v)
			}
			if len(fields) > 0 {
				out[name] = fields
			}
		case "name":
			out[name] = value
			if entityType == "Contacts" && value != nil {
				out[name] = printName(value)
			}
		case "accounts", "contacts", "leads", "sources", "participants":
			links := []any{}
			for _, l := range value.([]any) {
				in := l.(map[string]any)
				links = append(links, map[string]any{"stub": true, "id": in["id"], "rev": "4", "entityType": in["entityType"],
					"name": "x", "relationship": in["relationship"], "status": 0})
			}
			out[name] = links
		case "owner", "assignee", "primaryAccount", "outcome":
			out[name] = value
			if m, ok := value.(map[string]any); ok {
				out[name] = map[string]any{"stub": true, "id": m["id"], "rev": "0", "entityType": m["entityType"], "name": "x"}
			}
		case "entity":
			m := value.(map[string]any)
			stub := map[string]any{"stub": true, "id": m["id"], "rev": "0", "entityType": m["entityType"]}
			if out[name] = stub; entityType == "Notes" {
				delete(out, name)
				out[map[string]string{"Contacts": "contact", "Accounts": "account", "Leads": "lead"}[m["entityType"].(string)]] = stub
			}
		case "note":
			out["note"], out["noteMarkup"], out["noteHtml"] = value, value, "<p>"
			if text, ok := value.(string); ok {
				out["note"] = strings.ReplaceAll(text, "@[users:1-users]", "Bo Lind")
			}
		case "activityTypeId":
			out["activityType"] = map[string]any{"stub": true, "id": value, "rev": "0", "entityType": "Activity_Types", "name": "Call"}
		case "location":
			out[name] = value
			if !s.full {
				out[name] = map[string]any{"name": "", "location": nil, "address_1": value, "city": "", "timezone": nil}
			}
		case "startTime", "endTime", "dueTime", "completedTime", "closedTime":
			out[name] = s.time(value)
		default:
			out[name] = value
		}
	}
	return s.wire(out)
}

func (s *server) time(v any) any {
	if v == nil {
		return nil
	}
	t, err := time.Parse(time.RFC3339, v.(string))
	require.NoError(s.t, err)
	return t.UTC().Format("2006-01-02T15:04:05-0700")
}

func (s *server) custom(name string, v any) any {
	switch s.defs[name].Type {
	case target.KindCurrency:
		m := v.(map[string]any)
		return map[string]any{"currency": m["currency"], "amount": fmt.Sprint(m["amount"], ".00")}
	case target.KindDateTime:
		return s.time(v)
	case target.KindDate:
		if s.dates {
			t, err := time.Parse(time.DateOnly, v.(string))
			require.NoError(s.t, err)
			return map[string]any{"timestamp": t.Unix()}
		}
	}
	return v
}
