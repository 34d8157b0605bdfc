package claim

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/complete"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
)

// options are the flags of the command.
type options struct {
	cli.Options
	output  *cli.Output
	request request
	timeout time.Duration
	remove  bool
	command command
}

// New returns the command.
func New(o cli.Options) *cobra.Command {
	c := options{Options: o, output: cli.NewOutput(cli.FormatJSON, cli.FormatYAML, cli.FormatName)}
	return c.cobra()
}

// cobra returns the command, whose flags set c.
func (c *options) cobra() *cobra.Command {
	claim := &cobra.Command{
		Use:   "claim [NAME] (--pool POOL | --template TEMPLATE) [flags] [-- COMMAND [ARG...]]",
		Short: "Claim a Sandbox, wait until it is Ready, and run a command in it",
		Long: `Claim a Sandbox, wait until it is Ready, and print its name, its Pod and how long it took.

After --, a command runs in the Sandbox, as with "kubectl exec", and its exit code is that of this command. With --rm the claim
is deleted afterwards, and with it the Sandbox: also when the command is interrupted, or the Sandbox does not become Ready.`,
		Example: `  kubectl namesake claim --pool python
  kubectl namesake claim agent --template python --ttl 1h --env MODEL=small
  kubectl namesake claim --pool python --rm -it -- bash
  kubectl namesake claim --pool python --rm -- python3 -c 'print(6*7)'`,
		ValidArgsFunction: cobra.NoFileCompletions,
		Args:              cobra.ArbitraryArgs, // See take.
		RunE: func(command *cobra.Command, args []string) error {
			if err := c.take(args, command.ArgsLenAtDash()); err != nil {
				return err
			}
			return c.run(command.Context())
		},
	}
	c.output.AddTo(claim)
	flags := claim.Flags()
	flags.StringVar(&c.request.pool, "pool", "", "Name of the pool that the Sandbox comes out of; if none of it is Ready, one is created")
	flags.StringVar(&c.request.template, "template", "", "Name of the template: a Sandbox of any pool of it, or else a new one")
	flags.StringArrayVar(&c.request.env, "env", nil, "Variable for the container, as NAME=VALUE; may be repeated. Such a claim gets a Sandbox of its own")
	flags.DurationVar(&c.request.ttl, "ttl", 0, "Delete claim and Sandbox after this time, such as 1h")
	flags.DurationVar(&c.timeout, "timeout", time.Minute, "How long to wait until the Sandbox is Ready; 0 is for ever")
	flags.BoolVar(&c.remove, "rm", false, "Delete claim and Sandbox when the command has ended")
	flags.BoolVarP(&c.command.stdin, "stdin", "i", false, "Pass the input on to the command")
	flags.BoolVarP(&c.command.tty, "tty", "t", false, "Give the command a terminal")
	flags.StringVarP(&c.command.container, "container", "c", "", "Container in which the command runs. Without it, the Pod's default or first one")
	for flag, kind := range map[string]*objects.Kind{"pool": objects.Pool, "template": objects.Template} {
		// It fails only if the flag does not exist or has a completion.
		_ = claim.RegisterFlagCompletionFunc(flag, complete.Flag(c.Options, kind))
	}
	return claim
}

// take reads the arguments: a name, and the command behind "--", before which dash of them stand. dash is -1 without "--".
func (c *options) take(args []string, dash int) error {
	if dash >= 0 {
		args, c.command.words = args[:dash], args[dash:]
	}
	if len(args) > 1 {
		return fmt.Errorf("name one claim, and write a command behind --; found %q", args)
	}
	if len(args) == 1 {
		c.request.name = args[0]
	}
	hasCommand := len(c.command.words) > 0
	switch {
	case c.remove && !hasCommand:
		return errors.New("--rm needs a command that ends: write it behind --")
	case (c.command.stdin || c.command.tty || c.command.container != "") && !hasCommand:
		return errors.New("-i, -t and -c are for a command: write it behind --")
	case hasCommand && c.output.Format != cli.FormatTable:
		return errors.New("with a command, the output is the command's: leave -o out")
	case c.timeout < 0:
		return fmt.Errorf("--timeout must not be negative; found %s", c.timeout)
	}
	return nil
}
