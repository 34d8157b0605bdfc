package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/replicas"
	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/serving"
	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/controllers/feed"
	"github.com/namesake-sandbox/namesake/internal/candidates"
	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/tracing"
	"github.com/namesake-sandbox/namesake/internal/yield"
	"github.com/namesake-sandbox/namesake/webhooks"
)

// newManager assembles everything that runs in the program. Cache, index and webhooks run in every replica. The reconcilers
// run in the one that leads. fail stops the program as a signal does.
func newManager(
	ctx context.Context, cfg *rest.Config, o *options, drain *serving.Drain, tracer *tracing.Tracer, fail func(error),
) (manager.Manager, error) {
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	cfg = waitAtMost(limitRate(cfg, o.qps, o.burst), workersWait)
	said, err := o.policiesIn(ctx, cfg)
	if err != nil {
		return nil, err
	}
	certificate := serving.NewCertificate(
		filepath.Join(o.webhookCertDir, o.webhookCertName), filepath.Join(o.webhookCertDir, o.webhookKeyName))
	secured, err := o.secure(certificate)
	if err != nil {
		return nil, err
	}
	mgr, unread, err := newReadingManager(cfg, o.manager(scheme, said.namespaces, secured))
	if err != nil {
		return nil, fmt.Errorf("creating the manager: %w", err)
	}
	index, err := addIndex(mgr, o, said.network.Nameservers)
	if err != nil {
		return nil, err
	}
	traffic := yield.NewTraffic(clock.RealClock{})
	fed, err := feed.Start(ctx, mgr.GetCache(), index, traffic, time.Now)
	if err != nil {
		return nil, err
	}
	if err := addServing(mgr, o, said.namespaces, certificate, drain, fed); err != nil {
		return nil, err
	}
	clients, err := newClients(cfg, mgr)
	if err != nil {
		return nil, err
	}
	claims, admission, audited := metrics.NewClaims(), metrics.NewAdmission(), o.audited()
	if err := mgr.Add(&retirer{cache: mgr.GetCache(), claims: claims}); err != nil {
		return nil, fmt.Errorf("adding the end of series: %w", err)
	}
	err = o.addWebhooks(ctx, mgr, drain, webhooks.Options{
		LabelDomains: said.domains, Candidates: index, ControllerUser: o.controllerUser, Metrics: admission, Tracer: tracer, Now: time.Now,
		Traffic: traffic, Nameservers: said.network.Nameservers, LeftOut: said.leftOut, Live: clients.live, DryRun: clients.dryRun,
	})
	if err != nil {
		return nil, err
	}
	elected, err := addReconcilers(ctx, mgr, cfg, o, fail, func(r *controllers.Options) {
		r.Claims, r.Templates, r.Sandboxes, r.Pools = clients.claims, mgr.GetClient(), clients.sandboxes, mgr.GetClient()
		r.Live, r.Candidates, r.Metrics, r.Now = mgr.GetAPIReader(), index, claims, time.Now
		r.Network, r.LabelDomains, r.Tracer, r.Unreadable, r.Traffic = said.network, said.domains, tracer, unread, traffic
		r.Audit, r.AuditInterval, r.Namespaces = audited, o.auditInterval, said.namespaces
	})
	if err != nil {
		return nil, err
	}
	return mgr, register(
		ctrlmetrics.Registry, mgr, metrics.State{Available: index.Available, Network: said.network}, elected.Leads, claims, admission,
		metrics.Unreadable{Count: unread.Count}, metrics.LeftOut(said.leftOut), metrics.NewBuild(version), audited)
}

