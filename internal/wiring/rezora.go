package wiring

import (
	"context"
	"fmt"
	"net/http"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/observe"
	"rezora2nutshell/internal/record"
)

// buildRezora makes the source: the current API or a folder of exports, and the legacy API or a folder beside it (rezora contract 7).
func (p *Parts) buildRezora(_ context.Context, o Options) error {
	c := p.Config.Rezora
	if c.Source.Kind == config.KindExport {
		files, err := rezora.NewExport(rezora.ExportOptions{
			Dir: c.Export.Dir, AllowNoManifest: c.Export.AllowNoManifest, AsOf: c.Export.AsOf, Zone: c.Source.Zone,
			Disabled: kinds(c.Source.DisabledResources), MaxBytes: c.Attachments.MaxBytes,
		})
		if err != nil {
			return fmt.Errorf("open the export (REZORA_EXPORT_DIR): %w", err)
		}
		p.Source = files
		return p.buildLegacy(o)
	}
	current, err := rezora.New(rezora.Options{
		Profile: c.Source.Profile, BaseURL: c.Source.BaseURL, BasePath: c.Source.BasePath, AllowHTTP: c.Source.AllowHTTP, Zone: c.Source.Zone,
		Disabled: kinds(c.Source.DisabledResources), Limits: limitsOf(c.Limits), UserAgent: userAgent, Transport: o.Transport,
		Auth:        rezora.Auth{Mode: rezora.Mode(c.Auth.Mode), Secret: rezora.Static(c.Auth.Secret.Reveal()), Header: c.Auth.Header},
		Attachments: rezora.Attachments{MaxBytes: c.Attachments.MaxBytes, AllowPrivateHosts: c.Attachments.AllowPrivateHosts},
	})
	if err != nil {
		return fmt.Errorf("build the rezora client: %w", err)
	}
	current.Observe(p.observeRezora("rezora"))
	p.Rezora, p.Source = current, current
	return p.buildLegacy(o)
}

func (p *Parts) buildLegacy(o Options) error {
	c := p.Config.Rezora.Legacy
	p.Union = policyOf(p.Config.Rezora.Union)
	if err := p.Union.Check(); err != nil {
		return err
	}
	switch c.Kind {
	case config.KindExport:
		files, err := rezora.NewExport(rezora.ExportOptions{Dir: c.Dir, Zone: c.Zone, Legacy: true, MaxBytes: p.Config.Rezora.Attachments.MaxBytes,
			AllowNoManifest: p.Config.Rezora.Export.AllowNoManifest, AsOf: p.Config.Rezora.Export.AsOf})
		if err != nil {
			return fmt.Errorf("open the legacy export (legacy.dir): %w", err)
		}
		p.LegacyFiles = files
	case config.KindHTTP:
		l, err := rezora.NewLegacy(rezora.LegacyOptions{
			BaseURL: c.BaseURL, AllowHTTP: c.AllowHTTP, Auth: rezora.Mode(c.Auth), Zone: c.Zone, Limits: limitsOf(p.Config.Rezora.Limits), UserAgent: userAgent,
			Transport: o.Transport,
		})
		if err != nil {
			return fmt.Errorf("build the legacy client: %w", err)
		}
		l.Observe(p.observeRezora("legacy"))
		p.Legacy = l
		for _, login := range c.Credentials {
			p.Credentials = append(p.Credentials, rezora.Credential{
				Level: login.Level, AgentID: login.AgentID, Username: login.Username.Reveal(), Password: login.Password.Reveal(),
			})
		}
	}
	return nil
}

func (p *Parts) observeRezora(api string) func(rezora.Call) {
	return func(c rezora.Call) {
		if c.Status > 0 && c.Status < http.StatusInternalServerError && c.Status != http.StatusTooManyRequests {
			p.Breaker.Silence.Heard("rezora")
		}
		outcome := observe.OutcomeFailed
		switch {
		case c.Status >= http.StatusOK && c.Status < http.StatusMultipleChoices:
			outcome = observe.OutcomeDone
		case c.Status == http.StatusTooManyRequests, c.Status == http.StatusServiceUnavailable:
			outcome = observe.OutcomeThrottled
		case c.Status >= http.StatusBadRequest && c.Status < http.StatusInternalServerError:
			outcome = observe.OutcomeRefused
		}
		p.Metrics.Call(api, "read", outcome, c.Took)
	}
}

func limitsOf(l config.RezoraLimits) rezora.Limits {
	return rezora.Limits{
		RequestsPerS: l.RequestsPerS, InFlight: l.InFlight, Attempts: l.Attempts,
		BackoffBase: l.BackoffBase.Duration(), BackoffMax: l.BackoffMax.Duration(),
		MaxWait: l.MaxWait.Duration(), MaxWaitTotal: l.MaxWaitTotal.Duration(), Timeout: l.Timeout.Duration(), MaxBody: int64(l.MaxBodyMiB) << 20,
	}
}

func kinds(names []string) []record.Kind {
	out := make([]record.Kind, len(names))
	for i, n := range names {
		out[i] = record.Kind(n)
	}
	return out
}
