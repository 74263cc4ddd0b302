// Package effect carries out the journal: the write protocol of the design, section 6. A create has three outcomes: done, refused,
// unknown; what is unknown is never sent again but looked up.
//
// It guarantees:
//   - no request starts without a committed intent, nor after its deadline (I2); one live claim a record (I4)
//   - a create is sent at most once a claim, and its record carries the source key
//   - an edit or delete goes out with a stored pre-image and the rev it was read at (I2)
//   - what is in doubt is a state (I6): it is resolved by listing, after the deadline and the read lag, seen twice
//   - a worker that dies at any line leaves a ledger from which another goes on (I9)
package effect
