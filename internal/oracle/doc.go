// Package oracle judges a finished migration from the outside. It reads the two simulators, works out from the default map alone what
// the Nutshell account must hold, and names every difference together with the sentence of the map that it breaks.
//
// It guarantees that
//   - it shares no rule with the migration: neither its mapping nor its comparison, so one mistake cannot hide in both;
//   - where the map leaves a choice (how white space of an HTML body is laid out, say) every lawful outcome is accepted, elsewhere
//     only the one that the map words;
//   - it changes nothing in either account.
//
// Beside Judge stand Untouched, which compares an account before a migration with the same account after its rollback, and Scan, which
// looks for personal values in whatever a run left behind: histories, logs, metrics.
//
// It is test support. Problems and hits quote records, so they belong into the output of a test and nowhere else.
package oracle
