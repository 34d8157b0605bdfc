package tree

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/complete"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
)

// short are the limits without --all: what fits a screen, and of what stands under nothing some more.
var short = limits{here: 50, below: 10}

type command struct {
	cli.Options
	output             *cli.Output
	allNamespaces, all bool
}

// Result is what is written as JSON and YAML.
type Result struct {
	Trees []*Node `json:"trees"`
	// Left is how many trees are left out.
	Left int `json:"left,omitempty"`
	// Notes say what could not be read.
	Notes []string `json:"notes,omitempty"`
}

// New returns the command.
func New(o cli.Options) *cobra.Command {
	c := command{Options: o, output: cli.NewOutput(cli.FormatWide, cli.FormatJSON, cli.FormatYAML, cli.FormatName)}
	tree := &cobra.Command{
		Use:   "tree [KIND/NAME]",
		Short: "Show pools with their Sandboxes, claims and Pods as a tree",
		Long: `Show pools with their Sandboxes, claims and Pods as a tree.

A Sandbox stands under the pool or claim that controls it, a Pod under its Sandbox, and a claim under the pool that it
names. Of many children, those that are not Ready come first, and the rest is counted. Without an argument, the command
shows all of the namespace.`,
		Example: `  kubectl namesake tree
  kubectl namesake tree pool/python --all
  kubectl namesake tree claim/agent -o wide`,
		Args:              cobra.MaximumNArgs(2),
		ValidArgsFunction: complete.Refs(o, order...),
		RunE:              func(command *cobra.Command, args []string) error { return c.run(command.Context(), args) },
	}
	c.output.AddTo(tree)
	cli.AddAllNamespaces(tree.Flags(), &c.allNamespaces)
	tree.Flags().BoolVar(&c.all, "all", false, fmt.Sprintf("Show every child, not only the first %d of a kind", short.below))
	return tree
}

func (c *command) run(ctx context.Context, args []string) error {
	var asked *objects.Ref
	if len(args) > 0 {
		r, err := objects.ParseRef(args, order...)
		if err != nil {
			return err
		}
		if c.allNamespaces {
			return fmt.Errorf("%s is in one namespace: leave -A out, and name the namespace by -n", r)
		}
		asked = &r
	}
	reader, namespace, err := c.Reader(c.allNamespaces)
	if err != nil {
		return err
	}
	snapshot, err := objects.Take(ctx, reader, namespace, order...)
	if err != nil {
		return err
	}
	f := grow(snapshot)
	result := Result{Trees: f.roots, Notes: snapshot.Notes()}
	if asked != nil {
		root, err := f.of(namespace, *asked)
		if err != nil {
			return err
		}
		result.Trees = []*Node{root}
	}
	return c.print(result, namespace)
}

func (c *command) print(result Result, namespace string) error {
	if c.output.Format != cli.FormatJSON && c.output.Format != cli.FormatYAML {
		if err := cli.Notes(c.ErrOut, result.Notes); err != nil {
			return err
		}
		if len(result.Trees) == 0 {
			_, err := fmt.Fprintln(c.ErrOut, cli.NothingFound(namespace))
			return err
		}
	}
	if !c.all {
		all := &Node{Children: result.Trees}
		all.cut(short)
		result.Trees, result.Left = all.Children, all.Left
	}
	return c.output.Print(c.Out, cli.Result{
		Value: result,
		Names: names(result.Trees),
		Text: func(out io.Writer, wide bool) error {
			t := table(result.Trees, c.allNamespaces, c.Now())
			if err := t.Print(out, c.Palette(), wide); err != nil || result.Left == 0 {
				return err
			}
			_, err := fmt.Fprintf(out, "%d more, --all shows them\n", result.Left)
			return err
		},
	})
}
