package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/selection"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/serving"
	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/controllers/feed"
	"github.com/namesake-sandbox/namesake/internal/candidates"
	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/tracing"
	"github.com/namesake-sandbox/namesake/webhooks"
)

// +kubebuilder:rbac:groups=coordination.k8s.io,namespace=namesake-system,resources=leases,verbs=get;create;update
// +kubebuilder:rbac:groups="",namespace=namesake-system,resources=events,verbs=create;patch

const leaseName = "namesake.agents.x-k8s.io"

// newManager assembles everything that runs in the program. Cache, index and webhooks run in every replica. The reconcilers
// run in the one that leads.
func newManager(ctx context.Context, cfg *rest.Config, o *options, drain *serving.Drain, tracer *tracing.Tracer) (manager.Manager, error) {
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	router, domains, err := o.policies()
	if err != nil {
		return nil, err
	}
	cfg = rest.CopyConfig(cfg)
	cfg.QPS, cfg.Burst = float32(o.qps), o.burst
	certificate := serving.NewCertificate(
		filepath.Join(o.webhookCertDir, o.webhookCertName), filepath.Join(o.webhookCertDir, o.webhookKeyName))
	secured, err := o.secure(certificate)
	if err != nil {
		return nil, err
	}
	mgr, err := ctrl.NewManager(cfg, manager.Options{
		Scheme:  scheme,
		Cache:   cacheOptions(o),
		Metrics: server.Options{BindAddress: o.metricsAddress, ExtraHandlers: o.profiling.handlers()},
		WebhookServer: webhook.NewServer(webhook.Options{
			Port:    o.webhookPort,
			TLSOpts: secured,
		}),
		HealthProbeBindAddress:        o.probeAddress,
		LeaderElection:                o.leaderElect,
		LeaderElectionID:              leaseName,
		LeaderElectionNamespace:       o.leaseNamespace(),
		LeaderElectionReleaseOnCancel: true,
		GracefulShutdownTimeout:       new(o.shutdownTimeout()),
		Controller:                    config.Controller{EnableWarmup: new(true)},
	})
	if err != nil {
		return nil, fmt.Errorf("creating the manager: %w", err)
	}
	index := candidates.New(rand.Uint64()) //nolint:gosec // an order, and no secret
	fed, err := feed.Start(ctx, mgr.GetCache(), index, time.Now)
	if err != nil {
		return nil, err
	}
	if err := addServing(mgr, o, certificate, drain, fed); err != nil {
		return nil, err
	}
	clients, err := newClients(cfg, mgr)
	if err != nil {
		return nil, err
	}
	claims, admission := metrics.NewClaims(), metrics.NewAdmission()
	if err := register(ctrlmetrics.Registry, mgr, index, claims, admission, metrics.NewBuild(version)); err != nil {
		return nil, err
	}
	if err := mgr.Add(&retirer{cache: mgr.GetCache(), claims: claims}); err != nil {
		return nil, fmt.Errorf("adding the end of series: %w", err)
	}
	err = addWebhooks(ctx, mgr, drain.Server(serving.NewLimits().Server(mgr.GetWebhookServer())), webhooks.Options{
		LabelDomains: domains, Candidates: index, ControllerUser: o.controllerUser, Metrics: admission, Tracer: tracer, Now: time.Now,
	})
	if err != nil {
		return nil, err
	}
	r := o.reconcilers()
	r.Claims, r.Templates, r.Sandboxes, r.Pools = clients.claims, mgr.GetClient(), clients.sandboxes, clients.pools
	r.Live, r.Candidates, r.Metrics, r.Now = mgr.GetAPIReader(), index, claims, time.Now
	r.Router, r.LabelDomains, r.Tracer = router, domains, tracer
	return mgr, controllers.Setup(ctx, mgr, r)
}

// reconcilers returns those options of the reconcilers that follow from flags alone.
func (o *options) reconcilers() controllers.Options {
	return controllers.Options{
		ClusterDomain: o.clusterDomain, PoolSettings: o.pool,
		DisableClaimEvents: o.disableClaimEvents, DisableClaimAnnotations: o.disableClaimAnnotations,
		SandboxController: controllers.Workers(o.sandboxWorkers), ClaimController: controllers.Workers(o.claimWorkers),
		PoolController: controllers.Workers(o.poolWorkers), TemplateController: controllers.Workers(o.templateWorkers),
	}
}

