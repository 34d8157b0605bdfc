package rules

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

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
// Pods and still has it.
func PodName(sandbox *sandboxv1.Sandbox) string {
	if name := sandbox.Annotations[sandboxv1.AnnotationPodName]; name != "" {
		return name
	}
	return sandbox.Name
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

// IsColdName says whether name is one that ColdName gives for claim.
func IsColdName(claim *extensionsv1.SandboxClaim, name string) bool {
	return name == ColdName(claim, false) || name == ColdName(claim, true)
}
