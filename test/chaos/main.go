// Command chaos lets users work on a running cluster while programs of it die, freeze, lose their connections and certificates, and
// judges from outside what became of the guarantees. "make chaos SEED=1 DURATION=20m" starts a cluster for it. See README.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"k8s.io/klog/v2"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/namesake-sandbox/namesake/test/chaos/observe"
)

// options are the flags.
type options struct {
	seed     uint64
	duration time.Duration
	rate     float64
	// cluster, plugin are the programs test/cluster and kubectl-namesake.
	cluster, plugin string
	// previous and jumping are other builds of the manager, or empty.
	previous, jumping string
	out               string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string) int {
	ctrllog.SetLogger(klog.Background()) // Otherwise the clients complain that they have no logger.
	var err error
	if len(args) == 2 && args[0] == "observe" {
		err = observeCommand(ctx, args[1])
	} else {
		err = chaosCommand(ctx, args)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos: FAILED:", err)
		return 1
	}
	return 0
}

// observeCommand is the process of the observer. It ends when its input does.
func observeCommand(_ context.Context, log string) error {
	file, err := os.Create(log)
	if err != nil {
		return err
	}
	defer file.Close()
	c, _, err := connect(os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	// An interrupt of the run reaches this process, too, which still has to answer.
	return observe.New(c, file).Run(context.Background(), os.Stdin, os.Stdout)
}

func chaosCommand(ctx context.Context, args []string) error {
	o := &options{}
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.Uint64Var(&o.seed, "seed", 1, "what everything random is drawn from")
	flags.DurationVar(&o.duration, "duration", 90*time.Second, "how long there are operations and faults")
	flags.Float64Var(&o.rate, "rate", 5, "how many operations there are in a second")
	flags.StringVar(&o.cluster, "cluster", "bin/cluster", "the program of test/cluster")
	flags.StringVar(&o.plugin, "plugin", "", "the program kubectl-namesake, whose auditor looks in the end; without, none does")
	flags.StringVar(&o.previous, "previous", "", "an older build of the manager, for rolling upgrades; without, there are none")
	flags.StringVar(&o.jumping, "jumping", "", "a build of the manager whose clock jumps; without, none does")
	flags.StringVar(&o.out, "out", "bin/chaos-run", "the folder for what the observer saw, and for logs")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if o.duration <= 0 || o.rate <= 0 || o.rate > 1000 {
		return fmt.Errorf("-duration and -rate have to be positive, and -rate at most 1000: found %s and %g", o.duration, o.rate)
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	for _, path := range []*string{&o.cluster, &o.plugin, &o.previous, &o.jumping} {
		if *path == "" {
			continue
		}
		whole, err := filepath.Abs(*path)
		if err != nil {
			return err
		}
		*path = whole
	}
	r, err := newRun(ctx, o)
	if err != nil {
		return err
	}
	return r.all(ctx)
}
