package reconcile

import (
	"context"
	"fmt"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// removal is what an admission policy of the cluster's own removes from new and changed objects of a kind.
type removal struct {
	group, resource string
	// expressions yield the lists of JSON patch operations.
	expressions []string
	// probe is a new object, and acted says whether the policy has changed it.
	probe func() client.Object
	acted func(client.Object) bool
}

// ofPods removes the label of that key from Pods.
func ofPods(key string) removal {
	return removal{
		resource: "pods",
		expressions: []string{fmt.Sprintf(`object.metadata.?labels[?%q].hasValue() ? `+
			`[JSONPatch{op: "remove", path: "/metadata/labels/" + jsonpatch.escapeKey(%q)}] : []`, key, key)},
		probe: func() client.Object { return builder.MakePod("probe").Label(key, "probe").Obj() },
		acted: func(pod client.Object) bool { return pod.GetLabels()[key] == "" },
	}
}

// ofSandboxes removes these maps of the metadata from Sandboxes.
func ofSandboxes(maps ...string) removal {
	r := removal{
		group: sandboxv1.GroupName, resource: "sandboxes",
		probe: func() client.Object {
			return builder.MakeSandbox("probe").Label("team", "blue").Annotation("team", "blue").Obj()
		},
		acted: func(sandbox client.Object) bool {
			left := map[string]map[string]string{"labels": sandbox.GetLabels(), "annotations": sandbox.GetAnnotations()}
			return left[maps[0]]["team"] == ""
		},
	}
	for _, name := range maps {
		r.expressions = append(r.expressions, fmt.Sprintf(`has(object.metadata.%s) ? [JSONPatch{op: "remove", path: "/metadata/%s"}] : []`, name, name))
	}
	return r
}

// remove creates the policy in the namespace, and returns a function that deletes it. Both return when the API server acts accordingly.
func remove(t *testing.T, n *suite.Namespace, r removal, on ...admissionv1.OperationType) (lift func()) {
	t.Helper()
	if !suite.Has(t, "MutatingAdmissionPolicy", 36) {
		t.Skip("this Kubernetes has no MutatingAdmissionPolicy")
	}
	policy := &admissionv1.MutatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: n.Name},
		Spec: admissionv1.MutatingAdmissionPolicySpec{
			ReinvocationPolicy: admissionv1.IfNeededReinvocationPolicy,
			MatchConstraints: &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: admissionv1.RuleWithOperations{
				Operations: on, Rule: admissionv1.Rule{APIGroups: []string{r.group}, APIVersions: []string{"*"}, Resources: []string{r.resource}},
			}}}},
		},
	}
	for _, expression := range r.expressions {
		policy.Spec.Mutations = append(policy.Spec.Mutations, admissionv1.Mutation{
			PatchType: admissionv1.PatchTypeJSONPatch, JSONPatch: &admissionv1.JSONPatch{Expression: expression},
		})
	}
	binding := &admissionv1.MutatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: n.Name},
		Spec: admissionv1.MutatingAdmissionPolicyBindingSpec{PolicyName: n.Name, MatchResources: &admissionv1.MatchResources{
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: n.Name}},
		}},
	}
	for _, obj := range []client.Object{policy, binding} {
		if err := n.Admin.Create(t.Context(), obj); err != nil {
			t.Fatal(err)
		}
	}
	drop := func() {
		for _, obj := range []client.Object{binding, policy} {
			if err := n.Admin.Delete(context.WithoutCancel(t.Context()), obj); client.IgnoreNotFound(err) != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(drop)
	await := func(want bool) {
		t.Helper()
		if err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
			probe := r.probe()
			probe.SetNamespace(n.Name)
			err := n.Controller.Create(ctx, probe, client.DryRunAll)
			return err == nil && r.acted(probe) == want, err
		}); err != nil {
			t.Fatalf("the policy does not come to act (%t): %v", want, err)
		}
	}
	await(true)
	return func() {
		t.Helper()
		drop()
		await(false)
	}
}

// unselected is what a Sandbox says whose Pod has no label of the template "python".
func unselected(pod string) string {
	return fmt.Sprintf(`False NetworkPolicyNotReady: Pod %q is under no NetworkPolicy of its template: it has not the label `+
		`agents.x-k8s.io/sandbox-template-ref-hash=%s of its Sandbox. A webhook or a policy of the cluster has removed the label, and has to leave it`,
		pod, rules.Hash("python"))
}

