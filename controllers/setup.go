// Package controllers assembles the reconcilers, and decides nothing itself. Each reconciler has a package of its own below
// this one.
package controllers

import (
	"context"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/namesake-sandbox/namesake/controllers/auditor"
	"github.com/namesake-sandbox/namesake/controllers/internal/index"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/controllers/sandbox"
	"github.com/namesake-sandbox/namesake/controllers/sandboxclaim"
	"github.com/namesake-sandbox/namesake/controllers/sandboxtemplate"
	"github.com/namesake-sandbox/namesake/controllers/sandboxwarmpool"
	"github.com/namesake-sandbox/namesake/internal/candidates"
	"github.com/namesake-sandbox/namesake/internal/going"
	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/tracing"
	"github.com/namesake-sandbox/namesake/internal/unreadable"
	"github.com/namesake-sandbox/namesake/internal/yield"
)

// Options are what the reconcilers work with. All fields are required, except Tracer, the auditor's and the options of the controllers.
type Options struct {
	// Claims, Templates, Sandboxes and Pools are what each reconciler writes with. All read from the cache; Sandboxes reads its
	// own writes, and does not wait for them for long (see retry.WithBoundedReads).
	Claims, Templates, Sandboxes, Pools client.Client
	// Live reads past the cache.
	Live client.Reader
	// Unreadable knows which Sandboxes the cache leaves out.
	Unreadable *unreadable.Register
	// LabelDomains are the domains of labels that claims may add to their Pods.
	LabelDomains rules.LabelDomains
	// Candidates are the warm Sandboxes that claims are bound to.
	Candidates *candidates.Index
	// Traffic knows the claims that are on their way, which come first, and those that this replica has bound. If it is nil, nothing
	// yields to claims, and SetupServing is of no use.
	Traffic *yield.Traffic
	// ClaimsLikeAll lets nothing yield to claims, though Traffic knows them.
	ClaimsLikeAll bool
	// Metrics measures how claims get their Sandboxes.
	Metrics *metrics.Claims
	// Network is what the operator says of the network of Sandboxes.
	Network rules.Network
	// Now returns the current time.
	Now func() time.Time
	// QuietStart is for how long the status of a new Sandbox or claim says nothing of its way to Ready, if all goes well.
	QuietStart time.Duration
	// DisableClaimAnnotations turns off what is written on claims only for measuring. DisableClaimEvents turns off the events of
	// claims, and DisableSandboxEvents those of Sandboxes.
	DisableClaimAnnotations, DisableClaimEvents, DisableSandboxEvents bool
	// Tracer traces the reconciles. It is nil if nothing is traced.
	Tracer *tracing.Tracer
	// ClusterDomain is the suffix of the full names of Services.
	ClusterDomain string

	// Audit has the metrics of the auditor, AuditInterval is the time between two of its looks at the API server, and Namespaces are
	// those that it looks at, none for all. With an interval of 0 there is no auditor.
	Audit         *metrics.Audit
	AuditInterval time.Duration
	Namespaces    []string

	// PoolSettings are what the operator decides for all pools.
	PoolSettings rules.PoolSettings

	SandboxController, ClaimController, PoolController, TemplateController controller.Options
}

// poolSettings returns PoolSettings with what the network says.
func (o Options) poolSettings() rules.PoolSettings {
	settings := o.PoolSettings
	settings.Nameservers = o.Network.Nameservers
	return settings
}

// yieldTo returns the claims that come first, or nil if none do.
func (o Options) yieldTo() *yield.Traffic {
	if o.ClaimsLikeAll {
		return nil
	}
	return o.Traffic
}

// Workers returns the options of a controller that reconciles n objects at a time.
func Workers(n int) controller.Options { return retry.Options(n) }

// Index adds the indexes that the reconcilers list by to indexer, before the cache starts.
func Index(ctx context.Context, indexer client.FieldIndexer) error {
	return index.Register(ctx, indexer)
}

// SetupServing adds to mgr what serves claims in every replica, whether it leads or not. Index comes first, and the same
// Traffic belongs to Setup.
func SetupServing(mgr manager.Manager, o Options) error {
	return newClaims(mgr, o, going.New(o.Now)).SetupServing(mgr, o.ClaimController)
}

func newClaims(mgr manager.Manager, o Options, namespaces *going.Namespaces) *sandboxclaim.Reconciler {
	claims := &sandboxclaim.Reconciler{
		Client: namespaces.Client(o.Claims), Going: namespaces, Live: o.Live, Candidates: o.Candidates, LabelDomains: o.LabelDomains,
		Nameservers: o.Network.Nameservers, Recorder: recorders(mgr, o.yieldTo())("sandboxclaim-controller"), Metrics: o.Metrics, Now: o.Now,
		DisableAnnotations: o.DisableClaimAnnotations, Tracer: o.Tracer, QuietStart: o.QuietStart, Traffic: o.Traffic,
	}
	if o.DisableClaimEvents {
		claims.Recorder = discardRecorder{}
	}
	return claims
}

// Setup adds every reconciler that leads to mgr. Index comes first, once for all that are ever added.
func Setup(mgr manager.Manager, o Options) error {
	recorderOf, namespaces := recorders(mgr, o.yieldTo()), going.New(o.Now)
	sandboxes := &sandbox.Reconciler{
		Client: namespaces.Client(retry.WithBoundedReads(o.Sandboxes, o.Live)), Going: namespaces, Live: o.Live,
		Recorder: recorderOf("sandbox-controller"), Now: o.Now, ClusterDomain: o.ClusterDomain, Network: o.Network,
		Tracer: o.Tracer, Traffic: o.yieldTo(), QuietStart: o.QuietStart,
	}
	if o.DisableSandboxEvents {
		sandboxes.Recorder = discardRecorder{}
	}
	if err := sandboxes.Setup(mgr, o.SandboxController); err != nil {
		return err
	}
	if err := newClaims(mgr, o, namespaces).Setup(mgr, o.ClaimController); err != nil {
		return err
	}
	templates := &sandboxtemplate.Reconciler{
		Client: namespaces.Client(o.Templates), Going: namespaces, Live: o.Live, Recorder: recorderOf("sandboxtemplate-controller"),
		Network: o.Network, Tracer: o.Tracer, Traffic: o.yieldTo(), Pace: sandboxtemplate.NewPace(o.Now), Now: o.Now,
	}
	if err := templates.Setup(mgr, o.TemplateController); err != nil {
		return err
	}
	pools := &sandboxwarmpool.Reconciler{
		Client: namespaces.Client(o.Pools), Going: namespaces, Live: o.Live, Recorder: recorderOf("sandboxwarmpool-controller"),
		Settings: o.poolSettings(), Now: o.Now, Unreadable: o.Unreadable, Traffic: o.yieldTo(),
	}
	if err := pools.Setup(mgr, o.PoolController); err != nil || o.AuditInterval == 0 {
		return err
	}
	return mgr.Add(&auditor.Auditor{
		Cache: mgr.GetCache(), Live: o.Live, Namespaces: o.Namespaces, Interval: o.AuditInterval, Traffic: o.yieldTo(),
		Recorder: recorderOf("sandbox-auditor"), Metrics: o.Audit, Clock: clock.RealClock{}, Log: mgr.GetLogger().WithName("audit"),
	})
}
