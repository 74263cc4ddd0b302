package nutshelltest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Live are the switches that may change while the simulator runs; the body of
// GET and PATCH /_sim/config.
type Live struct {
	Limits
	Faults  []Fault `json:"faults"`
	Latency Latency `json:"latency"`
}

// serveControl is the control plane under /_sim/, for tests in other processes.
// It needs no credentials and counts nowhere.
//
//	GET   /_sim/health
//	GET   /_sim/config            all switches      PATCH: those that may change
//	GET   /_sim/stats                               DELETE: set the call counts to 0
//	GET   /_sim/snapshot
//	POST  /_sim/clock             {"advanceSeconds":86400}
//	POST  /_sim/user/<method>     any JSON-RPC method with its named params, ?as=<user id>; also those of setupCalls
func (s *Server) serveControl(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/_sim/")
	switch method, name, _ := strings.Cut(path, "/"); {
	case path == "health" && r.Method == http.MethodGet:
		control(w, http.StatusOK, object{"status": "ok"})
	case path == "config" && r.Method == http.MethodGet:
		control(w, http.StatusOK, s.Config())
	case path == "config" && r.Method == http.MethodPatch:
		s.patchConfig(w, r)
	case path == "stats" && r.Method == http.MethodGet:
		control(w, http.StatusOK, s.Stats())
	case path == "stats" && r.Method == http.MethodDelete:
		s.ResetStats()
		control(w, http.StatusOK, s.Stats())
	case path == "snapshot" && r.Method == http.MethodGet:
		control(w, http.StatusOK, s.Snapshot())
	case path == "clock" && r.Method == http.MethodPost:
		s.moveClock(w, r)
	case method == "user" && name != "" && r.Method == http.MethodPost:
		s.serveUser(w, r, name)
	default:
		controlError(w, http.StatusNotFound, "no such control: "+r.Method+" "+r.URL.Path)
	}
}

func control(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		controlError(w, http.StatusInternalServerError, err.Error())
		return
	}
	(&answer{status: status, ctype: typeJSON, body: body}).write(w)
}

func controlError(w http.ResponseWriter, status int, message string) {
	control(w, status, object{"code": status, "message": message})
}

// strict decodes a body and refuses unknown keys.
func strict(r io.Reader, v any) error {
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}

func (s *Server) patchConfig(w http.ResponseWriter, r *http.Request) {
	now := s.Config()
	live := Live{Limits: now.Limits, Latency: now.Latency}
	before := now.Faults
	err := strict(r.Body, &live)
	if err == nil {
		err = live.validate()
	}
	if err != nil {
		controlError(w, http.StatusBadRequest, err.Error())
		return
	}
	s.apply(live.Limits)
	s.inject.setLatency(live.Latency)
	if live.Faults != nil { // unsent rules keep their counts
		s.inject.setFaults(live.Faults)
	} else {
		live.Faults = before
	}
	control(w, http.StatusOK, live)
}

func (l Live) validate() error {
	if err := l.Limits.validate(); err != nil {
		return err
	}
	if err := validateFaults(l.Faults); err != nil {
		return err
	}
	return l.Latency.validate()
}

func (s *Server) moveClock(w http.ResponseWriter, r *http.Request) {
	var in struct {
		AdvanceSeconds float64 `json:"advanceSeconds"`
	}
	if err := strict(r.Body, &in); err != nil {
		controlError(w, http.StatusBadRequest, err.Error())
		return
	}
	s.Advance(seconds(in.AdvanceSeconds))
	control(w, http.StatusOK, object{"now": s.now().UTC().Format(time.RFC3339)})
}

