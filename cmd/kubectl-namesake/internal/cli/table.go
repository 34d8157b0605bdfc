package cli

import (
	"fmt"
	"io"
	"strings"

	"k8s.io/cli-runtime/pkg/printers"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/colour"
)

// Table is what a command prints for people.
type Table struct {
	Columns []Column
	Rows    [][]Cell
}

// Column is the head of a column.
type Column struct {
	Name string
	// Wide columns are printed with -o wide only.
	Wide bool
}

// Columns returns columns of these names.
func Columns(names ...string) []Column {
	var columns []Column
	for _, name := range names {
		columns = append(columns, Column{Name: name})
	}
	return columns
}

// Cell is a text in a table. Control characters in it are made visible, since it may come from anybody.
type Cell struct {
	Text   string
	Colour colour.Colour
}

// Text returns cells without a colour.
func Text(texts ...string) []Cell {
	var cells []Cell
	for _, text := range texts {
		cells = append(cells, Cell{Text: text})
	}
	return cells
}

// Print writes the table as kubectl writes tables. The last column is not padded.
func (t Table) Print(out io.Writer, palette colour.Palette, wide bool) error {
	tabs := printers.GetNewTabWriter(out)
	head := make([]Cell, len(t.Columns))
	for i, column := range t.Columns {
		head[i].Text = strings.ToUpper(column.Name)
	}
	for _, row := range append([][]Cell{head}, t.Rows...) {
		var cells []string
		for i, cell := range row {
			if !t.Columns[i].Wide || wide {
				cells = append(cells, palette.Paint(cell.Colour, Clean(cell.Text)))
			}
		}
		if _, err := fmt.Fprintln(tabs, strings.TrimRight(strings.Join(cells, "\t"), " ")); err != nil {
			return err
		}
	}
	return tabs.Flush()
}

// Clean returns a text that may come from anybody in one line, without what a terminal obeys.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, printers.EscapeTerminal(text))
}
