package rules

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/validation"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// MeetsSchema reports whether the API server will accept claim, as far as that is cheap to say of the claim alone. The
// API server asks the mutating webhook before it validates, so nothing is reserved for a claim that it is about to
// refuse. The schema decides: a claim for which MeetsSchema is wrong is only bound a little later, or picked in vain.
func MeetsSchema(claim *extensionsv1.SandboxClaim) bool {
	name, prefix := claim.Name, false
	if name == "" {
		name, prefix = claim.GenerateName, true
	}
	refs := 0
	for _, named := range referenced(claim) {
		refs++
		if len(validation.NameIsDNSSubdomain(named, false)) > 0 {
			return false
		}
	}
	return refs == 1 && len(validation.NameIsDNSSubdomain(name, prefix)) == 0 && meetsLifecycleSchema(claim.Spec.Lifecycle)
}

// referenced returns the names of the pool and the template that claim refers to.
func referenced(claim *extensionsv1.SandboxClaim) []string {
	var names []string
	if ref := claim.Spec.WarmPoolRef; ref != nil {
		names = append(names, ref.Name)
	}
	if ref := claim.Spec.SandboxTemplateRef; ref != nil {
		names = append(names, ref.Name)
	}
	return names
}

func meetsLifecycleSchema(lifecycle *extensionsv1.Lifecycle) bool {
	if lifecycle == nil {
		return true
	}
	policies := []extensionsv1.ShutdownPolicy{
		"", extensionsv1.ShutdownPolicyDelete, extensionsv1.ShutdownPolicyDeleteForeground, extensionsv1.ShutdownPolicyRetain,
	}
	ttl := lifecycle.TTLSecondsAfterFinished
	return slices.Contains(policies, lifecycle.ShutdownPolicy) && (ttl == nil || *ttl >= 0)
}