// setupCalls are what an account's administrator does outside the API. The
// answer is the new id where there is one.
var setupCalls = map[string]func(*Server, setupInput) (int64, error){
	"addUser": func(s *Server, in setupInput) (int64, error) {
		return s.AddUser(in.Name, in.Email, in.Enabled == nil || *in.Enabled), nil
	},
	"setUserEnabled": func(s *Server, in setupInput) (int64, error) {
		if !s.SetUserEnabled(in.ID, in.Enabled != nil && *in.Enabled) {
			return 0, notFound(kUsers)
		}
		return in.ID, nil
	},
	"addTeam":         func(s *Server, in setupInput) (int64, error) { return s.AddTeam(in.Name), nil },
	"addTag":          func(s *Server, in setupInput) (int64, error) { return 0, s.AddTag(in.EntityType, in.Name) },
	"addActivityType": func(s *Server, in setupInput) (int64, error) { return s.AddActivityType(in.Name), nil },
	"addIndustry":     func(s *Server, in setupInput) (int64, error) { return s.AddIndustry(in.Name), nil },
	"addAccountType":  func(s *Server, in setupInput) (int64, error) { return s.AddAccountType(in.Name), nil },
	"addTerritory":    func(s *Server, in setupInput) (int64, error) { return s.AddTerritory(in.Name), nil },
	"addMarket":       func(s *Server, in setupInput) (int64, error) { return s.AddMarket(in.Name), nil },
	"addSource":       func(s *Server, in setupInput) (int64, error) { return s.AddSource(in.Name), nil },
	"addOutcome":      func(s *Server, in setupInput) (int64, error) { return s.AddOutcome(in.Name, in.Status), nil },
	"addStageset": func(s *Server, in setupInput) (int64, error) {
		id, _ := s.AddStageset(in.Name, in.Milestones...)
		return id, nil
	},
	"addCustomField": func(s *Server, in setupInput) (int64, error) {
		return s.AddCustomField(in.EntityType, FieldDef{in.Name, in.Type, in.Choices, in.IsMultiple})
	},
	"addApiKey": func(s *Server, in setupInput) (int64, error) {
		s.AddAPIKey(APIKey{in.Key, in.UserID, in.Impersonation, in.ReadOnly})
		return 0, nil
	},
	"removeApiKey": func(s *Server, in setupInput) (int64, error) { s.RemoveAPIKey(in.Key); return 0, nil },
	"undelete":     func(s *Server, in setupInput) (int64, error) { return in.ID, s.Undelete(in.EntityType, in.ID) },
	"addFile": func(s *Server, in setupInput) (int64, error) {
		return s.AddFile(in.ID, in.Name, in.Type, []byte(in.Content))
	},
}

type setupInput struct {
	ID            int64    `json:"id"`
	Name          string   `json:"name"`
	Email         string   `json:"email"`
	Enabled       *bool    `json:"enabled"`
	EntityType    string   `json:"entityType"`
	Type          string   `json:"type"`
	Content       string   `json:"content"`
	Choices       []string `json:"choices"`
	IsMultiple    bool     `json:"isMultiple"`
	Milestones    []string `json:"milestones"`
	Status        int      `json:"status"`
	Key           string   `json:"key"`
	UserID        int64    `json:"userId"`
	Impersonation bool     `json:"impersonation"`
	ReadOnly      bool     `json:"readOnly"`
}

func (s *Server) serveUser(w http.ResponseWriter, r *http.Request, name string) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if setup := setupCalls[name]; setup != nil {
		var in setupInput
		if err := strict(bytes.NewReader(body), &in); err != nil {
			controlError(w, http.StatusBadRequest, err.Error())
			return
		}
		id, err := setup(s, in)
		if err != nil {
			userError(w, err)
			return
		}
		control(w, http.StatusOK, object{"id": id})
		return
	}
	as := s.Actor
	if id, err := strconv.ParseInt(r.URL.Query().Get("as"), 10, 64); err == nil {
		as = s.As(id)
	}
	v, err := decodeJSON(body)
	in, ok := v.(map[string]any)
	if err != nil || !ok {
		controlError(w, http.StatusBadRequest, "body is not a JSON object of named params")
		return
	}
	result, refusal := as.call(name, in)
	if refusal != nil {
		userError(w, refusal)
		return
	}
	(&answer{status: http.StatusOK, ctype: typeJSON, body: result}).write(w)
}

func userError(w http.ResponseWriter, err error) {
	status := http.StatusBadRequest
	var e *Error
	if errors.As(err, &e) {
		status = e.Status
	}
	controlError(w, status, err.Error())
}
