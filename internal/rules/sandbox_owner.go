package rules

import (
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

var ownersPath = field.NewPath("metadata", "ownerReferences")

// CheckController checks the change of a Sandbox's controller, as far as it is about pools and claims. Such a controller
// changes at most once, from the SandboxWarmPool that created the Sandbox to a SandboxClaim, and never while the Sandbox is
// being deleted. A Sandbox that was created under a claim stays so, and one that neither controls never comes under one. Only
// the garbage collector removes such a controller. Controllers of other kinds come and go as they like where neither a pool
// nor a claim controls: an operator that makes Sandboxes may take them on, hand them on, and let them go. old is nil on
// create, where any controller is the first one.
func CheckController(old, obj *sandboxv1.Sandbox, actor Actor) field.ErrorList {
	if old == nil {
		return nil
	}
	before, after := ControllerOf(old), ControllerOf(obj)
	switch {
	case sameOwner(before, after), !isOurs(before) && !isOurs(after):
		return nil
	case after == nil && actor == GarbageCollector:
		return nil
	case after == nil:
		return invalidOwner(after, WordsSandboxStays, describeOwner(before))
	case !isOurs(before):
		return invalidOwner(after, WordsNeverAgain, describeOwner(before))
	case !IsPool(before):
		return invalidOwner(after, WordsAdoptedOnce, describeOwner(before))
	case !IsClaim(after):
		return invalidOwner(after, WordsOnlyAClaim, describeOwner(before))
	case old.DeletionTimestamp != nil:
		return invalidOwner(after, WordsBeingDeleted)
	case len(obj.OwnerReferences) != 1:
		return field.ErrorList{field.TooMany(ownersPath, len(obj.OwnerReferences), 1)}
	}
	return nil
}

// CheckUserOwners returns a Forbidden error for each change of a Sandbox's owner references that users may not make.
// Users may not add a pool or a claim as an owner. They may not change the reference to a pool or a claim that controls the
// Sandbox. Owners of other kinds that do not control are theirs to add and to remove, whoever controls the Sandbox. old is nil
// on create.
func CheckUserOwners(old, obj *sandboxv1.Sandbox) field.ErrorList {
	if old != nil {
		ref := ControllerOf(old)
		if isOurs(ref) && !equality.Semantic.DeepEqual(ref, ControllerOf(obj)) {
			return field.ErrorList{field.Forbidden(ownersPath, WordsNotYours.With(describeOwner(ref)))}
		}
	}
	return CheckAddedOwners(old, obj)
}

// CheckAddedOwners returns a Forbidden error for each pool and each claim that becomes an owner of a Sandbox. It is for everybody but the
// controller: the garbage collector removes owners, and adds none. old is nil on create.
func CheckAddedOwners(old, obj *sandboxv1.Sandbox) field.ErrorList {
	var errs field.ErrorList
	for i := range obj.OwnerReferences {
		if ref := &obj.OwnerReferences[i]; isOurs(ref) && !hasOwner(old, ref) {
			errs = append(errs, field.Forbidden(ownersPath.Index(i), WordsNoOwner.With(describeOwner(ref))))
		}
	}
	return errs
}
