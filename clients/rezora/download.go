package rezora

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"rezora2nutshell/internal/record"
)

// Bounds of one download.
const (
	maxTries     = 3 // of a file that does not match, and of a link that is refused
	maxRedirects = 5
	reportEvery  = 1 << 20
)

// download is the reading of one file.
type download struct {
	client *Client
	file   record.Attachment
	part   Part
	report func(int64, string)

	have      int64
	etag      string // of what the part holds
	mime      string
	mismatch  int
	refused   int
	unmoved   int // cuts in a row that brought no byte
	reread    bool
	left      bool // the latest link led away from the origin of base_url
	completed bool
}

// Attachment fetches the bytes of an attachment, continuing what the part holds. Its errors ErrFile... fail this attachment alone.
func (c *Client) Attachment(ctx context.Context, req AttachmentRequest, dst Part) (Download, error) {
	if _, err := c.resource(record.Attachments); err != nil {
		return Download{}, err
	}
	d := &download{client: c, file: req.Attachment, part: dst, report: req.Progress, have: req.Have, etag: req.ETag}
	if d.report == nil {
		d.report = func(int64, string) {}
	}
	if expires := d.file.DownloadExpiresAt; expires.Set() && expires.Before(time.Now()) {
		d.reread = true
	}
	out, err := d.run(ctx)
	if err != nil {
		return Download{}, fmt.Errorf("attachment %s: %w", req.Attachment.ID, err)
	}
	return out, nil
}

func (d *download) run(ctx context.Context) (Download, error) {
	if d.have > 0 && !strings.HasPrefix(d.etag, `"`) || d.have > d.file.Size {
		if err := d.startOver(); err != nil {
			return Download{}, err
		}
	}
	for {
		if d.reread {
			if err := d.again(ctx); err != nil {
				return Download{}, err
			}
		}
		if d.file.Size > d.client.options.Attachments.MaxBytes {
			return Download{}, ErrFileTooLarge
		}
		if d.completed = d.have > 0 && d.have == d.file.Size; !d.completed {
			if err := d.fetch(ctx); err != nil {
				return Download{}, err
			}
		}
		if !d.completed {
			continue
		}
		sum, ok, err := d.verify()
		if err != nil || ok {
			return Download{SHA256: sum, Size: d.have, ETag: d.etag, ContentType: d.mime}, err
		}
		if d.mismatch++; d.mismatch >= maxTries {
			_ = d.startOver()
			return Download{}, ErrFileMismatch
		}
		if err := d.startOver(); err != nil {
			return Download{}, err
		}
	}
}

// again reads the item for a fresh link.
func (d *download) again(ctx context.Context) error {
	d.reread = false
	rec, state, err := d.client.Item(ctx, record.Attachments, d.file.ID)
	switch {
	case err != nil:
		return err
	case state == Gone:
		return ErrFileGone
	case state == Absent:
		return ErrFileMissing
	}
	var fresh record.Attachment
	if err := rec.Decode(&fresh); err != nil {
		return err
	}
	d.file = fresh
	return nil
}

func (d *download) startOver() error {
	d.have, d.etag, d.completed = 0, "", false
	if err := d.part.Truncate(0); err != nil {
		return fmt.Errorf("empty the part file: %w", err)
	}
	return nil
}

// verify checks size and hash of the whole part.
func (d *download) verify() (string, bool, error) {
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(d.part, 0, d.have)); err != nil {
		return "", false, fmt.Errorf("read the part file: %w", err)
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	return sum, d.have == d.file.Size && (d.file.SHA256 == "" || strings.EqualFold(d.file.SHA256, sum)), nil
}

