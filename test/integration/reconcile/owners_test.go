package reconcile

import (
	"context"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// The API server of these tests wants a right on the owner from everyone who names it as one that is not to go first, as that of
// OpenShift does. Whoever may edit has the right, so that what belongs to a Sandbox or claim can go with it.
func TestEditorsNameOwners(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	template := n.Template(t, builder.MakeTemplate("mine").Obj())
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("agent").Template("mine").Obj())
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("bare").Obj())
	for kind, owner := range map[string]client.Object{"sandbox": sandbox, "claim": claim, "template": template, "pool": pool} {
		notes := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: n.Name, Name: kind}}
		if err := controllerutil.SetControllerReference(owner, notes, n.Editor.Scheme()); err != nil {
			t.Fatal(err)
		}
		if err := n.Editor.Create(t.Context(), notes); err != nil {
			t.Errorf("what a %s owns: %v", kind, err)
		}
	}
}

// Without the right the API server refuses such an owner: the test above is one that can fail.
func TestOthersNameNoOwners(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("bare").Obj())
	const user = "writer"
	for _, object := range []client.Object{
		&rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: n.Name, Name: user}, Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"create"}},
		}},
		&rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: n.Name, Name: user},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: user},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
		},
	} {
		if err := n.Admin.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	writer := n.As(t, user)
	suite.Await(t, "the role takes effect", func() bool {
		return writer.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: n.Name, Name: "own"}}, client.DryRunAll) == nil
	})
	notes := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: n.Name, Name: "notes"}}
	if err := controllerutil.SetControllerReference(sandbox, notes, n.Editor.Scheme()); err != nil {
		t.Fatal(err)
	}
	if err := writer.Create(t.Context(), notes); !apierrors.IsForbidden(err) {
		t.Errorf("got %v, want Forbidden", err)
	}
}

// restrictedV2 is what OpenShift's restricted-v2 makes of a Pod that leaves its user and group open, as an expression.
const restrictedV2 = `Object{
  metadata: Object.metadata{annotations: {"openshift.io/scc": "restricted-v2"}},
  spec: Object.spec{
    securityContext: Object.spec.securityContext{
      fsGroup: 1000680000,
      seLinuxOptions: Object.spec.securityContext.seLinuxOptions{level: "s0:c26,c15"},
      seccompProfile: Object.spec.securityContext.seccompProfile{type: "RuntimeDefault"}
    },
    containers: object.spec.containers.map(c, Object.spec.containers{
      name: c.name,
      securityContext: Object.spec.containers.securityContext{
        allowPrivilegeEscalation: false, runAsNonRoot: true, runAsUser: 1000680000
      }
    })
  }
}`

// The API server gives each Pod a user, a group and a level, as OpenShift does. The Sandbox does not say so, and its Pod is its
// own all the same: a pool keeps it, a claim gets it, and nothing is written to undo it.
func TestPodsUnderASecurityContextConstraint(t *testing.T) {
	s := newPoolStory(t, 1, recreate)
	changeNew(t, s.Namespace, admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}}, restrictedV2,
		func(ctx context.Context) (bool, error) {
			probe := &corev1.Pod{
				ObjectMeta: metav1.ObjectMeta{Namespace: s.Name, Name: "probe"},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "a", Image: "b"}}},
			}
			err := s.Admin.Create(ctx, probe, client.DryRunAll)
			return probe.Annotations["openshift.io/scc"] != "", err
		})
	s.Step(t, suite.Get[extensionsv1.SandboxTemplate](t, s.Namespace, "python"))
	s.step(t)
	member := s.members(t)[0]
	s.Step(t, member)
	pod := s.RunPod(t, member.Name)
	if user := pod.Spec.Containers[0].SecurityContext; user == nil || user.RunAsUser == nil {
		t.Fatal("the Pod has no user: nothing is tested")
	}
	s.Step(t, member)
	s.Settle(t)
	s.AwaitOffer(t, s.pool, true)
	before := suite.Writes(t)
	s.Step(t, member)
	before.Expect(t, suite.Writes, suite.Counts{})
	s.step(t)
	if members := s.members(t); len(members) != 1 || members[0].UID != member.UID {
		t.Fatalf("the pool has replaced it: %d members", len(members))
	}
	claim := suite.Create(t, s.Namespace, s.Editor, builder.MakeClaim("agent").Pool("test-pool").Obj())
	s.Step(t, claim)
	s.Step(t, suite.Get[sandboxv1.Sandbox](t, s.Namespace, member.Name))
	if got := suite.Get[extensionsv1.SandboxClaim](t, s.Namespace, "agent").Status.Sandbox.Name; got != member.Name {
		t.Errorf("the claim has the Sandbox %q, want %q", got, member.Name)
	}
	after := suite.Get[corev1.Pod](t, s.Namespace, member.Name)
	if after.UID != pod.UID || after.Labels[sandboxv1.LabelClaimUID] != string(claim.UID) {
		t.Errorf("the Pod is not the same, or not labelled: %v", after.ObjectMeta)
	}
}
