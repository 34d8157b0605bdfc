package rules

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// IsReworded reports whether an object changed in nothing but how it words what is in its way: a refusal can read differently at
// each try, by the order of what it lists, by numbers of a quota, or by the ID of a request. Such a change wakes nobody. The
// object is tried again with backoff, and if its own words woke it, that would be at once and for ever.
//
// before and after are the same Sandbox, SandboxClaim or SandboxWarmPool at two times.
func IsReworded(before, after metav1.Object) bool {
	switch before := before.(type) {
	case *sandboxv1.Sandbox:
		after, ok := after.(*sandboxv1.Sandbox)
		return ok && reworded(before.Status.Conditions, after.Status.Conditions) &&
			equality.Semantic.DeepEqual(wordlessSandbox(before), wordlessSandbox(after))
	case *extensionsv1.SandboxClaim:
		after, ok := after.(*extensionsv1.SandboxClaim)
		return ok && reworded(before.Status.Conditions, after.Status.Conditions) &&
			equality.Semantic.DeepEqual(wordlessClaim(before), wordlessClaim(after))
	case *extensionsv1.SandboxWarmPool:
		after, ok := after.(*extensionsv1.SandboxWarmPool)
		return ok && reworded(before.Status.Conditions, after.Status.Conditions) &&
			equality.Semantic.DeepEqual(wordlessPool(before), wordlessPool(after))
	}
	return false
}

// OnlyTellsRefusal reports whether an object changed in nothing but its status, which says now that something is in its way. That is no
// news to the manager that was refused. It has the object on its backoff, and would try it twice at once.
//
// before and after are the same Sandbox or SandboxClaim at two times.
func OnlyTellsRefusal(before, after metav1.Object) bool {
	switch before := before.(type) {
	case *sandboxv1.Sandbox:
		after, ok := after.(*sandboxv1.Sandbox)
		return ok && slices.ContainsFunc(after.Status.Conditions, isRetried) &&
			equality.Semantic.DeepEqual(statelessSandbox(before), statelessSandbox(after))
	case *extensionsv1.SandboxClaim:
		after, ok := after.(*extensionsv1.SandboxClaim)
		return ok && slices.ContainsFunc(after.Status.Conditions, isRetried) &&
			equality.Semantic.DeepEqual(statelessClaim(before), statelessClaim(after))
	}
	return false
}

// reworded reports whether both conditions tell of something that is tried again with backoff, in other words. It costs nothing
// where, as nearly always, they do not.
func reworded(before, after []metav1.Condition) bool {
	return slices.ContainsFunc(before, isRetried) && slices.ContainsFunc(after, isRetried) && !slices.Equal(before, after)
}

// isRetried reports whether condition tells of what is tried again with backoff, or after a while: a write or a deletion that was refused,
// an object that is not valid, or races that were lost.
func isRetried(condition metav1.Condition) bool {
	if condition.Status != metav1.ConditionFalse {
		return false
	}
	switch condition.Reason {
	case sandboxv1.ReasonReconcilerError, sandboxv1.ReasonInvalidConfiguration,
		extensionsv1.ReasonAdoptionConflict, extensionsv1.ReasonSandboxRefused:
		return true
	}
	return isDeletionRefused(condition) ||
		condition.Reason == sandboxv1.ReasonSandboxExpired && strings.Contains(condition.Message, volumesNotKept)
}

func wordlessSandbox(sandbox *sandboxv1.Sandbox) *sandboxv1.Sandbox {
	shallow := *sandbox
	shallow.ResourceVersion, shallow.ManagedFields = "", nil
	shallow.Status.Conditions = wordless(sandbox.Status.Conditions)
	return &shallow
}

func wordlessClaim(claim *extensionsv1.SandboxClaim) *extensionsv1.SandboxClaim {
	shallow := *claim
	shallow.ResourceVersion, shallow.ManagedFields = "", nil
	shallow.Status.Conditions = wordless(claim.Status.Conditions)
	return &shallow
}

func wordlessPool(pool *extensionsv1.SandboxWarmPool) *extensionsv1.SandboxWarmPool {
	shallow := *pool
	shallow.ResourceVersion, shallow.ManagedFields = "", nil
	shallow.Status.Conditions = wordless(pool.Status.Conditions)
	return &shallow
}

func statelessSandbox(sandbox *sandboxv1.Sandbox) *sandboxv1.Sandbox {
	shallow := *sandbox
	shallow.ResourceVersion, shallow.ManagedFields, shallow.Status = "", nil, sandboxv1.SandboxStatus{}
	return &shallow
}

func statelessClaim(claim *extensionsv1.SandboxClaim) *extensionsv1.SandboxClaim {
	shallow := *claim
	shallow.ResourceVersion, shallow.ManagedFields, shallow.Status = "", nil, extensionsv1.SandboxClaimStatus{}
	return &shallow
}

// wordless returns conditions without the words of those that are retried. Which of the reasons it is does not count either: both
// are on the same backoff.
func wordless(conditions []metav1.Condition) []metav1.Condition {
	conditions = slices.Clone(conditions)
	for i := range conditions {
		if isRetried(conditions[i]) {
			conditions[i].Reason, conditions[i].Message = "", ""
		}
	}
	return conditions
}
