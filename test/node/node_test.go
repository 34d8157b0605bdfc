package node

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

const (
	release = "namesake"
	system  = "namesake-system"
	// registry is the registry of images that exist only on the node.
	registry = "localhost"
	// patience is how long kubectl and helm wait. On an idle machine everything takes a third of it.
	patience = "--timeout=180s"
)

// node is a real node as its administrator sees it.
type node struct {
	client.WithWatch
}

const howToRun = `%s is not set: these tests need a real node of their own, images and cert-manager's chart. Run them all with
    make test-node
or one, as root on Linux, with
    make test-node GOTESTFLAGS='-v -run TestStory'`

// The target test-node of the Makefile sets these: the program of test/cluster, the folder with cert-manager's chart and
// images, and the archive with the product's image.
const (
	clusterVariable     = "NAMESAKE_CLUSTER"
	certManagerVariable = "NAMESAKE_CERT_MANAGER"
	imageVariable       = "NAMESAKE_IMAGE"
)

// open connects to the node that the environment names, and makes sure that cert-manager runs there.
func open(t *testing.T) *node {
	t.Helper()
	for _, name := range []string{"KUBECONFIG", "NAMESAKE_CLUSTER_DIR", clusterVariable, certManagerVariable, imageVariable} {
		if os.Getenv(name) == "" {
			t.Fatalf(howToRun, name)
		}
	}
	log.SetLogger(klog.Background()) // Otherwise the client complains that it has no logger.
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	config.WarningHandler = rest.NoWarnings{}
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
	n := &node{WithWatch: c}
	if !installed(t, "cert-manager") {
		n.prepare(t)
	}
	return n
}

// prepare loads the images, and installs cert-manager with its own chart.
func (n *node) prepare(t *testing.T) {
	t.Helper()
	archives, err := filepath.Glob(filepath.Join(os.Getenv(certManagerVariable), "*.tar"))
	if err != nil || len(archives) == 0 {
		t.Fatalf("no images in %s: %v", os.Getenv(certManagerVariable), err)
	}
	archives = append(archives, os.Getenv(imageVariable))
	run(t, os.Getenv(clusterVariable), append([]string{"images", "load", "--dir", os.Getenv("NAMESAKE_CLUSTER_DIR")}, archives...)...)

	charts, err := filepath.Glob(filepath.Join(os.Getenv(certManagerVariable), "*.tgz"))
	if err != nil || len(charts) != 1 {
		t.Fatalf("not one chart in %s: %v, %v", os.Getenv(certManagerVariable), charts, err)
	}
	helm(t, "install", "cert-manager", charts[0], "--namespace", "cert-manager", "--create-namespace",
		"--values", "test/node/testdata/cert-manager.yaml", "--wait", patience)
}

// installed reports whether there is a release of that name.
func installed(t *testing.T, name string) bool {
	t.Helper()
	out, err := try(t, "", "helm", "list", "--all-namespaces", "--short", "--deployed", "--filter", "^"+name+"$")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out) == name
}

// explain prints the state of the product when a test has failed.
func explain(t *testing.T) {
	t.Helper()
	if !t.Failed() {
		return
	}
	explainWith(t, system,
		[]string{"get", "pods,endpointslices,certificates", "--output=wide"},
		[]string{"get", "events", "--sort-by=.lastTimestamp"},
		[]string{"logs", "--selector=app.kubernetes.io/name=namesake", "--tail=15", "--prefix"})
}

// explainWith prints the ends of what kubectl prints.
func explainWith(t *testing.T, namespace string, commands ...[]string) {
	t.Helper()
	for _, args := range commands {
		cmd := exec.Command("kubectl", append([]string{"--namespace", namespace}, args...)...)
		out, err := cmd.CombinedOutput() // The test's context has ended by now.
		lines := strings.Split(string(out), "\n")
		t.Logf("kubectl %s: %v\n%s", strings.Join(args, " "), err, strings.Join(lines[max(0, len(lines)-40):], "\n"))
	}
}

// install installs the product as the chart's README.md says, with further flags.
func (n *node) install(t *testing.T, flags ...string) {
	t.Helper()
	command := readme(t, "Install")[0]
	for i, word := range command {
		command[i] = strings.ReplaceAll(word, "REGISTRY", registry)
	}
	run(t, command[0], slices.Concat(command[1:], flags, []string{patience})...)
}

// uninstall removes the product, and waits until the managers are gone.
func (n *node) uninstall(t *testing.T) {
	t.Helper()
	helm(t, "uninstall", release, "--namespace", system, "--wait", patience)
}

// remove makes sure that the product is not installed, and that an earlier test left nothing but the CRDs.
func (n *node) remove(t *testing.T) {
	t.Helper()
	t.Cleanup(func() { explain(t) })
	if installed(t, release) {
		n.uninstall(t)
	}
	n.forget(t)
}

// forget deletes the certificates, which uninstalling leaves. Otherwise the next installation would find the last one's.
func (n *node) forget(t *testing.T) {
	t.Helper()
	kubectl(t, "--namespace", system, "wait", "pod", "--all", "--for=delete", patience)
	kubectl(t, "--namespace", system, "delete", "secret", "namesake-ca", "namesake-webhook-tls", "--ignore-not-found")
}

// ensure makes sure that the product is installed with the chart's defaults.
func (n *node) ensure(t *testing.T) {
	t.Helper()
	t.Cleanup(func() { explain(t) })
	if !installed(t, release) {
		n.install(t)
	}
}
