package target

// File is a file that a full record lists (nutshell contract 5.4).
type File struct {
	ID   int64
	Name string
	Size int64
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
