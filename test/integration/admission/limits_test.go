package admission

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// large writes n items, made of a number each.
func large(n int, item string) string {
	var all strings.Builder
	for i := range n {
		all.WriteString(strings.ReplaceAll(item, "#", fmt.Sprint(i)) + ", ")
	}
	return all.String()
}

const (
	largeVolume = "{metadata: {name: v#}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: '1Gi'}}}}"
	main        = "{name: main, image: python:3.13-slim}"
)

func podOf(text string) string {
	return "podTemplate: {spec: {containers: [" + main + "], " + text + "}}"
}

func limitsOf(quantity string) string {
	return "podTemplate: {spec: {containers: [{name: main, image: python:3.13-slim, resources: {limits: {cpu: '" + quantity + "'}}}]}}"
}

func volumesOf(quantity string) string {
	return "volumeClaimTemplates: [" + strings.NewReplacer("1Gi", quantity, "#", "0").Replace(largeVolume) + "]"
}

// TestLargeObjects checks that what is too large is refused, with the field that is and a short answer. "go test -v" prints how long
// each takes.
func TestLargeObjects(t *testing.T) {
	n := suite.New(t)
	overrides := "envVarsInjectionPolicy: Overrides, volumeClaimTemplatesPolicy: Overrides, " + podOf("")
	suite.Create(t, n, n.Editor, described(t, n, "SandboxTemplate", "large", overrides))
	for name, tc := range map[string]struct {
		kind, spec, field string
		// rest is how many causes there are beyond those that are named.
		rest int
	}{
		"A1: a negative exponent in a Sandbox":       {"Sandbox", limitsOf("1e-900000000"), "containers[0].resources.limits", 0},
		"A1: in a template":                          {"SandboxTemplate", limitsOf("1e-900000000"), "containers[0].resources.limits", 0},
		"A1: in a claim's volume":                    {"SandboxClaim", "sandboxTemplateRef: {name: large}, " + volumesOf("1e-900000000"), "volumeClaimTemplates[0].spec.resources.requests", 0},
		"A1: a smaller one":                          {"Sandbox", limitsOf("1e-1000000"), "containers[0].resources.limits", 0},
		"A1: in an emptyDir":                         {"Sandbox", podOf("volumes: [{name: a, emptyDir: {sizeLimit: '1e-900000000'}}]"), "volumes[0].emptyDir.sizeLimit", 0},
		"A1: a million digits":                       {"Sandbox", limitsOf(strings.Repeat("1", 1000000)), "containers[0].resources.limits", 0},
		"A3: a positive exponent in a Sandbox":       {"Sandbox", limitsOf("1e900000000"), "containers[0].resources.limits", 0},
		"A3: in a Sandbox's volume":                  {"Sandbox", podOf("") + ", " + volumesOf("1e900000000"), "volumeClaimTemplates[0].spec.resources.requests", 0},
		"A3: in the overhead of a template":          {"SandboxTemplate", podOf("overhead: {cpu: '1E+900000000'}"), "overhead", 0},
		"A4: 5,000 tolerations in a template":        {"SandboxTemplate", podOf("tolerations: [" + large(5000, "{}") + "]"), "spec.podTemplate.spec.tolerations", 0},
		"A4: 400,000 in a Sandbox":                   {"Sandbox", podOf("tolerations: [" + large(400000, "{}") + "]"), "spec.podTemplate.spec.tolerations", 0},
		"A4: 200 wrong ones, which the schema takes": {"SandboxTemplate", podOf("tolerations: [" + large(200, "{operator: Wrong#}") + "]"), "spec.podTemplate.spec.tolerations[0].operator", 2*200 - rules.MaxCauses},
		"A4: 2,000 host aliases":                     {"SandboxTemplate", podOf("hostAliases: [" + large(2000, "{ip: a}") + "]"), "spec.podTemplate.spec.hostAliases", 0},
		"A4: 200 init containers":                    {"Sandbox", podOf("initContainers: [" + large(200, "{name: a}") + "]"), "spec.podTemplate.spec.initContainers", 0},
		"A5: 10,000 labels in a claim":               {"SandboxClaim", "sandboxTemplateRef: {name: large}, additionalPodMetadata: {labels: {" + large(10000, "k#: v") + "}}", "spec.additionalPodMetadata.labels", 0},
		"A5: 50,000":                                 {"SandboxClaim", "sandboxTemplateRef: {name: large}, additionalPodMetadata: {labels: {" + large(50000, "k#: v") + "}}", "object", 0},
		"A5: 200 of no allowed domain":               {"SandboxClaim", "sandboxTemplateRef: {name: large}, additionalPodMetadata: {labels: {" + large(200, "k#: v") + "}}", "spec.additionalPodMetadata.labels[k0]", 200 - rules.MaxCauses},
		"A5: 3,000 annotations":                      {"SandboxClaim", "sandboxTemplateRef: {name: large}, additionalPodMetadata: {annotations: {" + large(3000, "k8s.io/k#: v") + "}}", "spec.additionalPodMetadata.annotations", 0},
		"A5: 30,000 variables":                       {"SandboxClaim", "sandboxTemplateRef: {name: large}, env: [" + large(30000, "{name: A#, value: a}") + "]", "object", 0},
		"A5: 1,000 variables for no container":       {"SandboxClaim", "sandboxTemplateRef: {name: large}, env: [" + large(1000, "{name: A#, value: a, containerName: none}") + "]", "spec.env[0].containerName", 1000 - rules.MaxCauses},
		"A5: 40,000 volumes":                         {"SandboxClaim", "sandboxTemplateRef: {name: large}, volumeClaimTemplates: [" + large(40000, "{metadata: {name: v#}, spec: {}}") + "]", "object", 0},
		"A5: 300 volumes":                            {"SandboxClaim", "sandboxTemplateRef: {name: large}, volumeClaimTemplates: [" + large(300, largeVolume) + "]", "spec.volumeClaimTemplates", 0},
	} {
		t.Run(name, func(t *testing.T) {
			object := described(t, n, tc.kind, "huge", tc.spec)
			began := time.Now() //nolint:forbidigo // It is printed, and nothing depends on it.
			err := n.Editor.Create(t.Context(), object)
			t.Logf("answered after %v", time.Since(began)) //nolint:forbidigo // As above.
			expectShort(t, err, tc.field, tc.rest)
			stored := &unstructured.Unstructured{}
			stored.SetGroupVersionKind(described(t, n, tc.kind, "huge", "").GroupVersionKind())
			if err := n.Admin.Get(t.Context(), client.ObjectKey{Namespace: n.Name, Name: "huge"}, stored); !apierrors.IsNotFound(err) {
				t.Errorf("it is stored: %v", err)
			}
		})
	}
}

