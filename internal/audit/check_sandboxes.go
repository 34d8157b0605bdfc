package audit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// twoSandboxes counts the Sandboxes that each claim owns, controlling or not.
func (v *view) twoSandboxes() {
	for uid, held := range v.heldBy {
		claim := v.claims[uid]
		if len(held) < 2 || claim == nil || !exists(claim) {
			continue
		}
		involved := make([]Object, len(held))
		for i, sandbox := range held {
			involved[i] = ObjectOf(sandbox)
		}
		involved = some(involved)
		v.report(CheckTwoSandboxes, claim, involved,
			fmt.Sprintf("SandboxClaim %q owns %d Sandboxes: %s; its status names %q", claim.Name, len(held), list(involved), claim.Status.Sandbox.Name),
			fmt.Sprintf("Save what they hold. Delete those that the claim's status does not name: %s",
				deleteCommand(other(involved, claim.Status.Sandbox.Name))))
	}
}

// sharedSandbox gathers, for each Sandbox, every claim that it is known to have served: the one that controls it, the one in its label,
// and those whose status is about it.
func (v *view) sharedSandbox() {
	for _, sandbox := range v.Sandboxes {
		if !exists(sandbox) {
			continue
		}
		served, involved := v.servedBy(sandbox)
		returned := rules.IsPool(rules.ControllerOf(sandbox)) && len(involved) > 0
		if len(served) < 2 && !returned {
			continue
		}
		words := slices.Sorted(maps.Values(served))
		message := fmt.Sprintf("Sandbox %q has served %d claims: %s", sandbox.Name, len(served), join(words, "; "))
		if returned {
			message = fmt.Sprintf("Sandbox %q is controlled by %s, and has served a claim: %s", sandbox.Name,
				describe(rules.ControllerOf(sandbox)), join(words, "; "))
		}
		v.report(CheckSharedSandbox, sandbox, some(involved), message,
			"Treat what is in it as seen by all of them. Save what is needed, then delete it, and create the claims anew: "+deleteCommand(ObjectOf(sandbox)))
	}
}

// servedBy returns how it is known of each claim that sandbox served it, by the claim's UID, and the claims among them that exist and say
// so themselves.
func (v *view) servedBy(sandbox *sandboxv1.Sandbox) (served map[types.UID]string, saying []Object) {
	served = map[types.UID]string{}
	if owner := rules.ControllerOf(sandbox); rules.IsClaim(owner) {
		served[owner.UID] = fmt.Sprintf("SandboxClaim %q controls it", owner.Name)
		if uid := types.UID(sandbox.Labels[sandboxv1.LabelClaimUID]); uid != "" && uid != owner.UID {
			served[uid] = "its label names a claim with UID " + string(uid)
		}
	}
	for _, claim := range v.recording[sandbox.Name] {
		if !records(claim, sandbox) {
			continue
		}
		saying = append(saying, ObjectOf(claim))
		if served[claim.UID] == "" {
			served[claim.UID] = fmt.Sprintf("the status of SandboxClaim %q names it", claim.Name)
		}
	}
	return served, saying
}

// records reports whether the status of claim, which has sandbox's name, is about this Sandbox, and not about an earlier one of that
// name. agent-sandbox records no UID: there, a claim that is Ready by it means this one.
func records(claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox) bool {
	if uid := claim.Status.Sandbox.UID; uid != "" {
		return uid == sandbox.UID
	}
	for i := range claim.Status.Conditions {
		if condition := &claim.Status.Conditions[i]; condition.Type == extensionsv1.ConditionReady {
			return condition.Status == metav1.ConditionTrue
		}
	}
	return false
}

// twoHolders counts the pools and claims among the owners of each Sandbox.
func (v *view) twoHolders() {
	for _, sandbox := range v.Sandboxes {
		found := holders(sandbox)
		if len(found) < 2 || !exists(sandbox) {
			continue
		}
		names := make([]string, len(found))
		for i, ref := range found {
			names[i] = describe(ref)
		}
		v.report(CheckTwoHolders, sandbox, nil,
			fmt.Sprintf("Sandbox %q has %d owners that are pools or claims: %s", sandbox.Name, len(found), join(names, ", ")),
			"Find out who wrote metadata.ownerReferences, save what the Sandbox holds, and delete it: "+deleteCommand(ObjectOf(sandbox)))
	}
}

// sandboxOrphan looks for what only a pool or a claim controller writes, on Sandboxes that neither controls.
func (v *view) sandboxOrphan() {
	for _, sandbox := range v.Sandboxes {
		if !exists(sandbox) || len(holders(sandbox)) > 0 {
			continue
		}
		marks := append(rules.SandboxReservedLabels(sandbox), rules.SandboxReservedAnnotations(sandbox)...)
		if len(marks) == 0 {
			continue
		}
		v.report(CheckSandboxOrphan, sandbox, nil,
			fmt.Sprintf("Sandbox %q has %s, and neither a pool nor a claim controls it: it has lost its owner (--cascade=orphan, a restored backup), "+
				"or somebody else wrote that", sandbox.Name, strings.Join(marks, ", ")),
			"No claim gets it any more. Save what it holds, and delete it: "+deleteCommand(ObjectOf(sandbox)))
	}
}

// sandboxOwnerGone looks for Sandboxes whose controller does not exist.
func (v *view) sandboxOwnerGone() {
	for _, sandbox := range v.Sandboxes {
		owner := rules.ControllerOf(sandbox)
		if !exists(sandbox) || rules.IsClaim(owner) && v.claims[owner.UID] != nil || rules.IsPool(owner) && v.pools[owner.UID] != nil ||
			!rules.IsClaim(owner) && !rules.IsPool(owner) {
			continue
		}
		v.report(CheckSandboxOwnerGone, sandbox, []Object{referred(sandbox.Namespace, owner)},
			fmt.Sprintf("Sandbox %q is controlled by %s with UID %s, which does not exist", sandbox.Name, describe(owner), owner.UID),
			"The garbage collector deletes it. If it stays, save what it holds, and delete it: "+deleteCommand(ObjectOf(sandbox)))
	}
}

// templateMismatch compares the label and the annotation with which a Sandbox says where it came from.
func (v *view) templateMismatch() {
	for _, sandbox := range v.Sandboxes {
		hash, name := sandbox.Labels[sandboxv1.LabelTemplateRefHash], sandbox.Annotations[sandboxv1.AnnotationTemplateRef]
		if !exists(sandbox) || hash == "" || name == "" || hash == rules.Hash(name) {
			continue
		}
		v.report(CheckTemplateMismatch, sandbox, nil,
			fmt.Sprintf("Sandbox %q is of SandboxTemplate %q, whose hash is %s, and has the label %s=%s: its Pod is under the NetworkPolicy of another template",
				sandbox.Name, name, rules.Hash(name), sandboxv1.LabelTemplateRefHash, hash),
			"Find out who wrote the label, and replace the Sandbox: delete its claim, or if it is in a pool: "+deleteCommand(ObjectOf(sandbox)))
	}
}
