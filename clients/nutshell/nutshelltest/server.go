package nutshelltest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Server is one simulated Nutshell account. It is an http.Handler; Start or
// ListenAndServe put it on a port.
type Server struct {
	// URL is the base URL once the server listens, without a trailing slash.
	URL string

	Actor // direct access as user 1, not counted as calls

	cfg    Config
	db     *store
	keys   map[string]APIKey
	keysMu sync.RWMutex
	inject *injector
	limits atomic.Pointer[Limits]
	find   *limiter
	get    *limiter
	quota  *limiter
	counts *counters
	shift  atomic.Int64 // nanoseconds that Advance added to the clock
	serial atomic.Uint64

	http     *http.Server
	closed   chan struct{}
	closeNow sync.Once
}

// New makes a simulator without a listener. It panics on a switch value that
// Config.Validate refuses.
func New(cfg Config) *Server {
	cfg = cfg.filled()
	if err := cfg.Validate(); err != nil {
		panic(err)
	}
	s := &Server{
		cfg: cfg, keys: map[string]APIKey{}, inject: newInjector(cfg.Seed), counts: newCounters(),
		find: newLimiter(), get: newLimiter(), quota: newLimiter(), closed: make(chan struct{}),
	}
	for _, k := range cfg.APIKeys {
		s.keys[k.Key] = k
	}
	s.db = newStore(&s.cfg)
	s.Actor = Actor{s: s, userID: 1}
	s.apply(cfg.Limits)
	s.inject.setFaults(cfg.Faults)
	s.inject.setLatency(cfg.Latency)
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	return s
}

// NewServer makes a simulator that listens on a free loopback port.
func NewServer(cfg Config) *Server {
	s := New(cfg)
	s.Start()
	return s
}

// Start listens on a free loopback port and sets URL. It panics when there is none.
func (s *Server) Start() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Errorf("nutshell simulator: listen: %w", err))
	}
	s.URL = "http://" + ln.Addr().String()
	go func() { _ = s.http.Serve(ln) }()
}

// Close ends listening and breaks all connections. Late commits that are still
// waiting are dropped.
func (s *Server) Close() {
	s.closeNow.Do(func() { close(s.closed) })
	_ = s.http.Close()
}

// ListenAndServe serves on addr until ctx ends, then lets calls in flight finish
// for up to five seconds. A ctx that ended is no error.
func (s *Server) ListenAndServe(ctx context.Context, addr string) error {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil && ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("nutshell simulator: listen on %s: %w", addr, err)
	}
	return s.Serve(ctx, ln)
}

// Serve is ListenAndServe on a listener that the caller made.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	stop := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = s.http.Shutdown(grace)
		s.Close()
	})
	defer stop()
	err := s.http.Serve(ln)
	if ctx.Err() != nil {
		<-s.closed
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("nutshell simulator: serve: %w", err)
}

func (s *Server) now() time.Time {
	t := time.Now()
	if s.cfg.Clock != nil {
		t = s.cfg.Clock()
	}
	return t.Add(time.Duration(s.shift.Load()))
}

// Advance moves the simulator's clock forward, limiters and find lag included.
func (s *Server) Advance(d time.Duration) { s.shift.Add(int64(d)) }

// Config is the configuration with the switches as they stand now.
func (s *Server) Config() Config {
	cfg := s.cfg
	cfg.Limits = s.Limits()
	cfg.Faults = s.inject.faults()
	s.inject.mu.Lock()
	cfg.Latency = s.inject.latency
	s.inject.mu.Unlock()
	s.keysMu.RLock()
	defer s.keysMu.RUnlock()
	cfg.APIKeys = nil
	for _, k := range s.keys {
		cfg.APIKeys = append(cfg.APIKeys, k)
	}
	return cfg
}

// Limits are the running limits.
func (s *Server) Limits() Limits { return *s.limits.Load() }

// SetLimits changes all limits at once. It panics on a negative one.
func (s *Server) SetLimits(l Limits) {
	if err := l.validate(); err != nil {
		panic(err)
	}
	s.apply(l)
}

func (s *Server) apply(l Limits) {
	s.limits.Store(&l)
	now := s.now()
	s.find.set(l.FindRatePerSecond, l.FindBurst, now)
	s.get.set(l.GetRatePerSecond, l.GetBurst, now)
	s.quota.set(l.QuotaPerSecond, l.QuotaBurst, now)
}

// SetFaults replaces all fault rules; their counts start anew. It panics on a
// rule that Config.Validate would refuse.
func (s *Server) SetFaults(list ...Fault) {
	if err := validateFaults(list); err != nil {
		panic(err)
	}
	s.inject.setFaults(list)
}

// SetLatency changes the delay before each answer.
func (s *Server) SetLatency(l Latency) {
	if err := l.validate(); err != nil {
		panic(err)
	}
	s.inject.setLatency(l)
}

// AddAPIKey adds a credential, or replaces the one with the same key.
func (s *Server) AddAPIKey(k APIKey) {
	s.keysMu.Lock()
	defer s.keysMu.Unlock()
	s.keys[k.Key] = k
}

// RemoveAPIKey revokes a credential.
func (s *Server) RemoveAPIKey(key string) {
	s.keysMu.Lock()
	defer s.keysMu.Unlock()
	delete(s.keys, key)
}

// ServeHTTP routes by nutshell contract 1.1.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case path == "/api/v1/json" && r.Method == http.MethodPost:
		s.serveRPC(w, r)
	case path == "/api/v1/json" && r.Method == http.MethodGet:
		s.serveDescription(w)
	case path == "/v1/json" && r.Method == http.MethodPost:
		s.serveDiscovery(w, r)
	case path == "/api/v1/json" || path == "/v1/json":
		htmlAnswer(http.StatusMethodNotAllowed).write(w)
	case strings.HasPrefix(path, "/rest/"):
		s.serveREST(w, r)
	case strings.HasPrefix(path, "/_sim/"):
		s.serveControl(w, r)
	default:
		htmlAnswer(http.StatusNotFound).write(w)
	}
}

// authenticate finds the key and the acting user (nutshell contract 1.2).
func (s *Server) authenticate(r *http.Request) (*actor, *Error) {
	name, password, ok := r.BasicAuth()
	if !ok {
		return nil, errKey
	}
	s.keysMu.RLock()
	key, ok := s.keys[password]
	s.keysMu.RUnlock()
	if !ok {
		return nil, errKey
	}
	s.db.mu.RLock()
	defer s.db.mu.RUnlock()
	owner := s.db.users.rows[key.UserID]
	if s.cfg.CompanyDomain != "" && strings.EqualFold(name, s.cfg.CompanyDomain) && owner != nil {
		return &actor{owner, key}, nil
	}
	var named *user
	s.db.users.order.each(false, func(u *user) bool {
		if u.enabled && name != "" && strings.EqualFold(u.primaryEmail(), name) {
			named = u
		}
		return named == nil
	})
	switch {
	case named == nil || owner == nil:
		return nil, errUser
	case key.Impersonation:
		return &actor{named, key}, nil
	}
	return &actor{owner, key}, nil
}
