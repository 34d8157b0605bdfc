package judge

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// judgeSandbox judges a version of a Sandbox: who controls it, and what else the same claim controls.
func (j *Judge) judgeSandbox(o *object, at time.Time) []Violation {
	found := j.judgeAdoption(o, at)
	owner := o.latest.Controller
	if owner.Kind != Claim || !o.serves() {
		return found
	}
	for _, other := range j.alive[Sandbox] {
		if other != o && other.latest.Controller.UID == owner.UID && other.serves() {
			claim := &object{latest: Facts{Kind: Claim, Namespace: o.latest.Namespace, Name: owner.Name, UID: owner.UID}}
			return append(found, j.report(OneSandbox, claim, at, "it controls %s and %s", other.latest.subject(), o.latest.subject())...)
		}
	}
	return found
}

// serves says that the Sandbox is there and stays.
func (o *object) serves() bool { return !o.gone && !o.latest.Deleting }

// judgeAdoption judges the owners that a Sandbox had so far. A list after a gap may leave states out, but none that it shows is
// wrong.
func (j *Judge) judgeAdoption(o *object, at time.Time) []Violation {
	var claims []types.UID
	adoptions := 0
	for i, owner := range o.controllers {
		if owner.Kind == Claim && !slices.Contains(claims, owner.UID) {
			claims = append(claims, owner.UID)
		}
		if i > 0 && owner != (Owner{}) { // The garbage collector may take an owner away that is gone.
			adoptions++
			if o.controllers[i-1].Kind != Pool || owner.Kind != Claim {
				adoptions++
			}
		}
	}
	var found []Violation
	if len(claims) > 1 {
		found = j.report(OneClaim, o, at, "claims %v", claims)
	}
	if adoptions > 1 {
		found = append(found, j.report(OneAdoption, o, at, "its controllers were %v", o.controllers)...)
	}
	return found
}

// judgeClaim judges a version of a claim against the one before, which is the zero value for a first one.
func (j *Judge) judgeClaim(o *object, before Facts, at time.Time) []Violation {
	f := &o.latest
	var found []Violation
	if before.StatusName != "" && before.Binding != f.Binding {
		found = j.report(KeptBinding, o, at, "it was bound to %q, with status.sandbox.name %q, and then to %q", before.Binding, before.StatusName, f.Binding)
	}
	if before.StatusName != "" && f.StatusName != "" && before.StatusName != f.StatusName {
		found = append(found, j.report(KeptSandbox, o, at, "status.sandbox.name was %q, and then %q", before.StatusName, f.StatusName)...)
	}
	if f.StatusUID == "" || slices.Contains(o.statusUIDs, f.StatusUID) {
		return found
	}
	o.statusUIDs = append(o.statusUIDs, f.StatusUID)
	if len(o.statusUIDs) > 1 && !j.exceptSecond(o, before.StatusName, at) {
		found = append(found, j.report(KeptSandbox, o, at, "its status named the Sandboxes %v", o.statusUIDs)...)
	}
	return found
}

// judgePod judges a version of a Pod: its name, and which other Pods its Sandbox has.
func (j *Judge) judgePod(o *object, at time.Time) []Violation {
	f := &o.latest
	if f.Controller.Kind != Sandbox {
		return nil
	}
	var found []Violation
	if f.Name != f.Controller.Name {
		found = j.report(PodName, o, at, "it is controlled by %s", f.Controller.named())
	}
	if sandbox := j.objects[f.Controller.UID]; sandbox != nil && sandbox.latest.Name != f.Name {
		found = append(found, j.report(PodName, o, at, "it is controlled by %s", sandbox.latest.subject())...)
	}
	if o.gone {
		return found
	}
	for _, other := range j.alive[Pod] {
		if other != o && other.latest.Controller.UID == f.Controller.UID {
			sandbox := &object{latest: Facts{Kind: Sandbox, Namespace: f.Namespace, Name: f.Controller.Name, UID: f.Controller.UID}}
			return append(found, j.report(OnePod, sandbox, at, "it has %s and %s", other.latest.subject(), f.subject())...)
		}
	}
	return found
}
