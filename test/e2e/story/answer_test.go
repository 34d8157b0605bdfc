package story

import (
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

// answer holds what a claim got.
type answer struct {
	sandbox string
	podUID  types.UID
	warm    bool
	// pool is the pool that created the Sandbox, if it is warm.
	pool string
}

// ready creates the claim, waits until it is Ready, and returns what it got.
func ready(t *testing.T, s *scene.Scene, claim *extensionsv1.SandboxClaim) answer {
	t.Helper()
	s.Create(t, claim)
	return awaitReady(t, s, claim.Name, "")
}

// awaitReady waits until the claim is Ready with a Pod other than other, and its Sandbox and Pod have been seen, too.
func awaitReady(t *testing.T, s *scene.Scene, name string, other types.UID) answer {
	t.Helper()
	var got answer
	s.History.Await(t, scene.Soon, func(h *history.History) string {
		claim := h.Claim(name)
		if claim == nil || !claim.Ready() || claim.Latest.Status.Sandbox.PodUID == other {
			return fmt.Sprintf("claim %q is not Ready%s", name, saying(claim))
		}
		status := claim.Latest.Status.Sandbox
		sandbox, pod := h.Sandboxes[status.UID], h.Pods[status.PodUID]
		if sandbox == nil || sandbox.Controller().UID != claim.Latest.UID || pod == nil {
			return fmt.Sprintf("claim %q is Ready, but no Sandbox %q with UID %q and Pod %q of its own is there",
				name, status.Name, status.UID, status.PodUID)
		}
		got = answer{sandbox: sandbox.Latest.Name, podUID: status.PodUID, warm: sandbox.Warm()}
		if got.warm {
			got.pool = sandbox.Controllers[0].Name
		}
		return ""
	})
	return got
}

// saying returns what claim, which may be nil, reports.
func saying(claim *history.Claim) string {
	if claim == nil {
		return ": it was never seen"
	}
	return fmt.Sprintf(": %+v", claim.Latest.Status)
}
