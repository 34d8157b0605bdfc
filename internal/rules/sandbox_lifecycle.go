package rules

import (
	"time"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Suspended reports whether sandbox is to have no Pod until it is resumed.
func Suspended(sandbox *sandboxv1.Sandbox) bool {
	return sandbox.Spec.OperatingMode == sandboxv1.OperatingModeSuspended
}

// Expired reports whether the shutdownTime of sandbox has come. What its status says of this generation counts before the clock: a
// manager whose clock is behind that of the one which ended the Sandbox would give it another Pod.
func Expired(sandbox *sandboxv1.Sandbox, now time.Time) bool {
	at := sandbox.Spec.ShutdownTime
	return at != nil && (!now.Before(at.Time) || saysOf(sandbox.Generation, sandbox.Status.Conditions, sandboxv1.ReasonSandboxExpired))
}

// ExpiresIn returns how long to wait until sandbox has expired. It returns one millisecond if it has expired already,
// and 0 if it never will.
func ExpiresIn(sandbox *sandboxv1.Sandbox, now time.Time) time.Duration {
	if at := sandbox.Spec.ShutdownTime; at != nil {
		return max(at.Sub(now), time.Millisecond)
	}
	return 0
}
