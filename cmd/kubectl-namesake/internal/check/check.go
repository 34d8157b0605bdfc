// Package check says whether an installation of Namesake is healthy.
package check

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"k8s.io/utils/clock"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/colour"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/installation"
)

// Health is the result of the command.
type Health struct {
	// Healthy says that something is seen, and that nothing fails.
	Healthy  bool                   `json:"healthy"`
	Findings []installation.Finding `json:"findings"`
}

// New returns the command.
func New(o cli.Options) *cobra.Command {
	output := cli.NewOutput(cli.FormatJSON, cli.FormatYAML)
	command := &cobra.Command{
		Use:   "check",
		Short: "Say whether the installation is healthy: certificate, webhooks, policies, leader, versions",
		Long: `Say whether the installation is healthy: versions, replicas, certificate, webhooks, policies, leader, namespaces.

It changes nothing. In the namespace of --namespace or the context, it asks the API server in a dry run for a Sandbox that has to be
accepted, and for one that has to be refused. Where several installations serve some namespaces each, it checks the one of that
namespace.

Exit codes: 0 nothing fails; 1 something fails; 2 the cluster could not be asked, or you may see nothing of it.`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			c, namespace, err := o.Reader(false)
			if err != nil {
				return err
			}
			reader := &installation.Reader{Client: c, Now: clock.RealClock{}.Now, PluginVersion: o.Version}
			facts, err := reader.Read(command.Context(), namespace)
			if err != nil {
				return err
			}
			health := newHealth(installation.Judge(facts))
			text := func(out io.Writer, _ bool) error { return health.write(out, o.Palette()) }
			if err := output.Print(o.Out, cli.Result{Value: health, Text: text}); err != nil {
				return err
			}
			if code := health.code(); code != cli.OK {
				return cli.Exit(code)
			}
			return nil
		},
	}
	output.AddTo(command)
	return command
}

// colours are those of the levels.
var colours = map[installation.Level]colour.Colour{
	installation.OK: colour.Green, installation.Warn: colour.Yellow, installation.Fail: colour.Red, installation.Unknown: colour.Cyan,
}

func newHealth(findings []installation.Finding) Health {
	return Health{Healthy: !installation.Failed(findings) && !installation.InDoubt(findings), Findings: findings}
}

// code returns the exit code.
func (h Health) code() int {
	switch {
	case h.Healthy:
		return cli.OK
	case installation.Failed(h.Findings):
		return cli.Found
	}
	return cli.Failed
}

// write prints the table, and below it what to do about what is not well.
func (h Health) write(out io.Writer, palette colour.Palette) error {
	table := cli.Table{Columns: cli.Columns("part", "level", "says")}
	for _, f := range h.Findings {
		table.Rows = append(table.Rows, []cli.Cell{{Text: f.Part}, {Text: string(f.Level), Colour: colours[f.Level]}, {Text: f.Says}})
	}
	if err := table.Print(out, palette, true); err != nil {
		return err
	}
	for _, f := range h.Findings {
		if f.Command == "" && f.Advice == "" {
			continue
		}
		text := fmt.Sprintf("\n%s, %s:\n", f.Part, f.Level)
		if f.Command != "" {
			text += "  " + cli.Clean(f.Command) + "\n"
		}
		if f.Advice != "" {
			text += "  # " + cli.Clean(f.Advice) + ".\n"
		}
		if _, err := io.WriteString(out, text); err != nil {
			return err
		}
	}
	return nil
}
