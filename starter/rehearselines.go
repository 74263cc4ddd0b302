package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"rezora2nutshell/internal/ledger"
)

// lineFile reads records.csv, one source record after the other.
type lineFile struct {
	ref  ledger.Ref // the one at hand
	sums []string   // of its records in Nutshell, sorted
	over bool       // there is none any more

	file *os.File
	csv  *csv.Reader
	next []string // the row after it
}

func openLines(name string) (*lineFile, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, usage("--compare: %s cannot be read: %s", name, cause(err))
	}
	l := &lineFile{file: f, csv: csv.NewReader(f)}
	l.csv.FieldsPerRecord = 3
	if err := errors.Join(l.read(), l.advance()); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *lineFile) close() { _ = l.file.Close() } // read only

// read takes the next row, none at the end.
func (l *lineFile) read() error {
	row, err := l.csv.Read()
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", l.file.Name(), err)
	}
	l.next = row
	return nil
}

// advance goes on to the next source record.
func (l *lineFile) advance() error {
	l.ref, l.sums = ledger.Ref{}, nil
	if l.next == nil {
		l.over = true
		return nil
	}
	l.ref = ledger.Ref{Object: l.next[0], SourceID: l.next[1]}
	for l.next != nil && l.next[0] == l.ref.Object && l.next[1] == l.ref.SourceID {
		l.sums = append(l.sums, l.next[2])
		if err := l.read(); err != nil {
			return err
		}
	}
	slices.Sort(l.sums)
	return nil
}
