package config

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Dialect is the kind of database behind the ledger.
type Dialect string

// The dialects.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// Ledger says where the ledger lies and where the key is that encrypts it.
type Ledger struct {
	URL     Secret `env:"LEDGER_URL"`      // as given; of PostgreSQL it may hold a password
	KeyFile string `env:"LEDGER_KEY_FILE"` // absolute; default with SQLite is Path + ".key"

	Dialect Dialect
	Path    string // absolute path of the SQLite file; "" with PostgreSQL
	// KeyExists says whether the key file was there when the settings were loaded. With SQLite it can only be missing
	// where the ledger is missing too, and is then made with mode 0600 together with it.
	KeyExists bool
}

const ledgerForms = "use sqlite:relative.db, sqlite:///absolute/path.db or postgres://user@host:5432/database"

func loadLedger(env environment, c *Config) error {
	l := Ledger{URL: NewSecret("sqlite:migration.db")}
	if err := env.fill(&l); err != nil {
		return err
	}
	var err error
	raw := l.URL.Reveal()
	switch scheme, _, _ := strings.Cut(raw, ":"); scheme {
	case "sqlite":
		l.Dialect = SQLite
		l.Path, err = sqlitePath(strings.TrimPrefix(raw, "sqlite:"))
	case "postgres", "postgresql":
		l.Dialect = Postgres
		err = checkPostgresURL(raw)
	default:
		err = bad("LEDGER_URL", "is neither an sqlite nor a postgres URL", ledgerForms)
	}
	if err != nil {
		return err
	}
	if err := l.loadKey(c); err != nil {
		return err
	}
	c.Ledger = l
	return nil
}

func sqlitePath(rest string) (string, error) {
	const setting = "LEDGER_URL"
	path := rest
	if strings.HasPrefix(rest, "//") {
		path = strings.TrimPrefix(rest, "//")
		if !strings.HasPrefix(path, "/") {
			return "", bad(setting, "names a host", "an absolute path has three slashes: sqlite:///absolute/path.db")
		}
		var err error
		if path, err = url.PathUnescape(path); err != nil {
			return "", bad(setting, "has a broken percent code", ledgerForms)
		}
	}
	if strings.ContainsAny(path, "?#") {
		return "", bad(setting, "has a query or fragment", "give the path of the file only")
	}
	if path == "" || path == ":memory:" || strings.HasSuffix(path, "/") {
		return "", bad(setting, "names no file", ledgerForms)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", bad(setting, "cannot be made absolute: "+reason(err), "give an absolute path")
	}
	if info, err := os.Stat(abs); err == nil && info.IsDir() {
		return "", bad(setting, quote(abs)+" is a folder", "name a file")
	}
	return abs, nil
}

func checkPostgresURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return bad("LEDGER_URL", "is not a valid postgres URL", "percent-encode special characters of the password; "+ledgerForms)
	}
	if u.Host == "" && u.Query().Get("host") == "" {
		return bad("LEDGER_URL", "names no database host", ledgerForms)
	}
	return nil
}

func (l *Ledger) loadKey(c *Config) error {
	const setting = "LEDGER_KEY_FILE"
	if l.KeyFile == "" {
		if l.Dialect == Postgres {
			return missing(setting, "with PostgreSQL it is required: a file that every worker has the same copy of")
		}
		l.KeyFile = l.Path + ".key"
	}
	abs, err := filepath.Abs(l.KeyFile)
	if err != nil {
		return bad(setting, "cannot be made absolute: "+reason(err), "give an absolute path")
	}
	l.KeyFile = abs
	info, err := os.Stat(l.KeyFile)
	switch {
	case os.IsNotExist(err):
		if exists(l.Path) {
			return bad(setting, "the key file "+quote(l.KeyFile)+" is missing beside an existing ledger", "put the key back: without it the ledger cannot be read")
		}
		return nil
	case err != nil:
		return bad(setting, "the key file "+quote(l.KeyFile)+" cannot be read: "+reason(err), "correct its permissions")
	case info.IsDir():
		return bad(setting, quote(l.KeyFile)+" is a folder", "name a file")
	case info.Size() == 0:
		return bad(setting, "the key file "+quote(l.KeyFile)+" is empty", "put the key back")
	}
	f, err := os.Open(l.KeyFile)
	if err != nil {
		return bad(setting, "the key file "+quote(l.KeyFile)+" cannot be read: "+reason(err), "correct its permissions")
	}
	_ = f.Close()
	l.KeyExists = true
	if othersMayRead(l.KeyFile) {
		c.Warnings = append(c.Warnings, setting+": others than its owner may read the key file; chmod 600 it")
	}
	return nil
}

// exists says whether path is a file with something in it.
func exists(path string) bool {
	if path == "" {
		return false
	}
	info, err := os.Stat(path)
	return err == nil && info.Size() > 0
}
