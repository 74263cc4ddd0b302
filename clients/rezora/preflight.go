package rezora

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"rezora2nutshell/clients/rezora/internal/canon"
	"rezora2nutshell/internal/record"
)

// PreflightError is a difference that the client cannot adapt to: what differs, and what to do.
type PreflightError struct {
	Kind  record.Kind // "" for the whole source
	Check string
	Cause string
	Cure  string
}

func (e *PreflightError) Error() string {
	where := "source"
	if e.Kind != "" {
		where = string(e.Kind)
	}
	return fmt.Sprintf("preflight of %s, %s: %s; %s", where, e.Check, e.Cause, e.Cure)
}

func (c *Client) address() string {
	return "url:" + c.api.base.Host + strings.TrimRight(c.api.base.Path, "/")
}

// Identify gives the fingerprint of the account in one request: its id, else the address.
func (c *Client) Identify(ctx context.Context) (string, error) {
	caps := Capabilities{Fingerprint: c.address()}
	err := c.account(ctx, &caps)
	return caps.Fingerprint, err
}

// Preflight checks what rezora contract 11 assumes, resource by resource. It only reads.
func (c *Client) Preflight(ctx context.Context) (Capabilities, error) {
	caps := Capabilities{Source: "http", Profile: c.profile.Profile, OverlapS: c.profile.Delta.OverlapS,
		Fingerprint: c.address(), Resources: map[record.Kind]Capability{}}
	if err := c.account(ctx, &caps); err != nil {
		return caps, err
	}
	missing := true
	for _, kind := range record.Kinds {
		got, err := c.preflightResource(ctx, kind)
		if err != nil {
			return caps, err
		}
		caps.Resources[kind] = got
		missing = missing && (got.Status == http.StatusNotFound || got.Offer == Disabled || c.profile.Resources[kind] == nil)
	}
	if missing {
		return caps, &PreflightError{Check: "base path", Cause: "every resource answers 404",
			Cure: "set source.base_path (and base_url) to where the API is"}
	}
	for _, kind := range record.Kinds {
		if got := caps.Resources[kind]; got.Required && got.Offer != Offered {
			return caps, &PreflightError{Kind: kind, Check: "required resources", Cause: fmt.Sprintf("the source answers status %d", got.Status),
				Cure: "give a credential whose scope includes it, or check source.base_path"}
		}
	}
	return caps, nil
}

// account reads GET /account; a source without it is fine.
func (c *Client) account(ctx context.Context, caps *Capabilities) error {
	if c.profile.Paging.Style == pagingNone {
		return nil
	}
	var data canon.Node
	_, err := c.api.get(ctx, question{resource: "account", path: "/account", accept: func(body []byte) error {
		root, err := canon.Parse(body)
		if data = root.Path(c.profile.Envelope.Item); err == nil && data.Members == nil {
			err = errors.New("no account")
		}
		return err
	}})
	var status *StatusError
	switch {
	case IsRejected(err):
		return rejected(err)
	case errors.As(err, &status) && !passingStatus(status.Status):
		caps.Findings = append(caps.Findings, Finding{Level: Adapted, Check: "account",
			Text: fmt.Sprintf("GET /account answers %d; the account is known by its address", status.Status)})
		return nil
	case err != nil:
		return err
	}
	caps.Account = Account{AccountID: data.Get("account_id").Text(), CompanyID: data.Get("company_id").Text(), APIVersion: data.Get("api_version").Text()}
	caps.Account.ServerTime, _ = c.convert.Clock.Time(data.Get("server_time").Text())
	for _, scope := range data.Get("scopes").Items {
		caps.Account.Scopes = append(caps.Account.Scopes, scope.Text())
	}
	if caps.Account.AccountID != "" {
		caps.Fingerprint = "account:" + caps.Account.AccountID
	}
	return nil
}

func rejected(err error) error {
	return fmt.Errorf("preflight of source, credential: credential rejected; give a valid token or key in REZORA_TOKEN, or check auth.mode: %w", err)
}

