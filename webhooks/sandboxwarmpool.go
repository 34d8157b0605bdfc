package webhooks

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// +kubebuilder:webhook:path=/validate-sandboxwarmpool,mutating=false,failurePolicy=fail,sideEffects=None,timeoutSeconds=10,groups=extensions.agents.x-k8s.io,resources=sandboxwarmpools,verbs=create;update,versions=v1beta1,name=sandboxwarmpool.validate.namesake.agents.x-k8s.io,admissionReviewVersions=v1,serviceName=namesake-webhook,serviceNamespace=namesake-system,patch=`{"matchConditions":[{"name":"template-or-keeping-changed","expression":"oldObject == null || object.spec.sandboxTemplateRef != oldObject.spec.sandboxTemplateRef || (has(object.metadata.annotations) \u0026\u0026 ['agents.x-k8s.io/named-claims-only', 'agents.x-k8s.io/protect-claimed-pods'].exists(key, key in object.metadata.annotations))"}]}`

var poolKind = kind{
	group: extensionsv1.GroupName, kind: extensionsv1.KindSandboxWarmPool, resource: extensionsv1.ResourceSandboxWarmPools,
}

// poolValidator refuses a pool whose Sandboxes could not have the Services that its template asks for, and one that does not say
// clearly for whom it is kept, or whether claimed Pods are protected. It warns of a template that does not exist yet.
type poolValidator struct {
	templates lookup[extensionsv1.SandboxTemplate, *extensionsv1.SandboxTemplate]
}

func (v *poolValidator) check(
	ctx context.Context, _ admission.Request, old, pool *extensionsv1.SandboxWarmPool,
) (admission.Warnings, error) {
	if errs := rules.CheckNamedClaimsOnly(old, pool); len(errs) > 0 {
		return nil, poolKind.invalid(pool, errs.WithOrigin(rules.RuleNamedClaims))
	}
	if errs := rules.CheckProtectClaimedPods(old, pool); len(errs) > 0 {
		return nil, poolKind.invalid(pool, errs.WithOrigin(rules.RuleProtectedPods))
	}
	name := pool.Spec.SandboxTemplateRef.Name
	template, err := v.templates.get(ctx, pool.Namespace, name, exists)
	if err != nil {
		return nil, err
	}
	if template == nil {
		return missingTemplate(ctx, v.templates, pool.Namespace, name, "the pool stays empty until it is created")
	}
	return nil, poolKind.invalid(pool, rules.CheckPoolNames(pool, template).WithOrigin(rules.RuleServiceNames))
}
