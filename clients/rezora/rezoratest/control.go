package rezoratest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
)

// serveControl answers the control plane, which lets another process steer
// the simulator. It takes no credential: serve it on trusted hosts only.
//
//	GET    /_sim/health
//	GET    /_sim/stats                     DELETE sets the counters to zero
//	GET    /_sim/config                    without secrets; PATCH changes switches
//	GET    /_sim/agents
//	GET    /_sim/rows/{resource}?deleted=true
//	GET    /_sim/legacy/{resource}
//	POST   /_sim/rows/{resource}           a JSON object, as Put
//	DELETE /_sim/rows/{resource}/{id}
//	POST   /_sim/restore/{resource}/{id}   POST /_sim/touch/{resource}/{id}
//	POST   /_sim/churn?n=10
func (s *Server) serveControl(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/_sim/"), "/")
	var a [3]string
	copy(a[:], parts)
	answer, err := s.control(r, a, len(parts))
	w.Header().Set("Content-Type", jsonType)
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case errors.Is(err, errNoControl), errors.Is(err, ErrNotFound):
		w.WriteHeader(http.StatusNotFound)
		answer = map[string]string{"error": err.Error()}
	case err != nil:
		w.WriteHeader(http.StatusBadRequest)
		answer = map[string]string{"error": err.Error()}
	}
	_, _ = w.Write(append(mustEncode(answer), '\n'))
}

var errNoControl = errors.New("rezoratest: no such control")

func (s *Server) control(r *http.Request, a [3]string, depth int) (any, error) {
	ok := map[string]string{"status": "ok"}
	switch route := r.Method + " " + a[0]; {
	case route == "GET health" && depth == 1:
		return ok, nil
	case route == "GET stats":
		return s.Stats(), nil
	case route == "DELETE stats":
		s.ResetStats()
		return ok, nil
	case route == "GET config":
		return s.publicConfig(), nil
	case route == "PATCH config":
		return ok, s.patchConfig(r.Body)
	case route == "GET agents":
		return s.Agents(), nil
	case route == "POST churn":
		n, err := strconv.Atoi(r.URL.Query().Get("n"))
		if err != nil || n < 0 {
			return nil, errors.New("rezoratest: churn: n must be a number")
		}
		return s.Churn(n), nil
	case resources[a[1]] == nil:
		return nil, errNoControl
	case route == "GET rows":
		return rowList(s.Rows(a[1], r.URL.Query().Get("deleted") == "true")), nil
	case route == "GET legacy":
		return rowList(s.LegacyRows(a[1])), nil
	case route == "POST rows":
		return s.putBody(a[1], r.Body)
	case route == "DELETE rows":
		return ok, s.Delete(a[1], a[2])
	case route == "POST restore":
		return ok, s.Restore(a[1], a[2])
	case route == "POST touch":
		return ok, s.Touch(a[1], a[2])
	}
	return nil, errNoControl
}

func rowList(rows []map[string]any) []map[string]any {
	if rows == nil {
		return []map[string]any{}
	}
	return rows
}

func (s *Server) putBody(resource string, body io.Reader) (any, error) {
	var m map[string]any
	dec := json.NewDecoder(body)
	dec.UseNumber()
	if err := dec.Decode(&m); err != nil {
		return nil, err
	}
	id, err := s.Put(resource, m)
	return map[string]string{"id": id}, err
}

func (s *Server) publicConfig() Config {
	c := s.config()
	c.Tokens, c.Users, c.Scopes, c.LegacyAgents, c.LegacyCompany = nil, nil, nil, nil, Credential{}
	c.Data, c.LegacyData = nil, nil
	return c
}

// dataSwitches shape the data set and cannot change once it exists.
var dataSwitches = []string{
	"seed", "size", "data", "legacyData", "futureDates", "unknownEnums", "collidingEventIds", "lateEvents", "metricsDrift", "dirtyText",
	"oddCustomProperties", "danglingRefs", "duplicateInAgent", "companyCycle", "legacyOnly", "currentOnly", "legacyServesDeleted",
	"unsubscribedOnlyIn", "attachmentOdd",
}

// patchConfig takes a JSON object of switches by their normative names.
func (s *Server) patchConfig(body io.Reader) error {
	raw, err := io.ReadAll(io.LimitReader(body, 1<<20))
	if err != nil {
		return err
	}
	var names map[string]json.RawMessage
	if err := json.Unmarshal(raw, &names); err != nil {
		return err
	}
	for _, name := range dataSwitches {
		if _, given := names[name]; given {
			return errors.New("rezoratest: " + name + " shapes the data set and cannot change")
		}
	}
	var decodeErr error
	err = s.Configure(func(c *Config) {
		next := *c
		for name := range names {
			clearSwitch(&next, name)
		}
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.DisallowUnknownFields()
		if decodeErr = dec.Decode(&next); decodeErr == nil {
			*c = next
		}
	})
	return errors.Join(decodeErr, err)
}

// clearSwitch empties a list or map, so that a patch replaces it and never
// writes into one that requests still read.
func clearSwitch(c *Config, name string) {
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if k := v.Field(i).Kind(); tag == name && (k == reflect.Map || k == reflect.Slice) {
			v.Field(i).SetZero()
		}
	}
}
