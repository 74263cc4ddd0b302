package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	"github.com/dustin/go-humanize"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/archive"
	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/ledger"
)

func (d doctor) temporal(ctx context.Context) []finding {
	r, err := dial(ctx, d.settings.Temporal)
	if err != nil {
		return []finding{fault(oneLine(err), "start a Temporal server, or correct TEMPORAL_ADDRESS and the TLS settings")}
	}
	defer r.Close()
	t := d.settings.Temporal
	space, err := r.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: t.Namespace})
	if bad := r.noNamespace(err); bad != nil {
		return []finding{fault("the server has no namespace "+t.Namespace, "temporal operator namespace create --namespace "+t.Namespace)}
	}
	if err != nil {
		return []finding{fault("the namespace cannot be read: "+oneLine(err), "give this client the right to use it")}
	}
	out := []finding{good("%s, namespace %s, closed workflows are kept for %s", t.Address, t.Namespace,
		space.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())}
	out = append(out, d.attributes(ctx, r))
	return append(out, d.pollers(ctx, r))
}

func (d doctor) attributes(ctx context.Context, r *remote) finding {
	const cure = "nothing: the worker registers them when the server allows it, and a migration runs without"
	list, err := r.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: d.settings.Temporal.Namespace})
	if err != nil {
		return note("the search attributes cannot be listed", cure)
	}
	for _, name := range []string{api.AttrPhase, api.AttrStatus, api.AttrDone} {
		if _, there := list.GetCustomAttributes()[name]; !there {
			return note("search attribute "+name+" is not registered", cure)
		}
	}
	return good("the search attributes are registered")
}

func (d doctor) pollers(ctx context.Context, r *remote) finding {
	queue := d.settings.Temporal.TaskQueue
	q, err := r.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
		Namespace: d.settings.Temporal.Namespace, TaskQueue: &taskqueue.TaskQueue{Name: queue}, TaskQueueType: enums.TASK_QUEUE_TYPE_WORKFLOW,
	})
	if err != nil {
		return note("who works on task queue "+queue+" cannot be read", "")
	}
	if len(q.GetPollers()) == 0 {
		return note("no worker works on task queue "+queue, "start one before a migration, or after it: nothing is lost")
	}
	return good("workers on task queue %s: %d", queue, len(q.GetPollers()))
}

func (d doctor) ledger(ctx context.Context) []finding {
	l := d.settings.Ledger
	var out []finding
	book, err := d.openBook(ctx)
	var setting *config.Error
	switch {
	case err == nil:
		defer func() { _ = book.Close() }() // read only
		all, err := book.Migrations(ctx)
		if err != nil {
			return []finding{fault("the ledger cannot be read: "+oneLine(err), "restore it from a backup")}
		}
		out = append(out, good("it opens with its key and knows %d migrations", len(all)))
	case errors.As(err, &setting) && setting.Setting == "LEDGER_URL" && l.Dialect == config.SQLite:
		out = append(out, note("there is no ledger"+at(l)+" yet", "nothing: the first worker makes it, with a key file beside it"))
		out = append(out, writable(filepath.Dir(l.Path))...)
	case errors.Is(err, ledger.ErrSchema):
		return []finding{fault(oneLine(err), "use the starter of the worker's version")}
	default:
		return []finding{fault(oneLine(err), "correct LEDGER_URL and LEDGER_KEY_FILE")}
	}
	return append(out, keyFile(l)...)
}

// keyFile looks at who may read the key.
func keyFile(l config.Ledger) []finding {
	info, err := os.Stat(l.KeyFile)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil // told with the ledger
	case err != nil:
		return []finding{fault("the key file cannot be read", "correct LEDGER_KEY_FILE or its rights")}
	case info.Mode().Perm()&0o077 != 0:
		return []finding{fault(fmt.Sprintf("others may read the key file %s (mode %04o)", l.KeyFile, info.Mode().Perm()), "chmod 600 "+l.KeyFile)}
	}
	return []finding{good("the key file is readable by its owner only; keep a copy apart from the ledger")}
}

func writable(dir string) []finding {
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return []finding{fault("nothing can be written into "+dir, "make the folder, or give its right to this user")}
	}
	_ = f.Close()
	_ = os.Remove(f.Name())
	return nil
}

// archive writes one small object into a bucket, reads it back and removes it; in a folder it makes and removes an empty file.
func (d doctor) archive(ctx context.Context) []finding {
	const cure = "correct ARCHIVE_URL, or the credentials of the storage"
	a, err := archive.Open(ctx, d.settings.Archive.URL, d.settings.Archive.LinkBase)
	if err != nil {
		return []finding{fault(oneLine(err), cure)}
	}
	defer func() { _ = a.Close() }()
	if u, err := url.Parse(d.settings.Archive.URL); err == nil && u.Scheme == "file" {
		if bad := writable(u.Path); bad != nil {
			return bad
		}
		out := []finding{good("%s can be written", u.Path)}
		if d.settings.Archive.LinkBase == d.settings.Archive.URL {
			out = append(out, note("links in notes will lead to a folder of this host", "set ARCHIVE_LINK_BASE when people read files through a web server"))
		}
		return out
	}
	folder, name, sign := a.For("doctor-check"), "check-"+rand.Text()[:8], "written by starter doctor"
	if err := folder.Write(ctx, name, func(w io.Writer) error { _, err := io.WriteString(w, sign); return err }); err != nil {
		return []finding{fault("nothing can be written: "+oneLine(err), cure)}
	}
	body, err := folder.Read(ctx, name)
	var back []byte
	if err == nil {
		back, err = io.ReadAll(body)
		_ = body.Close()
	}
	gone := folder.Delete(ctx, name)
	switch {
	case err != nil || string(back) != sign:
		return []finding{fault("what was written does not come back", cure)}
	case gone != nil:
		return []finding{fault("nothing can be removed: "+oneLine(gone), "give the right to delete: reports are replaced")}
	}
	return []finding{good("it takes, gives back and removes an object")}
}

// perPerson is what a person with a timeline takes in an SQLite ledger, in bytes; measured with the demonstration.
const perPerson = 20 << 10

func (d doctor) disk(context.Context) []finding {
	dirs := map[string]string{"TMPDIR": os.TempDir()}
	if d.settings.Ledger.Path != "" {
		dirs["the ledger"] = filepath.Dir(d.settings.Ledger.Path)
	}
	var out []finding
	for _, what := range []string{"the ledger", "TMPDIR"} {
		dir, asked := dirs[what]
		if !asked {
			continue
		}
		free, known := freeBytes(dir)
		switch {
		case !known:
			out = append(out, note("how much is free for "+what+" is unknown", ""))
		case free < 1<<30:
			out = append(out, fault(fmt.Sprintf("%s free for %s in %s", humanize.IBytes(free), what, dir), "make room: at least 1 GiB, and 20 KiB a person in the ledger"))
		case what == "the ledger":
			out = append(out, good("%s free for the ledger: about %s people", humanize.IBytes(free), humanize.Comma(int64(free/perPerson))))
		default:
			out = append(out, good("%s free for files on their way (%s)", humanize.IBytes(free), what))
		}
	}
	return out
}
