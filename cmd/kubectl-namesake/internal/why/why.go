// Package why says what keeps an object from what it should be, and what to do about it.
package why

import (
	"context"
	"io"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/complete"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/diagnosis"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
)

// New returns the command.
func New(o cli.Options) *cobra.Command {
	output := cli.NewOutput(cli.FormatJSON, cli.FormatYAML)
	command := &cobra.Command{
		Use:   "why KIND/NAME",
		Short: "Say the one thing that is in the way of a claim, a pool, a Sandbox, a template or a Pod",
		Long: `Say the one thing that is in the way of a claim, a pool, a Sandbox, a template or a Pod, and the command that ends it.

It looks at the claim, its pool and template, the Sandbox, its volumes, the Pod and its node, at quotas and events, and at the
installation of Namesake. It changes nothing. It asks the API server for two Sandboxes in a dry run, to see whether the webhooks answer.

Exit codes: 0 nothing is in the way; 1 something is, and the output says what; 2 the object does not exist, or could not be read.`,
		Example: `  # Why has my claim no Sandbox?
  kubectl namesake why claim/agent

  # Why is the pool not full?
  kubectl namesake why pool python`,
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: complete.Refs(o, objects.Kinds...),
		RunE: func(command *cobra.Command, args []string) error {
			target, err := objects.ParseRef(args, objects.Kinds...)
			if err != nil {
				return err
			}
			c, namespace, err := o.Reader(false)
			if err != nil {
				return err
			}
			return run(command.Context(), o, output, c, namespace, target)
		},
	}
	output.AddTo(command)
	return command
}

func run(ctx context.Context, o cli.Options, output *cli.Output, c client.WithWatch, namespace string, target objects.Ref) error {
	r := &reader{client: c, namespace: namespace, now: clock.RealClock{}.Now}
	snapshot, err := r.read(ctx, target)
	if apierrors.IsNotFound(err) && !objects.IsMissingKind(err) {
		return r.explainMissing(ctx, target, err)
	}
	if err != nil {
		return err
	}
	d := diagnosis.Diagnose(snapshot)
	result := cli.Result{Value: d, Text: func(out io.Writer, _ bool) error { return write(out, o.Palette(), &d) }}
	if err := output.Print(o.Out, result); err != nil {
		return err
	}
	if d.Cause != nil {
		return cli.Exit(cli.Found)
	}
	return nil
}
