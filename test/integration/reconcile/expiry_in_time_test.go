package reconcile

import (
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// errBroken is the API server's error when a webhook of somebody else does not answer.
var errBroken = apierrors.NewInternalError(errors.New("failed calling webhook"))

// breaking returns a function that answers writes of that verb to objects of that type with errBroken.
func breaking[T any](verb string) func(suite.Write) error {
	return func(w suite.Write) error {
		if _, ok := w.Object.(T); ok && w.Verb == verb {
			return errBroken
		}
		return nil
	}
}

// unnameable makes a Sandbox that is to be deleted on expiry. Its Pod is refused, since its port's name is invalid.
func unnameable() *builder.SandboxWrapper {
	return builder.MakeSandbox("my-sandbox").ShutdownPolicy(sandboxv1.ShutdownPolicyDelete).Containers(corev1.Container{
		Name: "main", Image: builder.DefaultImage, Ports: []corev1.ContainerPort{{Name: "p-", ContainerPort: 8080}},
	})
}

// A Sandbox whose Pod is refused again and again is reconciled when its time has come, and ends.
func TestARefusedSandboxEndsInTime(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, unnameable().ShutdownTime(n.Clock.Now().Add(time.Minute)).Obj())
	for _, left := range []time.Duration{time.Minute, time.Second} {
		if result := n.Step(t, sandbox); result.RequeueAfter != left {
			t.Errorf("looks again after %s, want %s", result.RequeueAfter, left)
		}
		n.Clock.Step(left - min(left, time.Second))
	}
	n.Clock.Step(time.Second)
	n.Step(t, sandbox)
	expectNone[sandboxv1.Sandbox](t, n, "my-sandbox")
}

// A Sandbox's time comes while a reconcile fails after it has waited for an answer. The Sandbox is reconciled again at once.
func TestASandboxThatExpiresWhileAPassFails(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").ShutdownTime(n.Clock.Now().Add(time.Minute)).Obj())
	n.Settle(t)
	slow := suite.Before(n.ReadYourWrites, func(w suite.Write) error {
		if w.Verb == "create" {
			n.Clock.Step(time.Minute)
			return errBroken
		}
		return nil
	})
	result, err := n.Sandboxes(slow).Reconcile(t.Context(), sandbox)
	if result.RequeueAfter <= 0 || result.RequeueAfter > time.Second || !apierrors.IsInternalError(err) {
		t.Errorf("looks again after %s, error %v", result.RequeueAfter, err)
	}
}

// An error that keeps a Sandbox from reporting its expiry, or from anything else, does not keep it from ending. It is retried.
func TestASandboxEndsThoughSomethingElseFails(t *testing.T) {
	for name, verb := range map[string]string{"its status cannot be written": "patch/status", "its owner cannot be renewed": "patch"} {
		for _, policy := range []sandboxv1.ShutdownPolicy{sandboxv1.ShutdownPolicyRetain, sandboxv1.ShutdownPolicyDelete} {
			t.Run(name+", "+string(policy), func(t *testing.T) {
				n := suite.New(t)
				sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").Service(true).ShutdownPolicy(policy).
					ShutdownTime(n.Clock.Now().Add(time.Minute)).Obj())
				n.Step(t, sandbox)
				n.Clock.Step(time.Minute)
				n.Settle(t)
				sandbox = suite.Get[sandboxv1.Sandbox](t, n, "my-sandbox")
				owner := rules.ClaimOwner(builder.MakeClaim("old").Obj())
				owner.APIVersion = "extensions.agents.x-k8s.io/v1alpha1"
				sandbox.OwnerReferences = []metav1.OwnerReference{*owner}
				r := n.Sandboxes(suite.Before(n.ReadYourWrites, breaking[*sandboxv1.Sandbox](verb)))
				if result, err := r.Reconcile(t.Context(), sandbox); result.RequeueAfter != 0 || err == nil {
					t.Errorf("looks again after %s, error %v: the queue would not try again", result.RequeueAfter, err)
				}
				if policy == sandboxv1.ShutdownPolicyDelete {
					expectNone[sandboxv1.Sandbox](t, n, "my-sandbox")
					return
				}
				expectNone[corev1.Pod](t, n, "my-sandbox")
				expectNone[corev1.Service](t, n, "my-sandbox")
			})
		}
	}
}

// A claim whose Sandbox is refused is reconciled when its time has come.
func TestARefusedClaimEndsInTime(t *testing.T) {
	n := suite.New(t)
	warm := n.Offered(t, n.Pool(t, "python"), "aaaaa")
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Lifecycle(soon(n, "Delete")).Obj())
	refuseChanges(t, n, warm)
	for _, left := range []time.Duration{time.Hour, time.Minute} {
		if result, err := n.TryStep(t, claim); result.RequeueAfter != left || !apierrors.IsInvalid(err) {
			t.Errorf("looked at again after %s, error %v; want %s, and the refusal", result.RequeueAfter, err, left)
		}
		n.Clock.Step(left - min(left, time.Minute))
	}
	n.Clock.Step(time.Minute)
	n.Step(t, claim)
	expectNone[extensionsv1.SandboxClaim](t, n, "mine")
}

