package extract

import (
	"time"

	"go.uber.org/zap"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/union"
)

// Patience is how long the source may answer nothing before the run parks (design, section 12).
const Patience = 2 * time.Minute

// tombstoneLife is how long a source keeps tombstones (rezora contract 3.5, rule 5), less a day for the walk that comes too late.
const tombstoneLife = 29 * 24 * time.Hour

// Reader reads one migration's source. It may be made anew for every turn: what it knows is in the ledger.
type Reader struct {
	Source      rezora.Source
	Legacy      *rezora.LegacyClient // nil without the legacy API
	LegacyFiles rezora.Source        // a folder of exports in the place of the legacy API
	Credentials []rezora.Credential  // of the legacy API
	Union       union.Policy
	ZoneDecided bool // a person set the zone of the legacy API's times
	Run         *ledger.Run
	Log         *zap.Logger

	// Patience defaults to the constant.
	Patience time.Duration
	// CountWaits are the pauses before a count that differs is taken again; its length bounds the repetitions. Nil is a minute in all.
	CountWaits []time.Duration
}

// Stats is what a round brought.
type Stats struct {
	Rows    int64 // rows delivered, repeats and tombstones included
	Changed int64 // records of the sealed set
	PerKind map[record.Kind]KindStats
	Sealed  []ledger.Sealed
}

// KindStats is Stats of one resource.
type KindStats struct{ Rows, Changed int64 }

func (r *Reader) hasLegacy() bool { return r.Legacy != nil || r.LegacyFiles != nil }

func (r *Reader) log() *zap.Logger {
	if r.Log == nil {
		return zap.NewNop()
	}
	return r.Log
}

func (r *Reader) countWaits() []time.Duration {
	if r.CountWaits != nil {
		return r.CountWaits
	}
	return []time.Duration{0, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 20 * time.Second}
}
