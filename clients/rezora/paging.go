package rezora

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"rezora2nutshell/clients/rezora/internal/canon"
)

// The styles of paging (rezora contract 7.1).
const (
	pagingCursor = "cursor"      // each answer names the next page by an opaque word
	pagingPage   = "page"        // pages are numbered; the first empty one is the end
	pagingOffset = "offset"      // a page begins after so many rows; the first empty one is the end
	pagingLink   = "link_header" // each answer names the address of the next page (RFC 8288)
	pagingNone   = "none"        // one answer holds everything
)

// Paging says how a dialect cuts a collection into pages.
type Paging struct {
	Style       string `yaml:"style"`
	LimitParam  string `yaml:"limit_param"`
	Limit       int    `yaml:"limit"`
	CursorParam string `yaml:"cursor_param"`
	PageParam   string `yaml:"page_param"`
	OffsetParam string `yaml:"offset_param"`
	FirstPage   *int   `yaml:"first_page"` // number of the first page, 1 when absent
}

func (p Paging) check() error {
	for style, name := range map[string]struct{ key, value string }{
		pagingCursor: {"cursor_param", p.CursorParam}, pagingPage: {"page_param", p.PageParam}, pagingOffset: {"offset_param", p.OffsetParam},
	} {
		if p.Style == style && name.value == "" {
			return fmt.Errorf("paging.%s is missing; paging.style %s needs it", name.key, style)
		}
	}
	return nil
}

// param names the place of a page in a query.
func (p Paging) param() string {
	return map[string]string{pagingCursor: p.CursorParam, pagingPage: p.PageParam, pagingOffset: p.OffsetParam}[p.Style]
}

// counted tells that a page is named by how many came before it. Such lists shift when rows come or go, so the end is an empty page, not a
// short one, and only the counts of the source prove that nothing was missed.
func (p Paging) counted() bool { return p.Style == pagingPage || p.Style == pagingOffset }

// at makes a query ask for a place in the walk, "" for its start.
func (p Paging) at(q url.Values, place string) url.Values {
	switch {
	case place == "" && p.Style == pagingPage:
		q.Set(p.PageParam, strconv.Itoa(p.first()))
	case place == "":
	case p.Style == pagingLink:
		next, err := url.ParseQuery(place)
		if err == nil {
			return next
		}
	default:
		q.Set(p.param(), place)
	}
	return q
}

func (p Paging) first() int {
	if p.FirstPage == nil {
		return 1
	}
	return *p.FirstPage
}

// next is the place after an answer, "" at the end.
func (p Paging) next(q url.Values, items int, cursor canon.Node, header http.Header, asked *url.URL) (string, error) {
	switch p.Style {
	case pagingCursor:
		return cursor.Text(), nil
	case pagingLink:
		return nextLink(header, asked)
	case pagingPage:
		if items > 0 {
			n, err := strconv.Atoi(q.Get(p.PageParam))
			return strconv.Itoa(n + 1), err
		}
	case pagingOffset:
		if items > 0 {
			n, _ := strconv.Atoi(q.Get(p.OffsetParam)) // absent on the first page
			return strconv.Itoa(n + items), nil
		}
	}
	return "", nil
}

// nextLink finds the query of the next page. It must be a page of the collection that was asked: no credential follows a link elsewhere.
func nextLink(header http.Header, asked *url.URL) (string, error) {
	for _, line := range header.Values("Link") {
		for rest := line; ; {
			_, after, ok := strings.Cut(rest, "<")
			if !ok {
				break
			}
			target, tail, ok := strings.Cut(after, ">")
			if !ok {
				break
			}
			params := tail
			if i := strings.Index(tail, "<"); i >= 0 {
				params = tail[:i]
			}
			rest = tail
			if !isNext(params) {
				continue
			}
			u, err := asked.Parse(target)
			if err != nil || collectionOf(u) != collectionOf(asked) {
				return "", fmt.Errorf("the next page has another address than the collection: a link elsewhere is not followed")
			}
			if u.RawQuery == "" || u.RawQuery == asked.RawQuery {
				return "", ErrCursorLoop
			}
			return u.RawQuery, nil
		}
	}
	return "", nil
}

// collectionOf is an address without the place in it.
func collectionOf(u *url.URL) string {
	v := *u
	v.RawQuery, v.Fragment, v.RawFragment = "", "", ""
	return v.String()
}

// isNext looks for the relation next among the parameters of a link.
func isNext(params string) bool {
	for part := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.Trim(part, " \t,"), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "rel") {
			continue
		}
		for rel := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(value), `"`)) {
			if strings.EqualFold(rel, "next") {
				return true
			}
		}
	}
	return false
}
