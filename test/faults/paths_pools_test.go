package faults

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// nextImage is what a template is changed to.
const nextImage = "python:3.14-slim"

var fill = &path{
	name:    "fill",
	prepare: withTemplate,
	act: func(r *run) {
		r.create(builder.MakePool("pool").Template("python").Replicas(3).Obj())
	},
	missing: func(w *world) string { return poolFull(w, "pool", 3) },
}

var scaleDown = &path{
	name:    "scale-down",
	prepare: func(r *run) { withPool(r, 3) },
	act:     func(r *run) { scale(r, 1) },
	missing: func(w *world) string { return first(poolFull(w, "pool", 1), count[*corev1.Pod](w, 1)) },
}

var poolGone = &path{
	name:    "pool deleted",
	prepare: func(r *run) { withPool(r, 2) },
	act:     func(r *run) { r.remove(builder.MakePool("pool").Namespace(r.n.Name).Obj()) },
	missing: func(w *world) string { return first(nothing[*sandboxv1.Sandbox](w), nothing[*corev1.Pod](w)) },
}

var templateGone = &path{
	name: "template deleted",
	prepare: func(r *run) {
		withTemplate(r)
		r.await("there is a policy", func(w *world) string { return count[*networkingv1.NetworkPolicy](w, 1) })
	},
	act: func(r *run) { r.remove(builder.MakeTemplate("python").Namespace(r.n.Name).Obj()) },
	missing: func(w *world) string {
		for _, policy := range all[*networkingv1.NetworkPolicy](w) {
			if rules.ControllerOf(policy) != nil {
				return "the policy is still the template's"
			}
		}
		return nothing[*extensionsv1.SandboxTemplate](w)
	},
}

var recreate = &path{
	name: "rollout, Recreate",
	prepare: func(r *run) {
		withTemplate(r)
		r.create(builder.MakePool("pool").Template("python").Replicas(2).UpdateStrategy(extensionsv1.UpdateStrategyRecreate).Obj())
		r.await("the pool is full", func(w *world) string { return poolFull(w, "pool", 2) })
	},
	act: func(r *run) { change(r, "python", setImage) },
	missing: func(w *world) string {
		return first(poolFull(w, "pool", 2), images(w, nextImage, 2), count[*corev1.Pod](w, 2))
	},
}

var onReplenish = &path{
	name:    "rollout, OnReplenish",
	prepare: func(r *run) { withPool(r, 1) },
	act: func(r *run) {
		change(r, "python", setImage)
		r.create(builder.MakeClaim("mine").Pool("pool").Obj())
	},
	// A replacement that is made before the manager has seen the change is of the template as it was, and stays until a claim takes it.
	open: true,
	missing: func(w *world) string {
		return first(claimReady(w, "mine"), poolFull(w, "pool", 1), count[*corev1.Pod](w, 2))
	},
}

var policy = &path{
	name:    "NetworkPolicy",
	prepare: func(r *run) { r.start() },
	act: func(r *run) {
		r.create(builder.MakeTemplate("python").Obj())
		r.await("there is a policy", func(w *world) string { return count[*networkingv1.NetworkPolicy](w, 1) })
		change(r, "python", func(template *extensionsv1.SandboxTemplate) {
			template.Spec.NetworkPolicy = &extensionsv1.NetworkPolicySpec{Egress: []networkingv1.NetworkPolicyEgressRule{{}}}
		})
		r.await("the policy has changed", func(w *world) string {
			if policies := all[*networkingv1.NetworkPolicy](w); len(policies) != 1 || len(policies[0].Spec.Egress[0].To) > 0 {
				return "the policy is as before"
			}
			return ""
		})
		change(r, "python", func(template *extensionsv1.SandboxTemplate) {
			template.Spec.NetworkPolicyManagement = extensionsv1.NetworkPolicyUnmanaged
		})
	},
	missing: func(w *world) string { return nothing[*networkingv1.NetworkPolicy](w) },
}

func setImage(template *extensionsv1.SandboxTemplate) {
	template.Spec.PodTemplate.Spec.Containers[0].Image = nextImage
}

func scale(r *run, replicas int32) {
	change(r, "pool", func(pool *extensionsv1.SandboxWarmPool) { pool.Spec.Replicas = &replicas })
}

// images says whether there are not that many members of pools with that image.
func images(w *world, image string, want int) string {
	got := 0
	for _, sandbox := range all[*sandboxv1.Sandbox](w) {
		if rules.IsPool(rules.ControllerOf(sandbox)) && sandbox.Spec.PodTemplate.Spec.Containers[0].Image == image {
			got++
		}
	}
	if got != want {
		return fmt.Sprintf("%d members with image %s, want %d", got, image, want)
	}
	return ""
}
