package rules

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// HasNoOverrides says whether claim asks for a Sandbox just as its template has it.
func HasNoOverrides(claim *extensionsv1.SandboxClaim) bool {
	added := claim.Spec.AdditionalPodMetadata
	return canAdopt(claim) && len(added.Labels) == 0 && len(added.Annotations) == 0
}

// OverridesChanged says whether claim asks for something beyond that which it did not ask for before; old is nil on create.
func OverridesChanged(old, claim *extensionsv1.SandboxClaim) bool {
	if old == nil {
		return !HasNoOverrides(claim)
	}
	return !equality.Semantic.DeepEqual(old.Spec.Env, claim.Spec.Env) ||
		!equality.Semantic.DeepEqual(old.Spec.VolumeClaimTemplates, claim.Spec.VolumeClaimTemplates) ||
		!equality.Semantic.DeepEqual(old.Spec.AdditionalPodMetadata, claim.Spec.AdditionalPodMetadata)
}

// CheckOverrides checks what claim asks for beyond a Sandbox just as its template has it, where that is new or has changed: env
// and volumeClaimTemplates while it is not bound, since they take effect only when a Sandbox is created, and
// additionalPodMetadata. old is nil on create. template is the claim's, and sandbox the one that it is bound to; both are
// nil where they do not exist, and then what depends on them passes: the claim will say so when they come. domains are those
// of labels that are allowed.
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

// checkFixed refuses to change what takes effect only when a Sandbox is created, once the claim is bound to one.
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
			errs = append(errs, field.Forbidden(field.NewPath("spec", f.name), fmt.Sprintf(
				"it takes effect only when a Sandbox is created, and this claim is bound to Sandbox %q: leave it as it is, or create a new claim",
				boundName(old))))
		}
	}
	return errs
}

// boundName returns the name of the Sandbox that claim is bound to, in whatever form.
func boundName(claim *extensionsv1.SandboxClaim) string {
	if name := LegacyBinding(claim); name != "" {
		return name
	}
	return Binding(claim)
}

// checkPolicies checks env and volumeClaimTemplates, where they have changed, against what template allows.
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
