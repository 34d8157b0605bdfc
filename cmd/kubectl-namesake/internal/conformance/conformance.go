// Package conformance is "kubectl namesake conformance": it tries whether an installation of these APIs does what clients rely on.
package conformance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
	"github.com/namesake-sandbox/namesake/internal/conformance"
)

// interrupted is the exit code of a program that SIGINT ended, as shells have it.
const interrupted = 130

type command struct {
	cli.Options

	output  *cli.Output
	all     bool
	dryRun  bool
	timeout time.Duration
	settle  time.Duration
	image   string
}

// New returns the command.
func New(o cli.Options) *cobra.Command {
	c := command{Options: o, output: cli.NewOutput(cli.FormatJSON, cli.FormatYAML)}
	command := &cobra.Command{
		Use:   "conformance",
		Short: "Try whether an installation of these APIs does what clients rely on",
		Long: `Try whether an installation of these APIs, Namesake or another, does what clients rely on.

It compares the CustomResourceDefinitions with what clients know of them. In a namespace of its own, which it deletes in the end, it
makes a Sandbox, a pool and a claim, and tries as a dry run what has to be refused. In the namespace of --namespace or the context it
looks for broken guarantees, as "kubectl namesake audit" does.

It needs the rights to read CustomResourceDefinitions, to create and delete namespaces, and to work with Sandboxes, claims, pools,
templates and Pods in them. What it may not do is not tried. An installation that serves some namespaces only does not serve a new one.

Exit codes: 0 everything holds; 1 something does not; 2 something could not be tried, and the rest holds.`,
		Example: `  kubectl namesake conformance --dry-run
  kubectl namesake conformance -A
  kubectl namesake conformance -o json | jq '.results[] | select(.verdict != "holds")'`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return c.run(command.Context()) },
	}
	c.output.AddTo(command)
	flags := command.Flags()
	flags.BoolVarP(&c.all, "all-namespaces", "A", false,
		"Look for broken guarantees in all namespaces, not only in that of --namespace or the context")
	flags.BoolVar(&c.dryRun, "dry-run", false, "List the checks, and ask no cluster")
	flags.DurationVar(&c.timeout, "timeout", 2*time.Minute, "How long to wait for each thing that controllers have to do")
	flags.DurationVar(&c.settle, "settle", 5*time.Second, "Look again after this time at a broken guarantee; 0 looks at it once")
	flags.StringVar(&c.image, "image", "registry.k8s.io/pause:3.10", "Image of the Pods; its program must not end")
	return command
}

func (c *command) run(ctx context.Context) error {
	switch {
	case c.timeout <= 0:
		return fmt.Errorf("--timeout must be positive, found %s", c.timeout)
	case c.settle < 0:
		return fmt.Errorf("--settle must not be negative, found %s", c.settle)
	case c.image == "":
		return errors.New("--image must name an image")
	case c.dryRun:
		return c.print(Report{Results: list()})
	}
	reader, namespace, err := c.Reader(c.all)
	if err != nil {
		return err
	}
	results, err := c.try(ctx, reader, namespace)
	if _, left := errors.AsType[*leftError](err); err != nil && ctx.Err() != nil && !left {
		return cli.Exit(interrupted)
	}
	if err != nil {
		return err
	}
	report := Report{Verdict: conformance.Overall(results), Results: results}
	if err := c.print(report); err != nil {
		return err
	}
	switch {
	case ctx.Err() != nil:
		return cli.Exit(interrupted)
	case report.Verdict == conformance.DoesNotHold:
		return cli.Exit(cli.Found)
	case report.Verdict == conformance.NotTried:
		return cli.Exit(cli.Failed)
	}
	return nil
}

// try makes all checks. It is an error if the cluster cannot be asked, or if something is left behind.
func (c *command) try(ctx context.Context, cluster client.WithWatch, namespace string) ([]conformance.Result, error) {
	results, err := schemas(ctx, cluster)
	if err != nil {
		return nil, err
	}
	behaviour, err := c.behaviour(ctx, cluster)
	if err != nil {
		return nil, err
	}
	results = append(results, behaviour...)
	return append(results, guarantees(ctx, cluster, namespace, c.settle, clock.RealClock{})...), nil
}

// list returns the checks without outcomes, in the order in which they are made.
func list() []conformance.Result {
	var results []conformance.Result
	add := func(checks ...conformance.Check) {
		for _, check := range checks {
			results = append(results, conformance.Result{Check: check})
		}
	}
	for _, kind := range conformance.Kinds() {
		add(conformance.SchemaChecks(&kind)...)
	}
	for _, b := range behaviours {
		add(b.Check)
	}
	add(guaranteeChecks()...)
	return results
}
