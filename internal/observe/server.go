package observe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"
)

// Server answers /metrics and /healthz.
type Server struct {
	http *http.Server
	addr net.Addr
	done chan struct{}
}

// Serve listens at address (host:port; port 0 takes a free one) until Shutdown. health says what keeps the process from
// working; its error is shown on the health page, so it names no personal data. A failure of the server later on is logged.
func Serve(address string, m *Metrics, health func(context.Context) error, log *zap.Logger) (*Server, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("METRICS_ADDRESS: listen at %s: %w; choose another port", address, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.Handler())
	mux.HandleFunc("GET /healthz", healthz(health))
	s := &Server{
		http: &http.Server{
			Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
			IdleTimeout: time.Minute, ErrorLog: zap.NewStdLog(log),
		},
		addr: l.Addr(),
		done: make(chan struct{}),
	}
	go func() {
		defer close(s.done)
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics server ended", zap.Error(err))
		}
	}()
	return s, nil
}

func healthz(health func(context.Context) error) http.HandlerFunc {
	const patience = 5 * time.Second
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		if err := health(ctx); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = fmt.Fprintln(w, strings.ReplaceAll(Mask(err.Error()), "\n", " "))
			return
		}
		_, _ = fmt.Fprintln(w, "ok")
	}
}

// Addr is where the server listens.
func (s *Server) Addr() string { return s.addr.String() }

// Shutdown stops listening and waits for answers under way, at most until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	if err := s.http.Shutdown(ctx); err != nil {
		_ = s.http.Close()
		return fmt.Errorf("stop the metrics server: %w", err)
	}
	<-s.done
	return nil
}

// CheckHealth asks the health page of a worker at address, for health checks of containers without a shell or curl.
func CheckHealth(ctx context.Context, address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("METRICS_ADDRESS: %q is not host:port", address)
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("ask for health: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask for health: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("not healthy: %s", res.Status)
	}
	return nil
}
