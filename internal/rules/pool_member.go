package rules

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// memberState is what the status of a pool's member says about it.
type memberState int

const (
	// memberNew: nothing has been reported about the member.
	memberNew memberState = iota
	// memberTerminating: the member is being deleted already.
	memberTerminating
	// memberReady: the member is Ready.
	memberReady
	// memberEnded: the member's Pod has ended by itself. It will not be Ready any more.
	memberEnded
	// memberRefused: the API server refuses what the member needs, for example its Pod.
	memberRefused
	// memberWaiting: the member's Pod has no node. The scheduler, or a gate before it, has reported that, or nobody has
	// said anything about scheduling.
	memberWaiting
	// memberNotReady: the member has a Pod that is not Ready, and none of the above applies.
	memberNotReady
)

// memberStateOf returns the state of member.
func memberStateOf(member *sandboxv1.Sandbox) memberState {
	ready := readyOf(member.Status.Conditions)
	scheduled := meta.FindStatusCondition(member.Status.Conditions, sandboxv1.ConditionPodScheduled)
	failed := ready != nil && (ready.Reason == sandboxv1.ReasonReconcilerError || ready.Reason == sandboxv1.ReasonInvalidConfiguration)
	switch {
	case member.DeletionTimestamp != nil:
		return memberTerminating
	case IsReady(member):
		return memberReady
	case meta.IsStatusConditionTrue(member.Status.Conditions, sandboxv1.ConditionFinished):
		return memberEnded
	case failed && !isNameConflictMessage(ready.Message):
		return memberRefused
	case failed, IsReportedMultiplePods(member.Status.Conditions):
		return memberNotReady // Another Sandbox, under another name, would do better.
	case scheduled != nil && scheduled.Status != metav1.ConditionTrue:
		return memberWaiting
	case ready == nil && scheduled == nil:
		return memberNew
	}
	return memberNotReady
}

// hasPod reports whether member's status shows that the API server has accepted its Pod.
func hasPod(member *sandboxv1.Sandbox) bool {
	scheduled := meta.FindStatusCondition(member.Status.Conditions, sandboxv1.ConditionPodScheduled)
	return member.Status.PodUID != "" || IsReady(member) || (scheduled != nil && scheduled.Status != metav1.ConditionUnknown)
}

// PoolMemberChanged reports whether the pool of a member has to look at it again, because its status has changed from
// that of before to that of after in what PlanPool decides on, or in what the pool says of it.
func PoolMemberChanged(before, after *sandboxv1.Sandbox) bool {
	return memberStateOf(before) != memberStateOf(after) || hasPod(before) != hasPod(after) || isGated(before) != isGated(after) ||
		isScheduled(before) != isScheduled(after) || troubleOf(before) != troubleOf(after)
}

// IsWaitingForNode reports whether a scheduler has to find a node for pod. It does not look at one that has gates.
func IsWaitingForNode(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Reason == corev1.PodReasonSchedulingGated {
			return false
		}
	}
	return pod.Spec.NodeName == ""
}

// isScheduled reports whether member's Pod has a node. A Pod that no scheduler has looked at yet has no condition about it.
func isScheduled(member *sandboxv1.Sandbox) bool {
	return meta.IsStatusConditionTrue(member.Status.Conditions, sandboxv1.ConditionPodScheduled)
}

// isGated reports whether a scheduling gate holds member's Pod. The API server itself says so in the Pod's condition, and no
// scheduler looks at the Pod until whoever set the gate has removed it.
func isGated(member *sandboxv1.Sandbox) bool {
	scheduled := meta.FindStatusCondition(member.Status.Conditions, sandboxv1.ConditionPodScheduled)
	return scheduled != nil && scheduled.Status == metav1.ConditionFalse && scheduled.Reason == corev1.PodReasonSchedulingGated
}

// requeueIn makes sure that the pool is reconciled again after that time at the latest.
func (p *PoolPlan) requeueIn(in time.Duration) {
	if p.RequeueAfter == 0 || in < p.RequeueAfter {
		p.RequeueAfter = in
	}
}

// notReadySince returns the time since which a member that is not Ready could have become Ready. That is its creation,
// the last change of its Ready condition, or the time at which it got a node, whichever came last.
func notReadySince(member *sandboxv1.Sandbox) time.Time {
	return latest(startedAt(member), ReadySince(member))
}

// startedAt returns when member was created or got a node, whichever came last.
func startedAt(member *sandboxv1.Sandbox) time.Time {
	scheduled := meta.FindStatusCondition(member.Status.Conditions, sandboxv1.ConditionPodScheduled)
	if scheduled != nil && scheduled.Status == metav1.ConditionTrue {
		return latest(member.CreationTimestamp.Time, scheduled.LastTransitionTime.Time)
	}
	return member.CreationTimestamp.Time
}

// ReadySince returns when the Ready condition of member last changed, or the zero time if it has none.
func ReadySince(member *sandboxv1.Sandbox) time.Time {
	if ready := readyOf(member.Status.Conditions); ready != nil {
		return ready.LastTransitionTime.Time
	}
	return time.Time{}
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// CheckPoolMember returns a Forbidden error for a change of the spec of a Sandbox in a pool. Whoever adopts the Sandbox
// has to know what is in it. old is nil on create.
func CheckPoolMember(old, obj *sandboxv1.Sandbox) field.ErrorList {
	if old == nil || !IsPool(ControllerOf(old)) || equality.Semantic.DeepEqual(old.Spec, obj.Spec) {
		return nil
	}
	return field.ErrorList{field.Forbidden(field.NewPath("spec"), WordsPoolMember.With(describeOwner(ControllerOf(old))))}
}
