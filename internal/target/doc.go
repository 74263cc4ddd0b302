// Package target sees a Nutshell record as one flat map from path to value, in which each entry of a list is a field of its own, and
// does on that view everything that compares, creates, merges, undoes or proves: pure functions without clock, network or storage.
//
// What it guarantees:
//   - Two values are equal here exactly when nutshell contract 7.9 calls them equal, whatever shape the server answered in.
//   - A body holds only the keys of nutshell contract 3.2-3.6, a changed list is sent whole with every other entry as it stands, and the
//     primary entry stays the one it was; only a primary number that is still the one we chose gives way (LeadPhone).
//   - A value that a person changed is never overwritten and never cleared (I7).
//   - Results depend on nothing but the arguments: paths come sorted, equal inputs give equal outputs.
//
// Paths, values and displays hold personal data; they belong in the ledger and in reports, never in logs or errors (I5). Errors of this
// package name fields and ids only.
package target
