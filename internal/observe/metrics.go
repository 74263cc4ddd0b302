package observe

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics is what a process counts. The zero value is not usable; a process has one.
type Metrics struct {
	registry *prometheus.Registry

	calls   *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	waited  *prometheus.CounterVec
	rate    *prometheus.GaugeVec
	limit   *prometheus.GaugeVec
	notices *prometheus.CounterVec
}

// NewMetrics makes the metrics of a process in a registry of their own, together with Go's and the process's.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "migration_calls_total", Help: "Calls to an API, by what they were for and how they ended.",
		}, []string{"api", "kind", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "migration_call_seconds", Help: "Time from sending a call to its answer or failure.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}, []string{"api", "kind"}),
		waited: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "migration_limiter_wait_seconds_total", Help: "Time calls waited for a permit, by class of call.",
		}, []string{"class"}),
		rate: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "migration_limiter_rate", Help: "Calls a second that the limiter lets through now, by class of call.",
		}, []string{"class"}),
		limit: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "migration_limiter_limit", Help: "Calls a second that the account is believed to allow; 0 = not known yet.",
		}, []string{"class"}),
		notices: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "migration_notices_total", Help: "Attempts to deliver a notice to NOTIFY_URL, by how they ended: delivered or failed.",
		}, []string{"outcome"}),
	}
	for _, outcome := range []string{noticeDelivered, noticeFailed} {
		m.notices.WithLabelValues(outcome) // a rate needs a first value to grow from
	}
	m.registry.MustRegister(m.calls, m.seconds, m.waited, m.rate, m.limit, m.notices,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Registry is for collectors of other packages.
func (m *Metrics) Registry() *prometheus.Registry { return m.registry }

// Handler serves the metrics as Prometheus text.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// Outcomes of a call.
const (
	OutcomeDone      = "done"
	OutcomeRefused   = "refused"   // a definite answer of the 4xx kind, the ones below excepted
	OutcomeThrottled = "throttled" // 429 or 503
	OutcomeConflict  = "conflict"  // 409
	OutcomeUnknown   = "unknown"   // a write of which nobody knows whether it was done
	OutcomeFailed    = "failed"    // a read that got no usable answer
)

// Call counts one call. api is nutshell, rezora or legacy; kind is create, edit, delete, read or upload.
func (m *Metrics) Call(api, kind, outcome string, took time.Duration) {
	m.calls.WithLabelValues(api, kind, outcome).Inc()
	m.seconds.WithLabelValues(api, kind).Observe(took.Seconds())
}

// Limiter shows what the limiter of a class lets through, and what the account is believed to allow (0 = not known).
func (m *Metrics) Limiter(class string, rate, limit float64) {
	m.rate.WithLabelValues(class).Set(rate)
	m.limit.WithLabelValues(class).Set(limit)
}

// Waited counts the time a call waited for its permit.
func (m *Metrics) Waited(class string, d time.Duration) {
	m.waited.WithLabelValues(class).Add(d.Seconds())
}

const (
	noticeDelivered = "delivered"
	noticeFailed    = "failed"
)

// Notice counts an attempt to deliver a notice.
func (m *Metrics) Notice(delivered bool) {
	outcome := noticeFailed
	if delivered {
		outcome = noticeDelivered
	}
	m.notices.WithLabelValues(outcome).Inc()
}
