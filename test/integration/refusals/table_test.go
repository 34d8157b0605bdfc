package refusals

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// tally counts cases.
type tally struct{ refused, allowed, unexpected int }

func (n *tally) count(want verdict, expected bool) {
	switch {
	case !expected:
		n.unexpected++
	case want.code != 0:
		n.refused++
	default:
		n.allowed++
	}
}

func (n *tally) add(other tally) {
	n.refused += other.refused
	n.allowed += other.allowed
	n.unexpected += other.unexpected
}

// line is what the lines of the table are for: a rule and a kind, with its subresource.
type line struct{ rule, kind string }

// table counts cases by line and mode.
type table struct {
	lines []line // in the order of the first case
	cells map[line]map[string]*tally
}

// cell returns the tally of a line in a mode.
func (b *table) cell(at line, mode string) *tally {
	if b.cells == nil {
		b.cells = map[line]map[string]*tally{}
	}
	if b.cells[at] == nil {
		b.cells[at] = map[string]*tally{}
		b.lines = append(b.lines, at)
	}
	if b.cells[at][mode] == nil {
		b.cells[at][mode] = &tally{}
	}
	return b.cells[at][mode]
}

// in returns what a mode has in a line.
func (b *table) in(at line, mode string) tally {
	if n := b.cells[at][mode]; n != nil {
		return *n
	}
	return tally{}
}

// sum returns what a mode has in all lines.
func (b *table) sum(mode string) tally {
	var all tally
	for _, at := range b.lines {
		all.add(b.in(at, mode))
	}
	return all
}

// String is the table with its sums, for people.
func (b *table) String() string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	row := func(cells ...any) {
		for _, cell := range cells {
			_, _ = fmt.Fprintf(w, "%v\t", cell) // To memory.
		}
		_, _ = fmt.Fprintln(w)
	}
	titles, heads := []any{"", "", ""}, []any{"RULE", "KIND", "CASES"}
	for _, m := range modes {
		titles = append(titles, m.name, "", "")
		heads = append(heads, "REFUSED", "ALLOWED", "UNEXPECTED")
	}
	row(titles...)
	row(heads...)
	counts := func(in func(mode string) tally) []any {
		first := in(modes[0].name)
		cells := []any{first.refused + first.allowed + first.unexpected}
		for _, m := range modes {
			n := in(m.name)
			cells = append(cells, n.refused, n.allowed, n.unexpected)
		}
		return cells
	}
	for _, at := range b.lines {
		row(append([]any{at.rule, at.kind}, counts(func(mode string) tally { return b.in(at, mode) })...)...)
	}
	row(append([]any{"all", ""}, counts(b.sum)...)...)
	_ = w.Flush()
	return text.String()
}
