package rules

import (
	"slices"

	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Revision is what a warm Sandbox was made of: its pool, the template, and the content at that time.
type CandidateGroup struct {
	// Pool is the UID of the pool: a pool of the same name that came later is another pool.
	Pool types.UID
	// Template is the name of the SandboxTemplate.
	Template  string
	Blueprint BlueprintKey
}

// CandidateGroupOf returns the group of sandbox if a claim may adopt it: its pool controls it, it is Ready in its current
// generation with an address, is meant to run, is not being deleted, and has the label without which its Pod is under no
// NetworkPolicy (see Renewed).
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

// Want is one choice of a claim: warm Sandboxes of a pool, of a template where that is not empty, and where it is Current
// only what the template makes now.
type Preference struct {
	Pool     types.UID
	Template string
	Current  bool
}

// Accepts says whether a Sandbox of that group, which is current or not, is what w asks for.
func (w Preference) Matches(r CandidateGroup, current bool) bool {
	return w.Pool == r.Pool && (w.Template == "" || w.Template == r.Template) && (current || !w.Current)
}

// Wants returns what claim may adopt, best first: Sandboxes of the current template, then, in the pools whose update
// strategy keeps them, older ones. A claim that names a pool takes from that one; a claim that names a template takes
// from every pool of it, and only what that template made. pools are those that the claim may draw on, in any order;
// exists says whether there is a template of a name.
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

// adoptable says whether a warm Sandbox can be what claim asks for: env and volumes of its own need a new one.
func canAdopt(claim *extensionsv1.SandboxClaim) bool {
	return len(claim.Spec.Env) == 0 && len(claim.Spec.VolumeClaimTemplates) == 0
}

func byName(a, b *extensionsv1.SandboxWarmPool) int {
	if a.Name < b.Name {
		return -1
	}
	return 1
}

// SelectsPool says whether claim may adopt out of pool.
func SelectsPool(claim *extensionsv1.SandboxClaim, pool *extensionsv1.SandboxWarmPool) bool {
	switch {
	case claim.Namespace != pool.Namespace:
		return false
	case claim.Spec.WarmPoolRef != nil:
		return claim.Spec.WarmPoolRef.Name == pool.Name
	case claim.Spec.SandboxTemplateRef != nil:
		return claim.Spec.SandboxTemplateRef.Name == pool.Spec.SandboxTemplateRef.Name
	}
	return false
}
