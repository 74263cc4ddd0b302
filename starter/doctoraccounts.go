package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/wiring"
)

func (d doctor) rezora(ctx context.Context, p *wiring.Parts) []finding {
	caps, err := p.Source.Preflight(ctx)
	var differs *rezora.PreflightError
	switch {
	case errors.As(err, &differs):
		return []finding{fault(differs.Cause, differs.Cure)}
	case err != nil:
		return []finding{fault(oneLine(err), "check REZORA_BASE_URL, REZORA_TOKEN and the network between this host and Rezora")}
	}
	offered, missing := 0, 0
	for _, c := range caps.Resources {
		if c.Offer == rezora.Offered {
			offered++
		} else {
			missing++
		}
	}
	out := []finding{good("%s, profile %s, %d resources offered", caps.Fingerprint, caps.Profile, offered)}
	if missing > 0 {
		out = append(out, note(fmt.Sprintf("%d resources are not offered by this account; the pre-migration report names them", missing), ""))
	}
	return out
}

// legacyTried bounds how many logins of the legacy API are tried.
const legacyTried = 20

func (d doctor) legacy(ctx context.Context, p *wiring.Parts) []finding {
	switch {
	case p.LegacyFiles != nil:
		return []finding{good("a folder of exports stands for the legacy API")}
	case p.Legacy == nil:
		return []finding{note("no legacy API is set: what only the legacy API has is not migrated", "set REZORA_LEGACY_BASE_URL if the customer has one")}
	}
	tried := 0
	for _, login := range p.Credentials[:min(len(p.Credentials), legacyTried)] {
		var err error
		if login.Level == "company" {
			_, err = p.Legacy.Agents(ctx, login)
		} else {
			_, err = p.Legacy.Lists(ctx, login, login.AgentID)
		}
		if err != nil {
			who := "the company login"
			if login.AgentID != "" {
				who = "the login of agent " + login.AgentID
			}
			return []finding{fault(who+": "+oneLine(err), "correct it in REZORA_LEGACY_CREDENTIALS_FILE")}
		}
		tried++
	}
	return []finding{good("%d of %d logins tried, all accepted", tried, len(p.Credentials))}
}

func (d doctor) nutshell(ctx context.Context, p *wiring.Parts) []finding {
	facts, err := account.Read(ctx, p.Nutshell)
	switch {
	case nutshell.IsUnauthorized(err):
		return []finding{fault("Nutshell rejected the user or the key", "correct NUTSHELL_USERNAME and NUTSHELL_API_KEY")}
	case err != nil:
		return []finding{fault(oneLine(err), "check NUTSHELL_BASE_URL and the network between this host and Nutshell")}
	}
	enabled := 0
	for _, u := range facts.Users {
		if u.Enabled {
			enabled++
		}
	}
	out := []finding{good("account %s, acting as user %d, %d enabled users, %d custom fields of people", facts.Instance, facts.Me.ID, enabled, len(facts.Fields[nutshell.Contacts]))}
	for _, f := range facts.Findings {
		out = append(out, note(f.Probe+": "+f.Text, ""))
	}
	return append(out, note("whether the key may write cannot be read; the write probes of the sample find out", ""))
}

// clockSlack is how far two clocks may be apart. Deadlines of claims go by the ledger's clock alone, windows of the delta by the source's:
// a clock that is wrong by more confuses people, and certificates.
const clockSlack = 30 * time.Second

// clock compares this host's clock with those of both APIs, by the Date of an answer to a request without credentials.
func (d doctor) clock(ctx context.Context) []finding {
	hosts := map[string]string{"Nutshell": d.settings.Nutshell.BaseURL + "/api/v1/json"}
	if d.settings.Rezora.Source.Kind != config.KindExport {
		hosts["Rezora"] = d.settings.Rezora.Source.BaseURL
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var out []finding
	for _, name := range []string{"Rezora", "Nutshell"} {
		url, asked := hosts[name]
		if !asked {
			continue
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			out = append(out, fault(name+": the address cannot be asked", "correct its base URL"))
			continue
		}
		answer, err := client.Do(req)
		if err != nil {
			out = append(out, note(name+" did not answer, so its clock is unknown", ""))
			continue
		}
		_ = answer.Body.Close()
		theirs, err := http.ParseTime(answer.Header.Get("Date"))
		apart := time.Since(theirs).Abs()
		switch {
		case err != nil:
			out = append(out, note(name+" does not tell the time", ""))
		case apart > clockSlack:
			out = append(out, fault(fmt.Sprintf("this host's clock and %s's are %s apart", name, apart.Round(time.Second)), "set this host's clock by NTP"))
		default:
			out = append(out, good("%s's clock agrees", name))
		}
	}
	return out
}