// A claim reports that its Sandbox finished, and ends after its TTL, even when what it adds to its Pod cannot be written.
func TestAClaimWithATTLEndsInTime(t *testing.T) {
	n := suite.New(t)
	n.Pool(t, "python")
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").
		Lifecycle(extensionsv1.Lifecycle{TTLSecondsAfterFinished: new(int32(60)), ShutdownPolicy: "Delete"}).Obj())
	n.Step(t, claim)
	sandbox := suite.Get[sandboxv1.Sandbox](t, n, "mine")
	n.Step(t, sandbox)
	n.PatchPodStatus(t, "mine", func(status *corev1.PodStatus) { status.Phase = corev1.PodSucceeded })
	n.Step(t, sandbox)
	addToPod(t, n, sandboxv1.PodMetadata{Labels: pairs{team: "blue"}})
	n.Settle(t)
	r := n.Claims(suite.Before(n.Cached, breaking[*sandboxv1.Sandbox]("patch")))
	result, err := r.Reconcile(t.Context(), suite.Get[extensionsv1.SandboxClaim](t, n, "mine"))
	if result.RequeueAfter != time.Minute || !apierrors.IsInternalError(err) {
		t.Errorf("looked at again after %s, error %v; want a minute, and what keeps its metadata from being written", result.RequeueAfter, err)
	}
	if got := suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status.Conditions; !meta.IsStatusConditionTrue(got, "Finished") {
		t.Errorf("it does not say that its Sandbox finished: %v", got)
	}
	n.Clock.Step(time.Minute)
	n.Settle(t)
	if _, err := r.Reconcile(t.Context(), suite.Get[extensionsv1.SandboxClaim](t, n, "mine")); err != nil {
		t.Error(err)
	}
	expectNone[extensionsv1.SandboxClaim](t, n, "mine")
}

// A claim whose status cannot be written is deleted when its time has come. It is not retained, since it would not get another
// Sandbox when it is given more time.
func TestAClaimEndsThoughItsStatusCannotBeWritten(t *testing.T) {
	for policy, ends := range map[extensionsv1.ShutdownPolicy]bool{"Delete": true, "DeleteForeground": true, "Retain": false} {
		t.Run(string(policy), func(t *testing.T) {
			n := suite.New(t)
			warm := n.Offered(t, n.Pool(t, "python"), "aaaaa")
			n.Step(t, suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Lifecycle(soon(n, policy)).Obj()))
			n.Events()
			n.Clock.Step(time.Hour)
			n.Settle(t)
			r := n.Claims(suite.Before(n.Cached, breaking[*extensionsv1.SandboxClaim]("patch/status")))
			result, err := r.Reconcile(t.Context(), suite.Get[extensionsv1.SandboxClaim](t, n, "mine"))
			if result.RequeueAfter != 0 || !apierrors.IsInternalError(err) {
				t.Errorf("looked at again after %s, error %v: the queue would not try again", result.RequeueAfter, err)
			}
			gone := &extensionsv1.SandboxClaim{}
			if ended := isGone(t, n, gone, "mine") || gone.DeletionTimestamp != nil; ended != ends {
				t.Errorf("it has ended: %t", ended)
			}
			if !ends {
				expectEvents(t, n)
				suite.Get[sandboxv1.Sandbox](t, n, warm.Name)
				return
			}
			expectEvents(t, n, "Normal ClaimExpired Deleting Claim (ShutdownPolicy="+string(policy)+")")
		})
	}
}

// A manager that would retry in an hour returns in time to an object that is refused.
func TestAManagerEndsWhatIsRefused(t *testing.T) {
	n := suite.New(t)
	warm := n.Offered(t, n.Pool(t, "python"), "aaaaa")
	end := metav1.NewTime(n.Clock.Now().Add(time.Second))
	numbered(t, n, "", "pods", builder.MakePod("probe").Namespace(n.Name).Obj())
	suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").ShutdownPolicy(sandboxv1.ShutdownPolicyDelete).ShutdownTime(end.Time).Obj())
	suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").
		Lifecycle(extensionsv1.Lifecycle{ShutdownTime: &end, ShutdownPolicy: "Delete"}).Obj())
	refuseChanges(t, n, warm)
	failures := workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](time.Hour, time.Hour)
	options := controller.Options{RateLimiter: failures}
	n.Run(t, func(o *controllers.Options) {
		o.Sandboxes, o.SandboxController, o.ClaimController = suite.Patient(t, o.Sandboxes), options, options
	})
	for _, name := range []string{"my-sandbox", "mine"} {
		// The status that the first reconcile writes triggers the second. After that nothing wakes the object any more.
		suite.Await(t, name+" has failed twice", func() bool {
			return failures.NumRequeues(reconcile.Request{NamespacedName: client.ObjectKey{Namespace: n.Name, Name: name}}) > 1
		})
	}
	n.Clock.Step(time.Second)
	suite.Await(t, "both are gone", func() bool {
		return isGone(t, n, &sandboxv1.Sandbox{}, "my-sandbox") && isGone(t, n, &extensionsv1.SandboxClaim{}, "mine")
	})
}
