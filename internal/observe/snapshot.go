package observe

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Snapshot is where one migration stands according to the ledger.
type Snapshot struct {
	Migration string
	Records   map[string]map[string]int64 // object, state: how many
	Gap       map[string]int64            // object: sealed records less those in exactly one state; not 0 breaks I3
	ParkedOn  string                      // code of the park, one of those with a page in docs/runbook; "" = not parked
	DeltaLag  time.Duration               // since the as_of of the last delta round; negative = no round yet
	// DeltaInterval is how often a round is due.
	DeltaInterval time.Duration
	PageAge       time.Duration // of the oldest page in work; 0 = none
}

// Watch adds the state of the ledger to the metrics. The source is asked at each scrape, and given at most 5 seconds; when it
// fails, migration_ledger_up is 0 and the metrics of the ledger are left out. Watch is called once.
func (m *Metrics) Watch(source func(context.Context) ([]Snapshot, error)) {
	m.registry.MustRegister(&ledgerCollector{source: source})
}

type ledgerCollector struct {
	source func(context.Context) ([]Snapshot, error)
}

var (
	ledgerUp    = prometheus.NewDesc("migration_ledger_up", "1 when the ledger could be read at this scrape.", nil, nil)
	records     = prometheus.NewDesc("migration_records", "Records by object and state.", []string{"migration", "object", "state"}, nil)
	inDoubt     = prometheus.NewDesc("migration_in_doubt", "Writes of which nobody knows yet whether they were done.", []string{"migration"}, nil)
	quarantined = prometheus.NewDesc("migration_quarantined", "Records set aside with a reason.", []string{"migration"}, nil)
	parked      = prometheus.NewDesc("migration_parked", "1 when the run is parked, with the code of the park; 0 and no code when it is not.", []string{"migration", "code"}, nil)
	deltaLag    = prometheus.NewDesc("migration_delta_lag_seconds", "How far Nutshell is behind the source.", []string{"migration"}, nil)
	interval    = prometheus.NewDesc("migration_delta_interval_seconds", "How often a delta round is due, by the input of the migration.", []string{"migration"}, nil)
	pageAge     = prometheus.NewDesc("migration_page_age_seconds", "Age of the oldest page in work.", []string{"migration"}, nil)
	gap         = prometheus.NewDesc("migration_conservation_gap", "Sealed records that are in no state or in several; must be 0.", []string{"migration", "object"}, nil)
)

// Describe sends every metric the collector can have.
func (c *ledgerCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{ledgerUp, records, inDoubt, quarantined, parked, deltaLag, interval, pageAge, gap} {
		ch <- d
	}
}

// Collect reads the ledger.
func (c *ledgerCollector) Collect(ch chan<- prometheus.Metric) {
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	list, err := c.source(ctx)
	if err != nil {
		gauge(ledgerUp, 0)
		return
	}
	gauge(ledgerUp, 1)
	for _, s := range list {
		var doubtful, aside int64
		for object, states := range s.Records {
			for state, n := range states {
				gauge(records, float64(n), s.Migration, object, state)
			}
			doubtful += states["in_doubt"]
			aside += states["quarantined"]
		}
		for object, n := range s.Gap {
			gauge(gap, float64(n), s.Migration, object)
		}
		gauge(inDoubt, float64(doubtful), s.Migration)
		gauge(quarantined, float64(aside), s.Migration)
		gauge(parked, oneIf(s.ParkedOn != ""), s.Migration, s.ParkedOn)
		gauge(pageAge, s.PageAge.Seconds(), s.Migration)
		if s.DeltaLag >= 0 {
			gauge(deltaLag, s.DeltaLag.Seconds(), s.Migration)
			gauge(interval, s.DeltaInterval.Seconds(), s.Migration)
		}
	}
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
