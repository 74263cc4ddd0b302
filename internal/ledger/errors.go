package ledger

import "errors"

// More errors that callers tell apart with errors.Is.
var (
	ErrClosed   = errors.New("the ledger is closed")
	ErrReadOnly = errors.New("the ledger is open for reading only")
	ErrPaused   = errors.New("the migration is paused")                         // no claim is granted
	ErrSealed   = errors.New("the round is sealed")                             // staging into it is over
	ErrNoLedger = errors.New("there is no ledger")                              // read-only open of what does not exist
	ErrSchema   = errors.New("the ledger's schema does not fit this program")   // read-only open beside an older or newer program
	ErrAway     = errors.New("the ledger's database does not answer")           // the connection failed; nobody knows whether a commit happened
	ErrKeyFile  = errors.New("the key file is missing or is not this ledger's") // LEDGER_KEY_FILE
)
