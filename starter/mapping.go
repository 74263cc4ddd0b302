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
	var file, migration string
	propose := &cobra.Command{
		Use: "propose <migration>", Short: "Writes a mapping file from what extraction found, for a person to edit and approve",
		Args: exactly("migration"),
		RunE: func(cmd *cobra.Command, args []string) error { return c.proposeMapping(cmd.Context(), args[0], file) },
	}
	propose.Flags().StringVarP(&file, "output", "o", "", "the file to write; none: standard output. An existing file is not replaced")
	check := &cobra.Command{
		Use: "check <file>", Short: "Checks a mapping file and lists every mistake with its line",
		Long: `Checks a mapping file and lists every mistake with its line. With --migration it also says what each line would do to what that
migration has extracted: into which field each custom property goes and why, what has no destination, what does not agree with its
type, what the plan of the account does not allow. Lines that start with ! would park the run; then the exit code is 1.`,
		Args: exactly("file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.checkMapping(cmd.Context(), args[0], migration)
		},
	}
	check.Flags().StringVar(&migration, "migration", "", "a migration whose extract the map is tried on")
	return group("mapping", "Checks a mapping file, proposes one, or prints the default and the schema", check, propose,
		c.printed("default", "Prints the built-in map, which is a mapping file", mapping.DefaultFile),
		c.printed("schema", "Prints the JSON schema of mapping files, for editors", mapping.Schema))
}

func (c console) printed(name, short string, text func() []byte) *cobra.Command {
	return &cobra.Command{Use: name, Short: short, Args: exactly(), RunE: func(*cobra.Command, []string) error {
		_, err := c.out.Write(text())
		return err
	}}
}

// checkMapping reads a file by its path, else by its name in MAPPING_DIR.
func (c console) checkMapping(ctx context.Context, name, migration string) error {
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
	if migration == "" {
		return nil
	}
	return c.tryMapping(ctx, m, migration)
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
