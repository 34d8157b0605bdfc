package pods

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// Off says which protections are switched off.
type Off struct {
	PodName  bool // I1: nobody checks the name and the controller of a Sandbox's Pod
	Sandbox  bool // nobody compares a Pod with the Sandbox that is to control it
	Takeover bool // a Sandbox takes over any Pod of its name that nobody controls
	LiveStop bool // the Pod of a Sandbox that a cache shows as suspended is deleted without a live look at the Sandbox
	Version  bool // a Pod is deleted in whatever version it is
	LivePod  bool // a Sandbox whose cache shows no Pod of another name gets one of its own, without a live look
	LiveTask bool // a task whose cache does not show that it has finished runs, without a live look
}

// notStored is the UID of a Pod that is to be created.
const notStored = 0xffff

type look struct {
	at      uint8
	sandbox sandbox
	podAt   uint8
	pod     pod
}

func newLook(at uint8, s sandbox, podAt uint8, p pod) look {
	s.rv, p.rv, p.uid = 0, 0, min(p.uid, 1)
	p.byUser, p.sawSuspended, p.old = false, false, false
	return look{at, s, podAt, p}
}

type admission struct {
	look
	had bool
	old pod
	by  rules.Actor
}

// decisions asks the rules, and remembers what they said.
type decisions struct {
	off       Off
	takeovers map[look]bool
	admitted  map[admission]bool
	done      map[look]bool
}

func remember[K comparable](known map[K]bool, key K, ask func() bool) bool {
	value, is := known[key]
	if !is {
		value = ask()
		known[key] = value
	}
	return value
}

// mayTakeOver is whether a Sandbox may take over a Pod of its name.
func (d *decisions) mayTakeOver(at uint8, s sandbox, podAt uint8, p pod) bool {
	if d.off.Takeover {
		return p.ofUID == 0
	}
	key := newLook(at, s, podAt, p)
	return remember(d.takeovers, key, func() bool {
		return rules.CheckPodTakeover(sandboxObject(at, key.sandbox), podObject(podAt, key.pod)) == nil
	})
}

// isDone is whether a Sandbox gets no Pod any more, because it is a task that has finished.
func (d *decisions) isDone(at uint8, s sandbox) bool {
	key := newLook(at, s, 0, pod{})
	return remember(d.done, key, func() bool { return rules.IsDone(sandboxObject(at, key.sandbox)) })
}

// admits asks the policies and the webhook for Pods. owner is the Sandbox of the name in the Pod's owner as it is now. old has no UID for
// a new Pod. The manager's own Pods under their Sandbox's name and UID cost no call: a policy alone sees them (docs/design.md, section 6).
func (d *decisions) admits(podAt uint8, old, p pod, owner sandbox, by rules.Actor) bool {
	had := old.uid != 0
	if p.uid == 0 {
		p.uid = notStored
	}
	before := newLook(p.of, owner, podAt, old).pod
	key := admission{newLook(p.of, owner, podAt, p), had, before, by}
	return remember(d.admitted, key, func() bool {
		var was *corev1.Pod
		if had {
			was = podObject(podAt, key.old)
		}
		obj := podObject(podAt, key.pod)
		if !d.off.PodName && len(rules.CheckPodOwner(was, obj, by)) > 0 {
			return false
		}
		if len(rules.CheckForeignPod(was, obj, by)) > 0 {
			return false
		}
		asks := rules.NeedsSandbox(was, obj) && (by != rules.Controller || had)
		return !asks || d.off.Sandbox || len(rules.CheckPodSandbox(was, obj, sandboxObject(key.at, key.sandbox), by)) == 0
	})
}
