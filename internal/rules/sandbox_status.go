package rules

import (
	"cmp"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Observed is what a reconcile observed of the objects that belong to a Sandbox.
type Observed struct {
	// Pods are the Pods that the Sandbox controls: one, or none. More than one comes only from the time before
	// admission.
	Pods []*corev1.Pod
	// PodUnknown says that the Pod could not be read, or could not be obtained. The status then says nothing about its
	// state.
	PodUnknown bool
	// PodNameTaken says that the Pod with the Sandbox's name is not the Sandbox's.
	PodNameTaken bool
	// Service is the Service that the Sandbox controls, or nil.
	Service *corev1.Service
	// ClusterDomain is the domain in which the full names of Services end.
	ClusterDomain string
	// VolumesErr is what keeps the PersistentVolumeClaims of an expired Sandbox from being what it says of them, or nil. It is a part of Err.
	VolumesErr error
	// Err is what keeps the Sandbox from having what it should, or nil.
	Err error
	// Refused is the refusal of a deletion by which the Sandbox or its Pod is to end, or nil.
	Refused error
}

// Pod returns the Pod of the Sandbox. It returns nil if there is none, or if more than one Pod could be it.
func (s *Observed) Pod() *corev1.Pod {
	if len(s.Pods) == 1 {
		return s.Pods[0]
	}
	return nil
}

// podAmbiguous reports whether it is unknown which Pod is the Sandbox's.
func (s *Observed) podAmbiguous() bool { return s.PodUnknown || len(s.Pods) > 1 }

// SandboxStatus returns the status of sandbox, computed from scratch from what was observed at the time now.
func SandboxStatus(sandbox *sandboxv1.Sandbox, observed Observed, now time.Time) sandboxv1.SandboxStatus {
	conditions := &conditionSet{generation: sandbox.Generation, now: now, old: sandbox.Status.Conditions}
	replacements := replacementsOf(sandbox, &observed, now)
	conditions.set(sandboxReady(sandbox, &observed, replacements, now))
	conditions.set(suspended(sandbox, &observed))
	if Expired(sandbox, now) { // An expired Sandbox reports nothing else.
		setFinished(conditions, sandbox, &observed, true)
		sayRefusedDeletion(conditions.old, conditions.list, observed.Refused, isDeletionPending(sandbox, &observed, true))
		return sandboxv1.SandboxStatus{ObservedGeneration: sandbox.Generation, Conditions: conditions.list}
	}
	status := sandboxv1.SandboxStatus{
		ObservedGeneration: sandbox.Generation, Selector: sandbox.Status.Selector, Replacements: replacements,
	}
	if observed.Service != nil {
		status.Service = observed.Service.Name
		status.ServiceFQDN = fmt.Sprintf("%s.%s.svc.%s", observed.Service.Name, sandbox.Namespace, observed.ClusterDomain)
	}
	if observed.Pod() != nil || observed.PodNameTaken { // agent-sandbox says it as soon as it sees a Pod of that name, whoever's it is.
		status.Selector = podSelector(sandbox)
	}
	if pod := observed.Pod(); pod != nil {
		status.NodeName = pod.Spec.NodeName
		status.PodUID = pod.UID
		status.PodIPs = podIPs(pod)
		status.Restarts = restartsOf(sandbox, pod)
		conditions.set(podScheduled(pod))
	} else if observed.podAmbiguous() {
		conditions.set(metav1.Condition{
			Type: sandboxv1.ConditionPodScheduled, Status: metav1.ConditionUnknown, Reason: sandboxv1.ReasonPodSchedulingUnknown,
			Message: "Pod state is unknown. Pod scheduling cannot be determined",
		})
	}
	setFinished(conditions, sandbox, &observed, false)
	sayRefusedDeletion(conditions.old, conditions.list, observed.Refused, isDeletionPending(sandbox, &observed, false))
	status.Conditions = conditions.list
	return status
}

// sandboxReady returns the Ready condition. It is True for a Pod that is Ready, has an address, is selected by the NetworkPolicy of
// its template, and is not being deleted, and for a Service if one is asked for.
func sandboxReady(
	sandbox *sandboxv1.Sandbox, observed *Observed, replacements *sandboxv1.PodReplacements, now time.Time,
) metav1.Condition {
	ready := metav1.Condition{Type: sandboxv1.ConditionReady, Status: metav1.ConditionFalse}
	deleting := sandbox.DeletionTimestamp != nil
	switch end, message := endOf(sandbox, observed.Pod()); {
	case Expired(sandbox, now):
		ready.Reason, ready.Message = sandboxv1.ReasonSandboxExpired, expiredMessage(observed.VolumesErr)
	case len(observed.Pods) > 1:
		ready.Reason, ready.Message = sandboxv1.ReasonMultiplePods, MultiplePodsMessage(len(observed.Pods))
	case observed.Err != nil && !deleting:
		ready.Reason, ready.Message = sandboxProblem(observed.Err)
	case Suspended(sandbox) && suspended(sandbox, observed).Status == metav1.ConditionTrue:
		ready.Reason, ready.Message = sandboxv1.ReasonSandboxSuspended, "Sandbox is suspended"
	case Suspended(sandbox):
		ready.Reason, ready.Message = sandboxv1.ReasonSandboxSuspended, "Sandbox is suspending"
	case end != "":
		ready.Reason, ready.Message = end, message
	case !deleting && UnselectedPod(sandbox, observed.Pod()) != "":
		ready.Reason, ready.Message = sandboxv1.ReasonNetworkPolicyNotReady, UnselectedPod(sandbox, observed.Pod())
	default:
		return dependenciesReady(sandbox, observed, replacements, now)
	}
	return ready
}

// volumesNotKept is in the message of an expired Sandbox whose volumes cannot be made what it says of them yet.
const volumesNotKept = "; its volumes are not yet what it says of them in " + sandboxv1.AnnotationVolumesWhenDeleted + ": "

// expiredMessage returns the message of the Ready condition of an expired Sandbox with that problem with its volumes, if any.
func expiredMessage(volumes error) string {
	const message = "Sandbox has expired"
	if volumes == nil {
		return message
	}
	return message + volumesNotKept + volumes.Error()
}

// dependenciesReady returns the Ready condition as the Pod and the Service make it.
func dependenciesReady(
	sandbox *sandboxv1.Sandbox, observed *Observed, replacements *sandboxv1.PodReplacements, now time.Time,
) metav1.Condition {
	ready := metav1.Condition{
		Type: sandboxv1.ConditionReady, Status: metav1.ConditionFalse, Reason: sandboxv1.ReasonDependenciesNotReady,
	}
	podReady, message := podState(sandbox, observed.Pod())
	if !podReady {
		message = withReplacement(sandbox, replacements, observed.Pod(), message)
	}
	serviceReady, message := withService(sandbox, observed.Service, message)
	ready.Message = message
	if !podReady {
		ready.Message = withTrouble(sandbox, observed.Pod(), message, now)
	}
	switch {
	case podReady && serviceReady && sandbox.DeletionTimestamp != nil:
		ready.Message = "Sandbox is being deleted"
	case podReady && serviceReady:
		ready.Status, ready.Reason = metav1.ConditionTrue, sandboxv1.ReasonDependenciesReady
	}
	return ready
}

// sandboxProblem returns the reason and the message of a Sandbox that does not have what it should have because of problem.
func sandboxProblem(problem error) (reason, message string) {
	if IsPolicyWait(problem) {
		return sandboxv1.ReasonNetworkPolicyNotReady, problem.Error()
	}
	message = fmt.Sprintf(errorSeen+"%v", problem)
	if IsInvalidConfiguration(problem) {
		return sandboxv1.ReasonInvalidConfiguration, message
	}
	return sandboxv1.ReasonReconcilerError, message
}

// podState reports whether pod, that of sandbox, can be used, and returns a message about its state.
func podState(sandbox *sandboxv1.Sandbox, pod *corev1.Pod) (ready bool, message string) {
	switch {
	case pod == nil:
		return false, "Pod does not exist"
	case endingOf(sandbox, pod) == podReplaced:
		return false, "Pod failed and is replaced"
	case pod.DeletionTimestamp != nil:
		return false, "Pod is terminating"
	case pod.Status.Phase != corev1.PodRunning:
		return false, fmt.Sprintf("Pod exists with phase: %s", pod.Status.Phase)
	case !podReady(pod):
		return false, "Pod is Running but not Ready"
	case len(pod.Status.PodIPs) == 0:
		return false, "Pod is Ready but has no podIPs yet"
	}
	return true, "Pod is Ready"
}

// withService reports whether the Service exists, if the Sandbox is to have one, and adds that to message.
func withService(sandbox *sandboxv1.Sandbox, service *corev1.Service, message string) (ready bool, and string) {
	switch required := ptr.Deref(sandbox.Spec.Service, service != nil); {
	case !required:
		return true, message
	case service == nil:
		return false, message + "; Service does not exist"
	}
	return true, message + "; Service Exists"
}

// suspended returns the Suspended condition, which every Sandbox has.
func suspended(sandbox *sandboxv1.Sandbox, observed *Observed) metav1.Condition {
	condition := metav1.Condition{Type: sandboxv1.ConditionSuspended, Status: metav1.ConditionFalse}
	switch {
	case !Suspended(sandbox):
		condition.Reason, condition.Message = sandboxv1.ReasonNotSuspended, "Sandbox is not suspended"
	case observed.podAmbiguous():
		condition.Status = metav1.ConditionUnknown
		condition.Reason, condition.Message = sandboxv1.ReasonPodStateUnknown, "Pod state is unknown. Sandbox suspension cannot be confirmed"
	case observed.Pod() != nil:
		condition.Reason, condition.Message = sandboxv1.ReasonPodTerminating, "Pod is terminating. Sandbox is suspending"
	case observed.PodNameTaken:
		condition.Reason, condition.Message = sandboxv1.ReasonPodNotOwned, "Refused to delete pod because it is not owned by this sandbox"
	default:
		condition.Status = metav1.ConditionTrue
		condition.Reason, condition.Message = sandboxv1.ReasonPodTerminated, "Pod has been terminated. Sandbox is suspended"
	}
	return condition
}

// setFinished sets the Finished condition if the work of sandbox has ended. With keep, the condition stays after the Pod is
// gone.
func setFinished(conditions *conditionSet, sandbox *sandboxv1.Sandbox, observed *Observed, keep bool) {
	if reason, message := endOf(sandbox, observed.Pod()); reason != "" {
		conditions.set(metav1.Condition{Type: sandboxv1.ConditionFinished, Status: metav1.ConditionTrue, Reason: reason, Message: message})
	} else if before := meta.FindStatusCondition(conditions.old, sandboxv1.ConditionFinished); before != nil && keep {
		conditions.set(*before)
	}
}

// SandboxStatusChanged reports whether wanted is worth a write over the status that sandbox has. While the Sandbox is
// not Ready, a changed node alone is not worth a write, nor is an observedGeneration where there was none, as in a status of
// before there was that field. The next write includes it.
func SandboxStatusChanged(sandbox *sandboxv1.Sandbox, wanted sandboxv1.SandboxStatus) bool {
	old := sandbox.Status
	old.ObservedGeneration = cmp.Or(old.ObservedGeneration, wanted.ObservedGeneration)
	if !meta.IsStatusConditionTrue(wanted.Conditions, sandboxv1.ConditionReady) {
		old.NodeName = wanted.NodeName
	}
	return !sameStatus(old, wanted)
}

// SandboxStatusDelay returns how long to leave out wanted, a status that says of a new Sandbox no more than that it is on its
// way to Ready. It is 0 for a status that says more, and for a Sandbox that is older than quietStart.
func SandboxStatusDelay(
	sandbox *sandboxv1.Sandbox, wanted sandboxv1.SandboxStatus, quietStart time.Duration, now time.Time,
) time.Duration {
	ready := readyOf(wanted.Conditions)
	scheduled := meta.FindStatusCondition(wanted.Conditions, sandboxv1.ConditionPodScheduled)
	isPodUnknown := scheduled != nil && wanted.PodUID == ""
	switch {
	case sandbox.DeletionTimestamp != nil, IsReported(sandbox.Status.Conditions),
		ready.Status == metav1.ConditionTrue, ready.Reason != sandboxv1.ReasonDependenciesNotReady,
		isPodUnknown, wanted.Replacements != nil:
		return 0
	}
	return left(quietStart, sandbox.CreationTimestamp, now)
}

// IsSuspended reports whether the status of sandbox says that its Pod is gone.
func IsSuspended(sandbox *sandboxv1.Sandbox) bool {
	return meta.IsStatusConditionTrue(sandbox.Status.Conditions, sandboxv1.ConditionSuspended)
}

// MultiplePodsMessage returns the message for a Sandbox that controls n Pods.
func MultiplePodsMessage(n int) string {
	return fmt.Sprintf("multiple Pods (%d) are controlled by this Sandbox; refusing to choose or create a Pod", n)
}

// IsReportedMultiplePods reports whether conditions say that a Sandbox has more than one Pod.
func IsReportedMultiplePods(conditions []metav1.Condition) bool {
	ready := readyOf(conditions)
	return ready != nil && ready.Reason == sandboxv1.ReasonMultiplePods
}

// IsReady reports whether sandbox is Ready in its current generation. A condition of an earlier generation does not
// count.
func IsReady(sandbox *sandboxv1.Sandbox) bool {
	ready := readyOf(sandbox.Status.Conditions)
	return ready != nil && ready.Status == metav1.ConditionTrue && ready.ObservedGeneration == sandbox.Generation
}
