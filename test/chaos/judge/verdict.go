package judge

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Unsettled returns what is not yet as it has to be once the faults are over: it is no violation before the time is up.
func (j *Judge) Unsettled(at time.Time) []Violation {
	var open []Violation
	add := func(rule Rule, o *object, format string, args ...any) {
		open = append(open, Violation{Rule: rule, Subject: o.latest.subject(), Detail: fmt.Sprintf(format, args...), At: at})
	}
	for _, o := range j.alive[Claim] {
		if why := j.openClaim(o, at); why != "" {
			add(NothingLost, o, "%s", why)
		}
	}
	for _, o := range j.alive[Sandbox] {
		if why := j.openSandbox(o, at); why != "" {
			add(NothingLost, o, "%s", why)
		}
	}
	for _, o := range j.alive[Pool] {
		if f := &o.latest; !f.Deleting && f.ReadyReplicas != f.Replicas {
			add(FullPools, o, "%d of %d are Ready", f.ReadyReplicas, f.Replicas)
		}
	}
	for _, kind := range Kinds() {
		for _, o := range j.alive[kind] {
			if why := j.leaks(o); why != "" {
				add(NoLeak, o, "%s", why)
			}
		}
	}
	return append(open, j.lost(at)...)
}

// Verdict judges what shows only at the end, and makes violations of what is unsettled.
func (j *Judge) Verdict(at time.Time) {
	for _, v := range j.Unsettled(at) {
		j.found[violationKey{v.Rule, v.Subject}] = v
	}
	for _, o := range j.objects {
		switch o.latest.Kind {
		case Sandbox:
			if why := j.died(o); why != "" {
				j.report(Survival, o, o.endingAt, "%s", why)
			}
		case Claim:
			j.judgeStatus(o, at)
		default:
		}
	}
}

// Left returns what exists although everything is released: claims, pools, and what they had.
func (j *Judge) Left(at time.Time) []Violation {
	var left []Violation
	for _, kind := range Kinds() {
		if kind == Namespace {
			continue
		}
		for _, o := range j.alive[kind] {
			detail := "controlled by " + o.latest.Controller.named()
			left = append(left, Violation{Rule: NothingLeft, Subject: o.latest.subject(), Detail: detail, At: at})
		}
	}
	return left
}

// Convict makes violations of what is left.
func (j *Judge) Convict(left []Violation) {
	for _, v := range left {
		j.found[violationKey{v.Rule, v.Subject}] = v
	}
}

// Reasons with which a claim or a Sandbox may stay without being Ready: what users did explains them.
var explained = []string{"SandboxMissing", "SandboxSuspended", "ClaimExpired", "SandboxExpired", "WarmPoolNotFound", "TemplateNotFound"}

// openClaim says what a claim still waits for, or "".
func (j *Judge) openClaim(o *object, at time.Time) string {
	f := &o.latest
	switch {
	case f.Deleting:
		return "it is terminating"
	case !f.ShutdownTime.IsZero() && !f.Kept && at.After(f.ShutdownTime):
		return "it has expired, and is there"
	case f.Ready == "True" || slices.Contains(explained, f.Reason):
		return ""
	default:
		return fmt.Sprintf("Ready is %q, by reason %q", f.Ready, f.Reason)
	}
}

// openSandbox says what a Sandbox of a user still waits for, or "". Those of pools and claims are seen in these.
func (j *Judge) openSandbox(o *object, at time.Time) string {
	f := &o.latest
	switch {
	case f.Deleting:
		return "it is terminating"
	case !f.Standalone:
		return ""
	case !f.ShutdownTime.IsZero() && !f.Kept && at.After(f.ShutdownTime):
		return "it has expired, and is there"
	case f.Ready == "True" || slices.Contains(explained, f.Reason):
		return ""
	default:
		return fmt.Sprintf("Ready is %q, by reason %q", f.Ready, f.Reason)
	}
}

