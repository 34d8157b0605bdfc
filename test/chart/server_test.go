package chart

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// environment is for tests that only read. Tests that install the chart have their own.
var environment envtest.Environment

var start = sync.OnceValues(func() (*rest.Config, error) {
	config, err := startIn(&environment)
	if err != nil {
		return nil, err
	}
	c, err := client.New(config, client.Options{})
	if err != nil {
		return nil, err
	}
	for _, name := range servedNamespaces {
		if err := c.Create(context.Background(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			return nil, err
		}
	}
	return config, nil
})

// servedNamespaces are those that variants of the chart serve.
var servedNamespaces = []string{"team-a", "team-b"}

// startIn starts an API server that knows the definitions of cert-manager and of the Prometheus operator, and has a namespace
// in which the strictest Pod Security Standard is enforced.
func startIn(environment *envtest.Environment) (*rest.Config, error) {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		return nil, errors.New("KUBEBUILDER_ASSETS is not set: it names the folder with kube-apiserver and etcd, which " +
			"`go -C test/cluster run . assets` builds and prints")
	}
	certManager, err := moduleFolder("github.com/cert-manager/cert-manager")
	if err != nil {
		return nil, err
	}
	operator, err := moduleFolder("github.com/prometheus-operator/prometheus-operator")
	if err != nil {
		return nil, err
	}
	definitions := filepath.Join(operator, "example", "prometheus-operator-crd")
	environment.ErrorIfCRDPathMissing = true
	environment.CRDDirectoryPaths = []string{
		filepath.Join(certManager, "deploy", "crds"),
		filepath.Join(definitions, "monitoring.coreos.com_servicemonitors.yaml"),
		filepath.Join(definitions, "monitoring.coreos.com_prometheusrules.yaml"),
	}
	config, err := environment.Start()
	if err != nil {
		return nil, err
	}
	c, err := client.New(config, client.Options{})
	if err != nil {
		return nil, err
	}
	return config, c.Create(context.Background(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name:   namespace,
		Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"},
	}})
}

// moduleFolder returns the folder of a module in the module cache, in the version that neighbours/go.mod pins.
func moduleFolder(module string) (string, error) {
	for _, args := range [][]string{{"mod", "download", module}, {"list", "-m", "-f", "{{.Dir}}", module}} {
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Env = "neighbours", append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off")
		out, err := cmd.CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
		}
		if args[0] == "list" {
			return strings.TrimSpace(string(out)), nil
		}
	}
	return "", nil
}

func TestMain(m *testing.M) {
	log.SetLogger(klog.Background()) // Otherwise the clients complain that they have no logger.

	code := m.Run()
	if environment.Config != nil {
		if err := environment.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stopping the API server:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// warnings collects the API server's warnings about objects that it accepts.
type warnings struct{ texts []string }

// HandleWarningHeader implements rest.WarningHandler.
func (w *warnings) HandleWarningHeader(_ int, _, text string) { w.texts = append(w.texts, text) }

func server(t *testing.T) (client.Client, *warnings) {
	t.Helper()
	config, err := start()
	if err != nil {
		t.Fatal(err)
	}
	config, said := rest.CopyConfig(config), &warnings{}
	config.WarningHandler = said
	c, err := client.New(config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return client.WithFieldValidation(c, metav1.FieldValidationStrict), said
}

func TestTheAPIServerTakesEveryVariant(t *testing.T) {
	for name, values := range variants {
		t.Run(name, func(t *testing.T) {
			var expected []string
			if slices.Contains(values, "hostNetwork=true") {
				expected = []string{`would violate PodSecurity "restricted:latest": host namespaces (hostNetwork=true)`}
			}
			dryRun(t, render(t, values...), expected...)
		})
	}
}

func TestTheAPIServerTakesConfig(t *testing.T) {
	for _, folder := range []string{"default", "prometheus"} {
		t.Run(folder, func(t *testing.T) {
			var objects []object
			for _, o := range kustomize(t, folder) {
				if o["kind"] != "Namespace" { // The namespace exists already.
					objects = append(objects, o)
				}
			}
			dryRun(t, objects)
		})
	}
}

// dryRun lets the API server check objects as if they were created. It fails on an unknown field, and unless the warnings are those
// that are expected.
func dryRun(t *testing.T, objects []object, expected ...string) {
	t.Helper()
	c, said := server(t)
	var warned []string
	for _, o := range objects {
		if err := c.Create(t.Context(), &unstructured.Unstructured{Object: o}, client.DryRunAll); err != nil {
			t.Errorf("%s %v: %v", o["kind"], at(o, "metadata", "name"), err)
		}
		warned = append(warned, said.texts...)
		said.texts = nil
	}
	if diff := cmp.Diff(expected, warned); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

// The API server only warns about a Deployment whose Pods would not be allowed, so this test creates the Pod.
func TestTheManagersPodIsRestricted(t *testing.T) {
	template, _ := at(named(render(t), "Deployment", "namesake"), "spec", "template").(object)
	pod := object{"apiVersion": "v1", "kind": "Pod", "metadata": template["metadata"], "spec": template["spec"]}
	metadata, _ := pod["metadata"].(object)
	metadata["name"], metadata["namespace"] = "namesake", namespace
	spec, _ := pod["spec"].(object)
	delete(spec, "priorityClassName") // The priority class does not exist in a dry run.
	dryRun(t, []object{pod})
}
