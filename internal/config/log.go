package config

// Log says what is logged and in which form; it always goes to standard error.
type Log struct {
	Level  string `env:"LOG_LEVEL"`  // debug, info (default), warn, error
	Format string `env:"LOG_FORMAT"` // json (default), console
}

// Metrics says where metrics are served.
type Metrics struct {
	Address string `env:"METRICS_ADDRESS"` // host:port; "" (default) serves none
}

func loadLog(env environment, c *Config) error {
	l := Log{Level: "info", Format: "json"}
	if err := env.fill(&l); err != nil {
		return err
	}
	if err := checkChoice("LOG_LEVEL", l.Level, "debug", "info", "warn", "error"); err != nil {
		return err
	}
	if err := checkChoice("LOG_FORMAT", l.Format, "json", "console"); err != nil {
		return err
	}
	c.Log = l
	return nil
}

func loadMetrics(env environment, c *Config) error {
	var m Metrics
	if err := env.fill(&m); err != nil {
		return err
	}
	if m.Address != "" {
		if err := checkHostPort("METRICS_ADDRESS", m.Address, "127.0.0.1:9090"); err != nil {
			return err
		}
	}
	c.Metrics = m
	return nil
}
