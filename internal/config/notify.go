package config

import "net/url"

// Notify says whom the worker tells that a run waits or has ended.
type Notify struct {
	URL   Secret `env:"NOTIFY_URL"`      // a webhook; its path holds a token as a rule. Not set (default): nobody is told
	WebUI string `env:"TEMPORAL_UI_URL"` // of Temporal, for links in what is told; without trailing slash, "" = none
}

func loadNotify(env environment, c *Config) error {
	var n Notify
	if err := env.fill(&n); err != nil {
		return err
	}
	if n.URL.Set() {
		if err := checkWebhook("NOTIFY_URL", n.URL.Reveal()); err != nil {
			return err
		}
	}
	if n.WebUI != "" {
		var err error
		if n.WebUI, err = checkBaseURL("TEMPORAL_UI_URL", n.WebUI, true, ""); err != nil {
			return err
		}
	}
	c.Notify = n
	return nil
}

// checkWebhook never shows the value: it is a secret.
func checkWebhook(setting, raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "":
		return bad(setting, "is not a URL with scheme and host", "paste the whole address of the webhook")
	case u.Scheme == "http" && !IsLoopback(u.Hostname()):
		return bad(setting, "is plain http to a host that is not loopback", "use https")
	case u.Scheme != "https" && u.Scheme != "http":
		return bad(setting, "has a scheme other than https", "use https")
	}
	return nil
}
