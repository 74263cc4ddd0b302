package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

// deltaShow is what happened to the accounts in the delta window.
type deltaShow struct {
	once   sync.Once
	mu     sync.Mutex
	source int   // rows that changed in Rezora
	edited int64 // the person that somebody edited in Nutshell
}

// What happens in the delta window: a few things at a time, over before the window closes.
const (
	deltaBursts = 4
	deltaBurst  = 6
	deltaPause  = 900 * time.Millisecond
)

// changeAccounts lets people work in both accounts while the window is open: agents in Rezora, and one person in Nutshell, whose edit
// neither the delta nor a rollback may touch.
func (d *demo) changeAccounts(ctx context.Context) error {
	if err := d.editSomebody(ctx); err != nil {
		return err
	}
	tick := time.NewTicker(deltaPause)
	defer tick.Stop()
	for range deltaBursts {
		var changes []json.RawMessage
		if err := control(ctx, http.MethodPost, fmt.Sprintf("%s/_sim/churn?n=%d", d.stack.rezora, deltaBurst), nil, &changes); err != nil {
			return err
		}
		d.delta.mu.Lock()
		d.delta.source += len(changes)
		d.delta.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

// editSomebody edits a person that the migration made, as a user of Nutshell would.
func (d *demo) editSomebody(ctx context.Context) error {
	var all nutshelltest.Snapshot
	if err := control(ctx, http.MethodGet, d.stack.nutshell+"/_sim/snapshot", nil, &all); err != nil {
		return err
	}
	for _, c := range all.Contacts {
		if c.ID <= knownPeople+ownPeople || !c.Live() || len(c.CustomFields["Rezora_ID__c"]) == 0 || c.Fields["description"] != "" {
			continue
		}
		body := map[string]any{"contactId": c.ID, "contact": map[string]any{"description": "Called back: wants to sell in spring"}}
		if err := control(ctx, http.MethodPost, d.stack.nutshell+"/_sim/user/editContact?as=2", body, nil); err != nil {
			return err
		}
		d.delta.mu.Lock()
		d.delta.edited = c.ID
		d.delta.mu.Unlock()
		return nil
	}
	return nil
}

// control speaks to the control plane of a made-up account.
func control(ctx context.Context, method, url string, body, out any) error {
	var payload bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&payload).Encode(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, url, &payload)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("steer the made-up account: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("steer the made-up account: %s %s answers %s", method, req.URL.Path, res.Status)
	}
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return fmt.Errorf("steer the made-up account: %w", err)
	}
	return nil
}
