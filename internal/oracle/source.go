package oracle

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/record"
)

// Source is a Rezora account as its simulator holds it.
type Source struct {
	// Rows are the canonical rows of the current API, tombstones included.
	Rows map[record.Kind][]json.RawMessage
	// Legacy are the canonical rows of the legacy API; nil when the migration has none.
	Legacy map[record.Kind][]json.RawMessage

	// MatchByID and Resurrect ("skip" or "add") are the union's settings (rezora contract 7.2).
	MatchByID bool
	Resurrect string
	// NoCredential are the agents whose legacy rows could not be read.
	NoCredential []string
	// FileFaults are the attachments that cannot be had, by id or "*" (rezora contract 9, attachmentFault).
	FileFaults map[string]string
}

// SourceOf copies the rows of a simulator in this process; legacy says whether the migration reads the legacy API too.
func SourceOf(s *rezoratest.Server, legacy bool) (Source, error) {
	return readSource(func(path string) ([]byte, error) {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != http.StatusOK {
			return nil, fmt.Errorf("read source %s: status %d", path, w.Code)
		}
		return w.Body.Bytes(), nil
	}, legacy)
}

// FetchSource is SourceOf for a simulator in another process; base is its URL without a path.
func FetchSource(ctx context.Context, base string, legacy bool) (Source, error) {
	return readSource(func(path string) ([]byte, error) { return fetch(ctx, base, path, nil) }, legacy)
}

// fetch calls a control plane: GET without a body, else POST.
func fetch(ctx context.Context, base, path string, body io.Reader) ([]byte, error) {
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(base, "/")+path, body)
	if err != nil {
		return nil, fmt.Errorf("read simulator %s: %w", path, err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("read simulator %s: %w", path, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, fmt.Errorf("read simulator %s: %w", path, err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("read simulator %s: status %d", path, res.StatusCode)
	}
	return raw, nil
}

func readSource(get func(path string) ([]byte, error), legacy bool) (Source, error) {
	out := Source{Rows: map[record.Kind][]json.RawMessage{}, MatchByID: true, Resurrect: "skip"}
	if legacy {
		out.Legacy = map[record.Kind][]json.RawMessage{}
	}
	read := func(path string, into any) error {
		raw, err := get(path)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(raw, into); err != nil {
			return fmt.Errorf("read source %s: %w", path, err)
		}
		return nil
	}
	for _, kind := range record.Kinds {
		var rows []json.RawMessage
		if err := read("/_sim/rows/"+string(kind)+"?deleted=true", &rows); err != nil {
			return out, err
		}
		out.Rows[kind] = rows
		if !legacy {
			continue
		}
		var old []json.RawMessage
		if err := read("/_sim/legacy/"+string(kind), &old); err != nil {
			return out, err
		}
		out.Legacy[kind] = old
	}
	var switches struct {
		AttachmentFault    map[string]string `json:"attachmentFault"`
		LegacyNoCredential []string          `json:"legacyNoCredential"`
	}
	if err := read("/_sim/config", &switches); err != nil {
		return out, err
	}
	out.FileFaults, out.NoCredential = switches.AttachmentFault, switches.LegacyNoCredential
	return out, nil
}
