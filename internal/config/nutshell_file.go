package config

import (
	"errors"
	"strconv"
	"strings"
)

// nutshellFile is the form of NUTSHELL_SETTINGS_FILE. A nil pointer is an absent key.
type nutshellFile struct {
	Limits struct {
		CallsPerS      *float64 `yaml:"calls_per_s"`
		Headroom       float64  `yaml:"headroom"`
		FindsPerS      float64  `yaml:"finds_per_s"`
		WritesParallel *int     `yaml:"writes_parallel"`
		CallTimeout    Seconds  `yaml:"call_timeout_s"`
		UploadTimeout  Seconds  `yaml:"upload_timeout_s"`
		ReadLag        *Seconds `yaml:"read_lag_s"`
		FileBytes      int64    `yaml:"file_bytes"`
		NoteChars      int      `yaml:"note_chars"`
	} `yaml:"limits"`
	Plan          NutshellPlan  `yaml:"plan"`
	Pipeline      string        `yaml:"pipeline"`
	ActivityTypes ActivityTypes `yaml:"activity_types"`
	Outcomes      Outcomes      `yaml:"outcomes"`
}

func (n *Nutshell) loadFile(env environment) error {
	f := nutshellFile{
		ActivityTypes: ActivityTypes{Call: "Call", Email: "Email", Meeting: "Meeting"},
		Outcomes:      Outcomes{Won: "Won", Lost: "Lost"},
	}
	f.Limits.FindsPerS = defaultFindsPerS
	f.Limits.CallTimeout, f.Limits.UploadTimeout = 30, 300
	f.Limits.FileBytes, f.Limits.NoteChars = 10<<20, 65536
	if n.SettingsFile != "" {
		if err := readYAML("NUTSHELL_SETTINGS_FILE", n.SettingsFile, &f); err != nil {
			return err
		}
	}
	if err := f.check(); err != nil {
		return err
	}
	n.Plan, n.ActivityTypes, n.Outcomes = f.Plan, f.ActivityTypes, f.Outcomes
	n.Pipeline = strings.TrimSpace(f.Pipeline)
	n.Limits = NutshellLimits{
		StartRate: defaultCallsPerS, FindRate: f.Limits.FindsPerS, Headroom: f.Limits.Headroom,
		ParallelWrites: n.Concurrency, CallTimeout: f.Limits.CallTimeout, UploadTimeout: f.Limits.UploadTimeout,
		FileBytes: f.Limits.FileBytes, NoteChars: f.Limits.NoteChars,
	}
	if _, set := env["NUTSHELL_RATE"]; !set && f.Limits.CallsPerS != nil {
		n.Rate = CallRate(*f.Limits.CallsPerS)
	}
	if n.Rate > 0 {
		n.Limits.StartRate = float64(n.Rate)
	}
	if p := f.Limits.WritesParallel; p != nil {
		n.Limits.ParallelWrites = min(*p, n.Concurrency)
	}
	switch {
	case f.Limits.ReadLag != nil:
		n.Limits.ReadLag = *f.Limits.ReadLag
	case !n.loopback():
		n.Limits.ReadLag = defaultReadLag
	}
	return nil
}

func (f *nutshellFile) check() error {
	key := func(k string) string { return "NUTSHELL_SETTINGS_FILE " + k }
	l := f.Limits
	const maxRate = 1e6
	ranges := []struct {
		key       string
		v, lo, hi float64
	}{
		{"limits.calls_per_s", value(l.CallsPerS, 1), 0.001, maxRate},
		{"limits.headroom", l.Headroom, 0, 0.9},
		{"limits.finds_per_s", l.FindsPerS, 0.001, maxRate},
		{"limits.writes_parallel", float64(value(l.WritesParallel, 1)), 1, 1024},
		{"limits.call_timeout_s", float64(l.CallTimeout), 0.01, 3600},
		{"limits.upload_timeout_s", float64(l.UploadTimeout), 0.01, 86400},
		{"limits.read_lag_s", float64(value(l.ReadLag, 0)), 0, 86400},
		{"limits.file_bytes", float64(l.FileBytes), 1, 1 << 40},
		{"limits.note_chars", float64(l.NoteChars), 256, 1 << 30},
		{"plan.contacts", float64(f.Plan.Contacts), 0, 1 << 40},
		{"plan.open_leads", float64(f.Plan.OpenLeads), 0, 1 << 40},
		{"plan.custom_fields", float64(f.Plan.CustomFields), 0, 1 << 20},
	}
	for _, r := range ranges {
		if err := checkRange(key(r.key), r.v, r.lo, r.hi); err != nil {
			return err
		}
	}
	for _, name := range []struct{ key, v string }{
		{"activity_types.call", f.ActivityTypes.Call},
		{"activity_types.email", f.ActivityTypes.Email},
		{"activity_types.meeting", f.ActivityTypes.Meeting},
		{"outcomes.won", f.Outcomes.Won},
		{"outcomes.lost", f.Outcomes.Lost},
	} {
		if strings.TrimSpace(name.v) == "" {
			return bad(key(name.key), "is empty", "name one of the account's, or leave the key out")
		}
	}
	return nil
}

func value[T any](p *T, absent T) T {
	if p == nil {
		return absent
	}
	return *p
}

func parsePositive(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v > 0 && v <= 1e6) {
		return 0, errors.New("not a number above 0")
	}
	return v, nil
}
