package mapping_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/target"
)

func at(s string) record.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return record.At(t)
}

var agents = map[string]record.Agent{
	"3107": {Common: record.Common{ID: "3107"}, Email: " Priya@Example.com ", DisplayName: "Priya Lindqvist"},
	"3120": {Common: record.Common{ID: "3120"}, Email: "sam@example.com", FirstName: "Sam", LastName: "Vale"},
	"3130": {Common: record.Common{ID: "3130"}, Email: "orphan@example.com"},
	"3140": {Common: record.Common{ID: "3140"}},
}

func env() *mapping.Env {
	return &mapping.Env{
		Limits: mapping.DefaultLimits(),
		Users: map[string]mapping.UserDecision{
			"3107": {UserID: 2, Email: "ann@example.com", How: mapping.HowMatched},
			"3130": {How: mapping.HowNone, Orphan: true},
			"3140": {UserID: 9, Email: "fall@example.com", How: mapping.HowFallback, Orphan: true},
		},
		ActivityTypes: map[string]int64{"call": 1, "meeting": 2},
		Outcomes:      map[string]int64{"won": 1, "lost": 2},
		Files:         true,
		LinkBase:      "https://archive.example.com/x",
		Agent: func(id string) (record.Agent, bool) {
			a, ok := agents[id]
			return a, ok
		},
	}
}

// sent is what a projection demands: wire form by path; links by the id of the record at their other end.
func sent(p mapping.Projection) map[string]any {
	out := map[string]any{}
	for _, w := range p.Wants {
		switch {
		case w.Path == "":
		case w.Link != nil:
			out[string(w.Path)] = w.Canon
		default:
			out[string(w.Path)] = w.Wire
		}
	}
	return out
}

// want is the demand for a path; omitted values go by their field.
func want(t *testing.T, p mapping.Projection, path string) target.Want {
	t.Helper()
	for _, w := range p.Wants {
		if string(w.Path) == path || w.Path == "" && w.Field == path {
			return w
		}
	}
	require.Failf(t, "no demand", "%s in %v", path, sent(p))
	return target.Want{}
}

func custom(p mapping.Projection, name string) any { return sent(p)[string(target.CustomPath(name))] }

func flags(p mapping.Projection) []string {
	var out []string
	for _, f := range p.Flags {
		out = append(out, f.Code)
	}
	return out
}

func fate(p mapping.Projection, field string) string {
	for _, f := range p.Fates {
		if f.Field == field {
			return f.Fate
		}
	}
	return ""
}

func contact(t *testing.T, body string) record.Contact {
	t.Helper()
	var c record.Contact
	require.NoError(t, json.Unmarshal([]byte(body), &c))
	return c
}

func company(t *testing.T, body string) record.Company {
	t.Helper()
	var c record.Company
	require.NoError(t, json.Unmarshal([]byte(body), &c))
	return c
}

func person(t *testing.T, e *mapping.Env, body string) mapping.Projection {
	t.Helper()
	return mapping.Default().Person(e, mapping.PersonInput{Contact: contact(t, body), Raw: json.RawMessage(body)})
}
