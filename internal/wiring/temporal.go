package wiring

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/observe"
)

// dialPatience is how long a Temporal server may take to answer the first time.
const dialPatience = 10 * time.Second

// DialTemporal connects by the settings: TLS, key, namespace. log gets what the SDK has to say; metrics and identity may be empty.
func DialTemporal(ctx context.Context, c config.Temporal, log *zap.Logger, metrics client.MetricsHandler, identity string) (client.Client, error) {
	o := client.Options{
		HostPort: c.Address, Namespace: c.Namespace, Logger: observe.TemporalLogger(log), MetricsHandler: metrics, Identity: identity,
	}
	tls, err := c.TLS()
	if err != nil {
		return nil, err
	}
	o.ConnectionOptions.TLS = tls
	if c.APIKey.Set() {
		o.Credentials = client.NewAPIKeyStaticCredentials(c.APIKey.Reveal())
	}
	ctx, cancel := context.WithTimeout(ctx, dialPatience)
	defer cancel()
	t, err := client.DialContext(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("TEMPORAL_ADDRESS: no Temporal server answers at %s; start one, or correct the address: %w", c.Address, err)
	}
	return t, nil
}

func (p *Parts) dialTemporal(ctx context.Context, o Options) error {
	if o.Offline {
		return nil
	}
	metrics, stop, err := p.Metrics.SDKMetrics(p.Log)
	if err != nil {
		return err
	}
	p.onClose(func() error { return stop(context.WithoutCancel(ctx)) })
	t, err := DialTemporal(ctx, p.Config.Temporal, p.Log, metrics, o.Identity)
	if err != nil {
		return err
	}
	p.Temporal = t
	p.onClose(func() error { t.Close(); return nil })
	return nil
}
