package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
)

func mappingCommand(c console) *cobra.Command {
	var file string
	propose := &cobra.Command{
		Use: "propose <migration>", Short: "Writes a mapping file from what extraction found, for a person to edit and approve",
		Args: exactly("migration"),
		RunE: func(cmd *cobra.Command, args []string) error { return c.proposeMapping(cmd.Context(), args[0], file) },
	}
	propose.Flags().StringVarP(&file, "output", "o", "", "the file to write; none: standard output. An existing file is not replaced")
	return group("mapping", "Checks a mapping file, or proposes one",
		&cobra.Command{
			Use: "check <file>", Short: "Checks a mapping file and lists every mistake with its line",
			Args: exactly("file"),
			RunE: func(_ *cobra.Command, args []string) error { return c.checkMapping(args[0]) },
		}, propose)
}

// checkMapping reads a file by its path, else by its name in MAPPING_DIR.
func (c console) checkMapping(name string) error {
	body, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) && !strings.ContainsRune(name, filepath.Separator) {
		settings, failed := config.LoadParts(c.environ, config.PartMapping)
		if failed != nil {
			return failed
		}
		body, err = os.ReadFile(filepath.Join(settings.MappingDir, name))
	}
	if err != nil {
		return usage("starter mapping check: %s cannot be read, neither here nor in MAPPING_DIR", name)
	}
	m, problems := mapping.Parse(name, body)
	for _, p := range problems {
		c.println(p.String())
	}
	if len(problems) > 0 {
		return usage("%s: %d mistakes, listed on standard output", name, len(problems))
	}
	c.printf("%s is a good map; its digest is %s\n", name, m.Digest())
	return nil
}

// What the steps keep in the ledger of a map and of what it has to decide on.
const (
	keyMap       = "map"
	keyInventory = "inventory"
	keyFieldPlan = "fieldplan"
)

func (c console) proposeMapping(ctx context.Context, name, file string) error {
	return c.withRun(ctx, name, func(_ *book, run *ledger.Run) error {
		m, err := storedMap(ctx, run)
		if err != nil {
			return err
		}
		var inv mapping.Inventory
		found, err := run.Value(ctx, keyInventory, &inv)
		if err != nil {
			return fmt.Errorf("read what extraction found: %w", err)
		}
		if !found {
			return fmt.Errorf("%s has not been extracted yet; a proposal needs what extraction finds", name)
		}
		var plan mapping.FieldPlan
		if _, err := run.Value(ctx, keyFieldPlan, &plan); err != nil {
			return fmt.Errorf("read the plan of custom fields: %w", err)
		}
		proposal := m.Propose(&inv, plan)
		if file == "" {
			_, err := c.out.Write(proposal)
			return err
		}
		return writeNew(file, proposal)
	})
}

// storedMap is the map of a migration, or the built-in one before it has any.
func storedMap(ctx context.Context, run *ledger.Run) (*mapping.Map, error) {
	var text string
	found, err := run.Value(ctx, keyMap, &text)
	if err != nil {
		return nil, fmt.Errorf("read the map from the ledger: %w", err)
	}
	if !found {
		return mapping.Default(), nil
	}
	m, problems := mapping.Parse("the stored map", []byte(text))
	if len(problems) > 0 {
		return nil, fmt.Errorf("the stored map cannot be read: %s", problems[0])
	}
	return m, nil
}

// writeNew writes a file that must not be there yet: a person may have edited an earlier proposal.
func writeNew(file string, body []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return usage("%s exists already and is not replaced; name another file", file)
	}
	if err != nil {
		return usage("%s cannot be written", file)
	}
	_, err = f.Write(body)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return nil
}
