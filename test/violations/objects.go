package violations

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// noPool is the pool that claims name. It does not exist, so that no manager gives them a Sandbox.
const noPool = "nowhere"

// sandbox creates a Sandbox with these owners.
func (a *author) sandbox(name string, labels map[string]string, owners ...metav1.OwnerReference) *sandboxv1.Sandbox {
	sandbox := builder.MakeSandbox(name).OwnerReferences(owners...).Obj()
	sandbox.Labels = labels
	a.create(sandbox)
	return sandbox
}

// sandboxOf creates a Sandbox that claim controls, as one that is created for it.
func (a *author) sandboxOf(claim *extensionsv1.SandboxClaim, name string) *sandboxv1.Sandbox {
	return a.sandbox(name, map[string]string{sandboxv1.LabelClaimUID: string(claim.UID)}, *rules.ClaimOwner(claim))
}

// claim creates a claim that is bound to a Sandbox of that name, or to none.
func (a *author) claim(name, binding string) *extensionsv1.SandboxClaim {
	made := builder.MakeClaim(name).Pool(noPool)
	if binding != "" {
		made.BoundTo(binding)
	}
	claim := made.Obj()
	a.create(claim)
	return claim
}

// record makes claim say that it has sandbox.
func (a *author) record(claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox) {
	a.patchStatus(claim, func() {
		claim.Status.Sandbox = extensionsv1.ClaimedSandbox{Name: sandbox.Name, UID: sandbox.UID}
		claim.Status.Conditions = []metav1.Condition{{
			Type: extensionsv1.ConditionReady, Status: metav1.ConditionTrue, Reason: sandboxv1.ReasonDependenciesReady,
			LastTransitionTime: metav1.Now(),
		}}
	})
}

// pod creates a Pod with these owners, or takes the one of that name that a manager has made.
func (a *author) pod(name string, labels map[string]string, owners ...metav1.OwnerReference) *corev1.Pod {
	pod := builder.MakePod(name).OwnerReferences(owners...).Obj()
	pod.Labels = labels
	a.create(pod)
	return pod
}

// keeper creates an object that can own others.
func (a *author) keeper() metav1.OwnerReference {
	keeper := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "keeper"}}
	a.create(keeper)
	return metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: keeper.Name, UID: keeper.UID}
}

// ownLabels returns the labels of the Pod of sandbox.
func ownLabels(sandbox *sandboxv1.Sandbox) map[string]string { return rules.IdentityLabels(sandbox) }
