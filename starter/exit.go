package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"rezora2nutshell/internal/config"
)

// Exit codes.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitFindings = 3
)

// usageError is a mistake in how a command was called.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usage(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// errFindings ends a command whose migration finished with something that a person accepted. What it is has been printed.
var errFindings = errors.New("finished with findings that a person accepted")

// exitCode sorts the ways a command can end.
func exitCode(err error) int {
	var setting *config.Error
	var use *usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.As(err, &use), errors.As(err, &setting):
		return exitUsage
	}
	return exitFailed
}

// oneLine is an error as one line for standard error.
func oneLine(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}
