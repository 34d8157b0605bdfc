package pods

import (
	"fmt"
	"strings"

	"github.com/namesake-sandbox/namesake/test/model/search"
)

// Words implements search.Model.
func (m *Model) Words(s, after *state, step search.Step) string {
	a, b := int(step.A), int(step.B)
	refused := ""
	if s.lastRV == after.lastRV {
		refused = ": refused"
	}
	switch step.Kind {
	case begin:
		return fmt.Sprintf("worker %d begins with Sandbox %s, as its cache shows it: %s", a+1, podNames[b], aim(&after.workers[a]))
	case goOn:
		return fmt.Sprintf("worker %d goes on to %s: %s", a+1, aim(&s.workers[a]), changes(s, after, aim(&after.workers[a])))
	case crash:
		return fmt.Sprintf("worker %d crashes", a+1)
	case observe:
		return fmt.Sprintf("the cache of worker %d shows all %s as they are", a+1, []string{"Sandboxes", "Pods"}[b])
	case create:
		under := "which nobody controls"
		if b > 0 {
			under = "under Sandbox " + podNames[b-1]
		} else if step.C == 1 {
			under += " and which is labelled adoptable"
		}
		return fmt.Sprintf("a user creates Pod %s, %s", podNames[a], under) + refused
	case seize:
		return fmt.Sprintf("a user makes Sandbox %s the owner of Pod %s", podNames[b], podNames[a]) + refused
	case drop:
		return fmt.Sprintf("a user deletes Pod %s", podNames[a])
	case toggle:
		return fmt.Sprintf("a user %s Sandbox %s", map[bool]string{true: "suspends", false: "resumes"}[after.sandboxes[a].suspended], podNames[a])
	case remove:
		return fmt.Sprintf("a user deletes Sandbox %s", podNames[a])
	case restore:
		return fmt.Sprintf("a user creates Sandbox %s again", podNames[a])
	case end:
		return fmt.Sprintf("Pod %s ends by itself", podNames[a])
	case finalize:
		return fmt.Sprintf("Pod %s, which was terminating, is gone", podNames[a])
	}
	return fmt.Sprintf("the garbage collector removes Pod %s, whose Sandbox is gone", podNames[a])
}

// aim says what a worker does next.
func aim(w *worker) string {
	switch w.place {
	case lookForPod:
		return "read its Pod live"
	case writeName:
		return "write that its next Pod has its own name"
	case lookAtTask, lookAtStop:
		return "read the Sandbox live"
	case sendPod, commitPod:
		return "create Pod " + podNames[w.at]
	case takeOver:
		return "take over Pod " + podNames[w.podAt]
	case deletePod:
		return "delete Pod " + podNames[w.podAt]
	case writeDone:
		return "write that it has finished"
	case idle:
	}
	return "nothing is left to do"
}

// changes says what a worker changed, or what it is about to do.
func changes(s, after *state, next string) string {
	var all []string
	for at := range s.pods {
		switch old, now := s.pods[at], after.pods[at]; {
		case old.uid == 0 && now.uid != 0:
			all = append(all, fmt.Sprintf("Pod %s is created", podNames[at]))
		case old.uid != 0 && now.uid == 0:
			all = append(all, fmt.Sprintf("Pod %s is deleted", podNames[at]))
		case old.ofUID != now.ofUID:
			all = append(all, fmt.Sprintf("Pod %s comes under the Sandbox", podNames[at]))
		case now.deleting && !old.deleting:
			all = append(all, fmt.Sprintf("Pod %s is terminating", podNames[at]))
		}
	}
	if s.sandboxes != after.sandboxes {
		all = append(all, "it is stored")
	}
	if len(all) == 0 {
		return next
	}
	return strings.Join(all, ", ")
}
