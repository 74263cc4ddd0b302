package target

import "fmt"

// File is a file that a full record lists (nutshell contract 5.4).
type File struct {
	ID   int64
	Name string
	Size int64
}

// ListedNotes reads the notes in a full record's `notes`, in the order shown, each with its parent filled in where it is not shown.
// Entries without id are left out.
func ListedNotes(parentType string, raw map[string]any) ([]View, error) {
	listed, _ := raw["notes"].([]any)
	parent := idOf(raw["id"])
	out := make([]View, 0, len(listed))
	for _, item := range listed {
		m, ok := item.(map[string]any)
		if !ok || idOf(m["id"]) == 0 {
			continue
		}
		note, err := FromWire("Notes", m, nil)
		if err != nil {
			return nil, fmt.Errorf("notes of %s %d: %w", parentType, parent, err)
		}
		if !note.Has("entity") && parent != 0 {
			note.put("entity", refCanon(parentType, parent), "", refWire(parentType, parent))
		}
		out = append(out, note)
	}
	return out, nil
}

// ListedFiles reads the files in a record's `file`, in the order shown.
func ListedFiles(raw map[string]any) []File {
	var listed []any
	switch x := raw["file"].(type) {
	case []any:
		listed = x
	case map[string]any:
		if len(x) > 0 {
			listed = []any{x}
		}
	}
	out := make([]File, 0, len(listed))
	for _, item := range listed {
		if m, ok := item.(map[string]any); ok && idOf(m["id"]) != 0 {
			out = append(out, File{idOf(m["id"]), textOf(m["name"]), idOf(m["size"])})
		}
	}
	return out
}
