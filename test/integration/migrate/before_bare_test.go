package migrate

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// ports is the container of a Sandbox that serves HTTP.
var ports = corev1.Container{
	Name: "main", Image: builder.DefaultImage, Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8888}},
}

// bare creates Sandboxes of users, which have no owner.
func (w *writer) bare() {
	runner := builder.MakeSandbox("runner").Containers(ports).PodLabel("app", "runner").PodAnnotation("team", "agents").
		Service(true).VolumeClaimTemplate("data").PodName("runner").Obj()
	w.start(runner)

	sleeper := builder.MakeSandbox("sleeper").OperatingMode(sandboxv1.OperatingModeSuspended).VolumeClaimTemplate("data").Obj()
	sleeper.Status = sandboxv1.SandboxStatus{
		Selector: group + "sandbox-name-hash=" + hash("sleeper"),
		Conditions: []metav1.Condition{
			condition("Ready", metav1.ConditionFalse, "SandboxSuspended", "Sandbox is suspended"),
			condition("Suspended", metav1.ConditionTrue, "PodTerminated", "Pod has been terminated. Sandbox is suspended"),
		},
	}
	w.create(sleeper)
	volume := volumeOf(sleeper, 0)
	volume.Labels = nil // This one is from before volumes were labelled.
	w.create(volume)

	retired := builder.MakeSandbox("retired").ShutdownTime(before.Time).ShutdownPolicy(sandboxv1.ShutdownPolicyRetain).
		Service(true).PodName("retired").Obj()
	retired.Status = sandboxv1.SandboxStatus{Conditions: []metav1.Condition{
		condition("Ready", metav1.ConditionFalse, "SandboxExpired", "Sandbox has expired"),
		condition("Suspended", metav1.ConditionFalse, "NotSuspended", "Sandbox is not suspended"),
	}}
	w.create(retired)

	timed := builder.MakeSandbox("timed").ShutdownTime(builder.Epoch.Add(time.Hour)).ShutdownPolicy(sandboxv1.ShutdownPolicyDelete).
		PodName("timed").Obj()
	w.start(timed)

	finished := builder.MakeSandbox("finished").PodName("finished").Obj()
	w.create(finished)
	w.create(succeeded(podOf(finished)))
	finished.Status = finishedStatus(finished)
	w.status(finished)

	// This one is from the time of v1alpha1, when a Sandbox took a Pod of any name out of a pool of Pods.
	heir := builder.MakeSandbox("heir").Containers(ports).Service(true).PodName("pods-x7f2k").Obj()
	w.create(heir)
	pod, service := podOf(heir), serviceOf(heir)
	pod.Name, pod.GenerateName = "pods-x7f2k", "pods-"
	inOldVersion(pod)
	inOldVersion(service)
	w.create(pod)
	w.create(service)
	heir.Status = readyStatus(heir, true)
	w.status(heir)

	// This one was about to take one, too. The Pod does not belong to a pool any more, and does not belong to the Sandbox yet.
	w.create(builder.MakeSandbox("taker").PodName("pods-m8t3c").Obj())
	w.create(builder.MakePod("pods-m8t3c").Ready().Label(group+"sandbox-name-hash", hash("taker")).Label(group+"adoptable", "true").Obj())
}

// start creates sandbox, everything that belongs to it, and its status: it is Ready.
func (w *writer) start(sandbox *sandboxv1.Sandbox) {
	w.create(sandbox)
	for i := range sandbox.Spec.VolumeClaimTemplates {
		w.create(volumeOf(sandbox, i))
	}
	w.create(podOf(sandbox))
	service := sandbox.Spec.Service != nil && *sandbox.Spec.Service
	if service {
		w.create(serviceOf(sandbox))
	}
	sandbox.Status = readyStatus(sandbox, service)
	w.status(sandbox)
}
