package top

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
)

type command struct {
	cli.Options
	output               *cli.Output
	allNamespaces, watch bool
	sortBy               order
	window, interval     time.Duration
}

// Result is what is written as JSON and YAML.
type Result struct {
	Pools []*Pool `json:"pools"`
	// Notes say what could not be read.
	Notes []string `json:"notes,omitempty"`
}

// New returns the command.
func New(o cli.Options) *cobra.Command {
	c := command{Options: o, output: cli.NewOutput(cli.FormatWide, cli.FormatJSON, cli.FormatYAML, cli.FormatName), sortBy: byNeed}
	top := &cobra.Command{
		Use:   "top",
		Short: "Show how busy pools are: Ready, claimed, warm, and how long claims wait",
		Long: `Show how busy pools are: Ready, claimed, warm, and how long claims wait.

READY are the Sandboxes that wait for claims, of those that the pool wants. CLAIMED are the claims that have a Sandbox,
WAITING those that have not been Ready yet, and ARRIVALS those of the last minutes (--window). WARM is the share of claims
that got a Sandbox out of a pool. P50 and P99 say how long half and 99 of 100 claims waited until they were Ready.

WARM and the waits come from the managers' metrics if you may read these, which needs the right to get pods/proxy in the
managers' namespace: they count all claims since the managers began, and their waits are those of the template. Otherwise
they come from the claims that still exist, and waits have whole seconds.`,
		Example: `  kubectl namesake top
  kubectl namesake top -A --sort-by arrivals
  kubectl namesake top --watch`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return c.run(command.Context()) },
	}
	c.output.AddTo(top)
	flags := top.Flags()
	cli.AddAllNamespaces(flags, &c.allNamespaces)
	flags.Var(&c.sortBy, "sort-by", "Order of the pools: "+orderNames)
	flags.DurationVar(&c.window, "window", 5*time.Minute, "Count claims as arrivals for so long after their creation")
	flags.BoolVarP(&c.watch, "watch", "w", false, "Show it again and again, until you interrupt it")
	flags.DurationVar(&c.interval, "interval", 5*time.Second, "Time between two looks with --watch, at least 1s")
	// It fails only if the flag does not exist or has a completion.
	_ = top.RegisterFlagCompletionFunc("sort-by", cobra.FixedCompletions(orders, cobra.ShellCompDirectiveNoFileComp))
	return top
}

func (c *command) run(ctx context.Context) error {
	if c.window <= 0 || c.interval < time.Second {
		return fmt.Errorf("--window must be more than nothing, and --interval at least 1s; found %s and %s", c.window, c.interval)
	}
	reader, namespace, err := c.Reader(c.allNamespaces)
	if err != nil {
		return err
	}
	config, err := c.RESTConfig()
	if err != nil {
		return err
	}
	scrape := scraperFor(reader, config)
	for {
		result, err := c.look(ctx, reader, namespace, scrape)
		if err != nil {
			return err
		}
		if err := c.print(result, namespace); err != nil || !c.watch {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(c.interval):
		}
	}
}

// look reads pools and claims, and the managers' metrics if the user may.
func (c *command) look(ctx context.Context, reader client.Reader, namespace string, scrape scraper) (Result, error) {
	snapshot, err := objects.Take(ctx, reader, namespace, objects.Pool, objects.Claim)
	if err != nil {
		return Result{}, err
	}
	result := Result{Notes: snapshot.Notes()}
	sandboxes := &metav1.PartialObjectMetadataList{}
	sandboxes.SetGroupVersionKind(objects.Sandbox.GroupVersionKind())
	if err := objects.List(ctx, reader, sandboxes, client.InNamespace(namespace)); err != nil {
		if objects.CannotSee(err) == "" {
			return Result{}, err
		}
		result.Notes = append(result.Notes, "which claims got a warm Sandbox is not known: sandboxes: "+objects.CannotSee(err))
	}
	result.Pools = count(snapshot.Pools, snapshot.Claims, sandboxes.Items, c.window, c.Now())
	if m, err := measure(ctx, scrape); err == nil {
		m.apply(result.Pools)
	} else {
		why := cmp.Or(objects.CannotSee(err), cli.Clean(err.Error()))
		result.Notes = append(result.Notes, "WARM, P50 and P99 are of the claims that still exist: the managers' metrics cannot be read: "+why)
	}
	c.sortBy.sort(result.Pools)
	return result, nil
}

func (c *command) print(result Result, namespace string) error {
	if c.watch && c.output.Format == cli.FormatTable && c.Palette().On() {
		// ECMA-48: the cursor to the top, and what follows erased.
		if _, err := fmt.Fprint(c.Out, "\x1b[H\x1b[2J"); err != nil {
			return err
		}
	}
	if c.output.Format != cli.FormatJSON && c.output.Format != cli.FormatYAML {
		if err := cli.Notes(c.ErrOut, result.Notes); err != nil {
			return err
		}
		if len(result.Pools) == 0 {
			_, err := fmt.Fprintln(c.ErrOut, cli.NothingFound(namespace))
			return err
		}
	}
	return c.output.Print(c.Out, cli.Result{
		Value: result,
		Names: names(result.Pools),
		Text: func(out io.Writer, wide bool) error {
			return table(result.Pools, c.allNamespaces).Print(out, c.Palette(), wide)
		},
	})
}
