// Package extract reads the source into the ledger, round by round: round 0 everything, later rounds what changed since. It guarantees
// that a page's rows and the cursor behind them are one transaction (I1), so that a round that is killed anywhere ends with the same
// sealed set; that a resource is read whole, is known not to be offered, or stops the round; that no deletion is inferred from a read
// that did not end cleanly; that an opt-out which either source knows is never lost; and that nothing but reading is asked of the source
// (I10). Memory does not grow with the account.
package extract