// policies returns what the administrator says about the router and about labels.
func (o *options) policies() (rules.Router, rules.LabelDomains, error) {
	router, err := o.router.router()
	domains, wrong := o.labelDomains.domains()
	return router, domains, errors.Join(err, wrong)
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

// addWebhooks serves the webhooks with o, which it completes from mgr.
func addWebhooks(ctx context.Context, mgr manager.Manager, hooks webhooks.Server, o webhooks.Options) error {
	if err := webhooks.Index(ctx, mgr.GetFieldIndexer()); err != nil {
		return err
	}
	o.Scheme, o.Cache, o.Live, o.DryRun = mgr.GetScheme(), mgr.GetCache(), mgr.GetAPIReader(), client.NewDryRunClient(mgr.GetClient())
	webhooks.Register(hooks, o)
	return nil
}

// cacheOptions returns options that keep the cache small. Of all Pods, Services and PersistentVolumeClaims the cache holds
// only those of Sandboxes. Of all NetworkPolicies it holds only those of templates. Of each Pod and node it holds only what
// is read. Of all webhook configurations it holds only Namesake's own.
func cacheOptions(o *options) cache.Options {
	ours := cache.ByObject{Field: fields.OneTermEqualSelector("metadata.name", o.webhookConfig)}
	ofSandboxes := hasLabel(sandboxv1.LabelSandboxNameHash)
	return cache.Options{
		DefaultTransform: cache.TransformStripManagedFields(),
		ByObject: map[client.Object]cache.ByObject{
			&corev1.Pod{}:                                 {Label: ofSandboxes, Transform: stripPod},
			&corev1.Service{}:                             {Label: ofSandboxes},
			&corev1.PersistentVolumeClaim{}:               {Label: ofSandboxes},
			&corev1.Node{}:                                {Transform: stripNode},
			&networkingv1.NetworkPolicy{}:                 {Label: hasLabel(sandboxv1.LabelTemplateRefHash)},
			&admissionv1.MutatingWebhookConfiguration{}:   ours,
			&admissionv1.ValidatingWebhookConfiguration{}: ours,
		},
	}
}

// hasLabel selects the objects that have a label of that key. The key is a constant.
func hasLabel(label string) labels.Selector {
	exists, err := labels.NewRequirement(label, selection.Exists, nil)
	if err != nil {
		panic(err)
	}
	return labels.NewSelector().Add(*exists)
}

// stripPod drops from a cached Pod what no reconciler reads.
func stripPod(obj any) (any, error) {
	pod, ok := obj.(*corev1.Pod)
	if !ok {
		return obj, nil
	}
	return &corev1.Pod{
		TypeMeta: pod.TypeMeta,
		ObjectMeta: metav1.ObjectMeta{
			Name: pod.Name, Namespace: pod.Namespace, UID: pod.UID, ResourceVersion: pod.ResourceVersion, Generation: pod.Generation,
			CreationTimestamp: pod.CreationTimestamp, DeletionTimestamp: pod.DeletionTimestamp,
			Labels: pod.Labels, Annotations: pod.Annotations, OwnerReferences: pod.OwnerReferences,
		},
		Spec:   corev1.PodSpec{NodeName: pod.Spec.NodeName},
		Status: corev1.PodStatus{Phase: pod.Status.Phase, Conditions: pod.Status.Conditions, PodIPs: pod.Status.PodIPs},
	}, nil
}

// stripNode drops from a cached Node everything except what says whether claims get its Sandboxes.
func stripNode(obj any) (any, error) {
	node, ok := obj.(*corev1.Node)
	if !ok {
		return obj, nil
	}
	return &corev1.Node{
		TypeMeta: node.TypeMeta,
		ObjectMeta: metav1.ObjectMeta{
			Name: node.Name, UID: node.UID, ResourceVersion: node.ResourceVersion, DeletionTimestamp: node.DeletionTimestamp,
		},
		Spec: corev1.NodeSpec{Unschedulable: node.Spec.Unschedulable, Taints: node.Spec.Taints},
	}, nil
}
