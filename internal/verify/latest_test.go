package verify

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
)

// row is an effect as its key, verb, state and record.
func row(role, parent string, part, epoch int, verb ledger.Verb, state ledger.State, id int64) ledger.Effect {
	return ledger.Effect{EffectKey: ledger.EffectKey{Object: "notes", SourceID: "7", Role: role, Parent: parent, Part: part, Epoch: epoch}, Verb: verb, State: state, TargetID: id}
}

func TestLatestIsTheRowThatStandsForARecord(t *testing.T) {
	note := mapping.RoleNote
	first := row(note, "people/1", 1, 0, ledger.Create, ledger.Done, 11)
	for name, c := range map[string]struct{ rows, want []ledger.Effect }{
		"an edit of a later round stands for no record": {
			rows: []ledger.Effect{first, row(note, "people/1", 1, 1, ledger.Edit, ledger.Done, 11)}, want: []ledger.Effect{first}},
		"one set aside and made later counts once": {
			rows: []ledger.Effect{row(note, "people/1", 1, 0, ledger.Create, ledger.Quarantined, 0), row(note, "people/1", 1, 1, ledger.Create, ledger.Done, 12)},
			want: []ledger.Effect{row(note, "people/1", 1, 1, ledger.Create, ledger.Done, 12)}},
		"one set aside without a place gives way to what has one": {
			rows: []ledger.Effect{row(note, "", 1, 0, ledger.Create, ledger.Quarantined, 0), first}, want: []ledger.Effect{first}},
		"one set aside without a place stays while nothing has one": {
			rows: []ledger.Effect{row(note, "", 1, 0, ledger.Create, ledger.Quarantined, 0)}, want: []ledger.Effect{row(note, "", 1, 0, ledger.Create, ledger.Quarantined, 0)}},
		"every place and every part has its own": {
			rows: []ledger.Effect{first, row(note, "people/1", 2, 0, ledger.Create, ledger.Done, 13), row(note, "people/2", 1, 0, ledger.Create, ledger.Done, 14)},
			want: []ledger.Effect{first, row(note, "people/1", 2, 0, ledger.Create, ledger.Done, 13), row(note, "people/2", 1, 0, ledger.Create, ledger.Done, 14)}},
		"files and deletions stand for no record": {
			rows: []ledger.Effect{first, row(mapping.RoleFile, "people/1", 1, 0, ledger.Upload, ledger.Done, 11), row(note, "people/1", 1, 2, ledger.Delete, ledger.Done, 11)}, want: []ledger.Effect{first}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, Latest(c.rows)) })
	}
}
