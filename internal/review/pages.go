package review

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/mail"
	"path"
	"slices"
	"strings"

	"go.uber.org/zap"

	"rezora2nutshell/internal/api"
)

// served are the files that readers may open, with what each is to them. Names from outside are looked up here and are never paths.
var served = []struct{ File, Title string }{
	{"pre-migration.html", "Before the migration"}, {"sample-diff.html", "Sample comparison"}, {"reconciliation.html", "Reconciliation"},
	{"rollback.html", "Rollback"}, {"rebuild-guide.html", "Rebuild guide"},
	{"pre-migration.json", ""}, {"sample-diff.json", ""}, {"sample-diff.csv", ""}, {"reconciliation.json", ""}, {"rollback.json", ""}, {"rebuild-guide.json", ""},
}

type link struct{ Title, Href string }

type migrationPage struct {
	Flow
	Links       []link
	Report      *link  // at the gate
	ReportFile  string // its name
	Stale       bool   // the file is not the report at the gate
	Who         string // "" = typed
	MayDecide   bool
	Token       string
	Comment     string
	TypedBefore string
	Refusal     string
	Done        string
}

func (s *Server) list(w http.ResponseWriter, r *http.Request, who string) {
	flows, err := s.flows.List(r.Context())
	if !s.told(w, err) {
		return
	}
	for i, f := range flows {
		if f.Closed || i >= 20 { // running ones are few; ended ones say so
			continue
		}
		if seen, err := s.flows.Look(r.Context(), f.Name); err == nil {
			flows[i] = seen
		}
	}
	s.show(w, http.StatusOK, "list", struct {
		Flows []Flow
		Who   string
	}{flows, who})
}

func (s *Server) migration(w http.ResponseWriter, r *http.Request, who string) {
	f, ok := s.look(w, r)
	if !ok {
		return
	}
	s.showMigration(w, r, http.StatusOK, f, who, migrationPage{})
}

func (s *Server) progress(w http.ResponseWriter, r *http.Request, _ string) {
	if f, ok := s.look(w, r); ok {
		s.show(w, http.StatusOK, "progress", f)
	}
}

func (s *Server) showMigration(w http.ResponseWriter, r *http.Request, status int, f Flow, who string, p migrationPage) {
	p.Flow, p.Who, p.Token = f, who, s.access.sign("decision", who)
	p.MayDecide = who == "" || len(f.Approvers) == 0 || slices.ContainsFunc(f.Approvers, func(a string) bool { return strings.EqualFold(strings.TrimSpace(a), who) })
	folder := s.archive.For(f.Name)
	for _, x := range served {
		if x.Title == "" {
			continue
		}
		there, err := folder.Exists(r.Context(), x.File)
		if err != nil {
			s.told(w, err)
			return
		}
		if there {
			p.Links = append(p.Links, link{x.Title, "/reports/" + s.access.sign("reports", "") + "/" + f.Name + "/" + x.File})
		}
	}
	if f.Gate() {
		p.ReportFile = "sample-diff.html"
		if f.Progress.Phase == api.PhaseMap {
			p.ReportFile = "pre-migration.html"
		}
		fresh, err := s.holds(r, f, p.ReportFile)
		if err != nil {
			s.told(w, err)
			return
		}
		p.Stale = !fresh
		for i := range p.Links {
			if path.Base(p.Links[i].Href) == p.ReportFile {
				p.Report = &p.Links[i]
			}
		}
	}
	s.show(w, status, "migration", p)
}

// holds says whether the archived report is the one at the gate: it carries its digest.
func (s *Server) holds(r *http.Request, f Flow, file string) (bool, error) {
	in, err := s.archive.For(f.Name).Read(r.Context(), file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = in.Close() }() // read only
	text, err := io.ReadAll(in)
	if err != nil {
		return false, fmt.Errorf("read %s of %s: %w", file, f.Name, err)
	}
	return strings.Contains(string(text), f.Progress.Digest), nil
}

