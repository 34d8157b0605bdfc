package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// PoolPlan is what a pool does next.
type PoolPlan struct {
	// Create is how many Sandboxes to create.
	Create int
	// Delete are the members to delete, each only as it was seen: a member that changed since may have been adopted.
	Delete []*sandboxv1.Sandbox
	// Replicas and Ready are how many members there are, and how many of these are Ready.
	Replicas, Ready int
	// Leaving is how many Sandboxes are being deleted and still take a member's place.
	Leaving int
}

// PlanPool compares a pool's members with its spec. members are Sandboxes that the pool controls, by its UID; template is
// the pool's, or nil where it does not exist. Those being deleted are members no more but still take their place, so that
// a pool never has more Pods than it says. With too many, those that are not Ready go first, then the newest. Under
// Recreate every member that was made of something else than the template as it is now goes, too.
func PlanPool(pool *extensionsv1.SandboxWarmPool, template *extensionsv1.SandboxTemplate, members []*sandboxv1.Sandbox) PoolPlan {
	active := make([]*sandboxv1.Sandbox, 0, len(members))
	outdated := staleness(pool, template)
	var plan PoolPlan
	for _, member := range members {
		switch {
		case member.DeletionTimestamp != nil:
			plan.Leaving++
			continue
		case outdated(member):
			plan.Delete = append(plan.Delete, member)
			continue
		}
		active = append(active, member)
		if IsReady(member) {
			plan.Ready++
		}
	}
	plan.Replicas = len(active)
	want := Replicas(pool)
	plan.Create = max(0, want-len(members))
	if excess := len(active) - want; excess > 0 {
		slices.SortFunc(active, leastUseful)
		plan.Delete = append(plan.Delete, active[:excess]...)
	}
	return plan
}

// staleness returns what says of a member that its pool replaces it at once.
func staleness(pool *extensionsv1.SandboxWarmPool, template *extensionsv1.SandboxTemplate) func(*sandboxv1.Sandbox) bool {
	if template == nil || UpdateStrategy(pool) != extensionsv1.UpdateStrategyRecreate {
		return func(*sandboxv1.Sandbox) bool { return false }
	}
	hash := BlueprintHash(template)
	return func(member *sandboxv1.Sandbox) bool {
		return member.Annotations[sandboxv1.AnnotationTemplateRef] != template.Name || member.Labels[sandboxv1.LabelTemplateHash] != hash
	}
}

// leastUseful orders members of a pool for deletion: not Ready before Ready, newer before older, then by name.
func leastUseful(a, b *sandboxv1.Sandbox) int {
	if aReady, bReady := IsReady(a), IsReady(b); aReady != bReady {
		if bReady {
			return -1
		}
		return 1
	}
	return cmp.Or(b.CreationTimestamp.Compare(a.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
}

// Replicas returns how many Sandboxes pool asks for; one where it does not say.
func Replicas(pool *extensionsv1.SandboxWarmPool) int {
	return int(ptr.Deref(pool.Spec.Replicas, 1))
}

// UpdateStrategy returns what pool does with Sandboxes of an older template; OnReplenish where it does not say.
func UpdateStrategy(pool *extensionsv1.SandboxWarmPool) extensionsv1.UpdateStrategyType {
	if pool.Spec.UpdateStrategy == nil || pool.Spec.UpdateStrategy.Type == "" {
		return extensionsv1.UpdateStrategyOnReplenish
	}
	return pool.Spec.UpdateStrategy.Type
}

// PoolSelector returns the label selector by which clients, and the scale subresource, find pool's Sandboxes.
func PoolSelector(pool *extensionsv1.SandboxWarmPool) string {
	return labels.Set{sandboxv1.LabelWarmPool: Hash(pool.Name)}.String()
}

// CheckPoolNames checks that the Sandboxes of pool can have what template asks for under their names, which begin with
// the pool's: a Service's name is a DNS label (RFC 1123, since Kubernetes 1.36).
func CheckPoolNames(pool *extensionsv1.SandboxWarmPool, template *extensionsv1.SandboxTemplate) field.ErrorList {
	if !ptr.Deref(template.Spec.Service, false) {
		return nil
	}
	name := GeneratedName(pool.Name+"-", strings.Repeat("x", SuffixLength))
	if len(validation.IsDNS1123Label(name)) == 0 {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("metadata", "name"), pool.Name, fmt.Sprintf(
		"SandboxTemplate %q asks for a Service for each Sandbox, and both have a name that begins with the pool's: use a name without '.'", template.Name))}
}
