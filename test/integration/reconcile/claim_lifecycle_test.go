package reconcile

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// soon is a lifecycle that ends an hour from now.
func soon(n *suite.Namespace, policy extensionsv1.ShutdownPolicy) extensionsv1.Lifecycle {
	return extensionsv1.Lifecycle{ShutdownTime: &metav1.Time{Time: n.Clock.Now().Add(time.Hour)}, ShutdownPolicy: policy}
}

func isGone(t *testing.T, n *suite.Namespace, obj client.Object, name string) bool {
	t.Helper()
	err := n.Admin.Get(t.Context(), client.ObjectKey{Namespace: n.Name, Name: name}, obj)
	if err != nil && !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
	return err != nil
}

// extend gives the claim "mine" another hour, as its user does.
func extend(t *testing.T, n *suite.Namespace) {
	t.Helper()
	claim := suite.Get[extensionsv1.SandboxClaim](t, n, "mine")
	claim.Spec.Lifecycle.ShutdownTime = &metav1.Time{Time: n.Clock.Now().Add(time.Hour)}
	claim.Spec.Lifecycle.TTLSecondsAfterFinished = nil
	if err := n.Editor.Update(t.Context(), claim); err != nil {
		t.Fatal(err)
	}
}

func expired(at time.Time) metav1.Condition {
	return condition("Ready", metav1.ConditionFalse, "ClaimExpired", "Claim expired. Sandbox cleanup initiated.", metav1.NewTime(at))
}

// A claim of a warm Sandbox under Retain ends, stays ended, and gets another Sandbox when its user gives it more time.
func TestARetainedClaim(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	warm := n.Offered(t, pool, "aaaaa")
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Lifecycle(soon(n, "")).Obj())
	if result := n.Step(t, claim); result.RequeueAfter != time.Hour {
		t.Errorf("it is looked at again after %v, want an hour", result.RequeueAfter)
	}
	n.Clock.Step(59 * time.Minute)
	if result := n.Step(t, claim); result.RequeueAfter != time.Minute || isGone(t, n, &sandboxv1.Sandbox{}, warm.Name) {
		t.Errorf("a minute before, it is looked at again after %v, or its Sandbox is gone", result.RequeueAfter)
	}
	n.Events()

	n.Clock.Step(time.Minute)
	ended := n.Clock.Now()
	n.Settle(t)
	writes := suite.Writes(t)
	if result := n.Step(t, claim); result.RequeueAfter != 0 {
		t.Errorf("an ended claim is looked at again after %v", result.RequeueAfter)
	}
	writes.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxclaims": 1, "PATCH sandboxclaims/status": 1, "DELETE sandboxes": 1})
	expectClaim(t, n, extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{expired(ended)}})
	expectEvents(t, n, "Normal ClaimExpired Claim expired")
	if !isGone(t, n, &sandboxv1.Sandbox{}, warm.Name) {
		t.Errorf("Sandbox %s is still there", warm.Name)
	}

	spare := n.Offered(t, pool, "bbbbb")
	again := suite.Writes(t)
	n.Step(t, claim)
	again.Expect(t, suite.Writes, suite.Counts{})
	expectEvents(t, n)

	extend(t, n)
	n.Step(t, claim)
	ready := condition("Ready", metav1.ConditionTrue, "DependenciesReady", "", metav1.NewTime(n.Clock.Now()))
	ready.ObservedGeneration = 2
	expectClaim(t, n, extensionsv1.SandboxClaimStatus{
		Sandbox:    extensionsv1.ClaimedSandbox{Name: spare.Name, UID: spare.UID, PodIPs: spare.Status.PodIPs, PodUID: spare.Status.PodUID},
		Conditions: []metav1.Condition{ready},
	})
	expectEvents(t, n, `Normal SandboxAdopted Adopted warm pool Sandbox "`+spare.Name+`"`)
}

// A cold Sandbox is created again under the same name.
func TestARetainedColdClaim(t *testing.T) {
	n := suite.New(t)
	n.Pool(t, "python")
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Lifecycle(soon(n, "Retain")).Obj())
	n.Step(t, claim)
	first := suite.Get[sandboxv1.Sandbox](t, n, "mine")
	n.Clock.Step(time.Hour)
	n.Step(t, claim)
	if !isGone(t, n, &sandboxv1.Sandbox{}, "mine") {
		t.Error("the Sandbox is still there")
	}
	extend(t, n)
	n.Step(t, claim)
	second := suite.Get[sandboxv1.Sandbox](t, n, "mine")
	if got := suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status.Sandbox.UID; second.UID == first.UID || got != second.UID {
		t.Errorf("the Sandbox has UID %s after %s, and the claim says %s", second.UID, first.UID, got)
	}
}

