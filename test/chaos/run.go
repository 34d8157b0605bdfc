package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"k8s.io/client-go/rest"

	"github.com/namesake-sandbox/namesake/test/chaos/delay"
	"github.com/namesake-sandbox/namesake/test/chaos/faults"
	"github.com/namesake-sandbox/namesake/test/chaos/judge"
	"github.com/namesake-sandbox/namesake/test/chaos/observe"
	"github.com/namesake-sandbox/namesake/test/chaos/plan"
	"github.com/namesake-sandbox/namesake/test/chaos/site"
	"github.com/namesake-sandbox/namesake/test/chaos/users"
)

// patience is how long everything may take to settle once the faults are over: pools are filled, namespaces go, and a node whose
// kubelet was silent is Ready again.
const patience = 4 * time.Minute

// chaosRun is a run.
type chaosRun struct {
	options  *options
	plan     plan.Plan
	site     *site.Site
	config   *rest.Config
	injector *faults.Injector
	proxy    *delay.Proxy
	users    *users.Users
	observer *observe.Process
	tally    *tally
	// collector decides when the garbage collector has to begin again.
	collector collector
	// abandoned are the namespaces that Kubernetes ended too early.
	abandoned namespaces
}

func newRun(ctx context.Context, o *options) (*chaosRun, error) {
	dir, err := clusterDir()
	if err != nil {
		return nil, err
	}
	admin, config, err := connect(os.Getenv("KUBECONFIG"))
	if err != nil {
		return nil, err
	}
	editor, _, err := connect(filepath.Join(dir, "editor.kubeconfig"))
	if err != nil {
		return nil, err
	}
	target, err := url.Parse(config.Host)
	if err != nil {
		return nil, err
	}
	proxy, err := delay.Listen(ctx, target.Host)
	if err != nil {
		return nil, err
	}
	s := &site.Site{Dir: dir, Program: o.cluster}
	r := &chaosRun{
		options: o, site: s, config: config, proxy: proxy, tally: newTally(),
		injector: &faults.Injector{Site: s, Admin: admin, Config: config, Proxy: proxy, Previous: o.previous, Jumping: o.jumping},
	}
	r.users = users.New(admin, editor, func(n judge.Note) { r.observer.Note(n) })
	without, elects, err := r.impossible()
	if err != nil {
		return nil, err
	}
	r.plan = plan.New(o.seed, plan.Options{Duration: o.duration, Rate: o.rate, Without: without, Elects: elects})
	return r, nil
}

// impossible returns the faults that cannot be had here, and whether the managers elect a leader.
func (r *chaosRun) impossible() (without []plan.FaultKind, elects bool, err error) {
	managers, err := r.site.Managers()
	if err != nil {
		return nil, false, err
	}
	if len(managers) < 2 { // One manager has no forwarder before it.
		without = append(without, plan.WebhooksCut, plan.ManagersKilled)
	}
	if r.options.previous == "" {
		without = append(without, plan.Upgrade)
	}
	if r.options.jumping == "" {
		without = append(without, plan.ClockJump)
	}
	return without, electsLeader(managers), nil
}

// all does everything. The error says that something must not have been, or that the run itself failed.
func (r *chaosRun) all(ctx context.Context) (err error) {
	r.plan.Print(os.Stdout)
	ctx, cancel := context.WithCancelCause(ctx)
	var background sync.WaitGroup
	defer background.Wait()
	defer cancel(nil)
	background.Go(func() {
		if err := r.proxy.Serve(ctx); err != nil {
			cancel(err)
		}
	})
	if err := r.begin(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.observer.End()) }()
	keeper := &faults.Keeper{Site: r.site, Restarted: r.tally.restarted}
	background.Go(func() {
		if err := keeper.Keep(ctx); err != nil {
			cancel(err)
		}
	})
	background.Go(func() { (&faults.Kubelet{Admin: r.injector.Admin}).Run(ctx) })
	r.storm(ctx, cancel)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return r.end(ctx)
}

// begin puts the proxy before the managers, starts the observer, and makes what users need.
func (r *chaosRun) begin(ctx context.Context) error {
	if err := interpose(r.site.Dir, r.proxy.Address()); err != nil {
		return err
	}
	managers, err := r.site.Managers()
	if err != nil {
		return err
	}
	for _, m := range managers {
		if err := errors.Join(r.site.Kill(ctx, m.Name, 10*time.Second), r.site.Start(ctx, m.Name, "")); err != nil {
			return err
		}
	}
	for _, m := range managers {
		if err := m.Ready(ctx, time.Minute); err != nil {
			return err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	r.observer, err = observe.Start(context.WithoutCancel(ctx), self, "observe", filepath.Join(r.options.out, "observed.jsonl"))
	if err != nil {
		return err
	}
	if _, err := r.observer.Ask(observe.Started); err != nil {
		return err
	}
	const spare = 5
	if err := r.users.Begin(ctx, r.plan.Count(plan.ClaimWithVolume)+spare); err != nil {
		return err
	}
	return r.settle(ctx, observe.Unsettled, time.Minute)
}

// settle waits until the observer has nothing to object to, twice in a row. It returns without an error when the time is up: the
// verdict says what is wrong then.
func (r *chaosRun) settle(ctx context.Context, ask observe.Question, limit time.Duration) error {
	began := time.Now()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for quiet := 0; quiet < 2; {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
		answer, err := r.observer.Ask(ask)
		if err != nil {
			return err
		}
		if err := errors.Join(r.collect(ctx, answer.Stuck), r.endAgain(ctx, answer.Abandoned)); err != nil {
			return err
		}
		quiet++
		if len(answer.Violations) > 0 {
			quiet = 0
		}
		if time.Since(began) > limit {
			say("not settled after %s:", limit)
			for _, v := range answer.Violations[:min(shown, len(answer.Violations))] {
				say("  %s: %s: %s", v.Rule, v.Subject, v.Detail)
			}
			return nil
		}
	}
	say("settled after %s", time.Since(began).Round(time.Second))
	return nil
}

// end lets everything settle, judges, releases everything, judges again, and prints the table.
func (r *chaosRun) end(ctx context.Context) error {
	if err := r.users.Rest(ctx); err != nil {
		return err
	}
	if err := r.settle(ctx, observe.Unsettled, patience); err != nil {
		return err
	}
	if _, err := r.observer.Ask(observe.Verdict); err != nil {
		return err
	}
	audited, err := r.audit(ctx)
	if err != nil {
		return err
	}
	if err := r.users.Release(ctx); err != nil {
		return err
	}
	if err := r.settle(ctx, observe.Left, patience); err != nil {
		return err
	}
	answer, err := r.observer.Ask(observe.Final)
	if err != nil {
		return err
	}
	crashes, err := r.crashes()
	if err != nil {
		return err
	}
	wrong := r.report(answer, audited, crashes)
	if err := r.users.Leave(ctx); err != nil {
		return err
	}
	if wrong > 0 {
		return fmt.Errorf("%d violations (seed %d): see above, and %s", wrong, r.plan.Seed, r.options.out)
	}
	return nil
}

func say(format string, args ...any) {
	fmt.Printf("%s  %s\n", time.Now().Format("15:04:05.000"), fmt.Sprintf(format, args...))
}
