package webhooks

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// A new claim is checked if it asks for more than a Sandbox exactly as in its template, or for its volumes to be kept. An update is
// checked if that request changes. It is also checked if annotations change, because the binding is one, or the label that once bound
// a claim. A status is checked if it names a Sandbox other than the binding does, or no longer the one that it named. So the two writes
// that bind a plain claim cost no call here.
//
// +kubebuilder:webhook:path=/validate-sandboxclaim,mutating=false,failurePolicy=fail,sideEffects=None,timeoutSeconds=10,groups=extensions.agents.x-k8s.io,resources=sandboxclaims,verbs=create;update,versions=v1beta1,name=sandboxclaim.validate.namesake.agents.x-k8s.io,admissionReviewVersions=v1,serviceName=namesake-webhook,serviceNamespace=namesake-system,patch=`{"matchConditions":[{"name":"not-plain-or-changed","expression":"oldObject == null ? object.?spec.env.orValue([]) != [] || object.?spec.volumeClaimTemplates.orValue([]) != [] || object.?spec.additionalPodMetadata.orValue({}) != {} || object.metadata.?annotations[?'agents.x-k8s.io/volumes-when-deleted'].hasValue() : object.?spec.env != oldObject.?spec.env || object.?spec.volumeClaimTemplates != oldObject.?spec.volumeClaimTemplates || object.?spec.additionalPodMetadata != oldObject.?spec.additionalPodMetadata || object.metadata.?annotations != oldObject.metadata.?annotations || object.metadata.?labels[?'agents.x-k8s.io/sandbox-name'] != oldObject.metadata.?labels[?'agents.x-k8s.io/sandbox-name']"}]}`
// +kubebuilder:webhook:path=/validate-sandboxclaim-status,mutating=false,failurePolicy=fail,sideEffects=None,timeoutSeconds=10,groups=extensions.agents.x-k8s.io,resources=sandboxclaims/status,verbs=update,versions=v1beta1,name=sandboxclaim-status.validate.namesake.agents.x-k8s.io,admissionReviewVersions=v1,serviceName=namesake-webhook,serviceNamespace=namesake-system,patch=`{"matchConditions":[{"name":"sandbox-changed","expression":"has(oldObject.status) && has(oldObject.status.sandbox) && has(oldObject.status.sandbox.name) ? !has(object.status) || !has(object.status.sandbox) || !has(object.status.sandbox.name) || object.status.sandbox.name != oldObject.status.sandbox.name : has(object.status) && has(object.status.sandbox) && has(object.status.sandbox.name) && (!has(object.metadata.annotations) || !('agents.x-k8s.io/sandbox-name' in object.metadata.annotations) || object.metadata.annotations['agents.x-k8s.io/sandbox-name'] != object.status.sandbox.name || request.userInfo.username != 'system:serviceaccount:namesake-system:namesake')"}]}`

var claimKind = kind{group: extensionsv1.GroupName, kind: extensionsv1.KindSandboxClaim, resource: extensionsv1.ResourceSandboxClaims}

// claimValidator refuses a second binding, and requests of a claim that cannot be met.
type claimValidator struct {
	sandboxes lookup[sandboxv1.Sandbox, *sandboxv1.Sandbox]
	requests  claimRequests
	actor     func(admission.Request) rules.Actor
}

func (v *claimValidator) check(
	ctx context.Context, req admission.Request, old, claim *extensionsv1.SandboxClaim,
) (admission.Warnings, error) {
	if old != nil {
		if err := v.checkBinding(ctx, req, old, claim); err != nil {
			return nil, err
		}
	}
	errs, err := v.requests.check(ctx, old, claim)
	if err != nil {
		return nil, err
	}
	errs = append(errs, checkVolumesWhenDeleted(old == nil, old, claim)...)
	return rules.UnheardVolumesWhenDeleted(old, claim), claimKind.invalid(claim, errs)
}

func (v *claimValidator) checkBinding(ctx context.Context, req admission.Request, old, claim *extensionsv1.SandboxClaim) error {
	if v.actor(req) != rules.Controller {
		return claimKind.forbidden(claim, rules.CheckClaimReserved(old, claim).WithOrigin(rules.RuleBindingKeys))
	}
	var bound *sandboxv1.Sandbox
	if rules.NeedsBoundSandbox(old, claim) {
		var err error
		if bound, err = v.sandboxes.getLive(ctx, claim.Namespace, rules.Binding(old)); err != nil {
			return err
		}
	}
	return claimKind.invalid(claim, rules.CheckBinding(old, claim, bound).WithOrigin(rules.RuleBinding))
}

// claimStatusValidator refuses a status that names another Sandbox.
type claimStatusValidator struct {
	actor func(admission.Request) rules.Actor
}

func (v *claimStatusValidator) check(
	_ context.Context, req admission.Request, old, claim *extensionsv1.SandboxClaim,
) (admission.Warnings, error) {
	return nil, claimKind.invalid(claim, rules.CheckClaimStatus(old, claim, v.actor(req)).WithOrigin(rules.RuleClaimRecord))
}