// A Sandbox takes time to terminate. The claim, given more time, waits for that, and then gets another Sandbox.
func TestAnEndThatTakesItsTime(t *testing.T) {
	n := suite.New(t)
	n.Pool(t, "python")
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Lifecycle(soon(n, "Retain")).Obj())
	n.Step(t, claim)
	created := metav1.NewTime(n.Clock.Now())
	sandbox := suite.Get[sandboxv1.Sandbox](t, n, "mine")
	sandbox.Finalizers = []string{"example.com/backup"}
	if err := n.Admin.Update(t.Context(), sandbox); err != nil {
		t.Fatal(err)
	}
	n.Clock.Step(time.Hour)
	n.Step(t, claim)
	writes := suite.Writes(t)
	n.Step(t, claim) // The claim deletes it only once.
	writes.Expect(t, suite.Writes, suite.Counts{})

	extend(t, n)
	n.Step(t, claim)
	waiting := condition("Ready", metav1.ConditionFalse, "SandboxNotReady", "Sandbox is being deleted", created)
	waiting.ObservedGeneration = 2
	expectClaim(t, n, extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{waiting}})
	sandbox = suite.Get[sandboxv1.Sandbox](t, n, "mine")
	sandbox.Finalizers = nil
	if err := n.Admin.Update(t.Context(), sandbox); err != nil {
		t.Fatal(err)
	}
	n.Step(t, claim)
	if got := suite.Get[sandboxv1.Sandbox](t, n, "mine"); got.UID == sandbox.UID || !rules.ControlledBy(got, claim) {
		t.Errorf("Sandbox mine has UID %s after %s, owners %v", got.UID, sandbox.UID, got.OwnerReferences)
	}
}

func TestADeletedClaim(t *testing.T) {
	for policy, foreground := range map[extensionsv1.ShutdownPolicy]bool{"Delete": false, "DeleteForeground": true} {
		t.Run(string(policy), func(t *testing.T) {
			n := suite.New(t)
			warm := n.Offered(t, n.Pool(t, "python"), "aaaaa")
			claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Lifecycle(soon(n, policy)).Obj())
			n.Step(t, claim)
			n.Events()
			n.Clock.Step(time.Hour)
			n.Settle(t)
			writes := suite.Writes(t)
			n.Step(t, claim)
			writes.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxclaims/status": 1, "DELETE sandboxclaims": 1})
			expectEvents(t, n, "Normal ClaimExpired Claim expired", "Normal ClaimExpired Deleting Claim (ShutdownPolicy="+string(policy)+")")
			if !foreground {
				if !isGone(t, n, &extensionsv1.SandboxClaim{}, "mine") {
					t.Error("the claim is still there")
				}
				return
			}
			// The garbage collector, which does not run here, deletes the Sandbox first. The claim shows the Sandbox until it
			// is gone.
			going := suite.Get[extensionsv1.SandboxClaim](t, n, "mine")
			if going.DeletionTimestamp == nil || going.Finalizers[0] != metav1.FinalizerDeleteDependents {
				t.Errorf("the claim is not being deleted in the foreground: %v", going.ObjectMeta)
			}
			expectClaim(t, n, extensionsv1.SandboxClaimStatus{
				Sandbox:    extensionsv1.ClaimedSandbox{Name: warm.Name, UID: warm.UID, PodIPs: warm.Status.PodIPs, PodUID: warm.Status.PodUID},
				Conditions: []metav1.Condition{expired(n.Clock.Now())},
			})
			again := suite.Writes(t)
			n.Step(t, claim)
			again.Expect(t, suite.Writes, suite.Counts{})
		})
	}
}

// A claim ends some time after its Sandbox finished, and still reports that it finished when the Sandbox is gone.
func TestAClaimThatEndsAfterItFinished(t *testing.T) {
	n := suite.New(t)
	n.Pool(t, "python")
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").
		Lifecycle(extensionsv1.Lifecycle{TTLSecondsAfterFinished: new(int32(60))}).Obj())
	if result := n.Step(t, claim); result.RequeueAfter != 0 {
		t.Errorf("a claim that runs is looked at again after %v", result.RequeueAfter)
	}
	sandbox := suite.Get[sandboxv1.Sandbox](t, n, "mine")
	n.Step(t, sandbox)
	n.PatchPodStatus(t, "mine", func(status *corev1.PodStatus) { status.Phase = corev1.PodSucceeded })
	n.Step(t, sandbox)
	finished := condition("Finished", metav1.ConditionTrue, "PodSucceeded", "Pod completed successfully", metav1.NewTime(n.Clock.Now()))
	if result := n.Step(t, claim); result.RequeueAfter != time.Minute {
		t.Errorf("a claim that finished is looked at again after %v, want a minute", result.RequeueAfter)
	}
	n.Clock.Step(time.Minute)
	n.Step(t, claim)
	if !isGone(t, n, &sandboxv1.Sandbox{}, "mine") {
		t.Error("the Sandbox is still there")
	}
	n.Clock.Step(time.Minute)
	n.Step(t, claim)
	expectClaim(t, n, extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{finished, expired(n.Clock.Now().Add(-2 * time.Minute))}})

	extend(t, n)
	n.Step(t, claim)
	if got := suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status; got.Sandbox.Name != "mine" || len(got.Conditions) != 1 {
		t.Errorf("with more time, the status is %+v, want a new Sandbox that has not finished", got)
	}
}

