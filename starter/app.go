package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
)

// console is the world of one call: what it reads, where it writes, which settings it has.
type console struct {
	in       io.Reader
	out, err io.Writer
	environ  map[string]string
}

// terminal says whether out is one, so that progress can be redrawn in place.
func (c console) terminal() bool {
	f, ok := c.out.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

func (c console) printf(format string, args ...any) { fmt.Fprintf(c.out, format, args...) }

func (c console) println(line string) { fmt.Fprintln(c.out, line) }

// run carries out one command line and returns its exit code.
func run(ctx context.Context, args []string, c console) int {
	root := commands(c)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if code := exitCode(err); code != exitDone {
		if code != exitFindings {
			fmt.Fprintln(c.err, oneLine(err))
		}
		return code
	}
	return exitDone
}

func commands(c console) *cobra.Command {
	root := &cobra.Command{
		Use:   "starter",
		Short: "Moves a whole CRM account from Rezora to Nutshell, and back again if need be",
		Long: `Moves a whole CRM account from Rezora to Nutshell, and back again if need be.

Settings stand in the environment; README.md lists them. Everything this tool sends to a
migration can be sent with temporal or tctl alone.

Exit codes: 0 done, 1 failed, 2 bad usage or setting, 3 finished with accepted findings.`,
		SilenceErrors: true, SilenceUsage: true, CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("unknown command %q; starter --help lists them", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("%s: %s; %s --help lists the flags", cmd.CommandPath(), err, cmd.CommandPath())
	})
	root.AddCommand(
		startCommand(c), statusCommand(c), confirmCommand(c), pauseCommand(c), resumeCommand(c), cutoverCommand(c), acceptCommand(c),
		rollbackCommand(c), retryCommand(c), reportCommand(c), reviewCommand(c), explainCommand(c), rehearseCommand(c), mappingCommand(c), auditCommand(c), shredCommand(c), listCommand(c), doctorCommand(c), ledgerCommand(c), demoCommand(c), simulateCommand(c),
	)
	return root
}

// exactly demands the named arguments, and says which is missing.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return usage("%s: <%s> is missing; write: %s", cmd.CommandPath(), names[len(args)], cmd.UseLine())
		case len(args) > len(names):
			return usage("%s: %q is one argument too many; write: %s", cmd.CommandPath(), args[len(names)], cmd.UseLine())
		}
		return nil
	}
}

// group is a command that only holds others.
func group(use, short string, subs ...*cobra.Command) *cobra.Command {
	names := make([]string, len(subs))
	for i, s := range subs {
		names[i] = s.Name()
	}
	g := &cobra.Command{Use: use, Short: short, Args: func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage("%s: say which: %s", cmd.CommandPath(), strings.Join(names, ", "))
		}
		return usage("%s: unknown command %q; there are: %s", cmd.CommandPath(), args[0], strings.Join(names, ", "))
	}, RunE: func(*cobra.Command, []string) error { return nil }}
	g.AddCommand(subs...)
	return g
}
