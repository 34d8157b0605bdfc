package rules

import (
	"fmt"

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
		return invalidOwner(after, "this Sandbox is controlled by %s and keeps that controller: delete the Sandbox or its controller instead",
			describeOwner(before))
	case !isOurs(before):
		return invalidOwner(after, "this Sandbox is controlled by %s, and comes under no pool or claim any more: a Sandbox is adopted once, out of a "+
			"SandboxWarmPool by a SandboxClaim. To get a Sandbox of your own, create a SandboxClaim", describeOwner(before))
	case !IsPool(before):
		return invalidOwner(after, "this Sandbox is controlled by %s and stays so: a Sandbox is adopted once, out of a SandboxWarmPool by a SandboxClaim. "+
			"To get a Sandbox of your own, create a SandboxClaim", describeOwner(before))
	case !IsClaim(after):
		return invalidOwner(after, "this Sandbox is controlled by %s: only a SandboxClaim can adopt it", describeOwner(before))
	case old.DeletionTimestamp != nil:
		return invalidOwner(after, "this Sandbox is being deleted: it is not adopted any more")
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
			return field.ErrorList{field.Forbidden(ownersPath, fmt.Sprintf(
				"this Sandbox is controlled by %s: only Namesake's controller changes that", describeOwner(ref)))}
		}
	}
	var errs field.ErrorList
	for i := range obj.OwnerReferences {
		if ref := &obj.OwnerReferences[i]; isOurs(ref) && !hasOwner(old, ref) {
			errs = append(errs, field.Forbidden(ownersPath.Index(i), fmt.Sprintf(
				"only Namesake's controller makes %s the owner of a Sandbox: leave it out, and create a SandboxClaim to get a Sandbox", describeOwner(ref))))
		}
	}
	return errs
}
