package rules_test

import (
	"fmt"

	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// ledger records who controlled what, over the lives of all objects, and notes the first time that an invariant breaks.
type ledger struct {
	claimedBy map[types.UID]types.UID // Sandbox: the claim that came to control it
	changes   map[types.UID]int       // Sandbox: how often its controller changed
	recorded  map[types.UID]string    // claim: the Sandbox that its status named
	claimedAt map[types.UID]int       // Sandbox: the version at which a claim came to control it
	expired   map[types.UID]bool      // claim: whether it has expired
	expiredAt map[types.UID]int       // claim: the version at which it got more time
	mayRepeat bool                    // whether a claim may get a Sandbox again after it had one
	broken    string
}

func newLedger(mayRepeat bool) ledger {
	return ledger{
		mayRepeat: mayRepeat, claimedBy: map[types.UID]types.UID{}, changes: map[types.UID]int{}, recorded: map[types.UID]string{},
		claimedAt: map[types.UID]int{}, expired: map[types.UID]bool{}, expiredAt: map[types.UID]int{},
	}
}

func (l *ledger) breaks(format string, args ...any) {
	if l.broken == "" {
		l.broken = fmt.Sprintf(format, args...)
	}
}

// claim records a claim as it is written.
func (l *ledger) claim(claim *extensionsv1.SandboxClaim, version int) {
	name := claim.Status.Sandbox.Name
	expired := rules.IsClaimExpired(claim, builder.Epoch)
	if before := l.recorded[claim.UID]; before != "" && before != name && (name != "" || !expired) {
		l.breaks("claim %s reports Sandbox %q after %q", claim.UID, name, before)
	}
	l.recorded[claim.UID] = name
	if l.expired[claim.UID] && !expired {
		l.expiredAt[claim.UID] = version
	}
	l.expired[claim.UID] = expired
}

// ended records that a worker deletes a Sandbox because the claim that controls it has expired.
func (l *ledger) ended(sandbox *sandboxv1.Sandbox) {
	if claim := l.claimedBy[sandbox.UID]; claim == "" || (!l.expired[claim] && l.claimedAt[sandbox.UID] > l.expiredAt[claim]) {
		l.breaks("Sandbox %s is deleted, and its claim %q has not expired since it has it", sandbox.UID, claim)
	}
}

// sandbox records a Sandbox as it is written, next to those that exist. old is the Sandbox before the write, or nil.
func (l *ledger) sandbox(existing map[string]*sandboxv1.Sandbox, old, sandbox *sandboxv1.Sandbox, version int) {
	after := rules.ControllerOf(sandbox)
	if old != nil && after != nil {
		if before := rules.ControllerOf(old); before == nil || before.UID != after.UID {
			l.changes[sandbox.UID]++
		}
	}
	if l.changes[sandbox.UID] > 1 {
		l.breaks("the controller of Sandbox %s changed twice", sandbox.UID)
	}
	if !rules.IsClaim(after) {
		return
	}
	switch before := l.claimedBy[sandbox.UID]; {
	case before == after.UID:
		return
	case before != "":
		l.breaks("Sandbox %s serves claim %s after claim %s", sandbox.UID, after.UID, before)
	}
	l.claimedBy[sandbox.UID], l.claimedAt[sandbox.UID] = after.UID, version
	if had := l.recorded[after.UID]; had != "" && !l.mayRepeat {
		l.breaks("claim %s gets Sandbox %s after it had %q", after.UID, sandbox.UID, had)
	}
	for _, other := range existing {
		if ref := rules.ControllerOf(other); ref != nil && ref.UID == after.UID && other.UID != sandbox.UID {
			l.breaks("claim %s controls two Sandboxes: %s and %s", after.UID, other.UID, sandbox.UID)
		}
	}
}
