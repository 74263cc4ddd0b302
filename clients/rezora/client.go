package rezora

import (
	"fmt"
	"slices"
	"time"

	"rezora2nutshell/clients/rezora/internal/canon"
	"rezora2nutshell/internal/record"
)

// Client reads the current API. It is safe for use by several goroutines.
type Client struct {
	options Options
	profile *Profile
	api     *api
	convert canon.Converter
	files   *files
	dialect dialect
}

var _ Source = (*Client)(nil)

// New checks the options and makes a client. Nothing is sent yet.
func New(o Options) (*Client, error) {
	p, err := LoadProfile(o.Profile)
	if err != nil {
		return nil, err
	}
	if o.BaseURL == "" {
		o.BaseURL = p.BaseURL
	}
	if o.BasePath == "" {
		o.BasePath = p.BasePath
	}
	if o.Zone == "" {
		o.Zone = p.Scalars.Zone
	}
	base, err := baseAddress("source.base_url", o.BaseURL, o.BasePath, o.AllowHTTP)
	if err != nil {
		return nil, err
	}
	loc, err := zone("source.zone", o.Zone)
	if err != nil {
		return nil, err
	}
	for _, kind := range o.Disabled {
		if !slices.Contains(record.Kinds, kind) {
			return nil, fmt.Errorf("source.disabled_resources names %q, which is no resource", kind)
		}
		if record.Required[kind] {
			return nil, fmt.Errorf("source.disabled_resources names %s, which is required", kind)
		}
	}
	fill(&o.Attachments.MaxBytes, int64(2<<30))
	auth, err := authenticate(o.Auth, p)
	if err != nil {
		return nil, err
	}
	c := &Client{options: o, profile: p, convert: canon.Converter{Clock: p.clock(loc)}}
	if c.dialect, err = p.compile(c.convert.Clock); err != nil {
		return nil, fmt.Errorf("profile %s: %w", p.Profile, err)
	}
	c.api = newAPI("current", base, o.Limits.withDefaults(), auth, o.UserAgent, o.Transport)
	c.api.errCode = p.Envelope.ErrorCode
	c.files = newFiles(c.api, o.Attachments.AllowPrivateHosts, o.Transport)
	if x, ok := auth.(*exchanged); ok {
		x.api = c.api
	}
	return c, nil
}

// Observe sets a function that hears of every request; it must be set before the first one and return quickly.
func (c *Client) Observe(fn func(Call)) { c.api.observe = fn }

// Profile is the dialect in use.
func (c *Client) Profile() *Profile { return c.profile }

func (p *Profile) clock(loc *time.Location) canon.Clock {
	clock := canon.Clock{Zone: loc}
	for _, form := range p.Scalars.Times {
		if form == string(canon.FormEpoch) || form == string(canon.FormEpochMS) {
			clock.Epoch = canon.TimeForm(form)
		}
	}
	return clock
}

// resource finds a resource that the profile has and the settings allow. A resource that the profile lacks is answered like one
// that the account does not offer.
func (c *Client) resource(kind record.Kind) (*Resource, error) {
	if slices.Contains(c.options.Disabled, kind) {
		return nil, fmt.Errorf("%s: %w", kind, ErrDisabled)
	}
	r := c.profile.Resources[kind]
	if r == nil || r.Enabled != nil && !*r.Enabled {
		return nil, &StatusError{API: c.api.name, Resource: string(kind), Status: 404, Code: "not_in_profile", RequestID: "none"}
	}
	return r, nil
}
