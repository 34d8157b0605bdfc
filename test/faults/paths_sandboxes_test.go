package faults

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

var bareSandbox = &path{
	name:    "Sandbox with volumes and a Service",
	prepare: func(r *run) { r.start() },
	act: func(r *run) {
		r.create(builder.MakeSandbox("mine").VolumeClaimTemplate("data").VolumeClaimTemplate("logs").Service(true).Obj())
	},
	missing: func(w *world) string {
		return first(sandboxReady(w, "mine"), count[*corev1.PersistentVolumeClaim](w, 2), count[*corev1.Service](w, 1))
	},
}

var keptVolumes = &path{
	name: "volumes that outlive their Sandbox",
	prepare: func(r *run) {
		r.start()
	},
	act: func(r *run) {
		r.create(builder.MakeSandbox("mine").VolumeClaimTemplate("data").
			Annotation(sandboxv1.AnnotationVolumesWhenDeleted, sandboxv1.VolumesWhenDeletedRetain).Obj())
		r.await("the Sandbox is Ready", func(w *world) string { return sandboxReady(w, "mine") })
		r.remove(builder.MakeSandbox("mine").Namespace(r.n.Name).Obj())
	},
	missing: func(w *world) string {
		return first(nothing[*sandboxv1.Sandbox](w), nothing[*corev1.Pod](w), count[*corev1.PersistentVolumeClaim](w, 1), unowned(w))
	},
}

var suspension = &path{
	name: "suspend and resume",
	prepare: func(r *run) {
		r.start()
		r.create(builder.MakeSandbox("mine").VolumeClaimTemplate("data").Service(true).Obj())
		r.await("the Sandbox is Ready", func(w *world) string { return sandboxReady(w, "mine") })
	},
	act: func(r *run) {
		change(r, "mine", func(sandbox *sandboxv1.Sandbox) { sandbox.Spec.OperatingMode = sandboxv1.OperatingModeSuspended })
		r.await("the Sandbox is suspended", func(w *world) string { return first(suspended(w, "mine"), nothing[*corev1.Pod](w)) })
		change(r, "mine", func(sandbox *sandboxv1.Sandbox) { sandbox.Spec.OperatingMode = sandboxv1.OperatingModeRunning })
	},
	missing: func(w *world) string { return sandboxReady(w, "mine") },
}

var service = &path{
	name: "Service on and off",
	prepare: func(r *run) {
		r.start()
		r.create(builder.MakeSandbox("mine").Obj())
		r.await("the Sandbox is Ready", func(w *world) string { return sandboxReady(w, "mine") })
	},
	act: func(r *run) {
		change(r, "mine", func(sandbox *sandboxv1.Sandbox) { sandbox.Spec.Service = new(true) })
		r.await("there is a Service, and the status says so", func(w *world) string {
			return first(count[*corev1.Service](w, 1), serviceSaid(w, "mine", true))
		})
		change(r, "mine", func(sandbox *sandboxv1.Sandbox) { sandbox.Spec.Service = new(false) })
	},
	missing: func(w *world) string {
		return first(nothing[*corev1.Service](w), serviceSaid(w, "mine", false), sandboxReady(w, "mine"))
	},
}

func sandboxExpiry(policy sandboxv1.ShutdownPolicy, missing func(*world) string) *path {
	return &path{
		name: "Sandbox expires, " + string(policy),
		prepare: func(r *run) {
			r.start()
			r.create(builder.MakeSandbox("mine").VolumeClaimTemplate("data").Service(true).Obj())
			r.await("the Sandbox is Ready", func(w *world) string { return sandboxReady(w, "mine") })
		},
		act: func(r *run) {
			change(r, "mine", func(sandbox *sandboxv1.Sandbox) {
				sandbox.Spec.ShutdownTime, sandbox.Spec.ShutdownPolicy = &metav1.Time{Time: r.clock.Now().Add(life)}, policy
			})
		},
		missing: func(w *world) string { return first(missing(w), nothing[*corev1.Pod](w), nothing[*corev1.Service](w)) },
	}
}

