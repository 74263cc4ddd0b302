package report

import "strings"

// grid is a simple table of a page; on a narrow screen each row becomes a block with the heads as labels.
type grid struct {
	Caption string
	Head    []column
	Rows    []gridRow
	More    string // what is said below about rows that are not shown
}

type column struct {
	Name   string
	Number bool
}

type gridRow struct {
	Cells []cell
	Sum   bool
}

type cell struct {
	Text  string
	Class string
	Code  bool
	Tag   string // class of a tag around the text
	Href  string
}

// newGrid makes a table; a head that begins with "#" is a number's.
func newGrid(heads ...string) *grid {
	g := &grid{}
	for _, h := range heads {
		name, number := strings.CutPrefix(h, "#")
		g.Head = append(g.Head, column{name, number})
	}
	return g
}

// add appends a row; a value is a text, a count or a cell.
func (g *grid) add(values ...any) *grid {
	row := gridRow{}
	for i, v := range values {
		var c cell
		switch v := v.(type) {
		case cell:
			c = v
		case string:
			c.Text = v
		default:
			c.Text = num(v)
		}
		if i < len(g.Head) && g.Head[i].Number {
			c.Class = strings.TrimSpace("n " + c.Class)
			if c.Text == "0" {
				c.Class = "n zero"
			}
		}
		row.Cells = append(row.Cells, c)
	}
	g.Rows = append(g.Rows, row)
	return g
}

// last marks the row just added as the sum of those above.
func (g *grid) last() *grid {
	g.Rows[len(g.Rows)-1].Sum = true
	return g
}

// shown is how many rows of a long list a page has.
const shown = 200

// cut keeps a page short: the first rows, and where the others are.
func cut[T any](rows []T, total int64, file string) ([]T, string) {
	if len(rows) > shown {
		rows = rows[:shown]
	}
	if rest := total - int64(len(rows)); rest > 0 {
		return rows, plural(rest, "more line", "more lines") + " in " + file
	}
	return rows, ""
}

func hot[N int | int64](n N) cell {
	if n == 0 {
		return cell{Text: "0"}
	}
	return cell{Text: num(int64(n)), Class: "hot"}
}

func code(s string) cell { return cell{Text: s, Code: true} }

func tag(class, text string) cell { return cell{Text: text, Tag: class} }