// described returns an object of a kind with a spec in YAML.
func described(t *testing.T, n *suite.Namespace, kind, name, spec string) *unstructured.Unstructured {
	t.Helper()
	group := "extensions.agents.x-k8s.io"
	if kind == "Sandbox" {
		group = "agents.x-k8s.io"
	}
	fields := map[string]any{}
	if err := yaml.Unmarshal([]byte("{"+spec+"}"), &fields); err != nil {
		t.Fatal(err)
	}
	object := &unstructured.Unstructured{Object: map[string]any{"spec": fields}}
	object.SetAPIVersion(group + "/v1beta1")
	object.SetKind(kind)
	object.SetNamespace(n.Name)
	object.SetName(name)
	return object
}

// expectShort expects a refusal that names field first, or among its causes, in a short text, and says how many more there are.
func expectShort(t *testing.T, err error, field string, rest int) {
	t.Helper()
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Code != 422 {
		t.Fatalf("want a 422, got %.1000v", err)
	}
	names := func(cause metav1.StatusCause) bool {
		return strings.Contains(cause.Field, strings.TrimPrefix(field, "object"))
	}
	causes := status.Status().Details.Causes
	if len(causes) > rules.MaxCauses+2 || !slices.ContainsFunc(causes, names) {
		t.Errorf("%d causes, want %s among them: %.1000v", len(causes), field, err)
	}
	if length := len(err.Error()); length > 16<<10 {
		t.Errorf("a message of %d characters", length)
	}
	if more := fmt.Sprintf("and %d more", rest); rest > 0 && !strings.HasSuffix(err.Error(), more) {
		t.Errorf("want %q at the end of %.2000v", more, err)
	}
}

// TestAVolumeOfAClaimGrowsTooLarge is A2: the claim keeps what it has.
func TestAVolumeOfAClaimGrowsTooLarge(t *testing.T) {
	n := suite.New(t)
	claim := suite.Create(t, n, n.Editor, described(t, n, "SandboxClaim", "growing", "warmPoolRef: {name: later}, "+volumesOf("1e1")))
	for name, storage := range map[string]string{
		"a positive exponent": "1e900000000", "a negative exponent": "1e-900000000", "an exponent that Go does not read": "1e1.5", "many digits": strings.Repeat("1", 1000),
	} {
		t.Run(name, func(t *testing.T) {
			patch := `[{"op":"replace","path":"/spec/volumeClaimTemplates/0/spec/resources/requests/storage","value":"` + storage + `"}]`
			err := n.Editor.Patch(t.Context(), claim.DeepCopy(), client.RawPatch("application/json-patch+json", []byte(patch)))
			expectShort(t, err, "spec.volumeClaimTemplates[0].spec.resources.requests", 0)
		})
	}
}

// TestALargeQuantityInAPod checks that the API server, which validates a Pod after admission, never comes to it.
func TestALargeQuantityInAPod(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("large").Namespace(n.Name).Obj())
	for name, spec := range map[string]string{
		"a limit":           "containers: [{name: main, image: python, resources: {limits: {cpu: '1e999'}}}]",
		"an overhead":       "containers: [" + main + "], overhead: {cpu: '1e999'}",
		"an init container": "containers: [" + main + "], initContainers: [{name: a, image: a, resources: {requests: {memory: '1e999'}}}]",
	} {
		t.Run(name, func(t *testing.T) {
			pod := described(t, n, "Pod", "large", spec)
			pod.SetAPIVersion("v1")
			pod.SetOwnerReferences([]metav1.OwnerReference{*rules.SandboxOwner(sandbox)})
			expectShort(t, n.Editor.Create(t.Context(), pod, client.DryRunAll), "spec.", 0)
		})
	}
}
