package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"rezora2nutshell/internal/ledger"
)

func auditCommand(c console) *cobra.Command {
	var head string
	verify := &cobra.Command{
		Use: "verify <file>", Short: "Checks that an exported audit log is whole and unchanged",
		Long: `Checks that an exported audit.jsonl is whole and unchanged: every line's hash, the chain, and the line that ends an export.
--head compares it with the audit_head of a workflow's result too, which also tells an earlier export from the last one.`,
		Args: exactly("file"),
		RunE: func(_ *cobra.Command, args []string) error { return c.verifyAudit(args[0], head) },
	}
	verify.Flags().StringVar(&head, "head", "", "audit_head that the workflow's result shows")
	return group("audit", "Checks an audit log", verify)
}

func (c console) verifyAudit(file, head string) error {
	body, err := os.ReadFile(file)
	if err != nil {
		return usage("starter audit verify: %s cannot be read", file)
	}
	lines, bad, reason, err := ledger.VerifyAudit(bytes.NewReader(body))
	switch {
	case err != nil:
		return fmt.Errorf("read %s: %w", file, err)
	case bad > 0:
		return fmt.Errorf("%s: line %d is not as it was written: %s", file, bad, reason)
	}
	last := lastHash(body)
	if head != "" && !strings.EqualFold(strings.TrimSpace(head), last) {
		return fmt.Errorf("%s: line %d: the log is whole, but its last hash is not the given head: it is another log, or an earlier export", file, lines)
	}
	c.printf("%s: all %s lines are as they were written; head %s\n", file, count(lines), last)
	return nil
}

// lastHash is the hash of the last line of a log that has been verified.
func lastHash(body []byte) string {
	body = bytes.TrimRight(body, "\n")
	var line struct {
		Hash string `json:"hash"`
	}
	if json.Unmarshal(body[bytes.LastIndexByte(body, '\n')+1:], &line) != nil {
		return ""
	}
	return line.Hash
}
