package config

import (
	"strings"
)

// loadSecret finds the secret of the current API: REZORA_TOKEN, else the variable that auth.secret_env names, else the
// file that auth.secret_file names. An export needs none.
func (r *Rezora) loadSecret(env environment, _ *Config) error {
	a := &r.Auth
	if err := checkChoice(fileKey("auth.mode"), a.Mode, "bearer", "header", "basic", "token_exchange"); err != nil {
		return err
	}
	if a.Mode == "header" && (a.Header == "" || strings.ContainsAny(a.Header, " :\t\r\n")) {
		return bad(fileKey("auth.header"), "is not the name of a header", "write it like X-API-Key")
	}
	if r.Source.Kind == KindExport {
		return nil
	}
	setting := "REZORA_TOKEN"
	if !a.Secret.Set() && a.SecretEnv != "" && env[a.SecretEnv] != "" {
		setting = a.SecretEnv
		a.Secret = NewSecret(env[a.SecretEnv])
	}
	if !a.Secret.Set() && a.SecretFile != "" {
		setting = fileKey("auth.secret_file")
		b, err := readFile(setting, a.SecretFile)
		if err != nil {
			return err
		}
		a.Secret = NewSecret(strings.TrimRight(string(b), "\r\n"))
	}
	if !a.Secret.Set() {
		cure := "set it to the token of the Rezora account, or set REZORA_EXPORT_DIR to read a folder of exports"
		return missing(setting, cure)
	}
	if hasControl(a.Secret.Reveal()) {
		return bad(setting, "holds a line break or control character", "give the token alone")
	}
	if (a.Mode == "basic" || a.Mode == "token_exchange") && !strings.Contains(a.Secret.Reveal(), ":") {
		return bad(setting, "holds no colon", "with auth.mode "+a.Mode+" write username:password")
	}
	return nil
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// loadLegacy decides whether there is a legacy source. The API needs its variable; a folder of the settings file is no API
// and stands.
func (r *Rezora) loadLegacy(env environment, c *Config) error {
	l := &r.Legacy
	if err := checkChoice(fileKey("legacy.kind"), l.Kind, KindHTTP, KindExport, KindNone); err != nil {
		return err
	}
	if _, set := env["REZORA_LEGACY_BASE_URL"]; set {
		l.Kind = KindHTTP
	} else if l.Kind != KindExport {
		if _, set := env["REZORA_LEGACY_CREDENTIALS_FILE"]; set {
			return missing("REZORA_LEGACY_BASE_URL", "REZORA_LEGACY_CREDENTIALS_FILE is set: set both (https://api.rezora.com/v1) or none")
		}
		*l = RezoraLegacy{Kind: KindNone}
		return nil
	}
	if err := checkZone(fileKey("legacy.zone"), l.Zone); err != nil {
		return err
	}
	if l.Kind == KindExport {
		if l.Dir == "" {
			return missing(fileKey("legacy.dir"), "name the folder of the legacy export")
		}
		return checkFolder(fileKey("legacy.dir"), l.Dir)
	}
	if err := checkChoice(fileKey("legacy.auth"), l.Auth, "basic", "digest"); err != nil {
		return err
	}
	var err error
	l.BaseURL, err = checkBaseURL("REZORA_LEGACY_BASE_URL", l.BaseURL, l.AllowHTTP,
		"use https, or set legacy.allow_http in REZORA_SETTINGS_FILE")
	if err != nil {
		return err
	}
	if l.CredentialsFile == "" {
		return missing("REZORA_LEGACY_CREDENTIALS_FILE", "the legacy API needs a CSV file with the header "+credentialsHeader)
	}
	l.Credentials, err = readCredentials(envOr(env, "REZORA_LEGACY_CREDENTIALS_FILE", "legacy.credentials_file"), l.CredentialsFile)
	return err
}