// With a TTL of zero the claim ends as soon as it finishes.
func TestAClaimThatEndsAtOnce(t *testing.T) {
	n := suite.New(t)
	n.Template(t, builder.MakeTemplate("python").RestartPolicy(corev1.RestartPolicyNever).Obj())
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").
		Lifecycle(extensionsv1.Lifecycle{TTLSecondsAfterFinished: new(int32(0)), ShutdownPolicy: "Delete"}).Obj())
	n.Step(t, claim)
	sandbox := suite.Get[sandboxv1.Sandbox](t, n, "mine")
	n.Step(t, sandbox)
	n.PatchPodStatus(t, "mine", func(status *corev1.PodStatus) { status.Phase = corev1.PodFailed })
	n.Step(t, sandbox)
	if result := n.Step(t, claim); result.RequeueAfter <= 0 || result.RequeueAfter > time.Second {
		t.Errorf("it is looked at again after %v", result.RequeueAfter)
	}
	n.Step(t, claim)
	if !isGone(t, n, &extensionsv1.SandboxClaim{}, "mine") {
		t.Error("the claim is still there")
	}
}

// An expired claim binds and adopts nothing, neither when it is created nor when a Sandbox becomes available.
func TestAnExpiredClaimGetsNothing(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	warm := n.Offered(t, pool, "aaaaa")
	lifecycle := extensionsv1.Lifecycle{ShutdownTime: &metav1.Time{Time: n.Clock.Now()}}
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Lifecycle(lifecycle).Obj())
	n.Step(t, claim)
	n.Step(t, claim)
	expectClaim(t, n, extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{expired(n.Clock.Now())}})
	expectEvents(t, n, "Normal ClaimExpired Claim expired")
	if got := suite.Get[extensionsv1.SandboxClaim](t, n, "mine"); rules.Binding(got) != "" {
		t.Errorf("it is bound to %q", rules.Binding(got))
	}
	if got := suite.Get[sandboxv1.Sandbox](t, n, warm.Name); !rules.ControlledBy(got, pool) {
		t.Errorf("Sandbox %s is controlled by %v", warm.Name, got.OwnerReferences)
	}
}

// A claim that is bound and expires before it adopts gets nothing either. The Sandbox stays in its pool.
func TestAClaimThatExpiresOnItsWay(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	warm := n.Offered(t, pool, "aaaaa")
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Lifecycle(soon(n, "Retain")).Obj())
	n.Clock.Step(time.Hour)
	n.Step(t, claim)
	expectClaim(t, n, extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{expired(n.Clock.Now())}})
	if got := suite.Get[sandboxv1.Sandbox](t, n, warm.Name); !rules.ControlledBy(got, pool) {
		t.Errorf("Sandbox %s is controlled by %v", warm.Name, got.OwnerReferences)
	}
	extend(t, n)
	n.Step(t, claim)
	if got := suite.Get[sandboxv1.Sandbox](t, n, warm.Name); !rules.ControlledBy(got, claim) {
		t.Errorf("with more time, Sandbox %s is controlled by %v", warm.Name, got.OwnerReferences)
	}
}

// The claim does not delete a Sandbox that has its name and is not its own.
func TestAnExpiredClaimDeletesNobodyElses(t *testing.T) {
	n := suite.New(t)
	n.Pool(t, "python")
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Lifecycle(soon(n, "Retain")).Obj())
	base := claim.DeepCopy()
	claim.Annotations[sandboxv1.AnnotationBinding] = "mine"
	if err := n.Controller.Patch(t.Context(), claim, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	bare := suite.Create(t, n, n.Editor, builder.MakeSandbox("mine").Obj())
	n.Clock.Step(time.Hour)
	n.Step(t, claim)
	n.Step(t, claim)
	expectClaim(t, n, extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{condition("Ready", metav1.ConditionFalse, "ClaimExpired",
		`Claim expired. Sandbox "mine" is not controlled by claim "mine"; deletion skipped.`, metav1.NewTime(n.Clock.Now()))}})
	if got := suite.Get[sandboxv1.Sandbox](t, n, "mine"); got.UID != bare.UID || got.DeletionTimestamp != nil {
		t.Errorf("the other Sandbox was touched: %v", got.ObjectMeta)
	}
}
