// Package audit tests the auditor on real API servers without any admission of Namesake's: one has its CRDs, and one agent-sandbox's. No
// manager and no garbage collector run, so that what is written stays.
package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/reference"
)

const root = "../../.."

// cluster is an API server.
type cluster struct {
	name   string
	server *envtest.Environment
	config *rest.Config
	admin  client.WithWatch
}

// namesake and agentSandbox are the clusters, by whose CRDs they have.
var namesake, agentSandbox = &cluster{name: "namesake"}, &cluster{name: "agent-sandbox"}

func TestMain(m *testing.M) {
	log.SetLogger(zap.New())
	code, err := 1, start()
	if err == nil {
		code = m.Run()
	}
	for _, c := range []*cluster{namesake, agentSandbox} {
		if c.server != nil {
			err = errors.Join(err, c.server.Stop())
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "test/integration/audit:", err)
		code = 1
	}
	os.Exit(code)
}

func start() error {
	crds, err := reference.CRDs()
	if err != nil {
		return err
	}
	return errors.Join(
		namesake.start(envtest.CRDInstallOptions{Paths: []string{filepath.Join(root, "config", "crd", "bases")}, ErrorIfPathMissing: true}),
		agentSandbox.start(envtest.CRDInstallOptions{CRDs: crds}))
}

func (c *cluster) start(crds envtest.CRDInstallOptions) (err error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientgoscheme.AddToScheme, apiextensionsv1.AddToScheme, sandboxv1.AddToScheme, extensionsv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	c.server = &envtest.Environment{CRDInstallOptions: crds}
	if c.config, err = c.server.Start(); err != nil {
		return fmt.Errorf("starting the API server of %s: %w", c.name, err)
	}
	c.config.QPS = -1
	c.admin, err = client.NewWithWatch(c.config, client.Options{Scheme: scheme})
	return err
}

// namespace creates a namespace.
func (c *cluster) namespace(ctx context.Context, t *testing.T) string {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "audit-"}}
	if err := c.admin.Create(ctx, namespace); err != nil {
		t.Fatal(err)
	}
	return namespace.Name
}
