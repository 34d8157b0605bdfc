package rules

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// PoolSettings are the settings of the manager that apply to all pools.
type PoolSettings struct {
	// ReadinessGrace is how long a Sandbox may be not Ready before it is replaced, in a pool that does not say so itself.
	ReadinessGrace time.Duration
	// UnschedulableRecheck is when to check again a Sandbox that is kept beyond ReadinessGrace because no node takes
	// its Pod.
	UnschedulableRecheck time.Duration
	// Evictable lets the cluster autoscaler evict the Pods of Sandboxes while they are in a pool.
	Evictable bool
	// Nameservers are those of Pods whose template leaves them to the operator.
	Nameservers Nameservers
	Refill      RefillLimits
	// StatusInterval is the time between two writes of a pool's status, at least. Each claim changes it twice.
	StatusInterval time.Duration
}

// Replicas returns how many Sandboxes pool asks for. The default is one.
func Replicas(pool *extensionsv1.SandboxWarmPool) int {
	return int(ptr.Deref(pool.Spec.Replicas, 1))
}

// ReadinessGrace returns how long a Sandbox of pool may be not Ready before it is replaced: what the pool says, or else usual,
// the manager's setting.
func ReadinessGrace(pool *extensionsv1.SandboxWarmPool, usual time.Duration) time.Duration {
	if own := pool.Spec.ReadinessGracePeriodSeconds; own != nil {
		return time.Duration(*own) * time.Second
	}
	return usual
}

// UpdateStrategy returns what pool does with Sandboxes of an older template. The default is OnReplenish.
func UpdateStrategy(pool *extensionsv1.SandboxWarmPool) extensionsv1.UpdateStrategyType {
	if pool.Spec.UpdateStrategy == nil || pool.Spec.UpdateStrategy.Type == "" {
		return extensionsv1.UpdateStrategyOnReplenish
	}
	return pool.Spec.UpdateStrategy.Type
}

// PoolSelector returns the label selector by which clients and the scale subresource find pool's Sandboxes.
func PoolSelector(pool *extensionsv1.SandboxWarmPool) string {
	return labels.Set{sandboxv1.LabelWarmPool: Hash(pool.Name)}.String()
}

// CheckPoolNames checks that the Sandboxes of pool can have what template asks for. Their names begin with the pool's
// name, and a Service of that name must be a DNS label (RFC 1123, since Kubernetes 1.36).
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
