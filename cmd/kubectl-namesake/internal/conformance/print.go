package conformance

import (
	"fmt"
	"io"
	"strings"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/colour"
	"github.com/namesake-sandbox/namesake/internal/conformance"
)

// Report is the result of the command. Verdict is empty on a dry run.
type Report struct {
	Verdict conformance.Verdict  `json:"verdict,omitempty"`
	Results []conformance.Result `json:"results"`
}

// colours are those of the verdicts.
var colours = map[conformance.Verdict]colour.Colour{
	conformance.Holds: colour.Green, conformance.DoesNotHold: colour.Red, conformance.NotTried: colour.Cyan,
}

func (c *command) print(report Report) error {
	text := func(out io.Writer, _ bool) error { return report.write(out, c.Palette()) }
	return c.output.Print(c.Out, cli.Result{Value: report, Text: text})
}

// write prints a table, and below it the reasons of what does not hold or was not tried.
func (r Report) write(out io.Writer, palette colour.Palette) error {
	if r.Verdict == "" {
		table := cli.Table{Columns: cli.Columns("check", "says")}
		for _, result := range r.Results {
			table.Rows = append(table.Rows, cli.Text(result.ID, result.Says))
		}
		return table.Print(out, palette, true)
	}
	table := cli.Table{Columns: cli.Columns("check", "verdict", "says")}
	counts := map[conformance.Verdict]int{}
	for _, result := range r.Results {
		counts[result.Verdict]++
		table.Rows = append(table.Rows, []cli.Cell{
			{Text: result.ID}, {Text: string(result.Verdict), Colour: colours[result.Verdict]}, {Text: result.Says},
		})
	}
	if err := table.Print(out, palette, true); err != nil {
		return err
	}
	if err := r.writeReasons(out); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%d checks: %d hold, %d do not hold, %d were not tried.\n", len(r.Results),
		counts[conformance.Holds], counts[conformance.DoesNotHold], counts[conformance.NotTried])
	return err
}

// writeReasons prints each outcome that has a reason once, below the checks that have it.
func (r Report) writeReasons(out io.Writer) error {
	checks := map[conformance.Outcome][]string{}
	var outcomes []conformance.Outcome
	for _, result := range r.Results {
		if result.Reason == "" {
			continue
		}
		if checks[result.Outcome] == nil {
			outcomes = append(outcomes, result.Outcome)
		}
		checks[result.Outcome] = append(checks[result.Outcome], result.ID)
	}
	for _, outcome := range outcomes {
		_, err := fmt.Fprintf(out, "\n%s, %s:\n  %s.\n", strings.Join(checks[outcome], ", "), outcome.Verdict, cli.Clean(outcome.Reason))
		if err != nil {
			return err
		}
	}
	return nil
}
