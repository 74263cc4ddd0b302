package rezoratest

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// withDefaults fills the enumerations that were left empty.
func (c Config) withDefaults() Config {
	set := func(p *string, v string) { *p = cmp.Or(*p, v) }
	set(&c.Size, "S")
	set(&c.Auth, "bearer")
	set(&c.LegacyAuth, "basic")
	set(&c.RetryAfterForm, "seconds")
	set(&c.ErrorBody, "dv1")
	set(&c.CursorLoop, "none")
	set(&c.UnsubscribedOnlyIn, "none")
	set(&c.LegacyZone, "UTC")
	set(&c.AttachmentRedirect, "none")
	set(&c.Header, "X-API-Key")
	c.FailStatus = cmp.Or(c.FailStatus, 503)
	c.CursorTTL = cmp.Or(c.CursorTTL, 86400)
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Validate reports the first switch whose value the contract does not know.
func (c Config) Validate() error {
	c = c.withDefaults()
	enums := []struct {
		name, value string
		allowed     []string
	}{
		{"size", c.Size, []string{"XS", "T", "S", "M", "L"}},
		{"auth", c.Auth, []string{"bearer", "header", "basic", "token_exchange"}},
		{"legacyAuth", c.LegacyAuth, []string{"basic", "digest"}},
		{"retryAfterForm", c.RetryAfterForm, []string{"seconds", "date", "mixed", "none"}},
		{"errorBody", c.ErrorBody, []string{"dv1", "empty", "string", "message", "rfc7807", "html"}},
		{"cursorLoop", c.CursorLoop, []string{"none", "same", "cycle"}},
		{"unsubscribedOnlyIn", c.UnsubscribedOnlyIn, []string{"none", "current", "legacy"}},
		{"attachmentRedirect", c.AttachmentRedirect, []string{"none", "same_host", "other_host"}},
	}
	for _, api := range c.FaultAPIs {
		enums = append(enums, struct {
			name, value string
			allowed     []string
		}{"faultAPIs", api, []string{apiDV1, apiLegacy, apiPrototype}})
	}
	for id, fault := range c.AttachmentFault {
		enums = append(enums, struct {
			name, value string
			allowed     []string
		}{"attachmentFault " + id, fault, attachmentFaults})
	}
	for _, e := range enums {
		if !slices.Contains(e.allowed, e.value) {
			return fmt.Errorf("rezoratest: %s: unknown value %q", e.name, e.value)
		}
	}
	if !slices.Contains([]int{408, 429, 500, 502, 503, 504}, c.FailStatus) {
		return fmt.Errorf("rezoratest: failStatus: %d is not a transient status", c.FailStatus)
	}
	for name, status := range c.NotOffered {
		if resources[name] == nil && name != "account" {
			return fmt.Errorf("rezoratest: notOffered: unknown resource %q", name)
		}
		if status != 403 && status != 404 {
			return fmt.Errorf("rezoratest: notOffered: %s: status %d", name, status)
		}
	}
	for list, names := range map[string][]string{"noSince": c.NoSince, "noTombstonesFor": c.NoTombstonesFor, "expireCursorOnce": c.ExpireCursorOnce} {
		for _, name := range names {
			if resources[name] == nil {
				return fmt.Errorf("rezoratest: %s: unknown resource %q", list, name)
			}
		}
	}
	for name, share := range map[string]float64{
		"lateEvents": c.LateEvents, "metricsDrift": c.MetricsDrift, "dirtyText": c.DirtyText,
		"oddCustomProperties": c.OddCustomProperties, "danglingRefs": c.DanglingRefs,
		"duplicateInAgent": c.DuplicateInAgent, "legacyOnly": c.LegacyOnly,
		"currentOnly": c.CurrentOnly, "legacyServesDeleted": c.LegacyServesDeleted,
	} {
		if share < 0 || share > 1 {
			return fmt.Errorf("rezoratest: %s: share %v is outside 0..1", name, share)
		}
	}
	if _, err := time.LoadLocation(c.LegacyZone); err != nil {
		return fmt.Errorf("rezoratest: legacyZone: %w", err)
	}
	return nil
}
