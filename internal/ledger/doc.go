// Package ledger is the truth about a migration: staged source records, the effect journal, owners, checkpoints, the call limiter's
// state and the audit log, in SQLite or PostgreSQL. Temporal holds decisions and counters only.
//
// What it guarantees:
//
//   - A cursor and the rows it follows are one transaction (I1).
//   - Every transition of an effect is one conditional update: an illegal or late one changes nothing. A granted claim was committed
//     durably, with the pre-image and rev an edit or delete needs, before [Run.Claim] returns it (I2), and it is the only one (I4).
//   - Each effect is in exactly one state, and the counts of states are kept by the transactions that move them (I3).
//   - Record payloads, values and pre-images are encrypted with a key per migration name, match keys and content hashes are keyed
//     with it: [Run.Shred] destroys the key and thereby all of them.
//   - The audit log is append-only and hash-chained per name over all generations; [VerifyAudit] finds an edited, dropped, reordered or
//     truncated file.
//   - Every method may be repeated after a crash (I9).
//
// Writes of all goroutines go through one writer that lets waiting calls share a commit. An intent, an outcome and an audit line are on
// disk when the call returns; staged pages may be lost by a power cut, together with the cursor that follows them.
// Readers take no lock that a writer waits for. Callbacks of streaming reads may call the ledger.
package ledger