// preflightResource checks one resource. An error is fatal for the whole source.
func (c *Client) preflightResource(ctx context.Context, kind record.Kind) (Capability, error) {
	out := Capability{Kind: kind, Required: record.Required[kind]}
	r, err := c.resource(kind)
	switch {
	case errors.Is(err, ErrDisabled):
		out.Offer = Disabled
		return out, nil
	case err != nil:
		out.Offer = NotOffered
		return out, nil
	}
	out.Required = out.Required || r.Required
	if c.profile.Paging.Style == pagingNone {
		return c.preflightWhole(ctx, kind, r, out)
	}
	p := &probe{client: c, kind: kind, resource: r, out: out}
	sample, err := p.sample(ctx)
	if IsNotOffered(err) {
		var status *StatusError
		errors.As(err, &status)
		p.out.Offer, p.out.Status = NotOffered, status.Status
		p.find(Adapted, "offer", fmt.Sprintf("not offered by this account (status %d)", status.Status))
		return p.out, nil
	}
	if IsRejected(err) {
		return p.out, rejected(err)
	}
	if err != nil {
		return p.out, err
	}
	p.out.Offer, p.out.Status = Offered, http.StatusOK
	for _, check := range []func(context.Context, served) error{p.clock, p.shape, p.order, p.delta, p.fieldsID, p.count, p.tombstones} {
		if err := check(ctx, sample); err != nil {
			return p.out, err
		}
	}
	return p.out, nil
}

// probe is the preflight of one resource.
type probe struct {
	client    *Client
	kind      record.Kind
	resource  *Resource
	out       Capability
	noUpdated bool // live items without updated_at
}

func (p *probe) find(level Level, check, text string) {
	p.out.Findings = append(p.out.Findings, Finding{Level: level, Check: check, Text: text})
}

func (p *probe) ask(ctx context.Context, params map[string]string) (served, error) {
	return p.askAt(ctx, params, "")
}

func (p *probe) askAt(ctx context.Context, params map[string]string, place string) (served, error) {
	q := p.client.filter(p.kind, p.resource, CountRequest{})
	for name, value := range params {
		set(q, name, value)
	}
	return p.client.page(ctx, p.kind, p.resource, p.client.profile.Paging.at(q, place))
}

// sample reads a page of the full size, halving the size while the source refuses it.
func (p *probe) sample(ctx context.Context) (served, error) {
	paging := p.client.profile.Paging
	for limit := max(paging.Limit, 50); ; limit = max(limit/2, 50) {
		got, err := p.ask(ctx, map[string]string{paging.LimitParam: fmt.Sprint(limit)})
		if isStatus(err, http.StatusBadRequest) && limit > 50 {
			continue
		}
		if p.out.Limit = limit; limit < paging.Limit {
			p.find(Adapted, "limit", fmt.Sprintf("pages of %d are refused, %d is used", paging.Limit, limit))
		}
		var bad *AnswerError
		if errors.As(err, &bad) {
			return got, &PreflightError{Kind: p.kind, Check: "envelope", Cause: bad.Reason, Cure: "the profile needs other envelope paths, or base_path leads elsewhere"}
		}
		return got, err
	}
}

// clock compares the answer's time with its Date header.
func (p *probe) clock(_ context.Context, s served) error {
	p.out.AsOf, p.out.AsOfFrom = s.asOf, "body"
	if s.noEnv {
		p.out.AsOfFrom = "date"
		p.find(Adapted, "as_of", "missing; the Date header is used")
		if s.asOf.IsZero() {
			return &PreflightError{Kind: p.kind, Check: "as_of", Cause: "neither the answer nor its Date header tells the server's time", Cure: "deltas need it: ask the vendor"}
		}
		return nil
	}
	if off := s.asOf.Sub(s.date).Abs(); !s.date.IsZero() && off > 5*time.Minute {
		return &PreflightError{Kind: p.kind, Check: "as_of", Cause: fmt.Sprintf("as_of and the Date header differ by %s", off.Round(time.Second)),
			Cure: "deltas would lose changes: ask the vendor for the meaning of as_of"}
	}
	return nil
}
