package rules

import (
	"errors"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// These are the kinds of objects that a Sandbox owns, as messages name them.
const (
	kindPod     = "pod"
	kindService = "service"
	kindVolume  = "PVC"
)

// nameConflict is an error about an object that has the name of one of a Sandbox's own but is not the Sandbox's. Only
// the owner of that object can resolve it.
type nameConflict struct{ message string }

func (e *nameConflict) Error() string { return e.message }

// IsNameConflict reports whether err is an error from CheckPodTakeover or from one of the similar checks for Services
// and PersistentVolumeClaims.
func IsNameConflict(err error) bool {
	var e *nameConflict
	return errors.As(err, &e)
}

// isNameConflictMessage reports whether the message of a Sandbox's Ready condition is about an object of somebody else's
// that has the name of the Sandbox's own. Only the words tell: the reason is that of every failed reconcile.
func isNameConflictMessage(message string) bool {
	return strings.Contains(message, unowned) || strings.Contains(message, foreign)
}

// unowned and foreign are in the messages of checkTakeover, and in no other message of a Sandbox.
const unowned, foreign = "cannot adopt unowned ", ", not by sandbox "

// CheckPodTakeover returns why sandbox cannot take pod over, or nil if it can. pod has the name of the Sandbox's Pod and
// is not controlled by it. The Sandbox can take the Pod over if nobody owns it and its labels allow that. They must say
// that the Pod is adoptable, or that it belongs to a Sandbox of this name.
//
// A Sandbox in a pool or of a claim takes nothing over. Whoever has it has to know what is in it, and only its template and
// its claim say that. Anyone who may create a Pod or a volume could have labelled it.
//
// The message begins with the exact words that agent-sandbox uses in the same case. Then it says what to do.
func CheckPodTakeover(sandbox *sandboxv1.Sandbox, pod metav1.Object) error {
	return checkTakeover(sandbox, kindPod, pod)
}

func checkTakeover(sandbox *sandboxv1.Sandbox, kind string, obj metav1.Object) error {
	refuse := func(format string, args ...any) error {
		return &nameConflict{message: fmt.Sprintf(unowned+"%s %q: ", kind, obj.GetName()) + fmt.Sprintf(format, args...)}
	}
	labels := obj.GetLabels()
	switch owner := controllerOrOwner(obj); {
	case owner != nil && (kind != kindVolume || !keptByNobody(obj)):
		return &nameConflict{message: fmt.Sprintf("%s %q is owned by %s/%s (UID: %s)"+foreign+"%q: delete it, and the Sandbox gets its own",
			kind, obj.GetName(), owner.Kind, owner.Name, owner.UID, sandbox.Name)}
	case obj.GetDeletionTimestamp() != nil:
		return refuse("it is being deleted, and the Sandbox gets its own when it is gone")
	case IsClaim(ControllerOf(sandbox)):
		return refuse("sandbox %q is %s, and only its template and its claim say what is in it: delete it, and the Sandbox gets its own",
			sandbox.Name, describeHolder(sandbox))
	case IsPool(ControllerOf(sandbox)):
		return refuse("sandbox %q is in a pool, where only its template says what is in it: delete it, and the Sandbox gets its own", sandbox.Name)
	case labels[sandboxv1.LabelAdoptable] != sandboxv1.AdoptableTrue && labels[sandboxv1.LabelSandboxNameHash] != Hash(sandbox.Name):
		return refuse("missing required pool authorization label (%q) or sandbox tracking label (%q): "+
			"delete it, or label it %s=%s to let sandbox %q have it",
			sandboxv1.LabelAdoptable, sandboxv1.LabelSandboxNameHash, sandboxv1.LabelAdoptable, sandboxv1.AdoptableTrue, sandbox.Name)
	}
	return nil
}

// controllerOrOwner returns the controller of obj, or else its first owner, or nil.
func controllerOrOwner(obj metav1.Object) *metav1.OwnerReference {
	if owner := ControllerOf(obj); owner != nil {
		return owner
	}
	if owners := obj.GetOwnerReferences(); len(owners) > 0 {
		return &owners[0]
	}
	return nil
}

// takeOver makes sandbox the owner of obj, which has none besides the namespace, and sets obj's labels accordingly. What was kept once
// stays so: see KeepVolume.
func takeOver(sandbox *sandboxv1.Sandbox, obj metav1.Object) {
	obj.SetOwnerReferences(append([]metav1.OwnerReference{*SandboxOwner(sandbox)}, obj.GetOwnerReferences()...))
	obj.SetLabels(withKeys(obj.GetLabels(), ownershipLabels(sandbox)))
}
