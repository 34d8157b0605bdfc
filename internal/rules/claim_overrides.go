package rules

import (
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// HasNoOverrides reports whether claim asks for a Sandbox exactly as its template defines it.
func HasNoOverrides(claim *extensionsv1.SandboxClaim) bool {
	added := claim.Spec.AdditionalPodMetadata
	return canAdopt(claim) && len(added.Labels) == 0 && len(added.Annotations) == 0
}

// OverridesChanged reports whether claim asks for overrides that differ from those of old. old is nil on create.
func OverridesChanged(old, claim *extensionsv1.SandboxClaim) bool {
	if old == nil {
		return !HasNoOverrides(claim)
	}
	return !equality.Semantic.DeepEqual(old.Spec.Env, claim.Spec.Env) ||
		!equality.Semantic.DeepEqual(old.Spec.VolumeClaimTemplates, claim.Spec.VolumeClaimTemplates) ||
		!equality.Semantic.DeepEqual(old.Spec.AdditionalPodMetadata, claim.Spec.AdditionalPodMetadata)
}

// CheckOverrides checks the overrides of claim that are new or have changed. Overrides are what the claim asks for
// beyond its template. They are env and volumeClaimTemplates, which cannot change once the claim is bound because they
// take effect only when a Sandbox is created, and additionalPodMetadata.
//
// old is nil on create. template is the claim's template, and sandbox is the one that it is bound to. Both are nil if
// they do not exist. Then the checks that depend on them are skipped, and the claim reports the problem once they
// exist. domains are the domains of the labels that are allowed.
func CheckOverrides(
	old, claim *extensionsv1.SandboxClaim, template *extensionsv1.SandboxTemplate, sandbox *sandboxv1.Sandbox, domains LabelDomains,
) field.ErrorList {
	if old == nil {
		old = &extensionsv1.SandboxClaim{}
	}
	var errs field.ErrorList
	switch {
	case boundName(old) != "":
		errs = checkFixed(old, claim)
	case template != nil:
		errs = checkPolicies(old, claim, template)
	}
	if equality.Semantic.DeepEqual(old.Spec.AdditionalPodMetadata, claim.Spec.AdditionalPodMetadata) {
		return errs
	}
	errs = append(errs, CheckAdditionalPodMetadata(claim, domains)...)
	switch {
	case sandbox != nil && (ControlledBy(sandbox, old) || IsPool(ControllerOf(sandbox))): // Not somebody else's.
		errs = append(errs, CheckMetadataConflicts(claim, OwnPodMetadata(sandbox, old))...)
	case template != nil:
		errs = append(errs, CheckMetadataConflicts(claim, template.Spec.PodTemplate.Metadata)...)
	}
	return errs
}

// checkFixed refuses changes of the fields that take effect only when a Sandbox is created. It is for a claim that is
// bound.
func checkFixed(old, claim *extensionsv1.SandboxClaim) field.ErrorList {
	var errs field.ErrorList
	for _, f := range []struct {
		name          string
		before, after any
	}{
		{"env", old.Spec.Env, claim.Spec.Env},
		{"volumeClaimTemplates", old.Spec.VolumeClaimTemplates, claim.Spec.VolumeClaimTemplates},
	} {
		if !equality.Semantic.DeepEqual(f.before, f.after) {
			errs = append(errs, field.Forbidden(field.NewPath("spec", f.name), WordsFixed.With(boundName(old))))
		}
	}
	return errs
}

// boundName returns the name of the Sandbox that claim is bound to, by its binding or by its LegacyBinding.
func boundName(claim *extensionsv1.SandboxClaim) string {
	if name := LegacyBinding(claim); name != "" {
		return name
	}
	return Binding(claim)
}

// checkPolicies checks env and volumeClaimTemplates, if they have changed, against what template allows.
func checkPolicies(old, claim *extensionsv1.SandboxClaim, template *extensionsv1.SandboxTemplate) field.ErrorList {
	var errs field.ErrorList
	if !equality.Semantic.DeepEqual(old.Spec.Env, claim.Spec.Env) {
		errs = injectEnv(template.Spec.PodTemplate.Spec.DeepCopy(), claim.Spec.Env, template.Spec.EnvVarsInjectionPolicy)
	}
	if !equality.Semantic.DeepEqual(old.Spec.VolumeClaimTemplates, claim.Spec.VolumeClaimTemplates) {
		_, wrong := mergeVolumes(template.Spec.VolumeClaimTemplates, claim.Spec.VolumeClaimTemplates, template.Spec.VolumeClaimTemplatesPolicy)
		errs = append(errs, wrong...)
	}
	return errs
}
