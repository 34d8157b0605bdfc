package chart

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// installation is an API server in which the chart is really installed. Nothing runs there: no Pod, and no cert-manager.
type installation struct {
	client     client.Client
	config     *rest.Config
	kubeconfig string
}

func newInstallation(t *testing.T) *installation {
	t.Helper()
	return newInstallationIn(t, &envtest.Environment{})
}

// newInstallationIn is newInstallation in an environment that is not started yet.
func newInstallationIn(t *testing.T, own *envtest.Environment) *installation {
	t.Helper()
	config, err := startIn(own)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := own.Stop(); err != nil {
			t.Error(err)
		}
	})
	c, err := client.New(config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, own.KubeConfig, 0o600); err != nil {
		t.Fatal(err)
	}
	return &installation{client: c, config: config, kubeconfig: kubeconfig}
}

func (i *installation) helm(t *testing.T, args ...string) {
	t.Helper()
	i.helmIn(t, namespace, args...)
}

// helmIn runs helm for a release in any namespace.
func (i *installation) helmIn(t *testing.T, namespace string, args ...string) (stdout string) {
	t.Helper()
	args = append(args, "--namespace", namespace)
	out, problems, err := helmIn(t, i.kubeconfig, args...)
	if err != nil {
		t.Fatalf("helm %s: %v\n%s%s", strings.Join(args, " "), err, out, problems)
	}
	return out
}

// get returns an object, or nil if there is none.
func (i *installation) get(t *testing.T, apiVersion, kind, name string) object {
	t.Helper()
	o := &unstructured.Unstructured{Object: object{"apiVersion": apiVersion, "kind": kind}}
	key := client.ObjectKey{Name: name}
	if kind == "Sandbox" {
		key.Namespace = namespace
	}
	err := i.client.Get(t.Context(), key, o)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return o.Object
}

func (i *installation) crd(t *testing.T) object {
	t.Helper()
	return i.get(t, "apiextensions.k8s.io/v1", "CustomResourceDefinition", "sandboxes.agents.x-k8s.io")
}

func (i *installation) webhooks(t *testing.T) object {
	t.Helper()
	return i.get(t, "admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "namesake")
}

func TestInstallUpgradeUninstall(t *testing.T) {
	cluster := newInstallation(t)
	cluster.helm(t, "install", release, chartFolder)

	// cert-manager's cainjector does this.
	injected := &unstructured.Unstructured{Object: cluster.webhooks(t)}
	webhooks, _ := injected.Object["webhooks"].([]any)
	for i := range webhooks {
		clientConfig, _ := at(webhooks, i, "clientConfig").(object)
		clientConfig["caBundle"] = caBundle
	}
	if err := cluster.client.Update(t.Context(), injected, client.FieldOwner("cainjector")); err != nil {
		t.Fatal(err)
	}

	cluster.helm(t, "upgrade", release, changedChart(t), "--set", "commonLabels.upgraded=really")
	if got := at(cluster.crd(t), "spec", "names", "shortNames", 0); got != "upgraded" {
		t.Errorf("helm upgrade leaves the CRDs as they were: the short name is %v", got)
	}
	if got := at(cluster.webhooks(t), "webhooks", 0, "clientConfig", "caBundle"); got != caBundle {
		t.Errorf("helm upgrade takes away what cert-manager injected: the caBundle is %v", got)
	}
	if got := at(cluster.webhooks(t), "metadata", "labels", "upgraded"); got != "really" {
		t.Error("helm upgrade does not upgrade the webhook configurations")
	}

	cluster.helm(t, "uninstall", release)
	if cluster.webhooks(t) != nil {
		t.Error("helm uninstall keeps the webhook configurations, and so nobody can create a Sandbox")
	}
	if cluster.crd(t) == nil {
		t.Fatal("helm uninstall removes the CRDs, and every Sandbox with them")
	}
	sandbox := &unstructured.Unstructured{Object: object{
		"apiVersion": "agents.x-k8s.io/v1beta1", "kind": "Sandbox", "metadata": object{"name": "kept", "namespace": namespace},
		"spec": object{"podTemplate": object{"spec": object{"containers": []any{object{"name": "a", "image": "a"}}}}},
	}}
	if err := cluster.client.Create(t.Context(), sandbox); err != nil {
		t.Fatal(err)
	}

	cluster.helm(t, "install", release, chartFolder)
	if kept := cluster.get(t, "agents.x-k8s.io/v1beta1", "Sandbox", "kept"); at(kept, "metadata", "uid") != string(sandbox.GetUID()) {
		t.Error("installing again loses a Sandbox")
	}
	cluster.helm(t, "upgrade", release, chartFolder, "--set", "crds.keep=false")
	cluster.helm(t, "uninstall", release)
	if crd := cluster.crd(t); crd != nil && at(crd, "metadata", "deletionTimestamp") == nil {
		t.Error("helm uninstall keeps the CRDs with crds.keep=false")
	}
}

// caBundle is the beginning of a certificate. The API server looks no further.
const caBundle = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t"

// changedChart returns a copy of the chart in which a CRD has another short name.
func changedChart(t *testing.T) string {
	t.Helper()
	changed := filepath.Join(t.TempDir(), "namesake")
	if err := os.CopyFS(changed, os.DirFS(chartFolder)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(changed, "templates", "crds", "agents.x-k8s.io_sandboxes.yaml")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content = bytes.Replace(content, []byte("shortNames:\n    - sandbox\n"), []byte("shortNames:\n    - upgraded\n"), 1)
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return changed
}
