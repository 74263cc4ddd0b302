package rezora

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rezora2nutshell/clients/rezora/internal/canon"
	"rezora2nutshell/internal/record"
)

// Manifest describes an export (rezora contract 7.5).
type Manifest struct {
	Format  string              `json:"format"`
	Version int                 `json:"version"`
	AsOf    string              `json:"as_of"`
	Counts  map[record.Kind]int `json:"counts"`
	Files   map[string]struct {
		Bytes  int64  `json:"bytes"`
		SHA256 string `json:"sha256"`
	} `json:"files"`
	Partial []record.Kind `json:"partial"`
	Agents  []string      `json:"agents"` // of a legacy export: the agents it covers

	at time.Time
}

// Manifest reads manifest.json, or stands in for it where the settings allow that.
func (e *Export) Manifest() (Manifest, error) { return e.manifest() }

func (e *Export) manifest() (Manifest, error) {
	bad := func(cause, cure string) (Manifest, error) {
		return Manifest{}, &PreflightError{Check: "manifest.json", Cause: cause, Cure: cure}
	}
	b, err := os.ReadFile(filepath.Join(e.options.Dir, "manifest.json"))
	if errors.Is(err, os.ErrNotExist) {
		at, err := parseAsOf(e.options.AsOf)
		if !e.options.AllowNoManifest || err != nil {
			return bad("it is missing", "export again with a manifest, or set export.allow_no_manifest and export.as_of")
		}
		return Manifest{at: at}, nil
	}
	if err != nil {
		return bad("it cannot be read", "make it readable")
	}
	var m Manifest
	if err := json.Unmarshal([]byte(strings.TrimPrefix(string(b), "\ufeff")), &m); err != nil {
		return bad("it is not JSON of the expected form", "export again")
	}
	if m.at, err = parseAsOf(m.AsOf); err != nil || m.Counts == nil {
		return bad("as_of or counts is missing", "export again: both are required")
	}
	if m.Format != "" && m.Format != "rezora-export" || m.Version > 1 {
		return bad("it has another format or version", "export in the format rezora-export, version 1")
	}
	return m, nil
}

func (e *Export) address() string {
	dir, err := filepath.Abs(e.options.Dir)
	if err != nil {
		dir = e.options.Dir
	}
	return "export:" + dir
}

// Identify gives the fingerprint of the folder: where it lies.
func (e *Export) Identify(context.Context) (string, error) { return e.address(), nil }

// Preflight checks the folder against its manifest: hashes, counts, required resources.
func (e *Export) Preflight(ctx context.Context) (Capabilities, error) {
	caps := Capabilities{Source: "export", Fingerprint: e.address(), Resources: map[record.Kind]Capability{}}
	m, err := e.manifest()
	if err != nil {
		return caps, err
	}
	if m.Counts == nil {
		caps.Findings = append(caps.Findings, Finding{Level: Warning, Check: "manifest.json", Text: "missing: counts and hashes cannot be checked"})
	}
	if err := e.checkFiles(ctx, m); err != nil {
		return caps, err
	}
	for _, kind := range record.Kinds {
		got, err := e.checkResource(ctx, kind, m)
		if err != nil {
			return caps, err
		}
		caps.Resources[kind] = got
		if got.Required && got.Offer != Offered {
			return caps, &PreflightError{Kind: kind, Check: "required resources", Cause: "the export has no file for it", Cure: "export " + string(kind) + " too"}
		}
	}
	return caps, nil
}

func (e *Export) checkResource(ctx context.Context, kind record.Kind, m Manifest) (Capability, error) {
	out := Capability{Kind: kind, Offer: Offered, Required: record.Required[kind] && !e.options.Legacy, Delta: DeltaFull, Count: CountOwn, Limit: 500,
		AsOf: m.at, AsOfFrom: "manifest", Deletes: DeletesAbsence, Sweep: "full", Oddities: map[string]int{}}
	if kind == record.Activities || slices.Contains(m.Partial, kind) {
		out.Deletes, out.Sweep = DeletesNone, "none"
	}
	want, counted := m.Counts[kind]
	n := 0
	rejected, err := e.each(ctx, kind, func(r canon.Result) error {
		if !r.Record.Deleted {
			n++
		}
		for _, o := range r.Oddities {
			out.Oddities[o.Field+": "+string(o.Issue)]++
		}
		return nil
	})
	switch {
	case errors.Is(err, ErrDisabled):
		return Capability{Kind: kind, Offer: Disabled}, nil
	case errors.Is(err, ErrNoFile) && counted:
		return out, &PreflightError{Kind: kind, Check: "manifest.json", Cause: "it counts the resource, and there is no file", Cure: "export again"}
	case errors.Is(err, ErrNoFile):
		return Capability{Kind: kind, Offer: NotOffered, Required: out.Required}, nil
	case err != nil:
		return out, err
	}
	if rejected != nil {
		out.Findings = append(out.Findings, Finding{Level: Warning, Check: "rows", Text: rejected.Error()})
	}
	if counted && n != want {
		return out, &PreflightError{Kind: kind, Check: "manifest.json", Cause: fmt.Sprintf("it counts %d live rows, the file has %d", want, n), Cure: "export again: the file is cut or of another time"}
	}
	if !counted {
		out.Findings = append(out.Findings, Finding{Level: Warning, Check: "manifest.json", Text: "the file has no count"})
	}
	out.Total = &n
	return out, nil
}

// checkFiles compares sizes and hashes of the files that the manifest names.
func (e *Export) checkFiles(ctx context.Context, m Manifest) error {
	for name, want := range m.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		bad := func(cause string) error {
			return &PreflightError{Check: "manifest.json", Cause: cause + " (" + name + ")", Cure: "copy the export again"}
		}
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return bad("it names a file outside the folder")
		}
		f, err := os.Open(filepath.Join(e.options.Dir, filepath.FromSlash(name)))
		if err != nil {
			return bad("a file it names is missing")
		}
		hash := sha256.New()
		n, err := io.Copy(hash, f)
		_ = f.Close()
		if err != nil {
			return bad("a file it names cannot be read")
		}
		if n != want.Bytes || want.SHA256 != "" && !strings.EqualFold(want.SHA256, hex.EncodeToString(hash.Sum(nil))) {
			return bad("size or hash of a file differ")
		}
	}
	return nil
}
