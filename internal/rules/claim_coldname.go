package rules

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/utils/ptr"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// ColdName returns the name of the Sandbox that is created for claim when no warm Sandbox is Ready. It is the claim's
// own name. If another Sandbox has that name (taken), it is the claim's name with five characters of a hash of the
// claim's UID. Both names are fixed for the life of the claim, so creating the Sandbox twice is harmless.
func ColdName(claim *extensionsv1.SandboxClaim, taken bool) string {
	if !taken {
		return claim.Name
	}
	suffix := "-" + Hash(string(claim.UID))[:5]
	base := claim.Name[:min(len(claim.Name), validation.DNS1123SubdomainMaxLength-len(suffix))]
	return strings.TrimRight(base, "-.") + suffix
}

// checkColdName returns why sandbox, which is to be created for a claim, cannot have its name, or nil. The name is
// invalid if the Sandbox's Service or one of its PersistentVolumeClaims could not have its resulting name. The schema
// of the Sandbox has the same rule. Here the problem is known before the claim is bound, so a warm Sandbox can still
// serve the claim.
func checkColdName(sandbox *sandboxv1.Sandbox) *ConditionError {
	if ptr.Deref(sandbox.Spec.Service, false) && sandbox.Name != "" && len(validation.IsDNS1123Label(sandbox.Name)) > 0 {
		return invalidColdName("the template asks for a Service, which would be named %q: use a claim name of at most 63 characters without '.'", sandbox.Name)
	}
	for i := range sandbox.Spec.VolumeClaimTemplates {
		if name := VolumeName(sandbox, i); len(name) > validation.DNS1123SubdomainMaxLength {
			return invalidColdName("the Sandbox's PersistentVolumeClaim would be named %q: use a shorter claim name", name)
		}
	}
	return nil
}

func invalidColdName(format string, args ...any) *ConditionError {
	return &ConditionError{Reason: extensionsv1.ReasonReconcilerError, Message: "Error seen: " + fmt.Sprintf(format, args...)}
}

// IsColdName reports whether name is one that ColdName returns for claim.
func IsColdName(claim *extensionsv1.SandboxClaim, name string) bool {
	return name == ColdName(claim, false) || name == ColdName(claim, true)
}
