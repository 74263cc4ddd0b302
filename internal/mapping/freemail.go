package mapping

import (
	_ "embed"
	"strings"
	"sync"
)

// The list, its source (npm package free-email-domains, MIT) and its licence stand in the file.
//
//go:embed data/freemail.txt
var freeMailFile string

var freeMail = sync.OnceValue(func() map[string]struct{} {
	set := make(map[string]struct{}, 15000)
	for line := range strings.Lines(freeMailFile) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			set[line] = struct{}{}
		}
	}
	return set
})

// IsFreeMail reports whether anybody can have a mailbox at the domain, so that it identifies no company.
func IsFreeMail(domain string) bool {
	_, free := freeMail()[strings.TrimPrefix(asciiHost(strings.TrimSpace(domain)), "www.")]
	return free
}
