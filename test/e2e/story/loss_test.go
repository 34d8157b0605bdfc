package story

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

// A claim whose Sandbox is deleted reports that, and does not get another: the Sandbox's state is lost, which must not be
// hidden.
func TestAClaimWhoseSandboxIsDeletedSaysSo(t *testing.T) {
	s := scene.Enter(t)
	s.Pool(t, "pool", 2)
	s.Create(t, builder.MakePool("empty").Template("pool").Replicas(0).Obj())
	for name, claim := range map[string]*builder.ClaimWrapper{
		"warm": builder.MakeClaim("warm").Pool("pool"),
		"cold": builder.MakeClaim("cold").Pool("empty"),
	} {
		got := ready(t, s, claim.Obj())
		s.Delete(t, &sandboxv1.Sandbox{}, got.sandbox)
		s.History.Await(t, scene.Soon, func(h *history.History) string {
			c := h.Claim(name)
			if c.Reason() == extensionsv1.ReasonSandboxMissing && !c.Ready() && h.Sandbox(got.sandbox) == nil {
				return ""
			}
			return fmt.Sprintf("claim %q says %q, and should say that its Sandbox is missing", name, c.Reason())
		})
		s.History.Look(func(h *history.History) {
			if status := h.Claim(name).Latest.Status.Sandbox; status.Name != got.sandbox {
				t.Errorf("claim %q names Sandbox %q in its status, want %q, which it had", name, status.Name, got.sandbox)
			}
		})
	}
	s.AwaitFull(t, "pool", 2) // The pool does not count what a claim lost.
}

// A deleted Pod is created again for its Sandbox, with the same name. The claim shows that it is another Pod.
func TestAPodThatIsDeletedComesAgain(t *testing.T) {
	s := scene.Enter(t)
	s.Pool(t, "pool", 1)
	before := ready(t, s, builder.MakeClaim("claim").Pool("pool").Obj())
	s.Delete(t, &corev1.Pod{}, before.sandbox)
	after := awaitReady(t, s, "claim", before.podUID)
	if after.sandbox != before.sandbox {
		t.Errorf("the claim has Sandbox %q, and had %q", after.sandbox, before.sandbox)
	}
	s.History.Look(func(h *history.History) {
		if h.Pods[after.podUID].Latest.Name != after.sandbox {
			t.Errorf("the new Pod is %q, want %q", h.Pods[after.podUID].Latest.Name, after.sandbox)
		}
	})
}

// A Sandbox without a claim works by itself.
func TestABareSandbox(t *testing.T) {
	s := scene.Enter(t)
	s.Create(t, builder.MakeSandbox("bare").Obj())
	s.History.Await(t, scene.Soon, func(h *history.History) string {
		sandbox, pod := h.Sandbox("bare"), h.Pod("bare")
		if sandbox != nil && sandbox.Ready() && pod != nil && sandbox.Latest.Status.PodUID == pod.Latest.UID {
			return ""
		}
		return "Sandbox \"bare\" is not Ready with a Pod of its name"
	})
}
