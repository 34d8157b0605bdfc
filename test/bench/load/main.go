// Command load measures how quickly sandboxes come, for any installation of these CRDs behind a kubeconfig. It knows the API
// and nothing else. "make bench" runs it on a cluster of its own; docs/performance.md says how to read the results.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/namesake-sandbox/namesake/test/bench/load/phases"
)

func main() {
	// After the first signal the next one ends the program at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	err := run(ctx, os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if len(o.renders) > 0 {
		result, err := o.loaded()
		if err != nil {
			return err
		}
		return result.WriteAll(o.out, phases.Titles(phases.Plan(o.lengthOf(result))), os.Stdout)
	}
	b, err := newBench(ctx, o)
	if err != nil {
		return err
	}
	failure := b.run(ctx)
	if len(b.result.Installations[0].Repetitions) == 0 {
		return cmp.Or(failure, errors.New("no repetition fitted into the time: there is no result")) // An earlier one stays.
	}
	if err := b.result.WriteAll(o.out, phases.Titles(phases.Plan(o.length())), os.Stdout); err != nil {
		return errors.Join(failure, err)
	}
	fmt.Fprintf(os.Stderr, "\nresult.json, table.md and plots are in %s\n", o.out)
	if bad := len(b.result.Bad()); bad > 0 {
		failure = cmp.Or(failure, fmt.Errorf("%d violations or failures", bad))
	}
	return failure
}
