package story

import (
	"fmt"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

// A template, a pool of it and a claim are created in every order. The claim reports what it waits for, and is Ready once that
// exists.
func TestAnyOrder(t *testing.T) {
	s := scene.Enter(t)
	claims := map[string]func(name string) *extensionsv1.SandboxClaim{
		"pool":     func(name string) *extensionsv1.SandboxClaim { return builder.MakeClaim(name).Pool(name).Obj() },
		"template": func(name string) *extensionsv1.SandboxClaim { return builder.MakeClaim(name).Template(name).Obj() },
	}
	for by, claim := range claims {
		for i, order := range [][]string{
			{"template", "pool", "claim"}, {"template", "claim", "pool"}, {"pool", "template", "claim"},
			{"pool", "claim", "template"}, {"claim", "template", "pool"}, {"claim", "pool", "template"},
		} {
			t.Run(fmt.Sprintf("by %s, %v", by, order), func(t *testing.T) {
				name := fmt.Sprintf("by-%s-%d", by, i)
				makers := map[string]func() client.Object{
					"template": func() client.Object { return builder.MakeTemplate(name).Obj() },
					"pool":     func() client.Object { return builder.MakePool(name).Template(name).Obj() },
					"claim":    func() client.Object { return claim(name) },
				}
				there := map[string]bool{}
				for _, kind := range order {
					s.Create(t, makers[kind]())
					there[kind] = true
					if there["claim"] {
						awaitAnswer(t, s, name, expected(by, there))
					}
				}
			})
		}
	}
}

// expected returns the reason why a claim by a pool or by a template waits while only these objects exist, or "" when the
// claim must be Ready.
func expected(by string, there map[string]bool) string {
	switch {
	case by == "pool" && !there["pool"]:
		return extensionsv1.ReasonWarmPoolNotFound
	case !there["template"]:
		return extensionsv1.ReasonTemplateNotFound
	default:
		return ""
	}
}

// awaitAnswer waits until the claim reports that reason, or is Ready.
func awaitAnswer(t *testing.T, s *scene.Scene, name, reason string) {
	t.Helper()
	began := time.Now()
	s.History.Await(t, scene.Soon, func(h *history.History) string {
		claim := h.Claim(name)
		switch {
		case claim == nil:
			return fmt.Sprintf("claim %q is not there", name)
		case reason != "" && claim.Reason() != reason:
			return fmt.Sprintf("claim %q says %q, and should say %q", name, claim.Reason(), reason)
		case reason == "" && !claim.Ready():
			return fmt.Sprintf("claim %q says %q, and should be Ready", name, claim.Reason())
		}
		return ""
	})
	if reason == "" {
		reason = "Ready"
	}
	t.Logf("%s after %s", reason, time.Since(began).Round(time.Millisecond))
}