// lost returns what was acknowledged and does not exist, although nobody deleted it and it has not expired.
func (j *Judge) lost(at time.Time) []Violation {
	var found []Violation
	for uid, n := range j.acknowledged {
		o := j.objects[uid]
		if o == nil && !j.deleted[uid] && !j.namespaces[n.Namespace] && !j.expired(&Facts{ShutdownTime: n.ShutdownTime}, at) {
			o = &object{latest: Facts{Kind: n.Kind, Namespace: n.Namespace, Name: n.Name, UID: uid}}
			found = append(found, Violation{Rule: NothingLost, Subject: o.latest.subject(), Detail: "it was acknowledged and never seen", At: at})
		}
		if o != nil && o.gone && n.Kind == Claim && !j.ended(o) {
			found = append(found, Violation{Rule: NothingLost, Subject: o.latest.subject(), Detail: "it is gone, and nobody deleted it", At: at})
		}
	}
	return found
}

// ended says that an object had a reason to end: a user, its time, or its namespace.
func (j *Judge) ended(o *object) bool {
	f := &o.latest
	return j.deleted[f.UID] || j.namespaces[f.Namespace] || j.expired(f, o.endingAt)
}

// expired says that an object may have been taken for expired at a time.
func (j *Judge) expired(f *Facts, at time.Time) bool {
	return !f.ShutdownTime.IsZero() && !f.ShutdownTime.After(at.Add(j.clocks))
}

// died says why a Sandbox should not have ended, or "" if it should, or did not. Pools may delete what no claim has.
func (j *Judge) died(o *object) string {
	if o.endingAt.IsZero() || j.ended(o) {
		return ""
	}
	owner := o.controllers[len(o.controllers)-1]
	if owner == (Owner{}) && len(o.controllers) > 1 {
		owner = o.controllers[len(o.controllers)-2]
	}
	switch owner.Kind {
	case Pool:
		return ""
	case Claim:
		claim := j.objects[owner.UID]
		if j.deleted[owner.UID] {
			return ""
		}
		if claim != nil && (!claim.endingAt.IsZero() && j.ended(claim) || j.expired(&claim.latest, o.endingAt)) {
			return ""
		}
		return "it ended, and its claim " + owner.Name + " has not"
	default:
		return "it ended, and nobody deleted it"
	}
}

// judgeStatus judges which Sandboxes a claim's status named. If the end of one was not seen, its adoption may not have been seen
// either.
func (j *Judge) judgeStatus(o *object, at time.Time) {
	for _, uid := range o.statusUIDs {
		sandbox := j.objects[uid]
		if sandbox == nil || sandbox.missed {
			continue
		}
		if !slices.ContainsFunc(sandbox.controllers, func(owner Owner) bool { return owner.UID == o.latest.UID }) {
			j.report(OwnedSandbox, o, at, "its status named %s, whose controllers were %v", sandbox.latest.subject(), sandbox.controllers)
		}
	}
}

// leaks says why an object should be gone, or "".
func (j *Judge) leaks(o *object) string {
	f := &o.latest
	switch f.Kind {
	case Namespace, Pool, Claim:
		return ""
	case Sandbox:
		if len(f.Owners) == 0 && !f.Standalone {
			return "nobody owns it"
		}
	default:
		if len(f.Owners) == 0 {
			return "nobody owns it"
		}
	}
	return j.orphaned(f.Owners)
}

// orphaned says which owners are gone, if all of them are.
func (j *Judge) orphaned(owners []Owner) string {
	var gone []types.UID
	for _, owner := range owners {
		known := j.objects[owner.UID]
		if j.alive[owner.Kind] == nil || known != nil && !known.gone {
			return "" // It is of a kind that the judge does not follow, or exists.
		}
		gone = append(gone, owner.UID)
	}
	if len(gone) == 0 {
		return ""
	}
	return fmt.Sprintf("its owners %v are gone", gone)
}
