package rules

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

const (
	// firstStatus is longer than it takes until a Sandbox reports its readiness for the first time. A Sandbox that
	// first turned NotReady later than that has been Ready before.
	firstStatus = time.Minute
	// probeAfter is how long most members must have been NotReady together before one of them is replaced, to find out
	// whether that helps.
	probeAfter = time.Hour
)

// turnedNotReadyTogether reports whether most of a pool's members turned NotReady together: more than half of those
// that the pool has, or asks for if that is more, and at least two, within one grace period. Then the fault is not
// theirs. Their nodes do not report, or the network is cut, and they will be Ready again.
//
// A member turned NotReady if it has a Pod that got its node, and stopped being Ready after that. A member that was
// never Ready, whose Pod has ended, or whose Pod waits for a node has not turned NotReady in this sense.
//
// If a member that was created afterwards is Ready, replacing helps, and the answer is no.
func turnedNotReadyTogether(members []*sandboxv1.Sandbox, replicas int, grace time.Duration) bool {
	var turns []time.Time
	var newest time.Time
	there := 0
	for _, member := range members {
		switch state := memberStateOf(member); state {
		case memberTerminating:
			continue
		case memberReady:
			newest = latest(newest, member.CreationTimestamp.Time)
		case memberNotReady:
			if at, turned := turnedNotReadyAt(member); turned {
				turns = append(turns, at)
			}
		case memberNew, memberEnded, memberRefused, memberWaiting:
		}
		there++
	}
	most := max(2, max(there, replicas)/2+1)
	slices.SortFunc(turns, time.Time.Compare)
	for i := most - 1; i < len(turns); i++ {
		if turns[i].Sub(turns[i-most+1]) <= grace && !newest.After(turns[i]) {
			return true
		}
	}
	return false
}

// turnedNotReadyAt returns when member, which is not Ready, stopped being Ready, and whether it had been Ready before.
func turnedNotReadyAt(member *sandboxv1.Sandbox) (at time.Time, turned bool) {
	ready := readyOf(member.Status.Conditions)
	if ready == nil || ready.Status == metav1.ConditionTrue {
		return time.Time{}, false
	}
	began := member.CreationTimestamp.Add(firstStatus)
	if scheduled := meta.FindStatusCondition(member.Status.Conditions, sandboxv1.ConditionPodScheduled); scheduled != nil {
		began = scheduled.LastTransitionTime.Time
	}
	return ready.LastTransitionTime.Time, ready.LastTransitionTime.After(began)
}

// comingBack reports whether most of a pool's members were not Ready together, and some of them are Ready again: those that
// turned NotReady, and those that turned Ready within the last grace period, longer than that after their Pods got a node. The
// memory knows that, too, but a new leader has none.
func comingBack(members []*sandboxv1.Sandbox, replicas int, grace time.Duration, now time.Time) bool {
	there, fell, back := 0, 0, 0
	for _, member := range members {
		switch memberStateOf(member) {
		case memberTerminating:
			continue
		case memberReady:
			if ready := ReadySince(member); now.Sub(ready) < grace && ready.Sub(startedAt(member)) > grace {
				back++
			}
		case memberNotReady:
			if _, turned := turnedNotReadyAt(member); turned {
				fell++
			}
		case memberNew, memberEnded, memberRefused, memberWaiting:
		}
		there++
	}
	return fell > 0 && back > 0 && fell+back >= max(2, max(there, replicas)/2+1)
}

// isHeld reports whether no member is replaced for being not Ready: because most turned NotReady together, or because
// that has ended less than a grace period ago, and the rest gets its time to be Ready again.
func (m *PoolState) isHeld(together bool, grace time.Duration, now time.Time) bool {
	return together || (m != nil && !m.together.IsZero() && now.Sub(m.together) < grace)
}

// mayProbe reports whether one member is replaced although most turned NotReady together, since that has lasted for
// long. If the replacement becomes Ready, the others are replaced, too.
func (m *PoolState) mayProbe(together bool, now time.Time) bool {
	return together && m != nil && !m.heldSince.IsZero() && now.Sub(m.heldSince) >= probeAfter
}
