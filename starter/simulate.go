package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/devstack"
)

// simulation says which two accounts are made up, and where they listen.
type simulation struct {
	rezora, nutshell         string // host:port; port 0 takes a free one
	rezoraFile, nutshellFile string // YAML files of switches
	size                     string
	seed                     int64
	credentials              string // where to write the legacy logins; "" for no legacy API
	furnish                  bool
	tokenFile                string
}

func simulateCommand(c console) *cobra.Command {
	var s simulation
	cmd := &cobra.Command{
		Use: "simulate", Short: "Serves a made-up Rezora and a made-up Nutshell account, to try things on",
		Long: `Serves two made-up accounts until it is interrupted, and prints the settings that lead to them. Both follow the contracts in
docs/contracts, faults and limits included: their switches stand in YAML files, and can be changed while they run under /_sim/.
Nothing asks for credentials under /_sim/: keep the addresses on this machine.`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.simulate(cmd.Context(), s) },
	}
	flags := cmd.Flags()
	flags.StringVar(&s.rezora, "rezora", "127.0.0.1:0", "address of the Rezora account; port 0 takes a free one")
	flags.StringVar(&s.nutshell, "nutshell", "127.0.0.1:0", "address of the Nutshell account; port 0 takes a free one")
	flags.StringVar(&s.size, "size", "S", "people in Rezora: XS 60, T 400, S 1,500, M 60,000, L 400,000")
	flags.Int64Var(&s.seed, "seed", 1, "the same seed makes the same accounts")
	flags.StringVar(&s.rezoraFile, "rezora-config", "", "YAML file of switches (rezora contract 9)")
	flags.StringVar(&s.nutshellFile, "nutshell-config", "", "YAML file of switches (nutshell contract 6)")
	flags.StringVar(&s.credentials, "legacy-credentials", "", "file to write the logins of the legacy API to; none: its settings are not printed")
	flags.BoolVar(&s.furnish, "furnish", false, "give the Nutshell account users for the agents, and records of its own, some of people that Rezora knows too")
	flags.StringVar(&s.tokenFile, "token-file", "", "file to write the Rezora token to; a new token is made at each start")
	return cmd
}

func (c console) simulate(ctx context.Context, s simulation) error {
	token, err := newToken()
	if err != nil {
		return err
	}
	for _, address := range []*string{&s.rezora, &s.nutshell} {
		if err := settle(address); err != nil {
			return err
		}
	}
	rezora, err := s.makeRezora(token)
	if err != nil {
		return err
	}
	nutshell, key, err := s.makeNutshell()
	if err != nil {
		return err
	}
	if s.furnish {
		if err := furnish(nutshell, rezora); err != nil {
			return fmt.Errorf("furnish the Nutshell account: %w", err)
		}
	}
	if err := s.writeFiles(rezora, token); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return rezora.ListenAndServe(ctx, s.rezora) })
	g.Go(func() error { return nutshell.ListenAndServe(ctx, s.nutshell) })
	g.Go(func() error {
		for _, base := range []string{s.rezora, s.nutshell} {
			if err := devstack.WaitFor(ctx, "the account at "+base, nil, devstack.Healthy("http://"+base+"/_sim/health")); err != nil {
				return err
			}
		}
		c.printSettings(s, token, key)
		return nil
	})
	return g.Wait()
}

// settle turns port 0 into a free port.
func settle(address *string) error {
	host, port, err := net.SplitHostPort(*address)
	if err != nil {
		return usage("starter simulate: %q is not host:port", *address)
	}
	if port != "0" {
		return nil
	}
	free, err := devstack.FreePort()
	if err != nil {
		return err
	}
	*address = net.JoinHostPort(host, fmt.Sprint(free))
	return nil
}

func (s simulation) makeRezora(token string) (*rezoratest.Server, error) {
	cfg := rezoratest.DefaultConfig()
	cfg.Size, cfg.Seed = s.size, uint64(s.seed)
	if err := readSwitches("--rezora-config", s.rezoraFile, &cfg); err != nil {
		return nil, err
	}
	if len(cfg.Tokens) == 0 && len(cfg.Users) == 0 {
		cfg.Tokens = []string{token}
	}
	if err := cfg.Validate(); err != nil {
		return nil, usage("starter simulate: %s", err)
	}
	return rezoratest.New(cfg), nil
}

func (s simulation) makeNutshell() (*nutshelltest.Server, string, error) {
	cfg := nutshelltest.DefaultConfig()
	cfg.Seed = s.seed
	if err := readSwitches("--nutshell-config", s.nutshellFile, &cfg); err != nil {
		return nil, "", err
	}
	if err := cfg.Validate(); err != nil {
		return nil, "", usage("starter simulate: %s", err)
	}
	key := nutshelltest.SeedKey
	if len(cfg.APIKeys) > 0 {
		key = cfg.APIKeys[0].Key
	}
	return nutshelltest.New(cfg), key, nil
}

// readSwitches reads a YAML file of switches over their defaults; an unknown switch is a mistake.
func readSwitches(flag, file string, into any) error {
	if file == "" {
		return nil
	}
	f, err := os.Open(file)
	if err != nil {
		return usage("%s: %s cannot be read", flag, file)
	}
	defer func() { _ = f.Close() }()
	if err := yaml.NewDecoder(f, yaml.Strict()).Decode(into); err != nil {
		return usage("%s: %s: %s", flag, file, yaml.FormatError(err, false, false))
	}
	return nil
}

func (s simulation) writeFiles(r *rezoratest.Server, token string) error {
	if s.tokenFile != "" {
		if err := os.WriteFile(s.tokenFile, []byte(token), 0o600); err != nil {
			return usage("--token-file: %s cannot be written", s.tokenFile)
		}
	}
	if s.credentials == "" {
		return nil
	}
	if err := r.WriteCredentials(s.credentials); err != nil {
		return usage("--legacy-credentials: %s cannot be written", s.credentials)
	}
	return nil
}

func (c console) printSettings(s simulation, token, key string) {
	c.println("# Both accounts are there until this ends. Settings for worker and starter:")
	settings := [][2]string{
		{"REZORA_BASE_URL", "http://" + s.rezora}, {"REZORA_TOKEN", token}, {"NUTSHELL_BASE_URL", "http://" + s.nutshell},
		{"NUTSHELL_USERNAME", nutshelltest.SeedUser}, {"NUTSHELL_API_KEY", key},
	}
	if s.credentials != "" {
		file, err := filepath.Abs(s.credentials)
		if err != nil {
			file = s.credentials
		}
		settings = append(settings, [2]string{"REZORA_LEGACY_BASE_URL", "http://" + s.rezora + "/v1"}, [2]string{"REZORA_LEGACY_CREDENTIALS_FILE", file})
	}
	for _, kv := range settings {
		c.printf("export %s=%s\n", kv[0], shellQuote(kv[1]))
	}
	for _, address := range []string{s.rezora, s.nutshell} {
		if host, _, err := net.SplitHostPort(address); err == nil && !config.IsLoopback(host) {
			c.printf("# %s can be reached from outside, and /_sim/ asks nobody who they are\n", address)
		}
	}
}

// shellQuote makes a text one word of a shell.
func shellQuote(s string) string {
	if strings.IndexFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@", r)
	}) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func newToken() (string, error) {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("make a token: %w", err)
	}
	return hex.EncodeToString(b), nil
}
