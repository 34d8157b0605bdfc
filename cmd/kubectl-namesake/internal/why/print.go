package why

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/colour"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/diagnosis"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/installation"
)

// colours are those of the states.
var colours = map[diagnosis.State]colour.Colour{
	diagnosis.StateOK: colour.Green, diagnosis.StateWaits: colour.Yellow, diagnosis.StateBlocked: colour.Red,
	diagnosis.StateMissing: colour.Red, diagnosis.StateUnknown: colour.Cyan,
}

// write prints the walk, then what is in the way, and last the command that ends it.
func write(out io.Writer, palette colour.Palette, d *diagnosis.Diagnosis) error {
	table := cli.Table{Columns: cli.Columns("object", "state", "says")}
	for _, step := range d.Walk {
		state := cli.Cell{Text: string(step.State), Colour: colours[step.State]}
		table.Rows = append(table.Rows, []cli.Cell{{Text: step.String()}, state, {Text: step.Says}})
	}
	if err := table.Print(out, palette, true); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\n"+strings.Join(conclusion(d), "\n")+"\n")
	return err
}

// conclusion returns the lines below the table.
func conclusion(d *diagnosis.Diagnosis) []string {
	var lines []string
	if cause := d.Cause; cause == nil {
		lines = append(lines, "Nothing is in the way.")
	} else {
		head := "In the way: "
		if cause.Passing {
			head = "It waits: "
		}
		lines = append(lines, head+cli.Clean(cause.Says)+".")
		if cause.Words != "" {
			lines = append(lines, "  "+cli.Clean(cause.Words))
		}
		lines = append(lines, remedy(cause)...)
	}
	for _, note := range d.Notes {
		lines = append(lines, "Note: "+cli.Clean(note)+".")
	}
	return append(lines, notSeen(d.Unseen)...)
}

// notSeen says what could not be seen, by reason.
func notSeen(all []installation.Unseen) []string {
	var whys []string
	whats := map[string][]string{}
	for _, unseen := range all {
		if !slices.Contains(whys, unseen.Why) {
			whys = append(whys, unseen.Why)
		}
		whats[unseen.Why] = append(whats[unseen.Why], unseen.What)
	}
	var lines []string
	for _, why := range whys {
		lines = append(lines, fmt.Sprintf("Not seen (%s): %s.", cli.Clean(why), strings.Join(whats[why], ", ")))
	}
	return lines
}

// remedy returns what to do, and the command for it.
func remedy(cause *diagnosis.Cause) []string {
	var lines []string
	label := "To end it:"
	if cause.Passing {
		label = "Meanwhile:"
	}
	if cause.Command != "" {
		lines = append(lines, label, "  "+cli.Clean(cause.Command))
	}
	if cause.Advice != "" {
		lines = append(lines, "  # "+cli.Clean(cause.Advice)+".")
	}
	return lines
}
