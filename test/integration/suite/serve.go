package suite

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/controllers/feed"
	"github.com/namesake-sandbox/namesake/internal/candidates"
	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/unreadable"
	"github.com/namesake-sandbox/namesake/webhooks"
)

const (
	// patience is how long the tests wait for what has to happen.
	patience = 30 * time.Second
	// moment is the time between two checks.
	moment = 5 * time.Millisecond
)

// serve starts the cache, the index that it feeds, and the webhooks, all with the manager's own rights.
func (e *environment) serve(ctx context.Context, _ string) error {
	e.index = candidates.New(0)
	mgr, err := e.manager(ctx, e.controller, []string{metav1.NamespaceAll}, asItIs, controllers.Setup)
	if err != nil {
		return err
	}
	e.cache = mgr.GetCache()
	index := e.index
	if e.options.Unfed {
		index = candidates.New(0)
	}
	fed, err := feed.Start(ctx, e.cache, index, nil, e.clock.Now)
	if err != nil {
		return err
	}
	for c, readYourWrites := range map[*client.WithWatch]bool{&e.cached: false, &e.readYourWrites: true} {
		if *c, err = e.cachedClient(e.controller, e.cache, readYourWrites); err != nil {
			return err
		}
	}
	if e.options.WithoutWebhooks {
		go func() { _ = e.cache.Start(ctx) }() // Its end is that of the tests.
		return wait.PollUntilContextTimeout(ctx, moment, patience, true, func(context.Context) (bool, error) { return fed(), nil })
	}
	if err := e.hooks.Install(e.admin); err != nil {
		return fmt.Errorf("installing the webhooks: %w", err)
	}
	hooks := webhook.NewServer(webhook.Options{
		Host: e.hooks.LocalServingHost, Port: e.hooks.LocalServingPort, CertDir: e.hooks.LocalServingCertDir,
	})
	webhooks.Register(e.router.shared, webhooks.Options{
		Scheme: e.scheme, Cache: e.cache, Live: mgr.GetAPIReader(), DryRun: client.NewDryRunClient(e.cached),
		LabelDomains: rules.DefaultLabelDomains, Candidates: e.index, ControllerUser: ControllerUser, Metrics: e.admission, Now: e.clock.Now,
	})
	for path := range e.router.shared {
		hooks.Register(path, e.router)
	}
	failed := make(chan error, 2)
	go func() { failed <- e.cache.Start(ctx) }()
	go func() { failed <- hooks.Start(ctx) }()
	return wait.PollUntilContextTimeout(ctx, moment, patience, true, func(context.Context) (bool, error) {
		select {
		case err := <-failed:
			return false, fmt.Errorf("serving webhooks: %w", err)
		default:
			return fed() && hooks.StartedChecker()(nil) == nil, nil
		}
	})
}

// setup adds reconcilers to a manager: those that lead, or those of every replica.
type setup func(manager.Manager, controllers.Options) error

// asItIs changes nothing in the options of the reconcilers.
func asItIs(*controllers.Options) {}

// manager assembles a manager of one namespace or of all, as the program does, with its reconcilers and the indexes by which
// they list. change changes their options. It does not start the manager: most tests use its cache and call the reconcilers
// themselves.
func (e *environment) manager(
	ctx context.Context, cfg *rest.Config, namespaces []string, change func(*controllers.Options), setup setup,
) (manager.Manager, error) {
	hash, err := labels.NewRequirement(sandboxv1.LabelSandboxNameHash, selection.Exists, nil)
	if err != nil {
		return nil, err
	}
	ofSandboxes := cache.ByObject{Label: labels.NewSelector().Add(*hash)}
	hash, err = labels.NewRequirement(sandboxv1.LabelTemplateRefHash, selection.Exists, nil)
	if err != nil {
		return nil, err
	}
	watched := map[string]cache.Config{}
	for _, namespace := range namespaces {
		watched[namespace] = cache.Config{}
	}
	ofTemplates := cache.ByObject{Label: labels.NewSelector().Add(*hash)}
	newCache := unreadable.NewCache(unreadable.NewRegister(logr.Discard()))
	if len(namespaces) > 1 { // It serves one namespace or all; the usual cache serves what a test needs of two.
		newCache = cache.New
	}
	mgr, err := ctrl.NewManager(cfg, manager.Options{
		Scheme:         e.scheme,
		NewCache:       awaitedCache(ctx, newCache),
		MapperProvider: func(*rest.Config, *http.Client) (meta.RESTMapper, error) { return e.mapper, nil },
		Metrics:        server.Options{BindAddress: "0"}, HealthProbeBindAddress: "0",
		Cache: cache.Options{
			DefaultTransform:  cache.TransformStripManagedFields(),
			DefaultNamespaces: watched,
			ByObject: map[client.Object]cache.ByObject{
				&corev1.Pod{}: ofSandboxes, &corev1.Service{}: ofSandboxes, &corev1.PersistentVolumeClaim{}: ofSandboxes,
				&networkingv1.NetworkPolicy{}: ofTemplates,
			},
		},
		Controller: config.Controller{SkipNameValidation: new(true)},
	})
	if err != nil {
		return nil, fmt.Errorf("creating the manager: %w", err)
	}
	readYourWrites, err := e.cachedClient(cfg, mgr.GetCache(), true)
	if err != nil {
		return nil, err
	}
	live, err := unreadable.NewReader(cfg, mgr.GetHTTPClient(), e.scheme, mgr.GetAPIReader())
	if err != nil {
		return nil, err
	}
	options := controllers.Options{
		Claims: mgr.GetClient(), Templates: mgr.GetClient(), Sandboxes: readYourWrites, Pools: mgr.GetClient(),
		Live: live, Candidates: e.index, Metrics: metrics.NewClaims(), Now: e.clock.Now, ClusterDomain: clusterDomain,
		PoolSettings: PoolSettings, Network: rules.DefaultNetwork(), LabelDomains: rules.DefaultLabelDomains,
	}
	change(&options)
	if err := controllers.Index(ctx, mgr.GetFieldIndexer()); err != nil {
		return nil, err
	}
	if err := setup(mgr, options); err != nil {
		return nil, fmt.Errorf("adding the reconcilers: %w", err)
	}
	if err := webhooks.Index(ctx, mgr.GetFieldIndexer()); err != nil {
		return nil, err
	}
	return mgr, controllers.Inform(ctx, mgr.GetCache())
}

// cachedClient returns a client that writes with the rights of cfg and reads from c.
func (e *environment) cachedClient(cfg *rest.Config, c cache.Cache, readYourWrites bool) (client.WithWatch, error) {
	return client.NewWithWatch(cfg, client.Options{
		Scheme: e.scheme, Mapper: e.mapper, Cache: &client.CacheOptions{Reader: c, EnableReadYourWritesConsistency: &readYourWrites},
	})
}
