package effect

// NoteHash is the body hash in the journal of a note with this text on the record of this id. The rollback tells by it whether a note that
// the journal did not know of still holds the text that was sent.
func NoteHash(text string, on int64) string { return hashBody(map[string]any{"note": text, "on": on}) }
