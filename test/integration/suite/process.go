package suite

import (
	"context"
	"net/http"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/controllers/feed"
	"github.com/namesake-sandbox/namesake/internal/candidates"
	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/yield"
	"github.com/namesake-sandbox/namesake/webhooks"
)

// ProcessOptions shape a Process.
type ProcessOptions struct {
	// Wrap wraps the transport of everything that the Process sends.
	Wrap func(http.RoundTripper) http.RoundTripper
	// Clock is the time of reconcilers, webhooks and index.
	Clock clock.WithDelayedExecution
	// Change changes the options of the reconcilers, which are those of the program.
	Change func(*controllers.Options)
}

// Process is a manager of one namespace that runs as the program does where it leads: it has a cache and an index of its own, the
// reconcilers of every replica and those of the leader, and serves the webhooks of its namespace. It has no Lease.
type Process struct {
	// Index is what its webhooks pick from.
	Index *candidates.Index

	namespace string
	cancel    context.CancelFunc
	ended     chan error
}

// Start starts a Process for the namespace, in place of the one before, if there was one. It returns before the Process is at work.
func (n *Namespace) Start(o ProcessOptions) (*Process, error) {
	shared.router.route(n.Name, nil)
	cfg := rest.CopyConfig(shared.controller)
	cfg.ContentType, cfg.AcceptContentTypes = runtime.ContentTypeJSON, runtime.ContentTypeJSON // What a watch brings is a line for each event.
	cfg.Wrap(o.Wrap)
	index, traffic := candidates.New(0), yield.NewTraffic(o.Clock)
	setup := func(mgr manager.Manager, options controllers.Options) error {
		if err := controllers.SetupServing(mgr, options); err != nil {
			return err
		}
		return controllers.Setup(mgr, options)
	}
	ctx, cancel := context.WithCancel(context.Background())
	mgr, err := shared.manager(ctx, cfg, []string{n.Name}, func(options *controllers.Options) {
		options.Candidates, options.Traffic, options.Now = index, traffic, o.Clock.Now
		options.QuietStart = rules.DefaultQuietStart
		o.Change(options)
	}, setup)
	if err != nil {
		cancel()
		return nil, err
	}
	fed, err := feed.Start(ctx, mgr.GetCache(), index, traffic, o.Clock.Now)
	if err != nil {
		cancel()
		return nil, err
	}
	hooks := handlers{}
	webhooks.Register(hooks, webhooks.Options{
		Scheme: shared.scheme, Cache: mgr.GetCache(), Live: mgr.GetAPIReader(), DryRun: client.NewDryRunClient(mgr.GetClient()),
		LabelDomains: rules.DefaultLabelDomains, Candidates: index, Traffic: traffic, ControllerUser: ControllerUser,
		Metrics: metrics.NewAdmission(), Now: o.Clock.Now,
	})
	p := &Process{Index: index, namespace: n.Name, cancel: cancel, ended: make(chan error, 1)}
	go func() {
		ready := func(context.Context) (bool, error) { return fed(), nil } // As the program's probe says.
		if wait.PollUntilContextCancel(ctx, moment, true, ready) == nil {
			shared.router.routeUnless(ctx, n.Name, hooks)
		}
	}()
	go func() { p.ended <- mgr.Start(ctx) }()
	return p, nil
}

// Kill ends the Process, and returns before everything in it has ended. Webhooks of its namespace wait for the next one.
func (p *Process) Kill() {
	p.cancel()
	shared.router.route(p.namespace, nil)
}

// Leave gives the webhooks of the namespace back to the package, ends the Process, and waits for that.
func (p *Process) Leave() error {
	p.cancel()
	shared.router.leave(p.namespace)
	return <-p.ended
}

// Wait waits for the end of a Process that was killed, or of ctx.
func (p *Process) Wait(ctx context.Context) error {
	select {
	case err := <-p.ended:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
