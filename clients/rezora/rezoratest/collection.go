package rezoratest

import (
	"net/http"
	"slices"
	"strconv"
)

// collection answers GET /{resource}: one page of a keyset walk.
func (x *exchange) collection(res *resource) {
	q, bad := readQuery(res, x.r.URL.Query())
	if bad != nil {
		x.badParameter(*bad)
		return
	}
	here := cursor{AsOf: seconds(x.now), Page: 1, Walk: walkDigest(q), From: true}
	if q.cursor != "" {
		var ok bool
		if here, ok = parseCursor(q.cursor); !ok {
			x.badParameter(issue{"cursor", "malformed"})
			return
		}
		if here.Walk != walkDigest(q) {
			x.fail(http.StatusBadRequest, "cursor_mismatch", "parameters differ from those the cursor was made for")
			return
		}
		old := seconds(x.now)-here.Issued >= int64(x.cfg.CursorTTL)
		if old || here.Page == 3 && slices.Contains(x.cfg.ExpireCursorOnce, res.name) && x.s.walks.expireOnce(res.name) {
			x.fail(http.StatusGone, "cursor_expired", "the cursor has expired")
			return
		}
	}

	st := x.s.store
	st.mu.RLock()
	v := x.view(res)
	var total *int
	if q.includeTotal && here.Page == 1 && !x.cfg.NullTotal {
		n := v.total(q)
		total = &n
	}
	var rows []*row
	next := here
	more := true
	if !x.cfg.EmptyMiddlePage || here.Page != 2 || here.Again {
		var from *place
		if !here.From {
			from = &here.place
		}
		rows, more = v.page(q, from, q.limit)
		next = x.following(here, rows, more)
	}
	next.Page, next.Issued = here.Page+1, seconds(x.now)
	more = more || next.Again
	body := x.pageBody(v, q, rows, total, here.AsOf, x.nextCursor(here, next, q.cursor, more))
	st.mu.RUnlock()

	if more && (x.cfg.UpdateMidWalk > 0 || x.cfg.DeleteMidWalk > 0) {
		x.s.disturb(res, x.cfg, here.AsOf, seconds(x.now))
	}
	x.json(http.StatusOK, body)
}

// following is the cursor behind this page, or one for the same rows again
// when repeatPage is due.
func (x *exchange) following(here cursor, rows []*row, more bool) cursor {
	next := here
	next.Again = false
	if n := x.cfg.RepeatPage; n > 0 && here.Page%n == 0 && !here.Again && len(rows) > 0 {
		next.Again = true
		return next
	}
	if more || len(rows) > 0 {
		next.place, next.From = rows[len(rows)-1].place(), false
	}
	return next
}

// nextCursor renders next, or what cursorLoop puts in its place.
func (x *exchange) nextCursor(here, next cursor, received string, more bool) string {
	switch {
	case !more:
		return ""
	case x.cfg.CursorLoop == "same" && received != "":
		return received
	case x.cfg.CursorLoop == "cycle":
		return x.s.walks.cycle(next)
	}
	return next.String()
}

func (x *exchange) pageBody(v view, q query, rows []*row, total *int, asOf int64, next string) []byte {
	b := make([]byte, 0, 256+1024*len(rows))
	b = append(b, `{"data":[`...)
	for i, r := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = x.appendRow(b, v, r, q.fields, q.html)
	}
	b = append(b, `],"meta":{"next_cursor":`...)
	if next == "" {
		b = append(b, "null"...)
	} else {
		b = strconv.AppendQuote(b, next)
	}
	b = append(b, `,"count":`...)
	b = strconv.AppendInt(b, int64(len(rows)), 10)
	b = append(b, `,"total":`...)
	if total == nil {
		b = append(b, "null"...)
	} else {
		b = strconv.AppendInt(b, int64(*total), 10)
	}
	b = append(b, `,"as_of":"`...)
	b = append(b, instant(asOf).String()...)
	return append(b, `"}}`...)
}

// disturb touches and deletes rows after a page of a walk. Rows changed since
// the walk began are left alone, so that every walk ends.
func (s *Server) disturb(res *resource, c Config, asOf, now int64) {
	if res.append {
		return
	}
	st := s.store
	st.mu.Lock()
	defer st.mu.Unlock()
	pick := func() *row {
		t := st.tables[res.name]
		quiet := t.since(asOf)
		for range 50 {
			if quiet == 0 {
				return nil
			}
			if r := t.order[s.midwalk.IntN(quiet)]; r.deletedAt == 0 {
				return r
			}
		}
		return nil
	}
	for range c.UpdateMidWalk {
		if r := pick(); r != nil {
			st.touch(res, r, now)
		}
	}
	for range c.DeleteMidWalk {
		if r := pick(); r != nil {
			st.drop(res, r, now)
		}
	}
}
