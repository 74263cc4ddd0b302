package oracle

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

// Destination is a Nutshell account after a migration: its snapshot, and what the snapshot names by number only.
type Destination struct {
	nutshelltest.Snapshot
	// ActivityTypes are the names of the account's types by id.
	ActivityTypes map[int64]string
	// Outcomes are the statuses (10, 11, 12) of the account's outcomes by id.
	Outcomes map[int64]int
	// FieldTypes are the types that a definition may have; empty means all.
	FieldTypes []string

	// The account replaces given times by its own (nutshell contract 6.1).
	IgnoresClosedTime    bool
	IgnoresCompletedTime bool
}

// DestinationOf copies the account of a simulator in this process.
func DestinationOf(s *nutshelltest.Server) (Destination, error) {
	d := Destination{Snapshot: s.Snapshot()}
	d.switches(s.Config())
	return d, d.reference(func(method string, out any) error { return s.Call(method, map[string]any{"limit": 100}, out) })
}

// FetchDestination is DestinationOf for a simulator in another process; base is its URL without a path.
func FetchDestination(ctx context.Context, base string) (Destination, error) {
	var d Destination
	read := func(path string, body string, out any) error {
		var raw []byte
		var err error
		if body == "" {
			raw, err = fetch(ctx, base, path, nil)
		} else {
			raw, err = fetch(ctx, base, path, strings.NewReader(body))
		}
		if err != nil {
			return err
		}
		if err := json.Unmarshal(raw, out); err != nil {
			return fmt.Errorf("read simulator %s: %w", path, err)
		}
		return nil
	}
	if err := read("/_sim/snapshot", "", &d.Snapshot); err != nil {
		return d, err
	}
	var cfg nutshelltest.Config
	if err := read("/_sim/config", "", &cfg); err != nil {
		return d, err
	}
	d.switches(cfg)
	return d, d.reference(func(method string, out any) error { return read("/_sim/user/"+method, `{"limit":100}`, out) })
}

func (d *Destination) switches(c nutshelltest.Config) {
	d.FieldTypes = c.CustomFieldTypes
	d.IgnoresClosedTime, d.IgnoresCompletedTime = c.IgnoreClosedTime, c.IgnoreCompletedTime
}

func (d *Destination) reference(call func(method string, out any) error) error {
	var types []struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}
	if err := call("findActivityTypes", &types); err != nil {
		return fmt.Errorf("read activity types: %w", err)
	}
	d.ActivityTypes = map[int64]string{}
	for _, t := range types {
		d.ActivityTypes[t.ID] = t.Name
	}
	var outcomes []struct {
		ID   int64 `json:"id"`
		Type int   `json:"type"`
	}
	if err := call("findLead_Outcomes", &outcomes); err != nil {
		return fmt.Errorf("read outcomes: %w", err)
	}
	d.Outcomes = map[int64]int{}
	for _, o := range outcomes {
		d.Outcomes[o.ID] = o.Type
	}
	return nil
}
