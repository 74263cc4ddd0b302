// Package nutshelltest is a Nutshell account in memory, in the habit of
// net/http/httptest: it speaks JSON-RPC and the REST subset as the nutshell
// contract words them, with every switch, limiter and fault of its section 6.
//
// It guarantees that
//   - a call is atomic: refused calls change nothing, links included;
//   - checks run in the order of nutshell contract 1.4, so a test can rely on
//     which refusal wins;
//   - what a switch of section 6 names is the only thing it changes;
//   - the same calls with the same Config.Seed make the same ids and faults;
//   - all methods of Server may be used from several goroutines.
//
// It shares no code with any client. State lives in memory and is lost on Close.
//
//	s := nutshelltest.NewServer(nutshelltest.DefaultConfig())
//	defer s.Close()
//	// point a client at s.URL with nutshelltest.SeedUser and nutshelltest.SeedKey
package nutshelltest
