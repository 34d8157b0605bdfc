package diagnosis

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// causes are asked in this order, and the first that answers is the cause. What somebody asked for comes first, since no repair changes
// it. Then comes what nothing gets on without. Then comes what is missing, before what could not be created without it; what keeps a
// Pod from being created, before what keeps it from running. A full quota is the cause, and not the Sandbox that is not Ready.
var causes = []func(*Snapshot) *Cause{
	namespaceTerminates, expired, suspended, finished, deleted,
	installationFails,
	missingTemplate, missingPool, rejectedClaim, sandboxGone,
	nameTaken, podNameTaken, severalPods, volumeInTheWay,
	quotaUsedUp, podSecurity, policyRefuses, foreignWebhookDown, invalid, networkPolicyMissing,
	gated, volumePending, cordoned, unschedulable, nodeDown, imagePull, containerFails,
	poolAsksForNone, poolOnCordonedNodes, poolEmpty, poolFilling,
	writesRefused, starts, reported,
}

// firstCause returns what is in the way, or nil if the target is as it should be.
func firstCause(s *Snapshot) *Cause {
	if isWell(s) {
		return nil
	}
	for _, find := range causes {
		if cause := find(s); cause != nil {
			return cause
		}
	}
	return nil
}

// isWell reports whether the target is as it should be: by its own condition, and by the live Pod, since a condition is out of date
// while nobody leads.
func isWell(s *Snapshot) bool {
	if isTerminating(s) {
		return false
	}
	switch s.Target.Kind {
	case kindClaim:
		return s.Claim != nil && isTrue(s.Claim.Status.Conditions, extensionsv1.ConditionReady) && sandboxIsWell(s)
	case kindSandbox, kindPod:
		return sandboxIsWell(s)
	case kindPool:
		return s.Pool != nil && isTrue(s.Pool.Status.Conditions, extensionsv1.ConditionReady) && rules.Replicas(s.Pool) > 0 && !allOnCordoned(s)
	case kindTemplate:
		return s.Template != nil && templateEvent(s) == nil &&
			(s.Pool == nil || isTrue(s.Pool.Status.Conditions, extensionsv1.ConditionReady))
	}
	return false
}

func sandboxIsWell(s *Snapshot) bool {
	if s.Sandbox == nil || !rules.IsReady(s.Sandbox) || s.Sandbox.DeletionTimestamp != nil {
		return false
	}
	return !s.sees(kindPod) || s.Pod != nil && s.Pod.DeletionTimestamp == nil && podIsReady(s.Pod)
}

func isTerminating(s *Snapshot) bool {
	return s.Namespace != nil && s.Namespace.DeletionTimestamp != nil
}

func isTrue(conditions []metav1.Condition, kind string) bool {
	return meta.IsStatusConditionTrue(conditions, kind)
}

// ready returns the Ready condition, or an empty one.
func ready(conditions []metav1.Condition) metav1.Condition {
	if c := meta.FindStatusCondition(conditions, extensionsv1.ConditionReady); c != nil {
		return *c
	}
	return metav1.Condition{}
}
