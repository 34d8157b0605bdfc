package rules

import (
	"cmp"
	"slices"
	"time"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

const (
	// wokenAtOnce is how many claims are woken at once for a warm Sandbox that becomes a candidate: one gets it, and the others
	// are there in case that one cannot.
	wokenAtOnce = 4
	// wakeInterval is when the next few are woken, in case none of those before took it.
	wakeInterval = time.Second
)

// Wake is a claim that is woken, in a while.
type Wake struct {
	Name string
	In   time.Duration
}

// WakeForChange returns which of claims, which wait for a pool or a template, to wake when that changes: all of them, but those
// that were refused some at a time, the oldest first. For these the change is only a chance.
func WakeForChange(claims []*extensionsv1.SandboxClaim) []Wake {
	var wakes []Wake
	var refused []*extensionsv1.SandboxClaim
	for _, claim := range claims {
		if IsClaimRefused(claim) {
			refused = append(refused, claim)
		} else {
			wakes = append(wakes, Wake{Name: claim.Name})
		}
	}
	return append(wakes, inTurn(refused)...)
}

// WakeForCandidate returns which of claims, which wait in one namespace, to wake for a warm Sandbox that claims may now have: only
// those that could adopt it, the oldest at once, the others some at a time. So none is forgotten, and they do not all run at a
// time.
func WakeForCandidate(claims []*extensionsv1.SandboxClaim) []Wake {
	var waiting []*extensionsv1.SandboxClaim
	for _, claim := range claims {
		if canUseCandidate(claim) {
			waiting = append(waiting, claim)
		}
	}
	return inTurn(waiting)
}

// inTurn returns claims, the oldest first, a few at a time.
func inTurn(claims []*extensionsv1.SandboxClaim) []Wake {
	slices.SortFunc(claims, func(a, b *extensionsv1.SandboxClaim) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	wakes := make([]Wake, len(claims))
	for i, claim := range claims {
		wakes[i] = Wake{Name: claim.Name, In: time.Duration(i/wokenAtOnce) * wakeInterval}
	}
	return wakes
}

// canUseCandidate reports whether a warm Sandbox that turns Ready can be what claim waits for. A claim that is bound cold keeps its
// binding; one that is refused is tried again with backoff.
func canUseCandidate(claim *extensionsv1.SandboxClaim) bool {
	return claim.DeletionTimestamp == nil && IsWaiting(claim) && canAdopt(claim) && !IsClaimRefused(claim) &&
		!IsColdName(claim, Binding(claim))
}