// fetch makes one request, redirects included, and takes what it brings.
func (d *download) fetch(ctx context.Context) error {
	resp, err := d.open(ctx)
	switch {
	case isStatus(err, http.StatusForbidden), isStatus(err, http.StatusGone), isStatus(err, http.StatusUnauthorized) && d.left:
		if d.refused++; d.refused > maxTries {
			return ErrFileExpired
		}
		d.reread = true
		return nil
	case isStatus(err, http.StatusNotFound):
		return ErrFileMissing
	case err != nil:
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if done, err := d.position(resp); err != nil || done {
		return err
	}
	before := d.have
	err = d.copy(resp.Body)
	if err == nil {
		d.completed = true
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var broken *partError
	if errors.As(err, &broken) {
		return err
	}
	return d.cut(ctx, err, d.have > before)
}

// cut waits before the file is continued; cuts that bring nothing are bounded like attempts.
func (d *download) cut(ctx context.Context, cause error, moved bool) error {
	if d.unmoved++; moved {
		d.unmoved = 1
	}
	limits := d.client.api.limits
	if d.unmoved >= limits.Attempts {
		return &ConnectError{API: d.client.api.name, Resource: "attachment content", Host: d.client.api.base.Host, Attempts: d.unmoved, Cause: bare(cause)}
	}
	return pause(ctx, backoff(limits, d.unmoved))
}

// position decides from the answer's head where its bytes go; done means that the file is asked for again.
func (d *download) position(resp *http.Response) (done bool, err error) {
	etag := resp.Header.Get("ETag")
	switch resp.StatusCode {
	case http.StatusRequestedRangeNotSatisfiable:
		if d.have == 0 {
			d.completed = true // nothing to take: the check decides
		} else {
			err = d.startOver()
		}
		return true, err
	case http.StatusPartialContent:
		if start, ok := rangeStart(resp.Header.Get("Content-Range")); !ok || start != d.have || etag != "" && d.etag != "" && etag != d.etag {
			d.etag = "" // no range of this file can be trusted
			return true, d.startOver()
		}
	case http.StatusOK:
		if d.have > 0 {
			if err := d.startOver(); err != nil {
				return true, err
			}
		}
	default:
		return true, &StatusError{API: d.client.api.name, Resource: "attachment content", Status: resp.StatusCode, RequestID: "none", Attempts: 1}
	}
	if d.mime = resp.Header.Get("Content-Type"); etag != "" {
		d.etag = etag
	}
	return false, nil
}

type partError struct{ error }

// copy takes bytes up to one more than the file should have.
func (d *download) copy(body io.Reader) error {
	buf, reported := make([]byte, 64<<10), d.have
	for {
		n, err := body.Read(buf[:min(int64(len(buf)), max(1, d.file.Size+1-d.have))])
		if n > 0 {
			if _, werr := d.part.WriteAt(buf[:n], d.have); werr != nil {
				return &partError{fmt.Errorf("write the part file: %w", werr)}
			}
			if d.have += int64(n); d.have-reported >= reportEvery {
				reported = d.have
				d.report(d.have, d.etag)
			}
		}
		if err == io.EOF || d.have > d.file.Size {
			return nil
		}
		if err != nil {
			d.report(d.have, d.etag)
			return err
		}
	}
}

// open follows redirects by hand: the credential goes to the origin of base_url only, and never again once a redirect has left it.
func (d *download) open(ctx context.Context) (*http.Response, error) {
	target, err := d.link()
	if err != nil {
		return nil, err
	}
	c := d.client
	d.left = false
	for hop := 0; hop <= maxRedirects; hop++ {
		own := target.Scheme == c.api.base.Scheme && strings.EqualFold(hostPort(target), hostPort(c.api.base))
		d.left = d.left || !own
		way, err := c.files.to(ctx, target, own)
		if err != nil {
			return nil, err
		}
		ans, err := c.api.get(ctx, question{resource: "attachment content", target: target, header: d.headers(), stream: true, follow: way, foreign: d.left})
		if err != nil {
			return nil, err
		}
		if ans.status/100 != 3 {
			return ans.resp, nil
		}
		_ = ans.resp.Body.Close()
		next, err := target.Parse(ans.header.Get("Location"))
		if err != nil || ans.header.Get("Location") == "" {
			return nil, fmt.Errorf("%w: a redirect without a usable target", errLink)
		}
		if err := allowedScheme(target.Scheme, next.Scheme); err != nil {
			return nil, err
		}
		target = next
	}
	return nil, errManyRedirects
}

func (d *download) headers() http.Header {
	h := http.Header{"Accept": {"*/*"}, "Accept-Encoding": {"identity"}}
	if d.have > 0 && d.etag != "" {
		h.Set("Range", "bytes="+strconv.FormatInt(d.have, 10)+"-")
		h.Set("If-Range", d.etag)
	}
	return h
}

// link is where the file is said to be.
func (d *download) link() (*url.URL, error) {
	c := d.client
	if d.file.DownloadURL == "" {
		return c.api.address(c.profile.Resources[record.Attachments].Path+"/"+segment(d.file.ID)+"/content", nil), nil
	}
	origin := url.URL{Scheme: c.api.base.Scheme, Host: c.api.base.Host, Path: "/"}
	u, err := origin.Parse(d.file.DownloadURL)
	if err != nil {
		return nil, errLink
	}
	return u, allowedScheme(origin.Scheme, u.Scheme)
}

func allowedScheme(from, to string) error {
	if to != "https" && (to != "http" || from == "https") {
		return fmt.Errorf("%w: from %s to another scheme", errRedirect, from)
	}
	return nil
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Hostname() + ":" + port
}

// rangeStart reads the first byte's place of `bytes n-m/total`.
func rangeStart(s string) (int64, bool) {
	rest, ok := strings.CutPrefix(s, "bytes ")
	if !ok {
		return 0, false
	}
	first, _, ok := strings.Cut(rest, "-")
	n, err := strconv.ParseInt(first, 10, 64)
	return n, ok && err == nil
}
