package pods

import "fmt"

func (s *state) breaks(format string, args ...any) {
	if s.broken == "" {
		s.broken = fmt.Sprintf(format, args...)
	}
}

// check checks the write of a Pod.
func (m *Model) check(s *state, at uint8, obj pod) {
	old := s.pods[at]
	if obj.uid == 0 || obj.ofUID == 0 || obj.uid == old.uid && obj.ofUID == old.ofUID {
		return
	}
	if obj.of != at && !obj.old {
		s.breaks("Pod %q comes under Sandbox %q, of another name", podNames[at], podNames[obj.of])
	}
	for n := range s.pods {
		if n != int(at) && s.pods[n].ofUID == obj.ofUID {
			s.breaks("Sandbox %q has two Pods: %q and %q", podNames[obj.of], podNames[n], podNames[at])
		}
	}
	owner := s.sandboxes[obj.of]
	if owner.uid != obj.ofUID {
		return // It is gone, and the garbage collector removes the Pod.
	}
	if owner.ofPool && obj.byUser {
		s.breaks("Pod %q, which a user made, is that of a Sandbox in a pool", podNames[at])
	}
	if m.size.Atomic && owner.done && obj.uid != old.uid && !obj.byUser {
		s.breaks("Sandbox %q, a task that has finished, gets another Pod", podNames[obj.of])
	}
}

// checkStopped checks that a worker deletes a Pod because its Sandbox is suspended.
func (m *Model) checkStopped(s *state, at uint8) {
	if !s.pods[at].sawSuspended {
		s.breaks("Pod %q is deleted, and its Sandbox has not been suspended since it is there", podNames[at])
	}
}
