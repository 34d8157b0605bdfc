package builder

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// PoolWrapper makes a SandboxWarmPool.
type PoolWrapper struct {
	metadata[*PoolWrapper]

	pool *extensionsv1.SandboxWarmPool
}

// MakePool makes a SandboxWarmPool of one Sandbox of DefaultTemplate.
func MakePool(name string) *PoolWrapper {
	w := &PoolWrapper{pool: &extensionsv1.SandboxWarmPool{}}
	w.metadata = makeMetadata(w, w.pool, "sandboxwarmpool", name)
	return w.Template(DefaultTemplate).Replicas(1)
}

// Obj returns the pool.
func (w *PoolWrapper) Obj() *extensionsv1.SandboxWarmPool {
	return w.pool.DeepCopy()
}

// Template sets the name of the template.
func (w *PoolWrapper) Template(name string) *PoolWrapper {
	w.pool.Spec.SandboxTemplateRef.Name = name
	return w
}

// Replicas sets how many Sandboxes the pool keeps.
func (w *PoolWrapper) Replicas(replicas int32) *PoolWrapper {
	w.pool.Spec.Replicas = &replicas
	return w
}

// UpdateStrategy sets what happens to the Sandboxes when the template changes.
func (w *PoolWrapper) UpdateStrategy(strategy extensionsv1.UpdateStrategyType) *PoolWrapper {
	w.pool.Spec.UpdateStrategy = &extensionsv1.SandboxWarmPoolUpdateStrategy{Type: strategy}
	return w
}

// ReadinessGracePeriodSeconds sets how long a Sandbox may be not Ready before it is replaced.
func (w *PoolWrapper) ReadinessGracePeriodSeconds(seconds int32) *PoolWrapper {
	w.pool.Spec.ReadinessGracePeriodSeconds = &seconds
	return w
}

// StatusReplicas sets the numbers of Sandboxes and of Ready Sandboxes in the status, for this generation.
func (w *PoolWrapper) StatusReplicas(replicas, ready int32) *PoolWrapper {
	w.pool.Status.Replicas = replicas
	w.pool.Status.ReadyReplicas = ready
	w.pool.Status.ObservedGeneration = w.pool.Generation
	return w
}

// Condition sets a condition.
func (w *PoolWrapper) Condition(kind string, status metav1.ConditionStatus, reason string) *PoolWrapper {
	w.pool.Status.Conditions = setCondition(w.pool.Status.Conditions, metav1.Condition{
		Type: kind, Status: status, Reason: reason, ObservedGeneration: w.pool.Generation,
	})
	return w
}
