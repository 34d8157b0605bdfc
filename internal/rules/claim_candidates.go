package rules

import (
	"slices"

	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// CandidateGroup is what a warm Sandbox was made of: its pool, its template, and the template's content at that time.
type CandidateGroup struct {
	// Pool is the UID of the pool. A later pool with the same name is another pool.
	Pool types.UID
	// Template is the name of the SandboxTemplate.
	Template  string
	Blueprint BlueprintKey
}

// CandidateGroupOf returns the group of sandbox if a claim may adopt it. A claim may adopt a Sandbox that a pool
// controls and that is Ready in its current generation with an address. The Sandbox must be meant to run and must not
// be being deleted. It must also have the label without which no NetworkPolicy selects its Pod (see MigratedSandbox).
func CandidateGroupOf(sandbox *sandboxv1.Sandbox) (CandidateGroup, bool) {
	owner := ControllerOf(sandbox)
	if !IsPool(owner) || sandbox.DeletionTimestamp != nil || !IsReady(sandbox) || len(sandbox.Status.PodIPs) == 0 ||
		sandbox.Spec.OperatingMode == sandboxv1.OperatingModeSuspended || sandbox.Spec.ShutdownTime != nil ||
		sandbox.Labels[sandboxv1.LabelTemplateRefHash] == "" {
		return CandidateGroup{}, false
	}
	return CandidateGroup{
		Pool:      owner.UID,
		Template:  sandbox.Annotations[sandboxv1.AnnotationTemplateRef],
		Blueprint: blueprintKeyOf(sandbox.Labels[sandboxv1.LabelTemplateHash], &sandbox.Spec.PodTemplate.Spec),
	}, true
}

// ClaimedNode returns the name of the node on which sandbox runs for a claim, or "" if it does not.
func ClaimedNode(sandbox *sandboxv1.Sandbox) string {
	if !IsClaim(ControllerOf(sandbox)) || sandbox.DeletionTimestamp != nil || Suspended(sandbox) {
		return ""
	}
	return sandbox.Status.NodeName
}

// Preference is one choice of a claim: warm Sandboxes of a pool. If Template is not empty, they must be of that
// template. If Current is set, they must be what the template makes now.
type Preference struct {
	Pool     types.UID
	Template string
	Current  bool
}

// Matches reports whether w selects a Sandbox of group r. current says whether that group is what its template makes
// now.
func (w Preference) Matches(r CandidateGroup, current bool) bool {
	return w.Pool == r.Pool && (w.Template == "" || w.Template == r.Template) && (current || !w.Current)
}

// Preferences returns what claim may adopt, best first. Sandboxes of the current template come first. Older ones
// follow, from the pools whose update strategy keeps them. A claim that names a pool takes Sandboxes from that pool. A
// claim that names a template takes Sandboxes that this template made, from every pool of it. pools are the pools that
// SelectsPool accepts for the claim, in any order. exists reports whether a template of that name exists.
func Preferences(claim *extensionsv1.SandboxClaim, pools []*extensionsv1.SandboxWarmPool, exists func(template string) bool) []Preference {
	if !canAdopt(claim) {
		return nil
	}
	var current, older []Preference
	for _, pool := range slices.SortedFunc(slices.Values(pools), byName) {
		if pool.DeletionTimestamp != nil {
			continue
		}
		template := pool.Spec.SandboxTemplateRef.Name
		known := exists(template)
		if known {
			current = append(current, Preference{Pool: pool.UID, Template: template, Current: true})
		}
		if known && UpdateStrategy(pool) == extensionsv1.UpdateStrategyRecreate {
			continue
		}
		if claim.Spec.WarmPoolRef != nil {
			template = ""
		}
		older = append(older, Preference{Pool: pool.UID, Template: template})
	}
	return append(current, older...)
}

// canAdopt reports whether a warm Sandbox can satisfy claim. A claim with its own env or volumes needs a new Sandbox.
func canAdopt(claim *extensionsv1.SandboxClaim) bool {
	return len(claim.Spec.Env) == 0 && len(claim.Spec.VolumeClaimTemplates) == 0
}

func byName(a, b *extensionsv1.SandboxWarmPool) int {
	if a.Name < b.Name {
		return -1
	}
	return 1
}

// SelectsPool reports whether claim may adopt Sandboxes of pool: a claim that names pool, or one that names its template, unless
// pool is kept for the former.
func SelectsPool(claim *extensionsv1.SandboxClaim, pool *extensionsv1.SandboxWarmPool) bool {
	switch {
	case claim.Namespace != pool.Namespace:
		return false
	case claim.Spec.WarmPoolRef != nil:
		return claim.Spec.WarmPoolRef.Name == pool.Name
	case claim.Spec.SandboxTemplateRef != nil:
		return claim.Spec.SandboxTemplateRef.Name == pool.Spec.SandboxTemplateRef.Name && !NamedClaimsOnly(pool)
	}
	return false
}