var (
	sandboxExpiryDelete = sandboxExpiry(sandboxv1.ShutdownPolicyDelete, func(w *world) string {
		return first(nothing[*sandboxv1.Sandbox](w), nothing[*corev1.PersistentVolumeClaim](w))
	})
	sandboxExpiryRetain = sandboxExpiry(sandboxv1.ShutdownPolicyRetain, func(w *world) string {
		return first(count[*sandboxv1.Sandbox](w, 1), count[*corev1.PersistentVolumeClaim](w, 1))
	})
)

// lostPod is a Sandbox whose Pod somebody deletes. It gets another.
var lostPod = &path{
	name: "Pod deleted",
	prepare: func(r *run) {
		r.start()
		r.create(builder.MakeSandbox("mine").Obj())
		r.await("the Sandbox is Ready", func(w *world) string { return sandboxReady(w, "mine") })
	},
	act: func(r *run) {
		r.world.mu.Lock()
		pod := all[*corev1.Pod](r.world)[0]
		r.world.mu.Unlock()
		r.remove(pod)
		r.await("there is another Pod", func(w *world) string {
			if pods := all[*corev1.Pod](w); len(pods) != 1 || pods[0].UID == pod.UID {
				return "there is none"
			}
			return ""
		})
	},
	missing: func(w *world) string { return sandboxReady(w, "mine") },
}

// takeover is a Sandbox that comes to a Pod, a volume and a Service that are meant for it.
var takeover = &path{
	name: "takeover",
	prepare: func(r *run) {
		adoptable := func(obj metav1.Object) {
			obj.SetLabels(map[string]string{sandboxv1.LabelAdoptable: sandboxv1.AdoptableTrue})
		}
		pod := builder.MakePod("mine").Obj()
		volume := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "data-mine"}}
		volume.Spec = builder.MakeSandbox("mine").VolumeClaimTemplate("data").Obj().Spec.VolumeClaimTemplates[0].Spec
		served := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "mine"}, Spec: corev1.ServiceSpec{ClusterIP: corev1.ClusterIPNone}}
		adoptable(pod)
		adoptable(volume)
		adoptable(served)
		r.create(pod)
		r.create(volume)
		r.create(served)
		r.start()
	},
	act: func(r *run) { r.create(builder.MakeSandbox("mine").VolumeClaimTemplate("data").Service(true).Obj()) },
	missing: func(w *world) string {
		return first(sandboxReady(w, "mine"), count[*corev1.PersistentVolumeClaim](w, 1), count[*corev1.Service](w, 1), serviceSaid(w, "mine", true))
	},
}

func sandboxOf(w *world, name string) (*sandboxv1.Sandbox, string) {
	sandbox, ok := w.objects[key{"Sandbox", name}].(*sandboxv1.Sandbox)
	if !ok {
		return nil, "there is no Sandbox " + name
	}
	return sandbox, ""
}

func sandboxReady(w *world, name string) string { return sandboxIs(w, name, sandboxv1.ConditionReady) }

func suspended(w *world, name string) string { return sandboxIs(w, name, sandboxv1.ConditionSuspended) }

// sandboxIs says whether a condition of a Sandbox is not True in its current generation.
func sandboxIs(w *world, name, kind string) string {
	sandbox, missing := sandboxOf(w, name)
	if missing != "" {
		return missing
	}
	for _, condition := range sandbox.Status.Conditions {
		if condition.Type == kind && condition.Status == metav1.ConditionTrue && condition.ObservedGeneration == sandbox.Generation {
			return ""
		}
	}
	return fmt.Sprintf("Sandbox %s is not %s: %v", name, kind, sandbox.Status.Conditions)
}

// serviceSaid says whether the status of a Sandbox does not say that it has a Service, or that it has none.
func serviceSaid(w *world, name string, want bool) string {
	sandbox, missing := sandboxOf(w, name)
	if missing == "" && (sandbox.Status.Service != "") != want {
		return fmt.Sprintf("Sandbox %s says that its Service is %q", name, sandbox.Status.Service)
	}
	return missing
}

// unowned says which volume still has a controller.
func unowned(w *world) string {
	for _, volume := range all[*corev1.PersistentVolumeClaim](w) {
		if metav1.GetControllerOf(volume) != nil {
			return "volume " + volume.Name + " is owned by a Sandbox"
		}
	}
	return ""
}
