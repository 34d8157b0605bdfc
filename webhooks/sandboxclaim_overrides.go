package webhooks

import (
	"context"

	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// claimRequests checks what claims ask for beyond a Sandbox exactly as in their template. It reads the objects that they
// refer to.
type claimRequests struct {
	sandboxes lookup[sandboxv1.Sandbox, *sandboxv1.Sandbox]
	pools     lookup[extensionsv1.SandboxWarmPool, *extensionsv1.SandboxWarmPool]
	templates lookup[extensionsv1.SandboxTemplate, *extensionsv1.SandboxTemplate]
	domains   rules.LabelDomains
}

// check returns what is wrong with claim. old is nil on create. For a claim that asks for nothing new, check looks nothing
// up.
func (r *claimRequests) check(ctx context.Context, old, claim *extensionsv1.SandboxClaim) (field.ErrorList, error) {
	if !rules.OverridesChanged(old, claim) {
		return nil, nil
	}
	template, err := r.template(ctx, claim)
	if err != nil {
		return nil, err
	}
	var bound *sandboxv1.Sandbox
	if old != nil {
		if bound, err = r.sandboxes.get(ctx, claim.Namespace, rules.Binding(old), exists); err != nil {
			return nil, err
		}
	}
	return rules.CheckOverrides(old, claim, template, bound, r.domains).WithOrigin(rules.RuleClaimRequest), nil
}

// template returns the SandboxTemplate that claim names, directly or through its pool. It returns nil if the template or the
// pool does not exist.
func (r *claimRequests) template(ctx context.Context, claim *extensionsv1.SandboxClaim) (*extensionsv1.SandboxTemplate, error) {
	var name string
	switch {
	case claim.Spec.WarmPoolRef != nil:
		pool, err := r.pools.get(ctx, claim.Namespace, claim.Spec.WarmPoolRef.Name, exists)
		if err != nil || pool == nil {
			return nil, err
		}
		name = pool.Spec.SandboxTemplateRef.Name
	case claim.Spec.SandboxTemplateRef != nil:
		name = claim.Spec.SandboxTemplateRef.Name
	}
	return r.templates.get(ctx, claim.Namespace, name, exists)
}
