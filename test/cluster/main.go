// Command cluster builds a real Kubernetes control plane from Go modules and runs it on this machine, with fake nodes and, if
// wanted, with the product installed. See README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const usage = `usage: go -C test/cluster run . COMMAND

  build                  build the programs of a cluster that are missing in the cache
  bin                    like build; prints the folder that holds the programs
  assets                 build what envtest needs (etcd, kube-apiserver, kubectl); prints the folder
  helm                   build helm, which is no part of a cluster; prints its path
  up [flags]             start a cluster and leave it running
  run [flags] -- COMMAND start a cluster, run COMMAND against it, stop the cluster
  kubeconfig [flags]     print the path of the admin's kubeconfig
  down [flags]           stop a cluster and remove what it left

  status [flags]         print its programs, and whether they run
  kill [flags] NAME      end one of them, such as etcd, kube-apiserver, kwok or manager-0, without warning or with --grace
  start [flags] NAME     start it again; --program starts another build of it
  certificate [flags]    make a new certificate for webhooks, of a new authority, whose file it prints; --install gives it
                         to the managers

  setup                  install what a real node needs of the system (Debian, Ubuntu)
  images load FILE...    load images into the real node of a cluster; "images build" makes one
  enter -- COMMAND       run COMMAND in the network, mounts and processes of a real node
  can-node               say loudly, and end with 1, if this machine cannot run a real node
  cert-manager           make cert-manager's images and chart for a real node; prints the folder
  check-node             start a real node, try it, stop it, and see that nothing is left

"COMMAND -h" lists a command's flags.
`

// exitCode is the error of a command that has already printed everything.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

var commands = map[string]func(ctx context.Context, args []string) error{
	"assets":       assetsCommand,
	"bin":          binCommand,
	"build":        buildCommand,
	"can-node":     canNodeCommand,
	"cert-manager": certManagerCommand,
	"certificate":  certificateCommand,
	"check-node":   checkNodeCommand,
	"down":         downCommand,
	"enter":        enterCommand,
	"forward":      forwardCommand, // up starts it; it is not for people.
	"helm":         helmCommand,
	"hold":         holdCommand, // up starts it; it is not for people.
	"images":       imagesCommand,
	"kill":         killCommand,
	"kubeconfig":   kubeconfigCommand,
	"run":          runCommand,
	"setup":        setupCommand,
	"start":        startCommand,
	"status":       statusCommand,
	"up":           upCommand,
}

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	if len(args) == 0 {
		fmt.Fprint(os.Stderr, usage)
		return 2
	}
	command, ok := commands[args[0]]
	if !ok {
		fmt.Fprint(os.Stderr, usage)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()

	var code exitCode
	switch err := command(ctx, args[1:]); {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &code):
		return int(code)
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "interrupted:", err)
		return 130
	default:
		fmt.Fprintln(os.Stderr, "error:", err)
		return 1
	}
}
