package config

import (
	"net/url"
	"path/filepath"
	"strings"
)

// Archive says where reports and archives go.
type Archive struct {
	URL      string `env:"ARCHIVE_URL"`       // file:///…, s3://…, gs://… or azblob://…, a query allowed
	LinkBase string `env:"ARCHIVE_LINK_BASE"` // what links in notes start with, no slash at its end
}

const archiveForms = "use file:///absolute/folder, s3://bucket, gs://bucket or azblob://container"

// loadArchive needs the ledger's settings loaded: the default lies beside the ledger.
func loadArchive(env environment, c *Config) error {
	var a Archive
	if err := env.fill(&a); err != nil {
		return err
	}
	if a.URL == "" {
		if c.Ledger.Dialect == Postgres {
			return missing("ARCHIVE_URL", "with PostgreSQL it is required; "+archiveForms)
		}
		folder := filepath.Join(filepath.Dir(c.Ledger.Path), "archive")
		a.URL = (&url.URL{Scheme: "file", Path: filepath.ToSlash(folder)}).String()
	}
	u, err := url.Parse(a.URL)
	if err != nil {
		return bad("ARCHIVE_URL", "is not a URL", archiveForms)
	}
	if u.User != nil {
		return bad("ARCHIVE_URL", "carries credentials", "give them by the storage's own environment variables")
	}
	switch u.Scheme {
	case "file":
		if u.Host != "" || !strings.HasPrefix(u.Path, "/") {
			return bad("ARCHIVE_URL", quote(a.URL)+" is not an absolute folder", "a folder has three slashes: file:///absolute/folder")
		}
	case "s3", "gs", "azblob":
		if u.Host == "" {
			return bad("ARCHIVE_URL", quote(a.URL)+" names no bucket", archiveForms)
		}
	default:
		return bad("ARCHIVE_URL", "has the scheme "+quote(u.Scheme), archiveForms)
	}
	if a.LinkBase == "" {
		u.RawQuery, u.ForceQuery, u.Fragment = "", false, ""
		a.LinkBase = u.String()
	} else if l, err := url.Parse(a.LinkBase); err != nil || l.Scheme == "" || l.User != nil {
		return bad("ARCHIVE_LINK_BASE", "is not a URL without credentials", "write it like https://files.example/migrations")
	}
	a.LinkBase = strings.TrimRight(a.LinkBase, "/")
	c.Archive = a
	return nil
}
