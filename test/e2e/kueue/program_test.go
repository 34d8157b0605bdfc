// Package kueue tests that Kueue may hold the Pods of Sandboxes, with a real Kueue: its program, definitions and webhooks.
package kueue

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/cert"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

const (
	health, webhook = "127.0.0.1:18081", "127.0.0.1:19443"

	// metricsCertificates is where Kueue's program looks for a certificate of its metrics, wherever it runs.
	metricsCertificates = "/etc/kueue/metrics/certs"
	configuration       = `
apiVersion: config.kueue.x-k8s.io/v1beta2
kind: Configuration
health: {healthProbeBindAddress: "` + health + `"}
metrics: {bindAddress: "127.0.0.1:18443"}
webhook: {port: 19443, certDir: CERTIFICATES}
leaderElection: {leaderElect: false}
internalCertManagement: {enable: false}
integrations: {frameworks: [pod]}
`
)

// start installs Kueue, as far as it is about Pods, and runs it until the test ends.
func start(t *testing.T, s *scene.Scene) {
	t.Helper()
	program, source := os.Getenv("NAMESAKE_KUEUE"), os.Getenv("NAMESAKE_KUEUE_SOURCE")
	if program == "" || source == "" {
		t.Fatal("NAMESAKE_KUEUE and NAMESAKE_KUEUE_SOURCE are not set: run make test-kueue")
	}
	certificate, key, err := cert.GenerateSelfSignedCertKey("127.0.0.1", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, folder := range []string{dir, metricsCertificates} {
		write(t, filepath.Join(folder, "tls.crt"), certificate)
		write(t, filepath.Join(folder, "tls.key"), key)
	}
	config := filepath.Join(dir, "config.yaml")
	write(t, config, []byte(strings.ReplaceAll(configuration, "CERTIFICATES", dir)))

	definitions, err := filepath.Glob(filepath.Join(source, "config", "components", "crd", "bases", "*.yaml"))
	if err != nil || len(definitions) == 0 {
		t.Fatalf("%s has no definitions: %v", source, err)
	}
	for _, file := range definitions {
		for _, definition := range read(t, file) {
			apply(t, s, definition)
			awaitServed(t, s, definition)
		}
	}
	hooks := read(t, filepath.Join(source, "config", "components", "webhook", "manifests.yaml"))
	for _, hook := range hooks {
		point(t, hook, certificate)
	}
	run(t, program, "--config", config, "--kubeconfig", os.Getenv("KUBECONFIG"), "--feature-gates=VisibilityOnDemand=false")
	apply(t, s, hooks...)
}

// write writes a file that is gone when the test ends.
func write(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(file) })
}

// read returns the objects of a YAML stream.
func read(t *testing.T, file string) []*unstructured.Unstructured {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var objects []*unstructured.Unstructured
	for document := range bytes.SplitSeq(append([]byte("\n"), content...), []byte("\n---")) {
		obj := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(document, &obj.Object); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if len(obj.Object) > 0 {
			objects = append(objects, obj)
		}
	}
	return objects
}

// apply creates objects of the whole cluster, which are gone when the test ends, as soon as the API server knows their kinds and is
// answered.
func apply(t *testing.T, s *scene.Scene, objects ...*unstructured.Unstructured) {
	t.Helper()
	for _, obj := range objects {
		var last error
		if err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, scene.Soon, true, func(ctx context.Context) (bool, error) {
			last = s.Admin.Create(ctx, obj.DeepCopy())
			return last == nil, nil
		}); err != nil {
			t.Fatalf("creating %s %s: %v", obj.GetKind(), obj.GetName(), last)
		}
		t.Cleanup(func() {
			if err := s.Admin.Delete(context.Background(), obj); client.IgnoreNotFound(err) != nil {
				t.Error(err)
			}
		})
	}
}

// awaitServed waits until the API server serves the objects of a definition.
func awaitServed(t *testing.T, s *scene.Scene, definition *unstructured.Unstructured) {
	t.Helper()
	await(t, func(ctx context.Context) (string, error) {
		err := s.Admin.Get(ctx, client.ObjectKeyFromObject(definition), definition)
		conditions, _, _ := unstructured.NestedSlice(definition.Object, "status", "conditions")
		for _, one := range conditions {
			if condition, ok := one.(map[string]any); ok && condition["type"] == "Established" && condition["status"] == "True" {
				return "", err
			}
		}
		return definition.GetName() + " is not served yet", err
	})
}

// point lets the webhooks of a configuration that are about Pods, or about Kueue's own objects, be called where the program is, and drops
// the others. As in Kueue's own installation, they leave the namespaces of the cluster and its software alone.
func point(t *testing.T, configuration *unstructured.Unstructured, certificate []byte) {
	t.Helper()
	configuration.SetName("kueue-" + configuration.GetName())
	all, _, err := unstructured.NestedSlice(configuration.Object, "webhooks")
	if err != nil {
		t.Fatal(err)
	}
	var kept []any
	for _, one := range all {
		hook := one.(map[string]any) //nolint:forcetypeassert // webhooks are
		rules, _, _ := unstructured.NestedSlice(hook, "rules")
		path, _, _ := unstructured.NestedString(hook, "clientConfig", "service", "path")
		if !strings.Contains(path, "-kueue-") && !strings.HasSuffix(path, "-v1-pod") || len(rules) == 0 {
			continue
		}
		hook["clientConfig"] = map[string]any{"url": "https://" + webhook + path, "caBundle": toBase64(certificate)}
		hook["namespaceSelector"] = map[string]any{"matchExpressions": []any{map[string]any{
			"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": []any{"kube-system", "namesake-system"},
		}}}
		kept = append(kept, hook)
	}
	if len(kept) == 0 {
		t.Fatalf("%s has no webhook for Pods", configuration.GetName())
	}
	if err := unstructured.SetNestedSlice(configuration.Object, kept, "webhooks"); err != nil {
		t.Fatal(err)
	}
}

// run runs program until the test ends, and returns when it is ready.
func run(t *testing.T, program string, args ...string) {
	t.Helper()
	log := &bytes.Buffer{}
	command := exec.CommandContext(context.WithoutCancel(t.Context()), program, args...) // It runs while the test cleans up.
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = command.Wait() // It is killed.
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("Kueue's log ends with\n%s", log.Bytes()[max(0, log.Len()-20_000):])
		}
	})
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, scene.Soon, true, func(ctx context.Context) (bool, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+health+"/readyz", http.NoBody)
		if err != nil {
			return false, err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false, nil
		}
		return response.StatusCode == http.StatusOK, response.Body.Close()
	})
	if err != nil {
		t.Fatalf("Kueue does not become ready: %v", err)
	}
}
