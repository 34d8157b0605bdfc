// Package version says which versions of the plugin and of the managers there are.
package version

import (
	"cmp"
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
)

// Versions is the result of the command.
type Versions struct {
	Client Client `json:"client"`
	// Managers are the controllers on the cluster.
	Managers []objects.Manager `json:"managers,omitempty"`
	// Unseen says why the managers cannot be seen.
	Unseen string `json:"unseen,omitempty"`
}

// Client is this program.
type Client struct {
	Version  string `json:"version"`
	Go       string `json:"goVersion"`
	Platform string `json:"platform"`
}

// New returns the command.
func New(o cli.Options) *cobra.Command {
	output, clientOnly := cli.NewOutput(cli.FormatJSON, cli.FormatYAML), false
	command := &cobra.Command{
		Use:   "version",
		Short: "Print the versions of the plugin and of the managers on the cluster",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			found := Versions{Client: Client{Version: o.Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}}
			if !clientOnly {
				c, _, err := o.Reader(true)
				if err == nil {
					found.Managers, err = objects.Managers(command.Context(), c)
				}
				if err != nil {
					found.Unseen = cmp.Or(objects.CannotSee(err), cli.Explain(err))
				}
			}
			return output.Print(o.Out, cli.Result{Value: found, Text: found.print})
		},
	}
	output.AddTo(command)
	command.Flags().BoolVar(&clientOnly, "client", false, "Print the version of the plugin only, and ask no cluster")
	return command
}

func (v Versions) print(out io.Writer, _ bool) error {
	if _, err := fmt.Fprintf(out, "Client: %s (%s, %s)\n", v.Client.Version, v.Client.Go, v.Client.Platform); err != nil {
		return err
	}
	if v.Unseen != "" {
		_, err := fmt.Fprintf(out, "Managers: unknown: %s\n", v.Unseen)
		return err
	}
	for _, m := range v.Managers {
		if _, err := fmt.Fprintf(out, "Manager: %s (%s %s/%s, %d of %d ready)\n",
			cli.Clean(m.Version), m.Product, m.Namespace, m.Name, m.Ready, m.Replicas); err != nil {
			return err
		}
	}
	return nil
}
