// Command kubectl-namesake is a plugin of kubectl: "kubectl namesake" shows the Sandboxes of a cluster, and works with them. It serves
// every installation of the agent-sandbox API.
package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
)

// release is the version of the plugin. A build sets it with -ldflags "-X main.release=1.2.3".
var release = "dev"

func main() {
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	os.Exit(run(streams, os.Args))
}

// run runs the command that args name, the program's own name first, and returns the exit code. The first signal ends what the command
// waits for, and lets it clean up. The second ends the program.
func run(streams genericiooptions.IOStreams, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	root, err := newRoot(cli.NewOptions(streams, release))
	if err != nil {
		return cli.End(streams.ErrOut, err)
	}
	root.SetArgs(arguments(args))
	return cli.End(streams.ErrOut, root.ExecuteContext(ctx))
}

// completer is the name under which kubectl runs what completes the words of a plugin
// (https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/). A link of this name to the program is all that it takes.
const completer = "kubectl_complete-namesake"

// arguments returns the arguments without the program's name. Under the completer's name, they are words to complete.
func arguments(args []string) []string {
	if name := strings.TrimSuffix(filepath.Base(args[0]), ".exe"); name == completer {
		return append([]string{cobra.ShellCompRequestCmd}, args[1:]...)
	}
	return args[1:]
}
