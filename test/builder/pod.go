package builder

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// PodWrapper makes a Pod.
type PodWrapper struct {
	metadata[*PodWrapper]

	pod *corev1.Pod
}

// MakePod makes a Pod with one container, which nobody controls. With an empty name it has no UID either.
func MakePod(name string) *PodWrapper {
	w := &PodWrapper{pod: &corev1.Pod{Spec: podSpec()}}
	w.metadata = makeMetadata(w, w.pod, "pod", name)
	return w
}

// Obj returns the Pod.
func (w *PodWrapper) Obj() *corev1.Pod {
	return w.pod.DeepCopy()
}

// ControlledBy makes it the Pod of the Sandbox, with the Sandbox's namespace, specification and identity labels. The Pod keeps
// its name.
func (w *PodWrapper) ControlledBy(sandbox *sandboxv1.Sandbox) *PodWrapper {
	w.pod.Spec = *sandbox.Spec.PodTemplate.Spec.DeepCopy()
	w.Namespace(sandbox.Namespace).
		OwnerReferences(*metav1.NewControllerRef(sandbox, sandboxv1.GroupVersion.WithKind(sandboxv1.KindSandbox))).
		Label(sandboxv1.LabelSandboxNameHash, nameHash(sandbox.Name)).
		Label(sandboxv1.LabelSandboxUID, string(sandbox.UID))
	for _, key := range []string{
		sandboxv1.LabelWarmPool, sandboxv1.LabelTemplateRefHash, sandboxv1.LabelCreatedBy, sandboxv1.LabelClaimUID,
	} {
		if value, ok := sandbox.Labels[key]; ok {
			w.Label(key, value)
		}
	}
	return w
}

// Image sets the image of the first container.
func (w *PodWrapper) Image(image string) *PodWrapper {
	w.pod.Spec.Containers[0].Image = image
	return w
}

// NodeSelector adds a label that the Pod's node must have.
func (w *PodWrapper) NodeSelector(key, value string) *PodWrapper {
	if w.pod.Spec.NodeSelector == nil {
		w.pod.Spec.NodeSelector = map[string]string{}
	}
	w.pod.Spec.NodeSelector[key] = value
	return w
}

// Node sets the node that the Pod is scheduled to.
func (w *PodWrapper) Node(name string) *PodWrapper {
	w.pod.Spec.NodeName = name
	return w.Condition(corev1.PodScheduled, corev1.ConditionTrue)
}

// Phase sets the phase.
func (w *PodWrapper) Phase(phase corev1.PodPhase) *PodWrapper {
	w.pod.Status.Phase = phase
	return w
}

// RestartPolicy sets when containers are restarted.
func (w *PodWrapper) RestartPolicy(policy corev1.RestartPolicy) *PodWrapper {
	w.pod.Spec.RestartPolicy = policy
	return w
}

// Failed makes the Pod one that failed, for that reason.
func (w *PodWrapper) Failed(reason, message string) *PodWrapper {
	w.pod.Status.Reason, w.pod.Status.Message = reason, message
	return w.Phase(corev1.PodFailed)
}

// Container adds the status of a container.
func (w *PodWrapper) Container(status corev1.ContainerStatus) *PodWrapper {
	w.pod.Status.ContainerStatuses = append(w.pod.Status.ContainerStatuses, status)
	return w
}

// InitContainer adds the status of an init container.
func (w *PodWrapper) InitContainer(status corev1.ContainerStatus) *PodWrapper {
	w.pod.Status.InitContainerStatuses = append(w.pod.Status.InitContainerStatuses, status)
	return w
}

// IP sets the addresses, the first of which is the primary one.
func (w *PodWrapper) IP(ips ...string) *PodWrapper {
	w.pod.Status.PodIP, w.pod.Status.PodIPs = "", nil
	for _, ip := range ips {
		w.pod.Status.PodIPs = append(w.pod.Status.PodIPs, corev1.PodIP{IP: ip})
	}
	if len(ips) > 0 {
		w.pod.Status.PodIP = ips[0]
	}
	return w
}

// Ready makes the Pod running and Ready, on DefaultNode with DefaultPodIP unless Node and IP were called before.
func (w *PodWrapper) Ready() *PodWrapper {
	if w.pod.Spec.NodeName == "" {
		w.Node(DefaultNode)
	}
	if w.pod.Status.PodIP == "" {
		w.IP(DefaultPodIP)
	}
	return w.Phase(corev1.PodRunning).Condition(corev1.PodReady, corev1.ConditionTrue)
}

// Condition sets a condition.
func (w *PodWrapper) Condition(kind corev1.PodConditionType, status corev1.ConditionStatus) *PodWrapper {
	condition := corev1.PodCondition{Type: kind, Status: status, LastTransitionTime: metav1.NewTime(Epoch)}
	for i := range w.pod.Status.Conditions {
		if w.pod.Status.Conditions[i].Type == kind {
			w.pod.Status.Conditions[i] = condition
			return w
		}
	}
	w.pod.Status.Conditions = append(w.pod.Status.Conditions, condition)
	return w
}

// Conditions replaces the conditions.
func (w *PodWrapper) Conditions(conditions ...corev1.PodCondition) *PodWrapper {
	w.pod.Status.Conditions = conditions
	return w
}
