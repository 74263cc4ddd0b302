//go:build profile

package main

import (
	"net/http"
	_ "net/http/pprof" // the pages of the profiler
	"os"
)

// A worker built with the tag profile answers the profiler at PROFILE_ADDRESS; the programs that are shipped cannot.
func init() {
	if address := os.Getenv("PROFILE_ADDRESS"); address != "" {
		go func() { _ = http.ListenAndServe(address, nil) }()
	}
}
