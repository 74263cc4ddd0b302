package rezora

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"rezora2nutshell/clients/rezora/internal/canon"
)

// authenticator puts a credential on requests. apply returns a mark of the credential it used; renew replaces that credential
// after the source refused it, and says whether a repetition makes sense.
type authenticator interface {
	apply(ctx context.Context, h http.Header) (used string, err error)
	renew(ctx context.Context, used string) (bool, error)
}

// static is a credential that does not change.
type static struct {
	header string
	value  func(context.Context) (string, error)
}

func (s static) apply(ctx context.Context, h http.Header) (string, error) {
	value, err := s.value(ctx)
	if err != nil {
		return "", fmt.Errorf("fetch the source's credential: %w", err)
	}
	if strings.ContainsAny(value, "\r\n\x00") {
		return "", fmt.Errorf("the source's credential holds a line break; give it on one line")
	}
	h.Set(s.header, value)
	return "", nil
}

func (static) renew(context.Context, string) (bool, error) { return false, nil }

func basicValue(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// authenticate picks the credential of a mode; client is set later for the token exchange.
func authenticate(a Auth, p *Profile) (authenticator, error) {
	mode := a.Mode
	if mode == "" {
		mode = Bearer
	}
	if a.Secret == nil {
		return nil, fmt.Errorf("auth: no secret for mode %s; set the environment variable or file that holds it", mode)
	}
	if !p.allows(mode) {
		return nil, fmt.Errorf("auth.mode %q is not offered by profile %s; it has %v", mode, p.Profile, p.Auth.Modes)
	}
	name := a.Header
	if name == "" {
		name = p.Auth.Header
	}
	switch mode {
	case Bearer:
		return prefixed("Authorization", "Bearer ", a.Secret), nil
	case Header:
		if name == "" {
			name = "X-API-Key"
		}
		return prefixed(name, "", a.Secret), nil
	case Basic:
		return static{header: "Authorization", value: func(ctx context.Context) (string, error) {
			user, password, err := userAndPassword(ctx, a.Secret)
			return basicValue(user, password), err
		}}, nil
	case TokenExchange:
		return &exchanged{secret: a.Secret, profile: p}, nil
	}
	return nil, fmt.Errorf("auth.mode %q is unknown; use bearer, header, basic or token_exchange", mode)
}

func prefixed(header, prefix string, secret SecretFunc) static {
	return static{header: header, value: func(ctx context.Context) (string, error) {
		text, err := secret(ctx)
		if err == nil && strings.TrimSpace(text) == "" {
			err = fmt.Errorf("it is empty")
		}
		return prefix + strings.TrimSpace(text), err
	}}
}

func userAndPassword(ctx context.Context, secret SecretFunc) (user, password string, err error) {
	text, err := secret(ctx)
	if err != nil {
		return "", "", err
	}
	user, password, ok := strings.Cut(strings.TrimRight(text, "\r\n"), ":")
	if !ok {
		return "", "", fmt.Errorf("it must have the form username:password")
	}
	return user, password, nil
}

// exchanged is a token got for user and password; concurrent requests share it and renew it once.
type exchanged struct {
	secret  SecretFunc
	profile *Profile
	api     *api

	mu      sync.Mutex
	token   string
	expires time.Time
}

func (x *exchanged) apply(ctx context.Context, h http.Header) (string, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.token == "" || !x.expires.IsZero() && time.Now().After(x.expires) {
		if err := x.fetch(ctx); err != nil {
			return "", err
		}
	}
	h.Set("Authorization", "Bearer "+x.token)
	return x.token, nil
}

func (x *exchanged) renew(ctx context.Context, used string) (bool, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.token != used {
		return true, nil
	}
	return true, x.fetch(ctx)
}

// fetch is the one request of the whole client that is no GET.
func (x *exchanged) fetch(ctx context.Context) error {
	user, password, err := userAndPassword(ctx, x.secret)
	if err != nil {
		return fmt.Errorf("fetch the source's credential: %w", err)
	}
	names := x.profile.Auth.TokenRequest
	form, err := json.Marshal(map[string]string{names.Username: user, names.Password: password})
	if err != nil {
		return fmt.Errorf("token exchange: %w", err)
	}
	ctx = context.WithValue(ctx, tokenExchangeKey{}, true)
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, x.api.address(x.profile.Auth.TokenPath, nil).String(), bytes.NewReader(form))
	if err != nil {
		return fmt.Errorf("token exchange: the address cannot be built")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", x.api.agent)
	path := x.profile.Auth.TokenResponse
	var got canon.Node
	e := &exchange{api: x.api, id: "token", question: question{resource: "token", accept: func(body []byte) error {
		if got, err = canon.Parse(body); err != nil || got.Path(path.AccessToken).Text() == "" {
			return fmt.Errorf("no access token")
		}
		return nil
	}}}
	if _, err := e.do(req); err != nil { //nolint:bodyclose // read and closed by the exchange
		return fmt.Errorf("token exchange: %w", err)
	}
	x.token, x.expires = got.Path(path.AccessToken).Text(), time.Time{}
	if s, err := strconv.ParseInt(got.Path(path.ExpiresIn).Text(), 10, 64); err == nil && s > 0 && s < 1<<31 {
		x.expires = time.Now().Add(time.Duration(s) * time.Second * 9 / 10)
	}
	return nil
}
