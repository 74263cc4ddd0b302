// Package review serves the reports of all migrations to the people who approve them, with the progress and two buttons.
package review

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"github.com/dustin/go-humanize"
	"go.uber.org/zap"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/archive"
)

//go:embed web
var files embed.FS

var (
	style  = asset("style.css")
	script = asset("live.js")
	// policy: the page's own style and script by hash, forms and frames of this server, nothing else.
	policy = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		hashOf(style), hashOf(script))
	pages = template.Must(template.New("").Funcs(template.FuncMap{
		"num": humanize.Comma, "style": func() template.CSS { return template.CSS(style) }, "script": func() template.JS { return template.JS(script) }, //nolint:gosec // G203: our own embedded files
		"at": func(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04 UTC") },
	}).ParseFS(files, "web/*.tmpl"))
)

func asset(name string) string {
	b, err := files.ReadFile("web/" + name)
	if err != nil {
		panic(err) // a file of the package is missing from it
	}
	return string(b)
}

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// Server answers browsers.
type Server struct {
	flows   Flows
	archive *archive.Archive
	access  *access
	log     *zap.Logger
}

// New makes a server. identityHeader is where a reverse proxy writes the reader's e-mail; "" lets in the one browser that opens Link.
func New(flows Flows, a *archive.Archive, identityHeader string, log *zap.Logger) *Server {
	return &Server{flows: flows, archive: a, access: newAccess(identityHeader), log: log}
}

// Link is the path of the one-time link.
func (s *Server) Link() string { return "/enter/" + s.access.once }

// Handler is all pages. What changes something is refused when another site's page has sent it.
func (s *Server) Handler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	m.HandleFunc("GET /enter/{token}", s.enter)
	m.HandleFunc("GET /reports/{pass}/{name}/{file}", s.file)
	m.HandleFunc("GET /{$}", s.known(s.list))
	m.HandleFunc("GET /m/{name}", s.known(s.migration))
	m.HandleFunc("GET /m/{name}/progress", s.known(s.progress))
	m.HandleFunc("POST /m/{name}/decision", s.known(s.decide))
	return http.MaxBytesHandler(headers(http.NewCrossOriginProtection().Handler(m)), 64<<10)
}

func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

type handler func(w http.ResponseWriter, r *http.Request, who string)

// known lets in those who are known, and tells the others how to become so.
func (s *Server) known(next handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who, ok := s.access.who(r)
		if ok {
			next(w, r, who)
			return
		}
		text := "Open the one-time link that starter review has printed. It works once, in one browser; start the command again for a new one."
		if s.access.header != "" {
			text = "Your sign-in did not reach this page: the reverse proxy must send your e-mail address in the header " + s.access.header + "."
		}
		s.say(w, http.StatusForbidden, message{Title: "You are not signed in", Text: text})
	}
}

func (s *Server) enter(w http.ResponseWriter, r *http.Request) {
	session, ok := "", false
	if loopbackHost(r.Host) {
		session, ok = s.access.enter(r.PathValue("token"))
	}
	if !ok {
		s.say(w, http.StatusForbidden, message{Title: "This link has been used", Text: "It works once, in one browser. Start starter review again for a new one."})
		return
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: session, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// message is a page that only says something.
type message struct{ Title, Text, Back string }

func (s *Server) say(w http.ResponseWriter, status int, m message) { s.show(w, status, "message", m) }

func (s *Server) show(w http.ResponseWriter, status int, name string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := pages.ExecuteTemplate(w, name, data); err != nil {
		s.log.Warn("a page was cut short", zap.String("page", name), zap.Error(err))
	}
}

// look finds the migration of the path, or says why there is none.
func (s *Server) look(w http.ResponseWriter, r *http.Request) (Flow, bool) {
	name := r.PathValue("name")
	f, err := Flow{}, ErrUnknown
	if api.ValidName(name) {
		f, err = s.flows.Look(r.Context(), name)
	}
	return f, s.told(w, err)
}

// told says an error to the reader; true when there is none.
func (s *Server) told(w http.ResponseWriter, err error) bool {
	switch {
	case err == nil:
		return true
	case errors.Is(err, ErrUnknown):
		s.say(w, http.StatusNotFound, message{Title: "There is no such migration", Text: "Temporal forgets ended migrations after a while; their reports stay in the archive.", Back: "/"})
	default:
		s.log.Warn("Temporal or the archive did not answer", zap.Error(err))
		s.say(w, http.StatusBadGateway, message{Title: "This did not work", Text: "Temporal or the archive did not answer. Nothing was changed; try again in a moment.", Back: "/"})
	}
	return false
}

// Serve answers until ctx ends, then lets requests in flight finish.
func Serve(ctx context.Context, h *http.Server, listen func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- listen() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), takePatience)
		defer cancel()
		return h.Shutdown(last)
	}
}
