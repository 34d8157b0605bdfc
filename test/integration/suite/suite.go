// Package suite gives the integration tests an API server that has what this project ships: its CRDs, its roles, and its
// webhook configurations, served out of the test's own process. Reconcilers are stepped by hand, but for what Run runs.
//
//	func TestMain(m *testing.M) { suite.Main(m, suite.Options{}) }
//
//	func TestSomething(t *testing.T) {
//		n := suite.New(t)
//		...
//	}
package suite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/candidates"
	"github.com/namesake-sandbox/namesake/internal/metrics"
)

// Options shape the API server.
type Options struct {
	// EnforceOwnerPermissions turns on the admission plugin that requires rights on an owner from everyone who names it, as
	// some distributions do.
	EnforceOwnerPermissions bool
	// Unfed leaves the index of the webhooks empty. No claim is bound on its creation, and the tests bind as they need.
	Unfed bool
	// WithoutWebhooks leaves the webhooks out: what is refused is refused by the policies.
	WithoutWebhooks bool
	// WithoutPolicies leaves the policies out: what is refused is refused by the webhooks, also what a policy refuses before them.
	WithoutPolicies bool
	// Old creates, as the administrator, the objects that exist before the webhooks are installed. OldNamespace returns their
	// namespace.
	Old func(ctx context.Context, admin client.Client, namespace string) error
	// OldCopies is the number of namespaces for which Old is called. OldNamespaces returns them. Zero means one.
	OldCopies int
	// Collect runs Kubernetes' own garbage collector. Otherwise nothing deletes what has lost its owner.
	Collect bool
	// Plugin builds cmd/kubectl-namesake, for Namespace.Namesake.
	Plugin bool
}

// environment is what the tests of one package share.
type environment struct {
	options Options
	server  *envtest.Environment
	hooks   *envtest.WebhookInstallOptions
	scheme  *runtime.Scheme
	folder  string   // for files of this run
	old     []string // the namespaces of Options.Old
	clock   *Clock

	admin, controller, collector, editor, operator *rest.Config
	editorKubeconfig, adminKubeconfig              string

	router *router
	mapper meta.RESTMapper
	// collected is closed when the garbage collector has ended. It is nil if there is none.
	collected chan struct{}

	cache  cache.Cache
	cached client.WithWatch
	// readYourWrites is cached with reads that wait for its own writes.
	readYourWrites client.WithWatch
	index          *candidates.Index
	// admission holds the webhooks' metrics.
	admission *metrics.Admission
	// editRoles are the ClusterRoles that the aggregation controller would add up to "edit".
	editRoles []rbacv1.ClusterRole
}

// shared is the environment of the package under test. Every package runs in a process of its own.
var shared *environment

// Main runs the tests of a package against a separate API server, and ends the process.
func Main(m *testing.M, o Options) {
	ctx, cancel := context.WithCancel(context.Background())
	env, err := start(ctx, o)
	code := 1
	if err == nil {
		shared = env
		code = m.Run()
	}
	cancel()
	if env != nil {
		if env.collected != nil {
			<-env.collected
		}
		err = errors.Join(err, env.server.Stop(), env.hooks.Cleanup(), os.RemoveAll(env.folder))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "test/integration/suite:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func start(ctx context.Context, o Options) (*environment, error) {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		return nil, errors.New("KUBEBUILDER_ASSETS is not set: it names the folder with kube-apiserver, etcd and kubectl, which " +
			"`go -C test/cluster run . assets` builds and prints")
	}
	root, err := repository()
	if err != nil {
		return nil, err
	}
	env := &environment{options: o, scheme: runtime.NewScheme(), clock: newClock(), router: newRouter(), server: &envtest.Environment{
		CRDDirectoryPaths:     []string{filepath.Join(root, "config", "crd", "bases")},
		ErrorIfCRDPathMissing: true,
		// The API server first ends what is under way, for which it has a minute (--request-timeout), as the requests of managers that were
		// killed may be. envtest would wait for 20 s.
		ControlPlaneStopTimeout: 2 * time.Minute,
	}, hooks: &envtest.WebhookInstallOptions{Paths: []string{filepath.Join(root, "config", "webhook", "manifests.yaml")}}}
	env.admission = metrics.NewAdmission()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, sandboxv1.AddToScheme, extensionsv1.AddToScheme} {
		if err := add(env.scheme); err != nil {
			return nil, err
		}
	}
	if env.folder, err = os.MkdirTemp("", "namesake-integration-"); err != nil {
		return nil, err
	}
	args := env.server.ControlPlane.GetAPIServer().Configure()
	args.Disable("disable-admission-plugins") // envtest turns ServiceAccount off; New creates the accounts instead.
	if o.EnforceOwnerPermissions {
		args.Append("enable-admission-plugins", "OwnerReferencesPermissionEnforcement")
	}
	if env.admin, err = env.server.Start(); err != nil {
		return env, fmt.Errorf("starting the API server: %w", err)
	}
	if err := env.mapKinds(); err != nil {
		return env, err
	}
	for _, step := range []func(context.Context, string) error{
		env.buildPlugin, env.install, env.addUsers, env.createOld, env.serve, env.enforce, env.collect,
	} {
		if err := step(ctx, root); err != nil {
			return env, err
		}
	}
	return env, nil
}

// repository returns the folder of this repository, above the package under test.
func repository() (string, error) {
	folder, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(folder, "go.mod")); missing == nil {
			return folder, nil
		}
		if folder == filepath.Dir(folder) {
			return "", errors.New("no go.mod above the test's folder")
		}
		folder = filepath.Dir(folder)
	}
	return "", err
}

// mapKinds makes the mapper that all managers share. It asks the API server once for each kind, and the managers ask nothing.
func (e *environment) mapKinds() error {
	connection, err := rest.HTTPClientFor(e.admin)
	if err == nil {
		e.mapper, err = apiutil.NewDynamicRESTMapper(e.admin, connection)
	}
	return err
}

// client returns a client that reads and writes live.
func (e *environment) client(cfg *rest.Config) (client.WithWatch, error) {
	return client.NewWithWatch(cfg, client.Options{Scheme: e.scheme, Mapper: e.mapper})
}

// kinds returns lists of all kinds that the cache holds.
func kinds() []client.ObjectList {
	return []client.ObjectList{
		&sandboxv1.SandboxList{}, &extensionsv1.SandboxClaimList{}, &extensionsv1.SandboxWarmPoolList{},
		&extensionsv1.SandboxTemplateList{}, &corev1.PodList{}, &corev1.ServiceList{}, &corev1.PersistentVolumeClaimList{},
		&networkingv1.NetworkPolicyList{},
	}
}
