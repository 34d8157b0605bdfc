package main

import (
	"flag"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/audit"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/check"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/claim"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/complete"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/conformance"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/report"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/top"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/tree"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/version"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/why"
)

// commands are the constructors of the commands, in the order of the alphabet.
var commands = []func(cli.Options) *cobra.Command{
	audit.New,
	check.New,
	claim.New,
	conformance.New,
	report.New,
	top.New,
	tree.New,
	version.New,
	why.New,
}

// newRoot assembles the commands. The usage says "kubectl namesake", since this is how users call the program.
func newRoot(o cli.Options) (*cobra.Command, error) {
	root := &cobra.Command{
		Use:         "kubectl-namesake",
		Annotations: map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl namesake"},
		Short:       "See and use the Sandboxes of a cluster",
		Long: `See and use the Sandboxes of a cluster: claims, pools, templates, and the Pods behind them.

It works on every cluster that serves agents.x-k8s.io/v1beta1.

Exit codes: 0 done, and nothing wrong was found; 1 what the command looks for was found, or does not hold;
2 a mistake in the call, or what was asked for could not be done.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(o.In)
	root.SetOut(o.Out)
	root.SetErr(o.ErrOut)
	flags := root.PersistentFlags()
	o.AddFlags(flags)
	addVerbosity(root)
	for _, command := range commands {
		root.AddCommand(command(o))
	}
	return root, complete.GlobalFlags(o, root)
}

// addVerbosity adds kubectl's -v, for the requests that are sent. Without it, libraries say nothing.
func addVerbosity(root *cobra.Command) {
	logging := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(logging)
	v := logging.Lookup("v")
	root.PersistentFlags().VarPF(goFlag{v.Value}, "v", "v", "Number for the log level verbosity: 6 shows each request").NoOptDefVal = ""
	ctrl.SetLogger(logr.Discard())
}

// goFlag is a flag of package flag for cobra.
type goFlag struct{ flag.Value }

// Type implements pflag.Value.
func (goFlag) Type() string { return "level" }
