package admission

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// formerFolder holds documents as users write them for agent-sandbox. They use every field that it has for what users write.
const formerFolder = "testdata/agent-sandbox/"

// Documents that were written for agent-sandbox are accepted under strict validation without a warning, and are served
// unchanged.
func TestDocumentsForAgentSandbox(t *testing.T) {
	n := suite.New(t)
	apply := func(file, want string) {
		t.Helper()
		output, _ := n.Kubectl(t, "", "apply", "--validate=strict", "-f", formerFolder+file)
		if diff := cmp.Diff(want, output); diff != "" {
			t.Fatalf("kubectl apply -f %s (-want +got):\n%s", file, diff)
		}
	}
	apply("administrator.yaml", "sandboxtemplate.extensions.agents.x-k8s.io/python-runtime-template created\n"+
		"sandboxwarmpool.extensions.agents.x-k8s.io/python-runtime-pool created\n")
	pool := suite.Get[extensionsv1.SandboxWarmPool](t, n, "python-runtime-pool")
	n.Step(t, suite.Get[extensionsv1.SandboxTemplate](t, n, "python-runtime-template"))
	n.Step(t, pool)
	var members sandboxv1.SandboxList
	list(t, user{n}, &members)
	for i := range members.Items {
		start(t, n, &members.Items[i])
	}
	n.Step(t, pool)
	n.AwaitOffer(t, pool, true)

	apply("user.yaml", "sandboxclaim.extensions.agents.x-k8s.io/sandbox-claim-3f9a1c07 created\nsandbox.agents.x-k8s.io/bare created\n")
	claim := suite.Get[extensionsv1.SandboxClaim](t, n, "sandbox-claim-3f9a1c07")
	n.Step(t, claim)
	had := suite.Get[extensionsv1.SandboxClaim](t, n, claim.Name).Status.Sandbox.Name
	start(t, n, suite.Get[sandboxv1.Sandbox](t, n, had)) // The Pod also has what the claim adds.
	n.Step(t, claim)
	start(t, n, suite.Get[sandboxv1.Sandbox](t, n, "bare"))

	claim = suite.Get[extensionsv1.SandboxClaim](t, n, claim.Name)
	expectReady(t, claim, claim.Status.Conditions)
	sandbox := suite.Get[sandboxv1.Sandbox](t, n, had)
	if !rules.ControlledBy(sandbox, claim) || sandbox.Labels[sandboxv1.LabelLaunchType] != sandboxv1.LaunchTypeWarm {
		t.Errorf("the claim has Sandbox %s, of %v, %s", had, sandbox.OwnerReferences, sandbox.Labels[sandboxv1.LabelLaunchType])
	}
	if output, ok := n.Kubectl(t, "", "diff", "-f", formerFolder+"administrator.yaml", "-f", formerFolder+"user.yaml"); !ok || output != "" {
		t.Errorf("kubectl diff:\n%s", output)
	}
	for _, file := range []string{"administrator.yaml", "user.yaml"} {
		for _, document := range documents(t, formerFolder+file) {
			stored := &unstructured.Unstructured{}
			stored.SetGroupVersionKind(document.GroupVersionKind())
			if err := n.Admin.Get(t.Context(), client.ObjectKey{Namespace: n.Name, Name: document.GetName()}, stored); err != nil {
				t.Fatal(err)
			}
			expectWithin(t, document.GetKind(), document.Object, stored.Object)
		}
	}
}

// start creates the Pod of sandbox and makes it run.
func start(t *testing.T, n *suite.Namespace, sandbox *sandboxv1.Sandbox) {
	t.Helper()
	n.Step(t, sandbox)
	n.RunPod(t, sandbox.Name)
	n.Step(t, sandbox)
	sandbox = suite.Get[sandboxv1.Sandbox](t, n, sandbox.Name)
	expectReady(t, sandbox, sandbox.Status.Conditions)
}

func expectReady(t *testing.T, obj client.Object, conditions []metav1.Condition) {
	t.Helper()
	if !meta.IsStatusConditionTrue(conditions, "Ready") {
		t.Fatalf("%T %s is not Ready: %v", obj, obj.GetName(), conditions)
	}
}

// documents reads the objects in a file.
func documents(t *testing.T, file string) []*unstructured.Unstructured {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var objects []*unstructured.Unstructured
	for document := range strings.SplitSeq(string(text), "\n---\n") {
		object := &unstructured.Unstructured{}
		encoded, err := yaml.YAMLToJSON([]byte(document))
		if err == nil {
			err = object.UnmarshalJSON(encoded)
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		objects = append(objects, object)
	}
	return objects
}

// expectWithin fails t for each part of want, which is at path, that got lacks. It ignores what only got has.
func expectWithin(t *testing.T, path string, want, got any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		fields, _ := got.(map[string]any) // A value of another type has no fields.
		for key, value := range want {
			expectWithin(t, path+"."+key, value, fields[key])
		}
	case []any:
		elements, _ := got.([]any)
		if len(elements) != len(want) {
			t.Errorf("%s has %d elements, want %d", path, len(elements), len(want))
			return
		}
		for i, value := range want {
			expectWithin(t, fmt.Sprintf("%s[%d]", path, i), value, elements[i])
		}
	default:
		if want != got {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
}
