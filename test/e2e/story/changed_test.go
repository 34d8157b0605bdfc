package story

import (
	"hash/fnv"
	"strings"
	"testing"

	"gomodules.xyz/jsonpatch/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

// A webhook of the platform's own sends half of 100 claims on pool "red" to pool "blue". Each claim gets a Sandbox of the pool that it
// names as it is stored, whether that webhook is called before Namesake's or after it, and no Sandbox has two owners on the
// way.
func TestClaimsThatAWebhookSendsToAnotherPool(t *testing.T) {
	const n = 100
	for name, tc := range map[string]struct {
		configuration string
		boundAgain    bool
	}{
		"called before": {configuration: "aa"},
		"called after":  {configuration: "zz", boundAgain: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := scene.Enter(t)
			s.Pool(t, "red", n)
			s.Pool(t, "blue", n)
			probe := builder.MakeClaim("probe").Pool("red").Obj()
			scene.Change(t, s, tc.configuration, probe, func(claim *extensionsv1.SandboxClaim) []jsonpatch.Operation {
				if isRed(claim.Name + claim.GenerateName) {
					return nil
				}
				return []jsonpatch.Operation{jsonpatch.NewOperation("replace", "/spec/warmPoolRef/name", "blue")}
			})
			burst := s.Claim(t, "red", n, "sent")
			s.AwaitReady(t, burst)

			warm, cold, rebound := s.Count(burst)
			blue := countBlue(t, s)
			t.Logf("%d of %d claims name blue; %d warm, %d cold, %d bound again", blue, n, warm, cold, rebound)
			if warm != n || blue == 0 || blue == n {
				t.Errorf("%d of %d claims are warm, %d name blue", warm, n, blue)
			}
			if tc.boundAgain && rebound < blue {
				t.Errorf("%d claims were bound again, want the %d that were sent to another pool", rebound, blue)
			}
			if !tc.boundAgain && rebound > 0 {
				t.Errorf("%d claims were bound again", rebound)
			}
			s.AwaitFull(t, "red", n)
			s.AwaitFull(t, "blue", n)
			s.History.Look(func(h *history.History) {
				if red := h.Created("red"); red != 2*n-blue {
					t.Errorf("pool red created %d Sandboxes, want %d and one for each of the %d that were claimed", red, n, n-blue)
				}
			})
		})
	}
}

// countBlue returns how many claims name the pool "blue", and checks that each claim has a Sandbox that comes from the pool that it
// names.
func countBlue(t *testing.T, s *scene.Scene) (blue int) {
	t.Helper()
	claims, sandboxes := &extensionsv1.SandboxClaimList{}, &sandboxv1.SandboxList{}
	for _, list := range []client.ObjectList{claims, sandboxes} {
		if err := s.Admin.List(t.Context(), list, client.InNamespace(s.Namespace)); err != nil {
			t.Fatal(err)
		}
	}
	of := map[string]*sandboxv1.Sandbox{}
	for i := range sandboxes.Items {
		of[sandboxes.Items[i].Name] = &sandboxes.Items[i]
	}
	for _, claim := range claims.Items {
		sandbox := of[claim.Status.Sandbox.Name]
		if claim.Spec.WarmPoolRef.Name == "blue" {
			blue++
		}
		if sandbox == nil || !rules.ControlledBy(sandbox, &claim) || !strings.HasPrefix(sandbox.Name, claim.Spec.WarmPoolRef.Name+"-") {
			t.Errorf("claim %s of pool %s has %v", claim.Name, claim.Spec.WarmPoolRef.Name, claim.Status.Sandbox.Name)
		}
	}
	return blue
}

// isRed divides names in two halves.
func isRed(name string) bool {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(name))
	return sum.Sum32()%2 == 0
}
