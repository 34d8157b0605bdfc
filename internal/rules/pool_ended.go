package rules

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// The kubelet restarts a container that ends again and again after these times:
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
const (
	minEndBackoff = 10 * time.Second
	maxEndBackoff = 5 * time.Minute
	// endReset is how long a Pod has to run, or how long none may have ended, until the backoff is forgotten.
	endReset = 10 * time.Minute
)

// endBackoff holds back the replacement of members whose Pods have ended, if the Pods of their replacements end, too. It
// is about one run of replacements, which is over when none was made for endReset.
type endBackoff struct {
	// newest is when the newest member was created that was there when the run began, by the API server's clock.
	newest time.Time
	// first and last are when the run's first and last replacements were made.
	first, last time.Time
	// step counts how often replacements were replaced.
	step int
	// notBefore is when the next members may be replaced.
	notBefore time.Time
}

// holds reports whether replacements end, too, so that the pool replaces them later and later.
func (b endBackoff) holds() bool { return b.step > 0 }

// allow returns how many of ended, the members whose Pods have ended, are replaced now, if most can be. newest is when
// the pool's newest member was created. wait is when to look again, and zero if nothing is held back. after is the state
// to remember.
func (b endBackoff) allow(
	ended []*sandboxv1.Sandbox, most int, newest, now time.Time,
) (n int, wait time.Duration, after endBackoff) {
	if !b.first.IsZero() && now.Sub(latest(b.last, b.notBefore)) >= endReset {
		b = endBackoff{}
	}
	wait = b.notBefore.Sub(now)
	switch {
	case len(ended) == 0 && b.holds(): // The pool says so until the backoff is forgotten.
		return 0, latest(b.last, b.notBefore).Add(endReset).Sub(now), b
	case len(ended) == 0, most <= 0:
		return 0, 0, b
	case wait > 0:
		return 0, wait, b
	}
	if slices.ContainsFunc(ended, b.isSuccessor) {
		b.step++
	}
	if b.first.IsZero() {
		b.newest, b.first = newest, now
	}
	n = min(len(ended), max(1, most>>b.step))
	b.last = now
	if b.holds() {
		wait = min(maxEndBackoff, minEndBackoff<<min(b.step-1, 10))
		b.notBefore = now.Add(wait)
	}
	return n, wait, b
}

// isSuccessor reports whether member, whose Pod has ended, was created as a replacement in this run, and ended soon.
func (b endBackoff) isSuccessor(member *sandboxv1.Sandbox) bool {
	at := endedAt(member)
	return !b.first.IsZero() && !member.CreationTimestamp.Time.Before(b.newest) && !at.Before(b.first.Truncate(time.Second)) &&
		at.Sub(member.CreationTimestamp.Time) < endReset
}

// endedAt returns when the Pod of member ended, or the zero time if it did not.
func endedAt(member *sandboxv1.Sandbox) time.Time {
	if finished := meta.FindStatusCondition(member.Status.Conditions, sandboxv1.ConditionFinished); finished != nil {
		return finished.LastTransitionTime.Time
	}
	return time.Time{}
}
