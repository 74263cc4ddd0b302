package rezora

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rezora2nutshell/clients/rezora/internal/canon"
	"rezora2nutshell/internal/record"
)

// LegacyOptions describe one deployment of the legacy API (rezora contract 2 and 7.2).
type LegacyOptions struct {
	BaseURL   string // https://api.rezora.com/v1
	AllowHTTP bool
	Auth      Mode   // Basic or Digest; "" is Basic
	Zone      string // of its zone-less times; "" is UTC
	Limits    Limits
	UserAgent string
	Transport http.RoundTripper // replaces the network, for tests of crashes
}

// LegacyClient reads the legacy API, v1: whole collections, credential by credential. It is safe for use by several goroutines,
// though one credential is meant to be read by one at a time.
type LegacyClient struct {
	api     *api
	mode    Mode
	convert canon.Converter
	maps    map[record.Kind]mapping
}

// NewLegacy checks the options and makes a client. Nothing is sent yet.
func NewLegacy(o LegacyOptions) (*LegacyClient, error) {
	if o.BaseURL == "" {
		o.BaseURL = "https://api.rezora.com/v1"
	}
	base, err := baseAddress("legacy.base_url", o.BaseURL, "", o.AllowHTTP)
	if err != nil {
		return nil, err
	}
	if o.Auth == "" {
		o.Auth = Basic
	}
	if o.Auth != Basic && o.Auth != Digest {
		return nil, fmt.Errorf("legacy.auth %q is unknown; use basic or digest", o.Auth)
	}
	loc, err := zone("legacy.zone", o.Zone)
	if err != nil {
		return nil, err
	}
	l := &LegacyClient{mode: o.Auth, convert: canon.Converter{Clock: canon.Clock{Zone: loc}}, maps: map[record.Kind]mapping{}}
	for kind, fields := range legacyFields {
		if l.maps[kind], err = compileMap(kind, l.convert.Clock, fields); err != nil {
			return nil, err
		}
	}
	l.api = newAPI("legacy", base, o.Limits.withDefaults(), noAuth{}, o.UserAgent, o.Transport)
	if o.Auth == Digest {
		l.api.http.Transport = &digestTransport{next: l.api.http.Transport, states: map[string]*digestState{}}
	}
	return l, nil
}

// Observe sets a function that hears of every request; it must be set before the first one and return quickly.
func (l *LegacyClient) Observe(fn func(Call)) { l.api.observe = fn }

// noAuth stands where each request brings its own credential.
type noAuth struct{}

func (noAuth) apply(context.Context, http.Header) (string, error) { return "", nil }
func (noAuth) renew(context.Context, string) (bool, error)        { return false, nil }

// rows reads a path as a list of flat objects; a single object counts as a list of one.
func (l *LegacyClient) rows(ctx context.Context, cred Credential, resource string, path ...string) ([]canon.Node, time.Time, error) {
	var b strings.Builder
	for _, p := range path {
		b.WriteString("/" + segment(p))
	}
	var rows []canon.Node
	q := question{resource: resource, path: b.String() + ".json", accept: func(body []byte) error {
		root, err := canon.Parse(body)
		switch {
		case err != nil:
			return err
		case root.Items != nil:
			rows = root.Items
		case root.Members != nil:
			rows = []canon.Node{root}
		default:
			return fmt.Errorf("no list")
		}
		return nil
	}}
	if l.mode == Digest {
		ctx = context.WithValue(ctx, digestKey{}, cred)
	} else {
		q.header = map[string][]string{"Authorization": {basicValue(cred.Username, cred.Password)}}
	}
	ans, err := l.api.get(ctx, q)
	if err != nil {
		return nil, time.Time{}, err
	}
	return rows, ans.date(), nil
}

// records converts rows; extra are fields that the credential or the path implies.
func (l *LegacyClient) records(kind record.Kind, rows []canon.Node, extra map[string]string) ([]record.Record, map[Oddity]int, error) {
	out, odd := make([]record.Record, 0, len(rows)), map[Oddity]int{}
	for i, row := range rows {
		item := l.maps[kind].apply(row, nil)
		for path, value := range extra {
			if value != "" {
				item.Set(path, canon.String(value))
			}
		}
		got, err := l.convert.Record(kind, item)
		if err != nil {
			return nil, nil, &dataError{fmt.Errorf("read legacy %s, row %d: %w", kind, i+1, err)}
		}
		for _, o := range got.Oddities {
			odd[o]++
		}
		if kind == record.Contacts && row.Get("contact_unsubscribe").Text() == "" {
			odd[Oddity{Field: "unsubscribed", Issue: canon.Missing}]++
		}
		got.Record.Raw = append([]byte(nil), row.Raw...)
		out = append(out, got.Record)
	}
	return out, odd, nil
}

// Rows is one answer of the legacy API in canonical form.
type Rows struct {
	Records  []record.Record
	At       time.Time // Date header of the answer
	Oddities map[Oddity]int
}

func (l *LegacyClient) list(ctx context.Context, cred Credential, kind record.Kind, extra map[string]string, path ...string) (Rows, error) {
	rows, at, err := l.rows(ctx, cred, string(kind), path...)
	if err != nil {
		return Rows{}, err
	}
	records, odd, err := l.records(kind, rows, extra)
	return Rows{Records: records, At: at, Oddities: odd}, err
}

// Agents lists the agents, short rows (company credential).
func (l *LegacyClient) Agents(ctx context.Context, cred Credential) (Rows, error) {
	return l.list(ctx, cred, record.Agents, nil, "agents")
}

// Agent reads one agent's full row (company credential).
func (l *LegacyClient) Agent(ctx context.Context, cred Credential, id string) (Rows, error) {
	return l.list(ctx, cred, record.Agents, nil, "agents", id)
}

// Groups lists the groups of agents, which are teams and never mailing lists (company credential).
func (l *LegacyClient) Groups(ctx context.Context, cred Credential) (Rows, error) {
	return l.list(ctx, cred, record.Teams, nil, "groups")
}

// GroupAgents lists the members of a group (company credential).
func (l *LegacyClient) GroupAgents(ctx context.Context, cred Credential, group string) (Rows, error) {
	return l.list(ctx, cred, record.TeamMemberships, map[string]string{"team_id": group}, "groups", group, "agents")
}

// Contacts lists the contacts of the credential's agent; owner is that agent's id, "" when it is not known yet.
func (l *LegacyClient) Contacts(ctx context.Context, cred Credential, owner string) (Rows, error) {
	return l.list(ctx, cred, record.Contacts, map[string]string{"owner_agent_id": owner}, "contacts")
}

// Lists lists the mailing lists of the credential's agent.
func (l *LegacyClient) Lists(ctx context.Context, cred Credential, owner string) (Rows, error) {
	return l.list(ctx, cred, record.DistributionGroups, map[string]string{"owner_agent_id": owner}, "lists")
}

// ListContacts lists the members of a mailing list.
func (l *LegacyClient) ListContacts(ctx context.Context, cred Credential, list string) (Rows, error) {
	return l.list(ctx, cred, record.GroupMemberships, map[string]string{"group_id": list}, "lists", list, "contacts")
}

// Host is where the legacy API is, without a credential.
func (l *LegacyClient) Host() *url.URL {
	u := *l.api.base
	return &u
}
