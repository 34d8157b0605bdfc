package faults

import (
	"fmt"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// paths are all that are tried.
var paths = []*path{
	warmClaim, coldClaim, twoClaims, adoption, released, lostSandbox, expiryDelete, expiryForeground, expiryRetain,
	fill, scaleDown, poolGone, recreate, onReplenish, policy, templateGone,
	bareSandbox, keptVolumes, suspension, service, sandboxExpiryDelete, sandboxExpiryRetain, lostPod, takeover,
	restart,
}

// withTemplate starts a manager and creates a template.
func withTemplate(r *run) {
	r.start()
	r.create(builder.MakeTemplate("python").Obj())
}

// withPool starts a manager, and creates a template and a pool of it, and waits until the pool is full.
func withPool(r *run, replicas int32) {
	withTemplate(r)
	r.create(builder.MakePool("pool").Template("python").Replicas(replicas).Obj())
	r.await("the pool is full", func(w *world) string { return poolFull(w, "pool", int(replicas)) })
	r.offered("pool")
}

// first returns the first that is not empty.
func first(missing ...string) string {
	for _, m := range missing {
		if m != "" {
			return m
		}
	}
	return ""
}

func claimReady(w *world, name string) string {
	claim, ok := w.objects[key{"SandboxClaim", name}].(*extensionsv1.SandboxClaim)
	switch {
	case !ok:
		return "there is no claim " + name
	case !isTrue(claim.Status.Conditions, extensionsv1.ConditionReady):
		return fmt.Sprintf("claim %s is not Ready: %v", name, claim.Status.Conditions)
	}
	return ""
}

// poolFull says what a pool lacks of that many Sandboxes, all Ready and said to be.
func poolFull(w *world, name string, replicas int) string {
	pool, ok := w.objects[key{"SandboxWarmPool", name}].(*extensionsv1.SandboxWarmPool)
	if !ok {
		return "there is no pool " + name
	}
	members, ready := 0, 0
	for _, sandbox := range all[*sandboxv1.Sandbox](w) {
		if rules.ControlledBy(sandbox, pool) {
			members++
			if rules.IsReady(sandbox) {
				ready++
			}
		}
	}
	if status := pool.Status; members != replicas || ready != replicas || int(status.Replicas) != replicas || int(status.ReadyReplicas) != replicas {
		return fmt.Sprintf("pool %s has %d members, %d of them Ready, and says %d and %d", name, members, ready, status.Replicas, status.ReadyReplicas)
	}
	return ""
}
