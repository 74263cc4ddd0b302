package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"mime"
	"net/url"
	"path"
	"strings"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/azureblob" // azblob://
	_ "gocloud.dev/blob/gcsblob"   // gs://
	_ "gocloud.dev/blob/s3blob"    // s3://
	"gocloud.dev/gcerrors"
)

// bucket is an object store; an object appears at once when its upload is complete.
type bucket struct{ b *blob.Bucket }

func openBucket(ctx context.Context, u *url.URL) (store, error) {
	switch u.Scheme {
	case "s3", "gs", "azblob":
	default:
		return nil, fmt.Errorf("scheme %q is none of file, s3, gs, azblob", u.Scheme)
	}
	place := u.Scheme + "://" + u.Host
	b, err := blob.OpenBucket(ctx, u.String())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	if ok, err := b.IsAccessible(ctx); err != nil || !ok {
		_ = b.Close()
		if err == nil {
			err = errors.New("there is no such bucket")
		}
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	if prefix := strings.Trim(u.Path, "/"); prefix != "" {
		b = blob.PrefixedBucket(b, prefix+"/")
	}
	return &bucket{b}, nil
}

func (b *bucket) Close() error { return b.b.Close() }

func (b *bucket) write(ctx context.Context, name string, fill func(io.Writer) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := b.b.NewWriter(ctx, name, &blob.WriterOptions{ContentType: contentType(name)})
	if err != nil {
		return err
	}
	if err := fill(w); err != nil {
		cancel() // before Close: the upload is given up, the former object stays
		_ = w.Close()
		return err
	}
	return w.Close()
}

// active are the types that a browser runs; among files from outside they are for download only.
var active = []string{"html", "xml", "svg", "script"}

// contentType is what a browser is told when it follows a link.
func contentType(name string) string {
	t := mime.TypeByExtension(path.Ext(name))
	switch path.Ext(name) {
	case ".jsonl":
		t = "application/x-ndjson"
	case ".csv":
		t = "text/csv; charset=utf-8"
	}
	if t == "" {
		return "application/octet-stream"
	}
	if strings.Contains(name, "/attachments/") {
		for _, a := range active {
			if strings.Contains(t, a) {
				return "application/octet-stream"
			}
		}
	}
	return t
}

func (b *bucket) read(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := b.b.NewReader(ctx, name, nil)
	if err != nil {
		return nil, missing(name, err)
	}
	return r, nil
}

func (b *bucket) size(ctx context.Context, name string) (int64, error) {
	a, err := b.b.Attributes(ctx, name)
	if err != nil {
		return 0, missing(name, err)
	}
	return a.Size, nil
}

func (b *bucket) delete(ctx context.Context, name string) error {
	return missing(name, b.b.Delete(ctx, name))
}

func (b *bucket) list(ctx context.Context, prefix string) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		it := b.b.List(&blob.ListOptions{Prefix: prefix})
		for {
			o, err := it.Next(ctx)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(File{}, err)
				return
			}
			if o.IsDir || strings.HasSuffix(o.Key, "/") { // a marker that some browsers of buckets make
				continue
			}
			if !yield(File{o.Key, o.Size}, nil) {
				return
			}
		}
	}
}

// move copies and then deletes, object by object: an interruption leaves an object in both places, and the repetition copies it again.
func (b *bucket) move(ctx context.Context, from, to, keep string) error {
	for f, err := range b.list(ctx, from+"/") {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(f.Name, from+"/")
		if strings.HasPrefix(name, keep+"/") {
			continue
		}
		if err := b.b.Copy(ctx, to+"/"+name, f.Name, nil); err != nil {
			return err
		}
		if err := b.delete(ctx, f.Name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// missing gives a missing object the error that folders give.
func missing(name string, err error) error {
	if gcerrors.Code(err) == gcerrors.NotFound {
		return &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return err
}
