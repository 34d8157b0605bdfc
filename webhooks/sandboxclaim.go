package webhooks

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/api/rules"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// An update is checked when annotations change, since the binding is one; a status when it names a Sandbox other than
// the binding does, or no longer the one that it named. So the two writes that bind a claim cost no call here.
//
// +kubebuilder:webhook:path=/validate-sandboxclaim,mutating=false,failurePolicy=fail,sideEffects=None,timeoutSeconds=10,groups=extensions.agents.x-k8s.io,resources=sandboxclaims,verbs=update,versions=v1beta1,name=sandboxclaim.validate.namesake.agents.x-k8s.io,admissionReviewVersions=v1,serviceName=namesake-webhook,serviceNamespace=namesake-system,patch=`{"matchConditions":[{"name":"annotations-changed","expression":"(has(object.metadata.annotations) ? object.metadata.annotations : {}) != (has(oldObject.metadata.annotations) ? oldObject.metadata.annotations : {})"}]}`
// +kubebuilder:webhook:path=/validate-sandboxclaim-status,mutating=false,failurePolicy=fail,sideEffects=None,timeoutSeconds=10,groups=extensions.agents.x-k8s.io,resources=sandboxclaims/status,verbs=update,versions=v1beta1,name=sandboxclaim-status.validate.namesake.agents.x-k8s.io,admissionReviewVersions=v1,serviceName=namesake-webhook,serviceNamespace=namesake-system,patch=`{"matchConditions":[{"name":"sandbox-changed","expression":"has(oldObject.status) && has(oldObject.status.sandbox) && has(oldObject.status.sandbox.name) ? !has(object.status) || !has(object.status.sandbox) || !has(object.status.sandbox.name) || object.status.sandbox.name != oldObject.status.sandbox.name : has(object.status) && has(object.status.sandbox) && has(object.status.sandbox.name) && (!has(object.metadata.annotations) || !('agents.x-k8s.io/sandbox-name' in object.metadata.annotations) || object.metadata.annotations['agents.x-k8s.io/sandbox-name'] != object.status.sandbox.name)"}]}`

var claimKind = kind{group: extensionsv1.GroupName, kind: extensionsv1.KindSandboxClaim, resource: extensionsv1.ResourceSandboxClaims}

// claimValidator refuses a second binding.
type claimValidator struct {
	sandboxes lookup[sandboxv1.Sandbox, *sandboxv1.Sandbox]
	actor     func(admission.Request) rules.Actor
}

func (v *claimValidator) check(
	ctx context.Context, req admission.Request, old, claim *extensionsv1.SandboxClaim,
) (admission.Warnings, error) {
	if old == nil {
		return nil, fmt.Errorf("a new SandboxClaim is not for this webhook: check its configuration")
	}
	if v.actor(req) == rules.User {
		return nil, claimKind.forbidden(claim, rules.CheckClaimReserved(old, claim).WithOrigin(rules.OriginBindingKeys))
	}
	var bound *sandboxv1.Sandbox
	if rules.NeedsLookup(old, claim) {
		var err error
		if bound, err = v.sandboxes.getLive(ctx, claim.Namespace, rules.Binding(old)); err != nil {
			return nil, err
		}
	}
	return nil, claimKind.invalid(claim, rules.CheckBinding(old, claim, bound).WithOrigin(rules.OriginBinding))
}

func checkClaimStatus(_ context.Context, _ admission.Request, old, claim *extensionsv1.SandboxClaim) (admission.Warnings, error) {
	return nil, claimKind.invalid(claim, rules.CheckClaimStatus(old, claim).WithOrigin(rules.OriginClaimRecord))
}
