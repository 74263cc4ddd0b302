package nutshelltest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// restCall is one REST call. collection is the key of the answer that was asked
// for; a refusal with 400 shows it empty.
type restCall struct {
	parser
	s          *Server
	r          *http.Request
	collection string
	body       []byte
	tooLarge   bool
}

// restRoute is a known path: the verbs it answers.
type restRoute struct {
	collection string
	verbs      map[string]func(*restCall) (*answer, *Error)
	upload     bool // the body is a multipart stream, not JSON
}

func (s *Server) serveREST(w http.ResponseWriter, r *http.Request) {
	route := s.restRoute(r.URL.Path)
	c := &restCall{s: s, r: r}
	upload := route != nil && route.upload && r.Method == http.MethodPost
	if !upload {
		var ok bool
		if c.body, c.tooLarge, ok = readBody(r); !ok {
			return
		}
	}
	if route != nil {
		c.collection = route.collection
	}
	x := &exchange{s: s, w: w, r: r, name: "rest:" + r.Method + " " + r.URL.Path, kind: restKind(r, upload)}
	x.refusal = c.refusal
	if upload {
		// The bytes are taken in first, so that a fault before processing finds a
		// request that was read.
		file, ok := readUpload(r, s.cfg.FileSizeLimit)
		if !ok {
			return
		}
		x.run(func() (*answer, *Error) { return c.process(route, file) })
		return
	}
	x.run(func() (*answer, *Error) { return c.process(route, nil) })
}

func restKind(r *http.Request, upload bool) string {
	switch {
	case upload:
		return "upload"
	case r.Method != http.MethodPost:
		return "read"
	case strings.HasSuffix(r.URL.Path, "/undelete"):
		return "edit"
	}
	return "create"
}

// process goes through the checks of nutshell contract 1.4 up to the route's own.
func (c *restCall) process(route *restRoute, up *upload) (*answer, *Error) {
	if c.tooLarge {
		return nil, errTooLarge
	}
	who, err := c.s.authenticate(c.r)
	if err == nil {
		err = c.s.limited(c.s.quota, who.key)
	}
	if err != nil {
		return nil, err
	}
	if route == nil {
		return nil, errNoRoute
	}
	run := route.verbs[c.r.Method]
	if run == nil {
		return nil, errVerb
	}
	c.parser = c.s.parser(who)
	if up != nil {
		return c.upload(up)
	}
	return run(c)
}

// restRoute finds a path; nil is 404.
func (s *Server) restRoute(path string) *restRoute {
	p := strings.Split(strings.TrimPrefix(path, "/rest/"), "/")
	if len(p) == 3 && p[0] == "files" && p[2] == "content" {
		return s.fileRoute(p[1])
	}
	k, ok := restCollection(p[0])
	if !ok {
		return nil
	}
	main := k == kContacts || k == kAccounts || k == kLeads
	get := func(collection string, f func(*restCall) (*answer, *Error)) *restRoute {
		return &restRoute{collection: collection, verbs: map[string]func(*restCall) (*answer, *Error){http.MethodGet: f}}
	}
	cfg := &s.cfg
	switch {
	case main && len(p) == 1 && cfg.RESTLists == "on":
		return get(k.rest(), func(c *restCall) (*answer, *Error) { return c.list(k) })
	case main && len(p) == 2 && p[1] == "customfield" && cfg.RESTCustomFields == "on":
		return &restRoute{collection: "customFields", verbs: map[string]func(*restCall) (*answer, *Error){
			http.MethodPost: func(c *restCall) (*answer, *Error) { return c.newField(k) }}}
	case main && len(p) == 3 && p[1] == "customfields" && p[2] == "attributes" && cfg.RESTCustomFields == "on":
		return get("customFields", func(c *restCall) (*answer, *Error) { return c.attributes(k) })
	case main && len(p) == 3 && p[1] == "list" && p[2] == "fields" && cfg.RESTListFields == "on":
		return get(k.rest(), func(c *restCall) (*answer, *Error) { return c.listFields(k) })
	case main && len(p) == 2 && p[1] != "" && p[1] != "customfield" && cfg.RESTLists == "on":
		return get(k.rest(), func(c *restCall) (*answer, *Error) { return c.multiGet(k, p[1]) })
	case len(p) == 3 && p[2] == "undelete" && cfg.RESTUndelete == "on":
		return &restRoute{collection: k.rest(), verbs: map[string]func(*restCall) (*answer, *Error){
			http.MethodPost: func(c *restCall) (*answer, *Error) { return c.undelete(k, p[1]) }}}
	case k == kNotes && len(p) == 3 && p[2] == "files":
		return s.noteFilesRoute(p[1])
	}
	return nil
}

