// Command admission measures what admission costs, on a real API server. It creates Pods and claims with the webhooks and
// without them, in turns, and calls the handlers without an API server in between. "make bench-admission" runs it;
// docs/admission-cost.md has the results. It does not judge times: only webhook calls that should not have been made are an
// error.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

const (
	// turn is how many samples of everything are taken between two changes of the webhooks' installation.
	turn = 25
	// warmUp is how many samples come before these and do not count: match conditions are compiled on their first use.
	warmUp = 2
)

func main() {
	samples := flag.Int("samples", 2000, "how many samples of everything, with the webhooks and without")
	flag.Parse()
	log.SetLogger(logr.Discard()) // Errors are returned.
	if err := run(*samples); err != nil {
		fmt.Fprintln(os.Stderr, "bench/admission:", err)
		os.Exit(1)
	}
}

// run starts the API server, measures, prints, and stops it.
func run(samples int) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	began, load := time.Now(), loadAverage()
	s, err := startServer(ctx)
	defer func() {
		stop() // The API server does not end before its watchers.
		err = errors.Join(err, s.stop())
	}()
	if err != nil {
		return err
	}
	b, err := newBench(ctx, s)
	if err != nil {
		return err
	}
	if err := b.measure(ctx, samples); err != nil {
		return err
	}
	after, err := s.metrics(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("\nKubernetes %s, %s. Load average before: %s; after: %s. It took %s.\n\n",
		s.version, machine(), load, loadAverage(), time.Since(began).Round(time.Second))
	counted := after.since(b.before)
	b.print(os.Stdout, counted)
	return b.check(counted)
}

// bench holds what is measured, and the results.
type bench struct {
	server   *server
	subjects []subject
	reviews  []review
	// with and without hold the times with and without the webhooks, by request.
	with, without samples
	// handlers holds how long they took, and worked how long a processor worked on them.
	handlers, worked samples
	// sent is how often each request was made with the webhooks, including the warm-up.
	sent map[string]int
	// before holds the API server's metrics from before the first of them.
	before metrics
}

// subject does everything around one or more requests, and reports how long each took. admitted says whether the webhooks are
// installed.
type subject func(ctx context.Context, admitted bool, took func(request string, d time.Duration)) error

// newBench makes what the requests need.
func newBench(ctx context.Context, s *server) (*bench, error) {
	b := &bench{server: s, with: samples{}, without: samples{}, handlers: samples{}, worked: samples{}, sent: map[string]int{}}
	if err := s.install(ctx); err != nil {
		return nil, err
	}
	w, err := newWorld(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("preparing: %w", err)
	}
	if b.reviews, err = w.reviews(ctx); err != nil {
		return nil, fmt.Errorf("asking the API server for its reviews: %w", err)
	}
	b.subjects = []subject{w.plainPod, w.sandboxPod, w.namelessPod, w.claim}
	if err := s.remove(ctx); err != nil {
		return nil, err
	}
	b.before, err = s.metrics(ctx)
	return b, err
}

// measure takes turns with and without the webhooks. Each comes first equally often.
func (b *bench) measure(ctx context.Context, samples int) error {
	turns := (samples + turn - 1) / turn
	for i := range turns {
		for _, admitted := range []bool{i%2 == 1, i%2 == 0} {
			if err := b.server.set(ctx, admitted); err != nil {
				return err
			}
			for n := range warmUp + turn {
				if err := b.round(ctx, admitted, n >= warmUp); err != nil {
					return err
				}
			}
		}
		if done := (i + 1) * turn; done%500 == 0 {
			fmt.Fprintf(os.Stderr, "%d of %d samples, load average %s\n", done, turns*turn, loadAverage())
		}
	}
	return nil
}

// round takes one sample of everything, in a random order.
func (b *bench) round(ctx context.Context, admitted, counts bool) error {
	into := b.without
	if admitted {
		into = b.with
	}
	took := func(request string, d time.Duration) {
		if admitted {
			b.sent[request]++
		}
		if counts {
			into.add(request, d)
		}
	}
	for _, i := range rand.Perm(len(b.subjects)) {
		if err := b.subjects[i](ctx, admitted, took); err != nil {
			return err
		}
	}
	for _, i := range rand.Perm(len(b.reviews)) {
		took, worked, err := b.server.handle(b.reviews[i])
		if err != nil {
			return err
		}
		if counts {
			b.handlers.add(b.reviews[i].name, took)
			b.worked.add(b.reviews[i].name, worked)
		}
	}
	return nil
}
