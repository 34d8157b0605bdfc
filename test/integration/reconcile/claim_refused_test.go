package reconcile

import (
	"context"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// refuseChanges creates an admission policy of the cluster's own that refuses every change of a Sandbox in the namespace, and
// returns a function that removes it. Both return when the API server enforces the change.
func refuseChanges(t *testing.T, n *suite.Namespace, probe *sandboxv1.Sandbox) func() {
	t.Helper()
	return refuse(t, n, admissionv1.Update, sandboxv1.GroupName, "sandboxes", func(ctx context.Context) error {
		patch := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"annotations":{"note":"probe"}}}`))
		return n.Admin.Patch(ctx, probe.DeepCopy(), patch, client.DryRunAll)
	})
}

// refuse is like refuseChanges, for that operation on resources. probe tries it in a dry run.
func refuse(
	t *testing.T, n *suite.Namespace, operation admissionv1.OperationType, group, resources string, probe func(context.Context) error,
) func() {
	t.Helper()
	return refuseUnless(t, n, "false", operation, group, resources, probe)
}

// refuseUnless is refuse, where that CEL expression is not true of the object.
func refuseUnless(
	t *testing.T, n *suite.Namespace, expression string, operation admissionv1.OperationType, group, resources string,
	probe func(context.Context) error,
) func() {
	t.Helper()
	rule := admissionv1.RuleWithOperations{
		Operations: []admissionv1.OperationType{operation},
		Rule:       admissionv1.Rule{APIGroups: []string{group}, APIVersions: []string{"*"}, Resources: []string{resources}},
	}
	policy := &admissionv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: n.Name},
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: rule}}},
			Validations:      []admissionv1.Validation{{Expression: expression, Message: "not now"}},
		},
	}
	binding := &admissionv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: n.Name},
		Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: n.Name, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
			MatchResources: &admissionv1.MatchResources{
				NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: n.Name}},
			},
		},
	}
	for _, obj := range []client.Object{policy, binding} {
		if err := n.Admin.Create(t.Context(), obj); err != nil {
			t.Fatal(err)
		}
	}
	awaitVerdict := func(refused bool) {
		t.Helper()
		err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
			err := probe(ctx)
			if err != nil && !apierrors.IsInvalid(err) {
				return false, err
			}
			return (err != nil) == refused, nil
		})
		if err != nil {
			t.Fatalf("the policy does not come to refuse (%t): %v", refused, err)
		}
	}
	awaitVerdict(true)
	lift := func() {
		for _, obj := range []client.Object{binding, policy} {
			if err := n.Admin.Delete(context.WithoutCancel(t.Context()), obj); client.IgnoreNotFound(err) != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(lift)
	return func() {
		t.Helper()
		lift()
		awaitVerdict(false)
	}
}

// An admission policy of the cluster's own refuses the adoption. The claim reports that, keeps its binding, and is retried
// with backoff, since nothing tells when the refusal ends. After that it adopts the same Sandbox.
func TestAnAdoptionThatIsRefused(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	warm := n.Offered(t, pool, "aaaaa")
	n.Offered(t, pool, "bbbbb")
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj())
	bound := rules.Binding(claim)
	lift := refuseChanges(t, n, warm)
	for range 2 {
		if _, err := n.TryStep(t, claim); err == nil {
			t.Fatal("no error: the queue would not try again")
		}
	}
	refused := suite.Get[extensionsv1.SandboxClaim](t, n, "mine")
	ready := refused.Status.Conditions[0]
	message := `Error seen: adopting Sandbox "` + bound + `": sandboxes.agents.x-k8s.io "` + bound + `" is forbidden: ` +
		"ValidatingAdmissionPolicy '" + n.Name + "' with binding '" + n.Name + "' denied request: not now"
	if ready.Status != metav1.ConditionFalse || ready.Reason != "ReconcilerError" || ready.Message != message || rules.Binding(refused) != bound {
		t.Errorf("bound to %q, it says %+v, want\n%s", rules.Binding(refused), ready, message)
	}
	expectEvents(t, n, "Warning ReconcilerError "+message)
	quiet := suite.Writes(t)
	if _, err := n.TryStep(t, claim); err == nil {
		t.Error("it is not refused any more")
	}
	if got := suite.Writes(t).Since(quiet)["PATCH sandboxclaims/status"]; got != 0 {
		t.Errorf("the status is written %d times more", got)
	}

	lift()
	n.Step(t, claim)
	after := suite.Get[extensionsv1.SandboxClaim](t, n, "mine")
	if after.Status.Sandbox.Name != bound || !isReady(after.Status.Conditions) {
		t.Errorf("with the policy lifted the status is %+v, want Sandbox %s, Ready", after.Status, bound)
	}
}

// A quota refuses the Sandbox that is to be created.
func TestACreationThatIsRefused(t *testing.T) {
	n := suite.New(t)
	n.Pool(t, "python")
	quota := suite.Create(t, n, n.Admin, &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Name: "small"},
		Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{counted: resource.MustParse("0")}},
	})
	quota.Status = corev1.ResourceQuotaStatus{Hard: quota.Spec.Hard, Used: corev1.ResourceList{counted: resource.MustParse("0")}}
	if err := n.Admin.Status().Update(t.Context(), quota); err != nil {
		t.Fatal(err)
	}
	inForce := func(ctx context.Context) (bool, error) { // The API server's message differs until it has seen the quota's status.
		err := n.Admin.Create(ctx, builder.MakeSandbox("probe").Namespace(n.Name).Obj(), client.DryRunAll)
		return err != nil && strings.Contains(err.Error(), "exceeded quota"), nil
	}
	if err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, time.Minute, true, inForce); err != nil {
		t.Fatalf("the quota does not come into force: %v", err)
	}
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").Obj())
	for range 2 {
		if _, err := n.TryStep(t, claim); !apierrors.IsForbidden(err) {
			t.Fatalf("got %v, want what the API server said: the queue then tries again", err)
		}
	}
	ready := suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status.Conditions[0]
	if ready.Reason != "ReconcilerError" || !strings.HasPrefix(ready.Message, `Error seen: creating Sandbox "mine": sandboxes.agents.x-k8s.io "mine" is forbidden: exceeded quota`) {
		t.Errorf("it says %+v", ready)
	}
	n.Delete(t, n.Admin, quota)
	again := func(context.Context) (bool, error) {
		_, err := n.TryStep(t, claim)
		return err == nil, nil
	}
	if err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, time.Minute, true, again); err != nil {
		t.Fatalf("the claim is still refused: %v", err)
	}
	if got := suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status.Sandbox.Name; got != "mine" {
		t.Errorf("without the quota the claim has %q", got)
	}
}
