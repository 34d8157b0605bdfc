package faults

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

var warmClaim = &path{
	name:    "warm claim",
	prepare: func(r *run) { withPool(r, 2) },
	act:     func(r *run) { r.create(builder.MakeClaim("mine").Pool("pool").Obj()) },
	missing: func(w *world) string { return first(claimReady(w, "mine"), poolFull(w, "pool", 2)) },
}

var coldClaim = &path{
	name:    "cold claim",
	prepare: withTemplate,
	act:     func(r *run) { r.create(builder.MakeClaim("mine").Template("python").Obj()) },
	missing: func(w *world) string { return claimReady(w, "mine") },
}

// twoClaims is a warm claim and one for which no warm Sandbox is left.
var twoClaims = &path{
	name:    "two claims, one Sandbox",
	prepare: func(r *run) { withPool(r, 1) },
	act: func(r *run) {
		r.create(builder.MakeClaim("mine").Pool("pool").Obj())
		r.create(builder.MakeClaim("other").Pool("pool").Obj())
	},
	open: true,
	missing: func(w *world) string {
		return first(claimReady(w, "mine"), claimReady(w, "other"), poolFull(w, "pool", 1), count[*sandboxv1.Sandbox](w, 3), count[*corev1.Pod](w, 3))
	},
}

// adoption is a claim while the pool gives up all of its Sandboxes. Which of both is first decides what the claim gets.
var adoption = &path{
	name:    "adoption against scale-down",
	prepare: func(r *run) { withPool(r, 2) },
	act: func(r *run) {
		r.create(builder.MakeClaim("mine").Pool("pool").Obj())
		scale(r, 0)
	},
	open: true,
	missing: func(w *world) string {
		return first(claimReady(w, "mine"), poolFull(w, "pool", 0), count[*sandboxv1.Sandbox](w, 1), count[*corev1.Pod](w, 1))
	},
}

var released = &path{
	name: "release",
	prepare: func(r *run) {
		withPool(r, 1)
		r.create(builder.MakeClaim("mine").Pool("pool").Obj())
		r.await("the claim is Ready", func(w *world) string { return first(claimReady(w, "mine"), poolFull(w, "pool", 1)) })
	},
	act: func(r *run) { r.remove(builder.MakeClaim("mine").Namespace(r.n.Name).Obj()) },
	missing: func(w *world) string {
		return first(nothing[*extensionsv1.SandboxClaim](w), poolFull(w, "pool", 1), count[*corev1.Pod](w, 1))
	},
}

// lostSandbox is a claim whose Sandbox somebody deletes. It gets no other.
var lostSandbox = &path{
	name: "Sandbox of a claim deleted",
	prepare: func(r *run) {
		withTemplate(r)
		r.create(builder.MakeClaim("mine").Template("python").Obj())
		r.await("the claim is Ready", func(w *world) string { return claimReady(w, "mine") })
	},
	act: func(r *run) { r.remove(builder.MakeSandbox("mine").Namespace(r.n.Name).Obj()) },
	missing: func(w *world) string {
		return first(nothing[*sandboxv1.Sandbox](w), nothing[*corev1.Pod](w), claimSays(w, "mine", extensionsv1.ReasonSandboxMissing))
	},
}

// life is how long a claim or a Sandbox lives from when its end is set, by the manager's clock.
const life = 2 * time.Second

func claimExpiry(policy extensionsv1.ShutdownPolicy, missing func(*world) string) *path {
	return &path{
		name: "claim expires, " + string(policy),
		prepare: func(r *run) {
			withPool(r, 1)
			r.create(builder.MakeClaim("mine").Pool("pool").Obj())
			r.await("the claim is Ready", func(w *world) string { return first(claimReady(w, "mine"), poolFull(w, "pool", 1)) })
		},
		act: func(r *run) {
			change(r, "mine", func(claim *extensionsv1.SandboxClaim) {
				claim.Spec.Lifecycle = &extensionsv1.Lifecycle{
					ShutdownTime: &metav1.Time{Time: r.clock.Now().Add(life)}, ShutdownPolicy: policy,
				}
			})
		},
		missing: func(w *world) string {
			return first(missing(w), count[*sandboxv1.Sandbox](w, 1), count[*corev1.Pod](w, 1))
		},
	}
}

var (
	expiryDelete     = claimExpiry(extensionsv1.ShutdownPolicyDelete, nothing[*extensionsv1.SandboxClaim])
	expiryForeground = claimExpiry(extensionsv1.ShutdownPolicyDeleteForeground, nothing[*extensionsv1.SandboxClaim])
	expiryRetain     = claimExpiry(extensionsv1.ShutdownPolicyRetain, func(w *world) string {
		return claimSays(w, "mine", extensionsv1.ReasonClaimExpired)
	})
)

// restart is the start of a manager where much is left to be done: claims of every kind, a pool that is to grow, a Sandbox that is
// to be suspended.
var restart = &path{
	name: "start",
	prepare: func(r *run) {
		withPool(r, 1)
		r.create(builder.MakeTemplate("other").Obj())
		r.create(builder.MakeSandbox("bare").Service(true).Obj())
		r.create(builder.MakeClaim("old").Pool("pool").Obj())
		r.await("all is Ready", func(w *world) string {
			return first(claimReady(w, "old"), poolFull(w, "pool", 1), sandboxReady(w, "bare"), count[*sandboxv1.Sandbox](w, 3))
		})
		r.stop()
		scale(r, 2)
		r.remove(builder.MakeClaim("old").Namespace(r.n.Name).Obj())
		change(r, "bare", func(sandbox *sandboxv1.Sandbox) { sandbox.Spec.OperatingMode = sandboxv1.OperatingModeSuspended })
		r.create(builder.MakeClaim("mine").Template("other").Obj())
	},
	act: func(r *run) { r.start() },
	missing: func(w *world) string {
		return first(claimReady(w, "mine"), poolFull(w, "pool", 2), suspended(w, "bare"), count[*corev1.Pod](w, 3))
	},
}

// claimSays says whether Ready of a claim is not False for that reason.
func claimSays(w *world, name, reason string) string {
	claim, ok := w.objects[key{"SandboxClaim", name}].(*extensionsv1.SandboxClaim)
	if !ok {
		return "there is no claim " + name
	}
	for _, condition := range claim.Status.Conditions {
		if condition.Type == extensionsv1.ConditionReady && condition.Reason == reason {
			return ""
		}
	}
	return "claim " + name + " does not say " + reason
}
