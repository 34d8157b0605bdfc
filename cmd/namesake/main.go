// Command namesake is the manager. It serves admission. While it is the leader, it also reconciles Sandboxes, pools, claims
// and templates.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/serving"
)

func main() {
	if err := run(flag.CommandLine, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "namesake:", err)
		os.Exit(1)
	}
}

// declare adds every flag of the program to flags. Parsing flags sets o and logging.
func declare(flags *flag.FlagSet, o *options, logging *zap.Options) (printVersion *bool) {
	o.addFlags(flags)
	logging.BindFlags(flags)
	return addVersionFlag(flags)
}

// run parses args and serves until it is told to stop, or runs the check if args ask for it.
func run(flags *flag.FlagSet, args []string) error {
	if len(args) > 0 && args[0] == "check" {
		return check(args[1:])
	}
	o, logging := defaults(), zap.Options{}
	printVersion := declare(flags, o, &logging)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := o.validate(flags.Args()); err != nil {
		return err
	}
	if *printVersion {
		fmt.Println(version)
		return nil
	}
	tuneMemory()
	log := zap.New(zap.UseFlagOptions(&logging))
	ctrl.SetLogger(log)
	klog.SetLogger(log)
	o.warn(log.WithName("flags"))

	cfg, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("finding the cluster: %w: give --kubeconfig, or run in a Pod", err)
	}
	drain := &serving.Drain{}
	// What ends the program, a signal or a failure, ends it in one way: admission is served until nobody calls.
	told, fail := context.WithCancelCause(ctrl.SetupSignalHandler())
	defer fail(nil)
	ctx := drain.Context(told, o.shutdownDelay)
	tracer, err := newTracer(ctx, o, log.WithName("tracing"))
	if err != nil {
		return err
	}
	defer sendTraces(tracer)
	err = serve(ctx, told, func() (manager.Manager, error) { return newManager(ctx, cfg, o, drain, tracer, fail) })
	if err != nil {
		return err
	}
	if why := context.Cause(told); !errors.Is(why, context.Canceled) {
		return why
	}
	return nil
}
