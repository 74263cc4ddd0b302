// Package config turns the environment, and the two settings files it may name, into one checked Config.
//
// It guarantees: a value of the environment beats the same value of a file, a key absent from a file keeps its default,
// an unknown key of a file is refused with its line; a missing or bad setting is one *Error, one line long, that names
// the setting, the cause and the cure; a secret never shows in any printed form. An empty environment variable counts
// as unset. Loading reads files and changes nothing.
package config

// Config holds the settings of one process. A loader fills only the parts its caller needs; the others stay zero.
type Config struct {
	Temporal   Temporal
	Rezora     Rezora
	Nutshell   Nutshell
	Ledger     Ledger
	Archive    Archive
	Log        Log
	Metrics    Metrics
	Notify     Notify
	MappingDir string `env:"MAPPING_DIR"`

	// Warnings are settings that work and should not be left so, one line each, without secrets.
	Warnings []string
}

// Part names what a command needs of the settings. Log settings are always loaded.
type Part uint

// The parts of a Config.
const (
	PartTemporal Part = 1 << iota
	PartRezora
	PartNutshell
	PartLedger // the ledger and the archive beside it
	PartMetrics
	PartMapping
	PartNotify

	// PartWorker is everything.
	PartWorker = PartTemporal | PartRezora | PartNutshell | PartLedger | PartMetrics | PartMapping | PartNotify
)

// Load reads all settings, as a worker needs them.
func Load(environ map[string]string) (Config, error) {
	return LoadParts(environ, PartWorker)
}

// LoadTemporal reads what a command needs that only talks to a running migration.
func LoadTemporal(environ map[string]string) (Config, error) {
	return LoadParts(environ, PartTemporal)
}

// LoadLedger reads what a command needs that only looks into the ledger and the archive.
func LoadLedger(environ map[string]string) (Config, error) {
	return LoadParts(environ, PartLedger)
}

// LoadParts reads the named parts. Settings of other parts are not looked at, so they may be missing or bad.
func LoadParts(environ map[string]string, parts Part) (Config, error) {
	env := withoutEmpty(environ)
	var c Config
	steps := []struct {
		part Part
		load func(environment, *Config) error
	}{
		{0, loadLog},
		{PartMetrics, loadMetrics},
		{PartTemporal, loadTemporal},
		{PartRezora, loadRezora},
		{PartNutshell, loadNutshell},
		{PartLedger, loadLedger},
		{PartLedger, loadArchive},
		{PartMapping, loadMapping},
		{PartNotify, loadNotify},
	}
	for _, s := range steps {
		if s.part&parts != s.part {
			continue
		}
		if err := s.load(env, &c); err != nil {
			return Config{}, err
		}
	}
	return c, nil
}

func loadMapping(env environment, c *Config) error {
	c.MappingDir = "."
	if v, ok := env["MAPPING_DIR"]; ok {
		c.MappingDir = v
	}
	return checkFolder("MAPPING_DIR", c.MappingDir)
}
