package admission

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
	"github.com/namesake-sandbox/namesake/webhooks"
)

// Most of a cluster's Pods have nothing to do with Sandboxes. None of their writes may depend on the webhooks.
func TestPlainPodsCostNoCall(t *testing.T) {
	n := suite.New(t)
	const pods = 50
	calls, kept := suite.Calls(t), suite.KeptAway(t)
	for i := range pods {
		pod := suite.Create(t, n, n.Editor, builder.MakePod(fmt.Sprintf("plain-%d", i)).Obj())
		base := pod.DeepCopy()
		pod.Labels = map[string]string{"team": "blue"}
		if err := n.Editor.Patch(t.Context(), pod, client.MergeFrom(base)); err != nil {
			t.Fatal(err)
		}
		n.RunPod(t, pod.Name)
	}
	calls.Expect(t, suite.Calls, suite.Counts{})
	kept.ExpectAtLeast(t, suite.KeptAway, suite.Counts{
		"pod.mutate CREATE": pods, "pod.validate CREATE": pods, "pod.validate UPDATE": 2 * pods,
	})
}

// A Pod that is no Sandbox's costs a call only where it gets a label of Sandboxes' Pods, by whatever write. One that has such
// a label already costs none.
func TestALabelOfSandboxesCostsACall(t *testing.T) {
	n := suite.New(t)
	const created, updated = "pod.validate CREATE", "pod.validate UPDATE"
	for _, key := range []string{
		sandboxv1.LabelSandboxNameHash, sandboxv1.LabelSandboxUID, sandboxv1.LabelWarmPool, sandboxv1.LabelTemplateRefHash, sandboxv1.LabelClaimUID,
	} {
		t.Run(key, func(t *testing.T) {
			name := strings.TrimPrefix(key, sandboxv1.ReservedPrefix)
			before := suite.Calls(t)
			thief := builder.MakePod("thief").Namespace(n.Name).Label(key, "v").Obj()
			if err := n.Editor.Create(t.Context(), thief); !apierrors.IsForbidden(err) {
				t.Errorf("created with the label: %v", err)
			}
			before.Expect(t, suite.Calls, suite.Counts{created: 1})

			before = suite.Calls(t)
			plain := suite.Create(t, n, n.Editor, builder.MakePod("plain-"+name).Obj())
			before.Expect(t, suite.Calls, suite.Counts{})
			label := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"metadata":{"labels":{%q:"v"}}}`, key))
			if err := n.Editor.Patch(t.Context(), plain, label); !apierrors.IsForbidden(err) {
				t.Errorf("labelled: %v", err)
			}
			if err := n.Admin.Status().Patch(t.Context(), plain, label); !apierrors.IsForbidden(err) {
				t.Errorf("labelled by its status: %v", err)
			}
			before.Expect(t, suite.Calls, suite.Counts{updated: 2})

			// As if it had been there before the webhook: nobody refuses the controller.
			old := suite.Create(t, n, n.Controller, builder.MakePod("old-"+name).Label(key, "v").Obj())
			before = suite.Calls(t)
			base := old.DeepCopy()
			old.Labels["team"] = "blue"
			if err := n.Editor.Patch(t.Context(), old, client.MergeFrom(base)); err != nil {
				t.Error(err)
			}
			n.RunPod(t, old.Name)
			base = old.DeepCopy()
			delete(old.Labels, key)
			if err := n.Editor.Patch(t.Context(), old, client.MergeFrom(base)); err != nil {
				t.Error(err)
			}
			before.Expect(t, suite.Calls, suite.Counts{})
		})
	}
}

// A separate webhook checks the request that a replica makes before it is ready, and no other does. The label of that request lets
// no Sandbox escape the check.
func TestTheProbeIsCheckedOnce(t *testing.T) {
	n := suite.New(t)
	labelled := builder.MakeSandbox("labelled").Label(webhooks.LabelProbe, "")
	before := suite.Calls(t)
	if err := n.Editor.Create(t.Context(), labelled.PodName("other").Namespace(n.Name).Obj()); !apierrors.IsInvalid(err) {
		t.Errorf("created under another name: %v", err)
	}
	before.Expect(t, suite.Calls, suite.Counts{"probe.sandbox CREATE": 1})

	before = suite.Calls(t)
	sandbox := suite.Create(t, n, n.Editor, labelled.PodName("labelled").Obj())
	before.Expect(t, suite.Calls, suite.Counts{"probe.sandbox CREATE": 1, "sandbox.validate CREATE": 1})

	before = suite.Calls(t)
	base := sandbox.DeepCopy()
	sandbox.Annotations[sandboxv1.AnnotationPodName] = "other"
	if err := n.Editor.Patch(t.Context(), sandbox, client.MergeFrom(base)); !apierrors.IsInvalid(err) {
		t.Errorf("given another name: %v", err)
	}
	before.Expect(t, suite.Calls, suite.Counts{"sandbox.validate UPDATE": 1})
}

// A kubelet writes the status of a Pod many times. None of these writes may call a webhook.
func TestAKubeletCostsNoCall(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("mine").Obj())
	quiet := suite.Calls(t)
	n.Step(t, sandbox)
	n.SchedulePod(t, "mine")
	for _, phase := range []corev1.PodPhase{corev1.PodPending, corev1.PodRunning} {
		n.PatchPodStatus(t, "mine", func(status *corev1.PodStatus) { status.Phase = phase })
	}
	n.RunPod(t, "mine")
	n.Step(t, sandbox)
	quiet.Expect(t, suite.Calls, suite.Counts{})
}

// A user waits for two webhook calls: one when the claim is created, and one when its Sandbox is adopted.
func TestAClaimCostsTwoCalls(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	for name, tc := range map[string]struct {
		stamped bool
		want    suite.Counts
	}{
		"bound when it comes":             {true, suite.Counts{"sandbox.validate UPDATE": 1}},
		"bound when a Sandbox turns warm": {false, suite.Counts{"sandboxclaim.validate UPDATE": 1, "sandbox.validate UPDATE": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.stamped {
				n.Offered(t, pool, "aaaaa")
			}
			before := suite.Calls(t)
			claim := suite.Create(t, n, n.Editor, builder.MakeClaim(fmt.Sprintf("stamped-%t", tc.stamped)).Pool("python").Obj())
			before.Expect(t, suite.Calls, suite.Counts{"sandboxclaim.mutate CREATE": 1})
			if !tc.stamped {
				n.Offered(t, pool, "bbbbb")
			}
			n.Settle(t)

			reconciled := suite.Calls(t)
			n.Step(t, claim)
			reconciled.Expect(t, suite.Calls, tc.want)
			n.AwaitOffer(t, pool, false)
		})
	}
}

// A claim that asks for more costs one more call, on its creation and on each change of what it asks for. No other change
// costs a call.
func TestAClaimThatAsksForMoreCostsACallMore(t *testing.T) {
	n := suite.New(t)
	n.Pool(t, "python")
	const mutated, validated = "sandboxclaim.mutate CREATE", "sandboxclaim.validate CREATE"
	for name, tc := range map[string]struct {
		claim *builder.ClaimWrapper
		want  suite.Counts
	}{
		"plain":     {builder.MakeClaim("plain").Lifecycle(extensionsv1.Lifecycle{}), suite.Counts{mutated: 1}},
		"labels":    {builder.MakeClaim("labels").PodLabel("sandbox.users.io/team", "blue"), suite.Counts{mutated: 1, validated: 1}},
		"annotated": {builder.MakeClaim("annotated").PodAnnotation("note", "a"), suite.Counts{mutated: 1, validated: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			before := suite.Calls(t)
			claim := suite.Create(t, n, n.Editor, tc.claim.Pool("python").Obj())
			before.Expect(t, suite.Calls, tc.want)

			update := func(change func(), want suite.Counts) {
				t.Helper()
				base := claim.DeepCopy()
				change()
				before := suite.Calls(t)
				if err := n.Editor.Patch(t.Context(), claim, client.MergeFrom(base)); err != nil {
					t.Fatal(err)
				}
				before.Expect(t, suite.Calls, want)
			}
			update(func() { claim.Labels = map[string]string{"team": "blue"} }, suite.Counts{})
			update(func() { claim.Spec.Lifecycle = &extensionsv1.Lifecycle{TTLSecondsAfterFinished: new(int32(1))} }, suite.Counts{})
			update(func() { claim.Spec.AdditionalPodMetadata.Annotations = map[string]string{"note": "b"} },
				suite.Counts{"sandboxclaim.validate UPDATE": 1})
		})
	}
	// This is what a client sends whose types always write the field.
	before := suite.Calls(t)
	if output, ok := n.Kubectl(t, `{"apiVersion":"extensions.agents.x-k8s.io/v1beta1","kind":"SandboxClaim","metadata":{"name":"sdk"},
		"spec":{"warmPoolRef":{"name":"python"},"additionalPodMetadata":{},"env":[],"volumeClaimTemplates":[]}}`, "create", "-f", "-"); !ok {
		t.Fatal(output)
	}
	before.Expect(t, suite.Calls, suite.Counts{mutated: 1})
}

// A claim that goes cold costs calls for its Sandbox as well.
func TestAColdClaimsCalls(t *testing.T) {
	n := suite.New(t)
	n.Pool(t, "python")
	before := suite.Calls(t)
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj())
	n.Step(t, claim)
	before.Expect(t, suite.Calls, suite.Counts{
		"sandboxclaim.mutate CREATE": 1, "sandboxclaim.validate UPDATE": 1, "sandbox.validate CREATE": 1,
	})
}

// A pool's Sandbox and its Pod already contain everything that admission would stamp, and show by themselves that they are right.
// So no webhook is called for them.
func TestAPoolSandboxesCalls(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	before := suite.Calls(t)
	sandbox := n.Member(t, pool, "aaaaa")
	n.Step(t, sandbox)
	n.Step(t, pool)
	n.RunPod(t, sandbox.Name)
	n.Step(t, sandbox)
	before.Expect(t, suite.Calls, suite.Counts{})
}

// The counts above mean something only if the match conditions let through the requests that they should.
func TestCallsAreMade(t *testing.T) {
	n := suite.New(t)
	before := suite.Calls(t)
	suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
	pool := suite.Create(t, n, n.Editor, builder.MakePool("python").Template("python").Obj())
	suite.Create(t, n, n.Editor, builder.MakeSandbox("mine").Obj())
	for _, replicas := range []int32{2, 3} {
		base := pool.DeepCopy()
		pool.Spec.Replicas = new(replicas)
		if err := n.Editor.Patch(t.Context(), pool, client.MergeFrom(base)); err != nil {
			t.Fatal(err)
		}
	}
	want := suite.Counts{
		"sandboxtemplate.validate CREATE": 1, "sandboxwarmpool.validate CREATE": 1,
		"sandbox.mutate CREATE": 1, "sandbox.validate CREATE": 1,
	}
	before.Expect(t, suite.Calls, want)

	status := maps.Clone(suite.Calls(t))
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj())
	base := claim.DeepCopy()
	claim.Status.Sandbox.Name = "mine"
	if err := n.Operator.Status().Patch(t.Context(), claim, client.MergeFrom(base)); err == nil {
		t.Error("a status that names a Sandbox which the claim is not bound to was taken")
	}
	status.Expect(t, suite.Calls, suite.Counts{"sandboxclaim.mutate CREATE": 1, "sandboxclaim-status.validate UPDATE": 1})
	if got := suite.Get[extensionsv1.SandboxClaim](t, n, "mine"); got.Status.Sandbox.Name != "" {
		t.Errorf("the claim's status names Sandbox %q", got.Status.Sandbox.Name)
	}
}
