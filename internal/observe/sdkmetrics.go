package observe

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.uber.org/zap"
)

// SDKMetrics returns a handler through which the Temporal SDK's own metrics come out beside ours, and a function that ends it.
func (m *Metrics) SDKMetrics(log *zap.Logger) (client.MetricsHandler, func(context.Context) error, error) {
	exporter, err := prometheus.New(prometheus.WithRegisterer(m.registry), prometheus.WithoutScopeInfo(), prometheus.WithoutTargetInfo())
	if err != nil {
		return nil, nil, fmt.Errorf("export the metrics of the Temporal SDK: %w", err)
	}
	provider := metric.NewMeterProvider(metric.WithReader(exporter))
	handler := opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter:                provider.Meter("temporal-sdk-go"),
		UseMonotonicCounters: true,
		OnError:              func(err error) { log.Warn("temporal sdk metric is lost", zap.Error(err)) },
	})
	return handler, provider.Shutdown, nil
}
