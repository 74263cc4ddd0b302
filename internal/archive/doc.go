// Package archive stores the files of migrations: reports, archives of what Nutshell cannot hold, attachments. A file is there wholly or
// not at all: it is replaced at once when it is complete, and a writer that fails, or is killed, leaves the former file as it was. Nothing
// but those files lies in the store. Every name stays below the folder of its migration, whatever the name says.
//
// The store is a folder of this machine (file:///…) or a bucket (s3://…, gs://…, azblob://…). Buckets are opened with the credentials
// of their own environment.
package archive
