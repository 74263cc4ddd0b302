package report

import (
	"encoding/csv"
	"io"
	"strconv"
)

// Mapped is a source record and what it is in Nutshell.
type Mapped struct {
	Object     string
	SourceID   string
	TargetType string
	TargetID   int64
	How        string // created, merged, linked or adopted
}

// IDMap writes id-map.csv: every source record that has a target.
func IDMap(w io.Writer, rows Stream[Mapped]) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"object", "source_id", "target_type", "target_id", "how"}); err != nil {
		return err
	}
	err := each(rows, func(m Mapped) error {
		return out.Write([]string{m.Object, m.SourceID, m.TargetType, strconv.FormatInt(m.TargetID, 10), m.How})
	})
	if err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}
