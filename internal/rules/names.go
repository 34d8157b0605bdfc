package rules

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/utils/ptr"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

const (
	// maxGeneratedBase and SuffixLength are how the API server makes a name from generateName: a base cut to 58
	// characters, and 5 random ones (k8s.io/apiserver/pkg/storage/names).
	maxGeneratedBase = 58
	// SuffixLength is the number of random characters that GeneratedName expects.
	SuffixLength = 5
)

// GeneratedName returns base, cut as the API server cuts a generateName, followed by suffix.
func GeneratedName(base, suffix string) string {
	return base[:min(len(base), maxGeneratedBase)] + suffix
}

// PodName returns the name of sandbox's Pod: the Sandbox's own, except on a Sandbox that took its Pod from a pool of
// Pods and still has it. What no Pod can be called is not believed: it may be from before admission looked at it.
func PodName(sandbox *sandboxv1.Sandbox) string {
	if name := sandbox.Annotations[sandboxv1.AnnotationPodName]; len(validation.IsDNS1123Subdomain(name)) == 0 {
		return name
	}
	return sandbox.Name
}

// HasPodName says whether sandbox names its Pod so, or leaves that out and the name is its own.
func HasPodName(sandbox *sandboxv1.Sandbox, name string) bool {
	said := sandbox.Annotations[sandboxv1.AnnotationPodName]
	return said == name || said == "" && name == sandbox.Name
}

// ColdName returns the name of the Sandbox that is created for claim when no warm one is Ready: the claim's own, or,
// where a Sandbox that is not the claim's has that name, the claim's with five characters of a hash of its UID.
// Both are fixed for the claim's life, so that creating the Sandbox twice is harmless.
func ColdName(claim *extensionsv1.SandboxClaim, taken bool) string {
	if !taken {
		return claim.Name
	}
	suffix := "-" + Hash(string(claim.UID))[:5]
	base := claim.Name[:min(len(claim.Name), validation.DNS1123SubdomainMaxLength-len(suffix))]
	return strings.TrimRight(base, "-.") + suffix
}

// checkColdName says why sandbox, which would be created for a claim, cannot have its name: its Service or one of its
// PersistentVolumeClaims could not have theirs. The schema of the Sandbox says the same; here it is known before the claim
// is bound, so that a warm Sandbox can still serve it.
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

// VolumeName returns the name of the PersistentVolumeClaim for sandbox's volumeClaimTemplate i.
func VolumeName(sandbox *sandboxv1.Sandbox, i int) string {
	return sandbox.Spec.VolumeClaimTemplates[i].Metadata.Name + "-" + sandbox.Name
}

// IsColdName says whether name is one that ColdName gives for claim.
func IsColdName(claim *extensionsv1.SandboxClaim, name string) bool {
	return name == ColdName(claim, false) || name == ColdName(claim, true)
}
