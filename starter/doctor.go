package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/wiring"
)

// What a check found.
const (
	sound  = "ok"
	noted  = "note"  // nothing to mend, but to know
	faulty = "fault" // a migration would not start, or would stop
)

// finding is one line of the doctor's screen.
type finding struct {
	Check string `json:"check"`
	State string `json:"state"`
	Text  string `json:"text"`
	Cure  string `json:"cure,omitempty"`
}

func good(format string, args ...any) finding {
	return finding{State: sound, Text: fmt.Sprintf(format, args...)}
}

func note(text, cure string) finding { return finding{State: noted, Text: text, Cure: cure} }

func fault(text, cure string) finding { return finding{State: faulty, Text: text, Cure: cure} }

// check looks at one thing a migration needs. Each stands alone: one that fails hides no other.
type check struct {
	name string
	look func(context.Context) []finding
}

// checkPatience is how long one check may take. The longest looks at every resource of Rezora, at the sparing rate of its contract.
const checkPatience = 2 * time.Minute

// errUnwell ends a doctor's visit that found a fault. What it is has been printed.
var errUnwell = errors.New("not everything a migration needs is there; the faults are listed above")

func doctorCommand(c console) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "doctor", Short: "Checks everything a migration needs before one is started",
		Long: `Checks, with the settings of the worker, everything a migration needs: Temporal and its namespace, ledger, key file, archive, both
accounts, clocks and disk, each with a cure beside a fault. It only reads, save one small object that it writes into the archive
and removes again. Whether the Nutshell key may write cannot be read: the write probes of the sample find out.`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := config.Load(c.environ)
			if err != nil {
				return err
			}
			found := examine(cmd.Context(), doctor{console: c, settings: settings}.checks(cmd.Context()), func(f finding) {
				if !asJSON {
					c.printFinding(f)
				}
			})
			if asJSON {
				enc := json.NewEncoder(c.out)
				enc.SetIndent("", "  ")
				if err := enc.Encode(found); err != nil {
					return err
				}
			}
			for _, f := range found {
				if f.State == faulty {
					return errUnwell
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// examine runs the checks one after the other and shows each as it is done.
func examine(ctx context.Context, checks []check, show func(finding)) []finding {
	out := []finding{}
	for _, k := range checks {
		checkCtx, cancel := context.WithTimeout(ctx, checkPatience)
		for _, f := range k.look(checkCtx) {
			f.Check = k.name
			show(f)
			out = append(out, f)
		}
		cancel()
	}
	return out
}

func (c console) printFinding(f finding) {
	c.printf("%-6s %-10s %s\n", f.State, f.Check, f.Text)
	if f.Cure != "" {
		c.printf("%-6s %-10s cure: %s\n", "", "", f.Cure)
	}
}

// doctor knows the settings of one worker.
type doctor struct {
	console
	settings config.Config
}

func (d doctor) checks(ctx context.Context) []check {
	out := []check{
		{"settings", func(context.Context) []finding { return []finding{good("all settings can be read")} }},
		{"temporal", d.temporal}, {"ledger", d.ledger}, {"archive", d.archive}, {"disk", d.disk},
	}
	p, err := wiring.Accounts(ctx, d.settings)
	if err != nil {
		return append(out, check{"accounts", func(context.Context) []finding {
			return []finding{fault(oneLine(err), "correct the setting that it names")}
		}})
	}
	return append(out,
		check{"rezora", func(ctx context.Context) []finding { return d.rezora(ctx, p) }},
		check{"legacy", func(ctx context.Context) []finding { return d.legacy(ctx, p) }},
		check{"nutshell", func(ctx context.Context) []finding { return d.nutshell(ctx, p) }},
		check{"clock", d.clock})
}
