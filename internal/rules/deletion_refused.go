package rules

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// deletionRefused stands in the message of a Ready condition between what is to end and the refusal of a deletion that ends it.
const deletionRefused = "; a deletion is refused: "

// sayRefusedDeletion adds to the Ready condition of wanted that a deletion is refused. The status is written before a deletion, so a
// refusal is said afterwards, in a second write. The next status says it as well, as long as old does and the deletion is pending: so each
// further try costs no write.
func sayRefusedDeletion(old, wanted []metav1.Condition, refused error, pending bool) {
	ready := readyOf(wanted)
	if ready == nil {
		return
	}
	before, begins := readyOf(old), ready.Message+deletionRefused
	switch {
	case refused != nil:
		ready.Message = Cut(begins+refused.Error(), messageLimit)
	case pending && before != nil && before.Reason == ready.Reason && strings.HasPrefix(before.Message, begins):
		ready.Message = before.Message
	}
}

// isDeletionRefused reports whether condition says that a deletion is refused.
func isDeletionRefused(condition metav1.Condition) bool {
	return condition.Type == sandboxv1.ConditionReady && strings.Contains(condition.Message, deletionRefused)
}

// isDeletionPending reports whether something is to be deleted for the end of a Sandbox that has expired, or of its Pod.
func isDeletionPending(sandbox *sandboxv1.Sandbox, observed *Observed, expired bool) bool {
	if expired && sandbox.Spec.ShutdownPolicy == sandboxv1.ShutdownPolicyDelete {
		return true
	}
	stays := func(obj metav1.Object) bool { return obj.GetDeletionTimestamp() == nil }
	for _, pod := range observed.Pods {
		if stays(pod) && (expired || endingOf(sandbox, pod) == podReplaced) {
			return true
		}
	}
	return expired && observed.Service != nil && stays(observed.Service)
}

// WithRefusedDeletion returns status, that of an expired claim, with the refusal of a deletion, or nil. pending says that there is
// something to delete. status is not used any more.
func WithRefusedDeletion(
	claim *extensionsv1.SandboxClaim, status extensionsv1.SandboxClaimStatus, refused error, pending bool,
) extensionsv1.SandboxClaimStatus {
	status.Conditions = slices.Clone(status.Conditions)
	sayRefusedDeletion(claim.Status.Conditions, status.Conditions, refused, pending)
	return status
}

// PoolDeletionRefusedError returns the ConditionError of a pool if err, that of the deletion of members, is a refusal. Otherwise it
// returns nil. The message leaves out the random ends of names, because otherwise it would differ at each attempt. err is retried in
// any case.
func PoolDeletionRefusedError(members []*sandboxv1.Sandbox, err error) *ConditionError {
	if !IsRefusal(err) {
		return nil
	}
	message := err.Error()
	for _, member := range members {
		if len(member.Name) > SuffixLength {
			message = strings.ReplaceAll(message, member.Name, member.Name[:len(member.Name)-SuffixLength]+"*")
		}
	}
	return &ConditionError{Reason: extensionsv1.ReasonSandboxRefused, Message: fmt.Sprintf("Deleting a Sandbox failed: %s", message)}
}
