package observe

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/chaos/judge"
)

func TestFactsOf(t *testing.T) {
	at := metav1.NewTime(time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC))
	claim := builder.MakeClaim("alice").Namespace("n").UID("alice").BoundTo("one").StatusSandbox("one").
		Lifecycle(extensionsv1.Lifecycle{ShutdownTime: &at, ShutdownPolicy: extensionsv1.ShutdownPolicyRetain}).
		Condition(extensionsv1.ConditionReady, metav1.ConditionFalse, extensionsv1.ReasonSandboxMissing).Obj()
	claim.Status.Sandbox.UID = "one"
	deployment := metav1.OwnerReference{APIVersion: "apps/v1", Kind: "Pod", Name: "d", UID: "d"}
	alice := metav1.OwnerReference{
		APIVersion: extensionsv1.GroupVersion.String(), Kind: extensionsv1.KindSandboxClaim, Name: "alice", UID: "alice", Controller: new(true),
	}
	owner := judge.Owner{Kind: judge.Claim, Name: "alice", UID: "alice"}
	cases := map[judge.Kind]struct {
		object client.Object
		want   judge.Facts
	}{
		judge.Claim: {claim, judge.Facts{
			Kind: judge.Claim, Namespace: "n", Name: "alice", UID: "alice", Binding: "one", StatusName: "one", StatusUID: "one",
			Ready: "False", Reason: extensionsv1.ReasonSandboxMissing, ShutdownTime: at.Time, Kept: true,
		}},
		judge.Sandbox: {
			builder.MakeSandbox("one").Namespace("n").UID("one").OwnerReferences(deployment, alice).Ready().Deleting().
				ShutdownTime(at.Time).ShutdownPolicy(sandboxv1.ShutdownPolicyDelete).Label(StandaloneLabel, "true").Obj(),
			judge.Facts{
				Kind: judge.Sandbox, Namespace: "n", Name: "one", UID: "one", Deleting: true, Foreground: true, Controller: owner,
				Owners: []judge.Owner{{Kind: "Pod.apps", Name: "d", UID: "d"}, owner}, Standalone: true, Ready: "True",
				Reason: sandboxv1.ReasonDependenciesReady, ShutdownTime: at.Time,
			},
		},
		judge.Pool: {
			builder.MakePool("plain").Namespace("n").UID("plain").Replicas(3).StatusReplicas(3, 2).Obj(),
			judge.Facts{Kind: judge.Pool, Namespace: "n", Name: "plain", UID: "plain", Replicas: 3, ReadyReplicas: 2},
		},
		judge.Pod: {
			&metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
				Namespace: "n", Name: "one", UID: "pod", DeletionTimestamp: &at, Finalizers: []string{metav1.FinalizerDeleteDependents, "a/b"},
			}},
			judge.Facts{Kind: judge.Pod, Namespace: "n", Name: "one", UID: "pod", Deleting: true},
		},
	}
	for kind, c := range cases {
		got, err := factsOf(kind, c.object)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s differs (-want +got):\n%s", kind, diff)
		}
	}
	if _, err := factsOf(judge.Claim, &extensionsv1.SandboxTemplate{}); err == nil {
		t.Error("an object of another kind has facts")
	}
}