func restCollection(name string) (kind, bool) {
	i := slices.Index(kindREST[:kActivities+1], name)
	return kind(max(0, i)), i >= 0
}

// restID reads "4101" or "4101-contacts".
func restID(s, suffix string) (int64, bool) {
	digits, tail, tailed := strings.Cut(s, "-")
	if !decimal(digits) || (tailed && tail != suffix) {
		return 0, false
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, err == nil
}

var countedVerbs = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead}

// restStatName replaces ids by {id} and bounds what unknown paths may add.
func restStatName(name string) string {
	verb, path, _ := strings.Cut(strings.TrimPrefix(name, "rest:"), " ")
	p := strings.Split(strings.TrimPrefix(path, "/rest/"), "/")
	if _, known := restCollection(p[0]); (!known && p[0] != "files") || len(p) > 3 || !slices.Contains(countedVerbs, verb) {
		return "rest:(unknown)"
	}
	for i := 1; i < len(p); i++ {
		switch p[i] {
		case "customfield", "customfields", "attributes", "list", "fields", "undelete", "files", "content":
		default:
			p[i] = "{id}"
		}
	}
	return "rest:" + verb + " /rest/" + strings.Join(p, "/")
}

func (s *Server) restView() *view {
	return &view{writer: writer{php: s.cfg.PHPEscapes}, cfg: &s.cfg, db: s.db}
}

func restAnswer(status int, w *view) *answer {
	return &answer{status: status, ctype: typeJSON, body: w.b}
}

// envelope opens a REST object with meta and links; extra adds to meta.
func (c *restCall) envelope(w *view, extra func()) {
	w.open('{')
	w.key("meta")
	w.open('{')
	if extra != nil {
		extra()
	}
	w.kstr("instanceId", strconv.FormatInt(c.s.cfg.InstanceID, 10))
	w.close('}')
	w.kraw("links", "{}")
}

// refusal renders a refusal in REST's manner (nutshell contract 5).
func (c *restCall) refusal(e *Error) *answer {
	w := c.s.restView()
	var a *answer
	switch e.Status {
	case http.StatusUnauthorized, http.StatusNotFound:
		a = htmlAnswer(e.Status)
		if e.challenge {
			a.set("WWW-Authenticate", `Basic realm="Nutshell API"`)
		}
		return a
	case http.StatusMethodNotAllowed:
		w.str("Internal Error")
	case http.StatusBadRequest:
		c.invalidBody(w, e)
	case http.StatusInternalServerError:
		codeBody(w, e.Status, "Internal Server Error")
	default:
		codeBody(w, e.Status, e.Message)
	}
	a = restAnswer(e.Status, w)
	c.s.setRetryAfter(a, e.retryAfter)
	return a
}

func codeBody(w *view, code int, message string) {
	w.open('{')
	w.knum("code", int64(code))
	w.kstr("message", message)
	w.close('}')
}

func (c *restCall) invalidBody(w *view, e *Error) {
	c.envelope(w, nil)
	if c.collection != "" {
		w.kraw(c.collection, "[]")
	}
	w.key("errors")
	w.open('[')
	w.open('{')
	w.knull("id")
	w.kstr("type", "errors")
	w.knull("code")
	w.kopt("detail", e.Message)
	w.knull("href")
	w.kstr("status", "400")
	w.kopt("title", e.title)
	w.knull("field")
	w.close('}')
	w.close(']')
	w.close('}')
}
