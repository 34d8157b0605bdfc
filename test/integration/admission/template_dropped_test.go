package admission

import (
	"fmt"
	"strings"
	"testing"

	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A template asks for what this API server does not have, which it drops from Pods without a word: without user namespaces, say, a Pod
// runs as root of its node. The template's author reads which fields these are, and of no others.
func TestATemplateWithFieldsThatAreDropped(t *testing.T) {
	n := suite.New(t)
	const manifest = `
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxTemplate
metadata: {name: later}
spec:
  podTemplate:
    spec:
      hostUsers: false
      resources: {limits: {cpu: 1, memory: 1Gi}}
      evictionResponders: [{name: example.com/agent, priority: 10000}]
      tolerations: [{key: dedicated, operator: Exists}]
      containers:
      - {name: main, image: python:3.13-slim, volumeMounts: [{name: tools, mountPath: /tools}, {name: tools, mountPath: /bin, subPath: bin}]}
      volumes:
      - {name: tools, image: {reference: "example.com/tools:v1"}}`
	output, ok := n.Kubectl(t, manifest, "apply", "-f", "-")
	if !ok {
		t.Fatal(output)
	}
	for _, field := range []struct {
		path  string
		since int // the minor version of Kubernetes that has it without a feature gate
	}{
		{"hostUsers", 33}, {"resources", 34}, {"volumes[0].image", 35},
		{"evictionResponders", 99}, // 1.36 does not know it, and in 1.37 it is alpha.
	} {
		want := suite.KubernetesMinor(t) < field.since
		warning := fmt.Sprintf("Warning: spec.podTemplate.spec.%s: ignored: this Kubernetes does not have it", field.path)
		if got := strings.Contains(output, warning); got != want {
			t.Errorf("it warns of %s: %t, want %t:\n%s", field.path, got, want, output)
		}
		output = strings.Replace(output, warning, "", 1)
	}
	if strings.Contains(output, "Warning: ") {
		t.Errorf("it warns of what it has:\n%s", output)
	}
}
