package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"rezora2nutshell/internal/archive"
	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/review"
)

// reviewFlags say where the pages are served, and who vouches for readers.
type reviewFlags struct{ listen, cert, key, header string }

func reviewCommand(c console) *cobra.Command {
	var f reviewFlags
	cmd := &cobra.Command{
		Use: "review", Short: "Serves the reports to those who approve them, with progress and the buttons Approve and Reject",
		Long: `Serves the reports of all migrations in the browser, with their progress and two buttons, Approve and Reject.

On an address of this machine it prints a link that works once. Anywhere else it wants a certificate,
and a reverse proxy that signs people in and writes their e-mail into a header; the proxy must delete
that header from what comes from outside, and nobody else may reach the port.`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.review(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8090", "host:port to serve on")
	flags.StringVar(&f.cert, "tls-cert", "", "certificate, PEM file")
	flags.StringVar(&f.key, "tls-key", "", "its key, PEM file")
	flags.StringVar(&f.header, "identity-header", "", "the header in which a reverse proxy writes the reader's e-mail")
	return cmd
}

// check refuses what would let strangers decide.
func (f reviewFlags) check() error {
	host, _, err := net.SplitHostPort(f.listen)
	if err != nil {
		return usage("starter review: --listen %q is not host:port", f.listen)
	}
	ip := net.ParseIP(host)
	here := host == "localhost" || ip != nil && ip.IsLoopback()
	switch {
	case (f.cert == "") != (f.key == ""):
		return usage("starter review: --tls-cert and --tls-key go together")
	case !here && (f.cert == "" || f.header == ""):
		return usage("starter review: --listen %s is not of this machine; give --tls-cert, --tls-key and --identity-header, or listen on 127.0.0.1", f.listen)
	case f.header != "" && f.cert == "":
		return usage("starter review: --identity-header wants --tls-cert and --tls-key: only the reverse proxy may write it")
	}
	return nil
}

func (c console) review(ctx context.Context, f reviewFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	settings, err := config.LoadParts(c.environ, config.PartTemporal|config.PartLedger)
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute}
	if f.cert != "" {
		pair, err := tls.LoadX509KeyPair(f.cert, f.key)
		if err != nil {
			return usage("starter review: --tls-cert %s with --tls-key %s: %s", f.cert, f.key, err)
		}
		server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	}
	r, err := dial(ctx, settings.Temporal)
	if err != nil {
		return err
	}
	defer r.Close()
	a, err := archive.Open(ctx, settings.Archive.URL, settings.Archive.LinkBase)
	if err != nil {
		return fmt.Errorf("open the archive (ARCHIVE_URL): %w", err)
	}
	defer func() { _ = a.Close() }() // read only

	log := zap.New(zapcore.NewCore(zapcore.NewConsoleEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(c.err), zap.InfoLevel))
	pages := review.New(review.Temporal{Client: r.Client}, a, f.header, log)
	server.Handler = pages.Handler()
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", f.listen)
	if err != nil {
		return usage("starter review: --listen %s: %s", f.listen, err)
	}
	address, listen := "http://"+l.Addr().String(), func() error { return server.Serve(l) }
	if f.cert != "" {
		address, listen = "https://"+l.Addr().String(), func() error { return server.ServeTLS(l, "", "") }
	}
	if f.header == "" {
		c.printf("open this link; it works once: %s%s\n", address, pages.Link())
	} else {
		c.printf("serving on %s for whom the reverse proxy names in %s\n", address, f.header)
	}
	if err := review.Serve(ctx, server, listen); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the reports: %w", err)
	}
	return nil
}