// addIndex returns the index of candidates of this replica, which knows of the others by a Lease.
func addIndex(mgr manager.Manager, o *options, nameservers rules.Nameservers) (*candidates.Index, error) {
	taints, err := o.nodes.taints()
	if err != nil {
		return nil, err
	}
	register := replicas.New()
	index := candidates.New(candidates.OrderOf(register.Identity()), taints...)
	index.Resolve(nameservers)
	if !o.scope.watchNodes {
		index.IgnoreNodes()
	}
	register.Reader, register.Writer, register.Namespace = mgr.GetAPIReader(), mgr.GetClient(), o.leaseNamespace()
	register.Clock, register.Log = clock.RealClock{}, mgr.GetLogger().WithName("replicas")
	register.Changed = func(others []string) {
		orders := make([]uint64, 0, len(others))
		for _, other := range others {
			orders = append(orders, candidates.OrderOf(other))
		}
		index.Share(orders)
	}
	if err := mgr.Add(register); err != nil {
		return nil, fmt.Errorf("adding the register of replicas: %w", err)
	}
	return index, nil
}

// manager returns the options of a manager of these namespaces, or of all if there are none, whose webhooks are secured as given.
func (o *options) manager(scheme *runtime.Scheme, namespaces []string, secured []func(*tls.Config)) manager.Options {
	return manager.Options{
		Scheme:  scheme,
		Cache:   cacheOptions(o, namespaces),
		Metrics: server.Options{BindAddress: o.metricsAddress, ExtraHandlers: o.profiling.handlers()},
		WebhookServer: webhook.NewServer(webhook.Options{
			Port:    o.webhookPort,
			TLSOpts: secured,
		}),
		HealthProbeBindAddress:  o.probeAddress,
		GracefulShutdownTimeout: new(o.shutdownTimeout()),
	}
}

// reconcilers returns those options of the reconcilers that follow from flags alone.
func (o *options) reconcilers() controllers.Options {
	return controllers.Options{
		ClusterDomain: o.clusterDomain, PoolSettings: o.pool, QuietStart: rules.DefaultQuietStart,
		ClaimsLikeAll: !o.claimsFirst, DisableClaimEvents: o.disableClaimEvents, DisableClaimAnnotations: o.disableClaimAnnotations,
		DisableSandboxEvents: o.disableSandboxEvents,
		SandboxController:    controllers.Workers(o.sandboxWorkers), ClaimController: controllers.Workers(o.claimWorkers),
		PoolController: controllers.Workers(o.poolWorkers), TemplateController: controllers.Workers(o.templateWorkers),
	}
}

// policies is what the administrator says about the network, about labels, and about which namespaces are served, none for all.
// Some of those may be left out.
type policies struct {
	network             rules.Network
	domains             rules.LabelDomains
	namespaces, leftOut []string
}

// policiesIn returns the policies for the namespaces that the manager has the rights to serve.
func (o *options) policiesIn(ctx context.Context, cfg *rest.Config) (policies, error) {
	said, err := o.policies()
	if err != nil {
		return policies{}, err
	}
	said.namespaces, said.leftOut, err = split(ctx, cfg, said.namespaces)
	return said, err
}

// policies returns what the flags say of it, or every problem with them.
func (o *options) policies() (said policies, err error) {
	router, wrongRouter := o.router.router()
	nameservers, wrongNameservers := o.nameservers.nameservers()
	namespaces, wrongNamespaces := o.scope.served()
	domains, wrongDomains := o.labelDomains.domains()
	return policies{network: rules.Network{Router: router, Nameservers: nameservers}, domains: domains, namespaces: namespaces},
		errors.Join(wrongRouter, wrongNameservers, wrongNamespaces, wrongDomains)
}

// newScheme returns a scheme with every kind that the manager works with.
func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientgoscheme.AddToScheme, certmanagerv1.AddToScheme, sandboxv1.AddToScheme, extensionsv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("registering the API: %w", err)
		}
	}
	return scheme, nil
}

// addWebhooks serves the webhooks with hooks, which it completes from mgr, unless there are to be none.
func (o *options) addWebhooks(ctx context.Context, mgr manager.Manager, drain *serving.Drain, hooks webhooks.Options) error {
	if !o.webhooks {
		return nil
	}
	if err := webhooks.Index(ctx, mgr.GetFieldIndexer()); err != nil {
		return err
	}
	hooks.Scheme, hooks.Cache = mgr.GetScheme(), mgr.GetCache()
	webhooks.Register(drain.Server(serving.NewLimits().Server(mgr.GetWebhookServer())), hooks)
	return nil
}
