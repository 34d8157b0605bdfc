package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/feed"
	"github.com/namesake-sandbox/namesake/internal/candidates"
	observed "github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/webhooks"
)

const (
	// manager is the user that writes what the manager writes. Webhooks recognize it by this name.
	manager = "system:serviceaccount:namesake-system:namesake"
	// patience is how long the program waits for what has to happen. moment is the time between two checks.
	patience = 30 * time.Second
	moment   = time.Millisecond
)

// server is an API server with the product's CRDs, and the webhooks, which this process serves over TLS.
type server struct {
	environment *envtest.Environment
	definitions *envtest.WebhookInstallOptions
	config      *rest.Config
	version     string

	// user and manager may do everything, so that authorizing one costs as much as authorizing the other.
	user, manager client.Client
	index         *candidates.Index
	hooks         webhook.Server
	recorder      *recorder
}

func startServer(ctx context.Context) (*server, error) {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		return nil, errors.New("KUBEBUILDER_ASSETS is not set: it names the folder with kube-apiserver and etcd, which " +
			`"go -C test/cluster run . assets" builds and prints; "make bench-admission" sets it`)
	}
	s := &server{
		environment: &envtest.Environment{
			CRDDirectoryPaths: []string{filepath.Join("config", "crd", "bases")}, ErrorIfCRDPathMissing: true,
		},
		definitions: &envtest.WebhookInstallOptions{Paths: []string{filepath.Join("config", "webhook", "manifests.yaml")}},
		index:       candidates.New(0),
	}
	// envtest turns ServiceAccount off, which is part of the cost of creating a Pod.
	s.environment.ControlPlane.GetAPIServer().Configure().Disable("disable-admission-plugins")
	var err error
	if s.config, err = s.environment.Start(); err != nil {
		return s, fmt.Errorf("starting the API server: %w", err)
	}
	s.config.QPS = -1
	s.config.WarningHandler = rest.NoWarnings{}
	return s, errors.Join(s.connect(), s.serve(ctx))
}

// stop stops what was started.
func (s *server) stop() error {
	if s == nil {
		return nil
	}
	return errors.Join(s.environment.Stop(), s.definitions.Cleanup())
}

func scheme() (*runtime.Scheme, error) {
	all := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, sandboxv1.AddToScheme, extensionsv1.AddToScheme} {
		if err := add(all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// connect makes the clients.
func (s *server) connect() error {
	known, err := scheme()
	if err != nil {
		return err
	}
	asManager, err := s.environment.AddUser(envtest.User{Name: manager, Groups: []string{"system:masters"}}, s.config)
	if err != nil {
		return err
	}
	for config, c := range map[*rest.Config]*client.Client{s.config: &s.user, asManager.Config(): &s.manager} {
		if *c, err = client.New(config, client.Options{Scheme: known}); err != nil {
			return err
		}
	}
	d, err := discovery.NewDiscoveryClientForConfig(s.config)
	if err != nil {
		return err
	}
	version, err := d.ServerVersion()
	if err == nil {
		s.version = version.GitVersion
	}
	return err
}

// serve serves the webhooks from a cache and an index, as a replica of the manager does. It does not install them.
func (s *server) serve(ctx context.Context) error {
	if err := s.definitions.PrepWithoutInstalling(); err != nil {
		return err
	}
	informers, err := cache.New(s.config, cache.Options{Scheme: s.user.Scheme(), DefaultTransform: cache.TransformStripManagedFields()})
	if err != nil {
		return err
	}
	if err := webhooks.Index(ctx, informers); err != nil {
		return err
	}
	fed, err := feed.Start(ctx, informers, s.index, nil, time.Now)
	if err != nil {
		return err
	}
	s.hooks = webhook.NewServer(webhook.Options{
		Host: s.definitions.LocalServingHost, Port: s.definitions.LocalServingPort, CertDir: s.definitions.LocalServingCertDir,
	})
	s.recorder = &recorder{server: s.hooks}
	webhooks.Register(s.recorder, webhooks.Options{
		Scheme: s.user.Scheme(), Cache: informers, Live: s.manager, DryRun: client.NewDryRunClient(s.manager),
		Candidates: s.index, ControllerUser: manager, Metrics: observed.NewAdmission(), Now: time.Now,
	})
	failed := make(chan error, 2)
	go func() { failed <- informers.Start(ctx) }()
	go func() { failed <- s.hooks.Start(ctx) }()
	return await(ctx, "the webhooks to be served", func(context.Context) (bool, error) {
		select {
		case err := <-failed:
			return false, err
		default:
			return fed() && s.hooks.StartedChecker()(nil) == nil, nil
		}
	})
}

// metrics reads the metrics of the API server.
func (s *server) metrics(ctx context.Context) (metrics, error) {
	c, err := rest.HTTPClientFor(s.config)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(s.config.Host, "/")+"/metrics", http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := c.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET /metrics: %s", response.Status)
	}
	return parse(response.Body)
}

// await waits until done returns true.
func await(ctx context.Context, what string, done wait.ConditionWithContextFunc) error {
	if err := wait.PollUntilContextTimeout(ctx, moment, patience, true, done); err != nil {
		return fmt.Errorf("waiting for %s: %w", what, err)
	}
	return nil
}
