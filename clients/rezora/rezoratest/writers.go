package rezoratest

import (
	"context"
	"net/http"
	"time"
)

// recorder notes the status that http.ServeContent chooses.
type recorder struct{ x *exchange }

func (r recorder) Header() http.Header { return r.x.w.Header() }

func (r recorder) WriteHeader(status int) {
	r.x.status = status
	r.x.w.WriteHeader(status)
}

func (r recorder) Write(p []byte) (int, error) { return r.x.w.Write(p) }

func (r recorder) Unwrap() http.ResponseWriter { return r.x.w }

// noRanges hides that http.ServeContent could serve ranges.
type noRanges struct{ http.ResponseWriter }

func (w noRanges) WriteHeader(status int) {
	w.Header().Del("Accept-Ranges")
	w.ResponseWriter.WriteHeader(status)
}

// cutWriter closes the connection once left bytes have gone out.
type cutWriter struct {
	http.ResponseWriter
	left int64
}

func (w *cutWriter) Write(p []byte) (int, error) {
	if int64(len(p)) < w.left {
		w.left -= int64(len(p))
		return w.ResponseWriter.Write(p)
	}
	_, _ = w.ResponseWriter.Write(p[:w.left])
	_ = http.NewResponseController(w.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}

// slowAttachment is the delay per KiB of the attachment fault "slow".
const slowAttachment = 20 * time.Millisecond

// slowWriter waits before each KiB.
type slowWriter struct {
	http.ResponseWriter
	ctx   context.Context
	pause time.Duration
}

func (w slowWriter) Write(p []byte) (int, error) {
	tick := time.NewTicker(w.pause)
	defer tick.Stop()
	out := http.NewResponseController(w.ResponseWriter)
	n := 0
	for n < len(p) {
		select {
		case <-w.ctx.Done():
			return n, w.ctx.Err()
		case <-tick.C:
		}
		m, err := w.ResponseWriter.Write(p[n:min(n+1024, len(p))])
		n += m
		if err != nil {
			return n, err
		}
		_ = out.Flush()
	}
	return n, nil
}