// decide sends the decision with the digest that stood in the form, which is that of the report on the screen.
func (s *Server) decide(w http.ResponseWriter, r *http.Request, who string) {
	f, ok := s.look(w, r)
	if !ok {
		return
	}
	if !s.access.signed(r.PostFormValue("token"), "decision", who) {
		s.say(w, http.StatusForbidden, message{Title: "Nothing was sent", Text: "This form is from an earlier session. Open the page again, read the report, and decide there.", Back: "/m/" + f.Name})
		return
	}
	d := api.Decision{Approver: who, Comment: strings.TrimSpace(r.PostFormValue("comment")), Report: r.PostFormValue("report"), Approved: r.PostFormValue("decision") == "approve"}
	p := migrationPage{Comment: d.Comment}
	if who == "" {
		d.Approver = strings.TrimSpace(r.PostFormValue("approver"))
		p.TypedBefore = d.Approver
	}
	refuse := func(reason string) {
		p.Refusal = reason
		s.showMigration(w, r, http.StatusConflict, f, who, p)
	}
	if choice := r.PostFormValue("decision"); choice != "approve" && choice != "reject" {
		refuse("say either approve or reject")
		return
	}
	if _, err := mail.ParseAddress(d.Approver); err != nil {
		refuse("your e-mail address is missing or not one")
		return
	}
	if d.Report == "" {
		refuse("the form does not name the report it was shown with")
		return
	}
	err := s.flows.Confirm(r.Context(), f, d)
	var refused *Refused
	switch {
	case errors.As(err, &refused):
		if again, err := s.flows.Look(r.Context(), f.Name); err == nil {
			f = again
		}
		refuse(plain(refused.Reason, f))
	case err != nil:
		s.log.Warn("a decision got no answer", zap.String("migration", f.Name), zap.Error(err))
		s.say(w, http.StatusBadGateway, message{Title: "No answer", Text: "No worker has answered. Open the page again to see whether the decision was taken meanwhile.", Back: "/m/" + f.Name})
	default:
		done := "rejected"
		if d.Approved {
			done = "approved"
		}
		s.say(w, http.StatusOK, message{Title: "The report is " + done, Text: "The decision is recorded with your address and the digest of the report.", Back: "/m/" + f.Name})
	}
}

// plain is a refusal in the words of an approver.
func plain(reason string, f Flow) string {
	switch {
	case strings.HasPrefix(reason, "no gate is open"), strings.Contains(reason, "ended already"):
		return "The migration does not wait for a decision any more: somebody else has decided meanwhile, or it was stopped. Nothing was changed by you."
	case strings.HasPrefix(reason, "report: it is not"):
		return "The report on your screen is not the one that waits for a decision now. The new one is below: read it, then decide."
	case strings.HasPrefix(reason, "approver: not one"):
		return "You may not decide on this migration. Those who may: " + strings.Join(f.Approvers, ", ") + "."
	}
	return "The migration did not take the decision: " + reason + "."
}

// file serves an archived report as it is, in an origin of its own: even a report that somebody tampered with can press no button here.
// The pass in its address stands for the session, which a page of another origin does not have.
func (s *Server) file(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	i := slices.IndexFunc(served, func(x struct{ File, Title string }) bool { return x.File == r.PathValue("file") })
	if !s.access.signed(r.PathValue("pass"), "reports", "") || i < 0 || !api.ValidName(name) {
		s.say(w, http.StatusNotFound, message{Title: "There is no such report", Text: "Open it from the page of its migration.", Back: "/"})
		return
	}
	in, err := s.archive.For(name).Read(r.Context(), served[i].File)
	if errors.Is(err, fs.ErrNotExist) {
		s.say(w, http.StatusNotFound, message{Title: "There is no such report yet", Text: "It is written later.", Back: "/m/" + name})
		return
	}
	if !s.told(w, err) {
		return
	}
	defer func() { _ = in.Close() }() // read only
	w.Header().Set("Content-Security-Policy", "sandbox allow-scripts allow-downloads; frame-ancestors 'self'")
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(served[i].File)))
	if _, err := io.Copy(w, in); err != nil {
		s.log.Warn("a report was cut short", zap.String("migration", name), zap.String("file", served[i].File), zap.Error(err))
	}
}
