// Package undo takes a migration back, from the ledger and the account alone, and proves it.
//
// It guarantees:
//   - a record that a person touched since our last write stays, with the reason; who touched a record is decided by its content, never by
//     its rev (I7)
//   - nothing is deleted or edited without a committed claim that holds the record as it was and the rev it was read at (I2); at most one
//     claim of a record lives (I4)
//   - a worker that dies at any line leaves a ledger from which another goes on (I9): what is under a claim is left alone until the claim's
//     deadline, then the record itself tells what was done
//   - a record that was there before gets back, entry by entry, what still holds our value, and nothing else
//
// Why deletes and edits may be sent again after a lost answer: they carry the rev they were decided on. Had the lost one been carried out,
// the next is refused; had a person come in between, both are.
package undo
