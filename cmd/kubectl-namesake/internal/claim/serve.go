package claim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/cli-runtime/pkg/printers"
	watchtools "k8s.io/client-go/tools/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
)

// patience is how long the creation and the deletion of the claim may take once the user has interrupted the command: whether there is
// a claim has to be known, and it has to go.
const patience = 30 * time.Second

// run claims a Sandbox, and does with it what the user asks for.
func (c *options) run(ctx context.Context) error {
	reader, namespace, err := c.Reader(false)
	if err != nil {
		return err
	}
	began := c.Now()
	claim, err := c.request.build(namespace, began)
	if err != nil {
		return err
	}
	if err := create(ctx, reader, claim); err != nil {
		return err
	}
	err = c.use(ctx, reader, claim, began)
	if !c.remove {
		return err
	}
	if gone := release(ctx, reader, claim); gone != nil {
		return errors.Join(err, fmt.Errorf("claim %s is left behind, since it could not be deleted: %w", claim.Name, gone))
	}
	return err
}

// create creates the claim. An interrupt does not break it off, or nobody would know whether there is a claim.
func create(ctx context.Context, c client.Client, claim *extensionsv1.SandboxClaim) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return c.Create(ctx, claim)
}

// release deletes the claim, and no other one that has got its name since.
func release(ctx context.Context, c client.Client, claim *extensionsv1.SandboxClaim) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	err := c.Delete(ctx, claim, client.Preconditions{UID: &claim.UID})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}

// use waits until the claim is Ready, and prints what it has got, or runs the command.
func (c *options) use(ctx context.Context, reader client.WithWatch, claim *extensionsv1.SandboxClaim, began time.Time) error {
	waiting, cancel := watchtools.ContextWithOptionalTimeout(ctx, c.timeout)
	defer cancel()
	seen, err := await(waiting, reader, claim)
	if err != nil {
		return c.explain(ctx, seen, err)
	}
	took := c.Now().Sub(began).Round(time.Millisecond)
	sandbox := &sandboxv1.Sandbox{}
	if err := reader.Get(ctx, client.ObjectKey{Namespace: seen.Namespace, Name: seen.Status.Sandbox.Name}, sandbox); err != nil {
		return fmt.Errorf("claim %s is Ready, and its Sandbox cannot be read: %w", seen.Name, err)
	}
	podName := cmp.Or(sandbox.Annotations[sandboxv1.AnnotationPodName], sandbox.Name)
	if len(c.command.words) == 0 {
		return c.print(seen, sandbox, podName, took)
	}
	if _, err := fmt.Fprintf(c.ErrOut, "claim %s has Sandbox %s after %s\n", seen.Name, sandbox.Name, took); err != nil {
		return err
	}
	pod := &corev1.Pod{}
	if err := reader.Get(ctx, client.ObjectKey{Namespace: seen.Namespace, Name: podName}, pod); err != nil {
		return err
	}
	config, err := c.RESTConfig()
	if err != nil {
		return err
	}
	return c.command.run(ctx, config, pod, c.IOStreams)
}

// explain says why a claim is not Ready, and what to do. The wait ended with err, and ctx with the user's interrupt.
func (c *options) explain(ctx context.Context, claim *extensionsv1.SandboxClaim, err error) error {
	kept := fmt.Sprintf("See what is in the way: kubectl namesake why claim/%s -n %s\nThe claim waits on. To give it up: kubectl delete sandboxclaim %s -n %s",
		claim.Name, claim.Namespace, claim.Name, claim.Namespace)
	if c.remove {
		kept = "The claim is deleted. To see what is in the way, leave --rm out, and run: kubectl namesake why claim/NAME -n " + claim.Namespace
	}
	switch {
	case ctx.Err() != nil:
		if c.remove {
			return cli.Exit(interrupted)
		}
		return &cli.ExitError{Code: interrupted, Err: fmt.Errorf("interrupted while claim %s waited\n%s", claim.Name, kept)}
	case errors.Is(err, context.DeadlineExceeded):
		why := fmt.Errorf("claim %s is not Ready after %s: %s\n%s", claim.Name, c.timeout, awaits(claim), kept)
		return &cli.ExitError{Code: cli.Found, Err: why}
	}
	return fmt.Errorf("waiting for claim %s: %w", claim.Name, err)
}

// print prints what the claim has got.
func (c *options) print(claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox, pod string, took time.Duration) error {
	claim.SetGroupVersionKind(objects.Claim.GroupVersionKind())
	claim.ManagedFields = nil // As "kubectl get" leaves them out.
	switch c.output.Format {
	case cli.FormatJSON:
		return (&printers.JSONPrinter{}).PrintObj(claim, c.Out)
	case cli.FormatYAML:
		return (&printers.YAMLPrinter{}).PrintObj(claim, c.Out)
	}
	return c.output.Print(c.Out, cli.Result{
		Names: []string{objects.Claim.NameOf(claim.Name)},
		Text: func(out io.Writer, _ bool) error {
			return cli.Table{
				Columns: cli.Columns("name", "sandbox", "pod", "start", "took"),
				Rows: [][]cli.Cell{cli.Text(
					claim.Name, sandbox.Name, pod, cmp.Or(sandbox.Labels[sandboxv1.LabelLaunchType], "unknown"), took.String(),
				)},
			}.Print(out, c.Palette(), false)
		},
	})
}
