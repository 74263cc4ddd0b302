package rezoratest

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// Server is one Rezora account behind HTTP. All methods are safe for
// concurrent use.
type Server struct {
	// URL is the base of a server made by NewServer, without a path:
	// dv1 lies under URL+"/api/v1", legacy under URL+"/v1".
	URL string

	cfgMu sync.RWMutex
	cfg   Config

	store  *store
	secret []byte // of the legacy passwords and signatures not given by Config

	tokens  tokenBook
	quotas  quotaBook
	faults  faultBook
	walks   walkBook
	digests digestBook
	once    onceBook
	stats   statsBook

	churnMu sync.Mutex
	churn   *rand.Rand
	midwalk *rand.Rand // guarded by store.mu

	http, files *httptest.Server
}

// New makes a server without a listener; it is an http.Handler. It panics on
// a configuration that Validate refuses or data that is not canonical.
func New(cfg Config) *Server {
	if err := cfg.Validate(); err != nil {
		panic(err)
	}
	cfg = cfg.withDefaults()
	s := &Server{
		cfg:     cfg,
		secret:  randomSecret(),
		churn:   rand.New(rand.NewPCG(cfg.Seed, 0xc0ffee)),
		midwalk: rand.New(rand.NewPCG(cfg.Seed, 0xbeef)),
	}
	s.tokens.started = cfg.Now()
	if cfg.Data != nil || cfg.LegacyData != nil {
		st, err := loadData(cfg)
		if err != nil {
			panic(err)
		}
		s.store = st
	} else {
		s.store = generate(cfg)
	}
	return s
}

// NewServer starts a server on a loopback port. With attachmentRedirect
// other_host and no filesBaseURL it starts a second one for the files.
func NewServer(cfg Config) *Server {
	s := New(cfg)
	s.http = httptest.NewServer(s)
	s.URL = s.http.URL
	if cfg.AttachmentRedirect == "other_host" && cfg.FilesBaseURL == "" {
		s.files = httptest.NewServer(s.Files())
		if err := s.Configure(func(c *Config) { c.FilesBaseURL = s.files.URL }); err != nil {
			panic(err)
		}
	}
	return s
}

// Close stops the listeners of NewServer.
func (s *Server) Close() {
	if s.http != nil {
		s.http.CloseClientConnections()
		s.http.Close()
	}
	if s.files != nil {
		s.files.CloseClientConnections()
		s.files.Close()
	}
}

// ListenAndServe serves on addr until ctx ends; then it returns nil.
func (s *Server) ListenAndServe(ctx context.Context, addr string) error {
	return serve(ctx, addr, s)
}

// ListenAndServeFiles serves Files on addr until ctx ends; then it returns nil.
func (s *Server) ListenAndServeFiles(ctx context.Context, addr string) error {
	return serve(ctx, addr, s.Files())
}

func serve(ctx context.Context, addr string, h http.Handler) error {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if srv.Shutdown(grace) != nil {
			_ = srv.Close()
		}
	})
	defer stop()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// config returns the switches as they stand.
func (s *Server) config() Config {
	s.cfgMu.RLock()
	defer s.cfgMu.RUnlock()
	return s.cfg
}

// Configure changes switches of a running server. Switches that shape the
// data set have no effect any more. It returns Validate's error and changes
// nothing if the result is not valid.
func (s *Server) Configure(change func(*Config)) error {
	s.cfgMu.Lock()
	defer s.cfgMu.Unlock()
	next := s.cfg
	change(&next)
	if err := next.Validate(); err != nil {
		return err
	}
	s.cfg = next.withDefaults()
	return nil
}

func (s *Server) now() time.Time { return s.config().Now() }

const (
	apiDV1       = "dv1"
	apiLegacy    = "legacy"
	apiPrototype = "prototype"
)

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	switch {
	case path == "/_sim" || strings.HasPrefix(path, "/_sim/"):
		s.serveControl(w, r)
	case path == "/api/v1" || strings.HasPrefix(path, "/api/v1/"):
		s.serveDV1(w, r, strings.TrimPrefix(path, "/api/v1"))
	case path == "/api" || strings.HasPrefix(path, "/api/"):
		s.servePrototype(w, r, strings.TrimPrefix(path, "/api"))
	case path == "/v1" || strings.HasPrefix(path, "/v1/"):
		s.serveLegacy(w, r, strings.TrimPrefix(path, "/v1"))
	case strings.HasPrefix(path, signedPath):
		s.serveSigned(w, r, true)
	default:
		s.serveStray(w, r)
	}
}

// serveStray answers paths outside every API.
func (s *Server) serveStray(w http.ResponseWriter, r *http.Request) {
	x := s.begin(w, r, apiDV1, "other")
	defer x.finish()
	if !x.readOnly() {
		return
	}
	x.fail(404, "not_found", "no such path")
}