// A policy of the cluster takes from Pods the label by which the NetworkPolicy selects them. Neither the pool's Sandbox nor the cold claim
// becomes Ready, and both say why. When the policy is gone, they get the label, and go on.
func TestPodsThatLoseTheirTemplatesLabel(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	lift := remove(t, n, ofPods(sandboxv1.LabelTemplateRefHash), admissionv1.Create, admissionv1.Update)
	warm := n.Member(t, pool, "aaaaa")
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("cold").Pool("python").Obj())
	n.Step(t, claim)
	cold := suite.Get[sandboxv1.Sandbox](t, n, "cold")
	for _, sandbox := range []*sandboxv1.Sandbox{warm, cold} {
		n.Step(t, sandbox)
		n.RunPod(t, sandbox.Name)
		if result := n.Step(t, sandbox); result.RequeueAfter != time.Minute {
			t.Errorf("Sandbox %s is looked at again after %s", sandbox.Name, result.RequeueAfter)
		}
		if got := said(suite.Get[sandboxv1.Sandbox](t, n, sandbox.Name).Status.Conditions); got != unselected(sandbox.Name) {
			t.Errorf("Sandbox %s says\n%s", sandbox.Name, got)
		}
	}
	n.Settle(t)
	n.Step(t, claim)
	if got := said(suite.Get[extensionsv1.SandboxClaim](t, n, "cold").Status.Conditions); got != unselected("cold") {
		t.Errorf("the claim says\n%s", got)
	}
	n.AwaitOffer(t, pool, false)

	lift()
	for _, sandbox := range []*sandboxv1.Sandbox{warm, cold} {
		n.Step(t, sandbox)
		expectUnder(t, n, sandbox.Name, "python")
		if got := suite.Get[sandboxv1.Sandbox](t, n, sandbox.Name); !rules.IsReady(got) {
			t.Errorf("Sandbox %s is not Ready: %s", sandbox.Name, said(got.Status.Conditions))
		}
	}
	n.AwaitOffer(t, pool, true)
	n.Settle(t)
	n.Step(t, claim)
	if got := said(suite.Get[extensionsv1.SandboxClaim](t, n, "cold").Status.Conditions); got[:4] != "True" {
		t.Errorf("the claim says\n%s", got)
	}
}

