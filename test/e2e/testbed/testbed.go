// Package testbed connects the end-to-end tests to a cluster that test/cluster started, with the product in it.
package testbed

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/rights"
)

// Bed is a running cluster with the clients of two users.
type Bed struct {
	// Admin may do everything.
	Admin client.WithWatch
	// Editor may edit in the namespaces that Namespace creates. The tests act as this user for what users do.
	Editor client.WithWatch

	dir   string
	admin *rest.Config
}

const howToRun = `%s is not set: these tests need a cluster of their own, with the product in it. Run them all with
    make e2e
or one package in a cluster that is started for it, as the target e2e of the Makefile does:
    go -C test/cluster build -o ../../bin/cluster . && bin/cluster run --race -- go test -race -count=1 ./test/e2e/story/...`

// Open connects to the cluster that the environment names.
func Open(t *testing.T) *Bed {
	t.Helper()
	for _, name := range []string{"KUBECONFIG", "NAMESAKE_CLUSTER_DIR"} {
		if os.Getenv(name) == "" {
			t.Fatalf(howToRun, name)
		}
	}
	log.SetLogger(klog.Background()) // Otherwise the clients complain that they have no logger.
	b := &Bed{dir: os.Getenv("NAMESAKE_CLUSTER_DIR")}
	b.admin = configure(t, os.Getenv("KUBECONFIG"))
	b.Admin = connect(t, b.admin)
	b.Editor = connect(t, configure(t, b.EditorKubeconfig()))
	return b
}

// EditorKubeconfig returns the path of the editor's kubeconfig, for kubectl.
func (b *Bed) EditorKubeconfig() string {
	return filepath.Join(b.dir, "editor.kubeconfig")
}

// CheckRights fails t with what the managers were refused for lack of rights since the cluster was started.
func (b *Bed) CheckRights(t *testing.T) {
	t.Helper()
	rights.CheckRecord(t, b.dir, time.Time{})
}

// CallsOfManagers returns what the managers asked for in a namespace since a time, and how often, as "create pods".
func (b *Bed) CallsOfManagers(t *testing.T, namespace string, since time.Time) map[string]int {
	t.Helper()
	calls, err := rights.CallsIn(b.dir, namespace, since)
	if err != nil {
		t.Fatal(err)
	}
	return calls
}

func configure(t *testing.T, kubeconfig string) *rest.Config {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	config.WarningHandler = rest.NoWarnings{}
	return config
}

func connect(t *testing.T, config *rest.Config) client.WithWatch {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, sandboxv1.AddToScheme, extensionsv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	c, err := client.NewWithWatch(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