// A Sandbox that was Ready is not any more when its Pod loses the label, and no claim is offered it.
func TestAReadyPodThatLosesItsTemplatesLabel(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	warm := n.Member(t, pool, "aaaaa")
	n.Step(t, warm)
	n.RunPod(t, warm.Name)
	n.Step(t, warm)
	n.AwaitOffer(t, pool, true)
	remove(t, n, ofPods(sandboxv1.LabelTemplateRefHash), admissionv1.Create, admissionv1.Update)
	pod := suite.Get[corev1.Pod](t, n, warm.Name)
	base := pod.DeepCopy()
	pod.Annotations = map[string]string{"note": "x"}
	if err := n.Controller.Patch(t.Context(), pod, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	n.Settle(t)
	n.Step(t, warm)
	if got := said(suite.Get[sandboxv1.Sandbox](t, n, warm.Name).Status.Conditions); got != unselected(warm.Name) {
		t.Errorf("it says\n%s", got)
	}
	n.AwaitOffer(t, pool, false)
}

// A policy of the cluster allows new Sandboxes neither our labels nor our annotations. Nothing says then under which NetworkPolicy the Pod
// has to be, so there is no Pod. With the annotation alone, the Sandbox gets its label again.
func TestSandboxesThatLoseTheirLabels(t *testing.T) {
	const lost = `and has neither the label agents.x-k8s.io/sandbox-template-ref-hash nor the annotation agents.x-k8s.io/sandbox-template-ref, ` +
		`without which no NetworkPolicy selects its Pod. A webhook or a policy of the cluster has removed them: make it leave the keys of Sandboxes alone, then delete this `
	t.Run("labels and annotations", func(t *testing.T) {
		n := suite.New(t)
		pool := n.Pool(t, "python")
		remove(t, n, ofSandboxes("labels", "annotations"), admissionv1.Create)
		expectWaits(t, n, n.Member(t, pool, "aaaaa"),
			`False NetworkPolicyNotReady: no Pod is created: this Sandbox is in SandboxWarmPool "python", `+lost+`Sandbox`)
		claim := suite.Create(t, n, n.Editor, builder.MakeClaim("cold").Pool("python").Obj())
		n.Step(t, claim)
		want := `False NetworkPolicyNotReady: no Pod is created: this Sandbox is that of SandboxClaim "cold", ` + lost + `Sandbox's claim`
		expectWaits(t, n, suite.Get[sandboxv1.Sandbox](t, n, "cold"), want)
		n.Settle(t)
		n.Step(t, claim)
		if got := said(suite.Get[extensionsv1.SandboxClaim](t, n, "cold").Status.Conditions); got != want {
			t.Errorf("the claim says\n%s", got)
		}
	})
	t.Run("labels", func(t *testing.T) {
		n := suite.New(t)
		pool := n.Pool(t, "python")
		remove(t, n, ofSandboxes("labels"), admissionv1.Create)
		warm := n.Member(t, pool, "aaaaa")
		if len(warm.Labels) != 0 {
			t.Fatalf("labels %v", warm.Labels)
		}
		n.Step(t, warm)
		expectUnder(t, n, warm.Name, "python")
	})
	t.Run("annotations", func(t *testing.T) {
		n := suite.New(t)
		pool := n.Pool(t, "python")
		remove(t, n, ofSandboxes("annotations"), admissionv1.Create)
		warm := n.Member(t, pool, "aaaaa")
		n.Step(t, warm)
		expectUnder(t, n, warm.Name, "python")
	})
}

// Nobody gets a container for debugging into a Pod whose Sandbox a claim may take, whatever labels the Pod has.
func TestDebuggingAWarmPodWithoutThePoolsLabel(t *testing.T) {
	debug := func(t *testing.T, n *suite.Namespace, name string) error {
		t.Helper()
		pod := suite.Get[corev1.Pod](t, n, name)
		pod.Spec.EphemeralContainers = append(pod.Spec.EphemeralContainers, corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon{
			Name: "debugger", Image: "evil:1", ImagePullPolicy: corev1.PullAlways, TerminationMessagePolicy: corev1.TerminationMessageReadFile,
		}})
		return n.Admin.SubResource("ephemeralcontainers").Update(t.Context(), pod)
	}
	for name, prepare := range map[string]func(*testing.T, *suite.Namespace){
		"with its labels": func(*testing.T, *suite.Namespace) {},
		"a policy removes the label": func(t *testing.T, n *suite.Namespace) {
			t.Helper()
			remove(t, n, ofPods(sandboxv1.LabelWarmPool), admissionv1.Create, admissionv1.Update)
		},
		"the template shares its labels": func(t *testing.T, n *suite.Namespace) {
			t.Helper()
			template := suite.Get[extensionsv1.SandboxTemplate](t, n, "python")
			template.Annotations = map[string]string{sandboxv1.AnnotationPodIdentity: sandboxv1.PodIdentityShared}
			if err := n.Editor.Update(t.Context(), template); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			pool := n.Pool(t, "python")
			prepare(t, n)
			warm := n.Member(t, pool, "aaaaa")
			n.Step(t, warm)
			n.RunPod(t, warm.Name)
			n.Step(t, warm)
			if got := suite.Get[corev1.Pod](t, n, warm.Name); (got.Labels[sandboxv1.LabelWarmPool] != "") != (name == "with its labels") {
				t.Fatalf("labels %v", got.Labels)
			}
			if err := debug(t, n, warm.Name); !apierrors.IsForbidden(err) {
				t.Errorf("debugging it in the pool: %v, want it forbidden", err)
			}
			n.AwaitOffer(t, pool, true)
			claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj())
			n.Settle(t)
			n.Step(t, claim)
			if got := suite.Get[sandboxv1.Sandbox](t, n, warm.Name); !rules.IsClaim(rules.ControllerOf(got)) {
				t.Fatal("it was not adopted")
			}
			n.Settle(t)
			n.Step(t, warm) // The Pod's labels follow: the API server's own policy goes by them.
			if err := debug(t, n, warm.Name); err != nil {
				t.Errorf("debugging it under the claim: %v", err)
			}
		})
	}
}
