package reconcile

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// The autoscaler may evict a Pod while its Sandbox is in a pool. From the adoption on it may not. This costs neither the claim
// an extra write nor the Sandbox a new generation.
func TestEviction(t *testing.T) {
	const word = sandboxv1.AnnotationSafeToEvict
	for name, tc := range map[string]struct {
		template     string
		refuse       bool
		pool, claims string
	}{
		"as a rule":                    {pool: "true"},
		"where the operator refuses":   {refuse: true},
		"where the template refuses":   {template: "false", pool: "false", claims: "false"},
		"where the template allows it": {template: "true", pool: "true", claims: "true"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newPoolStory(t, 1, onReplenish)
			s.r.Settings.Evictable = !tc.refuse
			if tc.template != "" {
				s.edit(t, func(template *extensionsv1.SandboxTemplate) {
					template.Spec.PodTemplate.Metadata.Annotations = map[string]string{word: tc.template}
				})
			}
			s.step(t)
			warm := s.members(t)[0]
			s.Step(t, warm)
			if got := s.RunPod(t, warm.Name).Annotations[word]; got != tc.pool {
				t.Errorf("in the pool the Pod says %q, want %q", got, tc.pool)
			}
			s.Step(t, warm)
			s.AwaitOffer(t, s.pool, true)
			claim := suite.Create(t, s.Namespace, s.Editor, builder.MakeClaim("mine").Pool("test-pool").Obj())
			s.Settle(t)

			before := suite.Writes(t)
			s.Step(t, claim)
			before.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxes": 1, "PATCH sandboxclaims/status": 1})
			s.Step(t, warm)
			if got := suite.Get[corev1.Pod](t, s.Namespace, warm.Name).Annotations[word]; got != tc.claims {
				t.Errorf("under the claim the Pod says %q, want %q", got, tc.claims)
			}
			adopted := suite.Get[sandboxv1.Sandbox](t, s.Namespace, warm.Name)
			if got, said := adopted.Annotations[word]; said || adopted.Generation != 1 {
				t.Errorf("the adopted Sandbox, in its generation %d, says %q", adopted.Generation, got)
			}
			again := suite.Writes(t)
			s.Step(t, warm)
			again.Expect(t, suite.Writes, suite.Counts{})
		})
	}
}

// A pool that protects claimed Pods keeps autoscalers from evicting them: those that were warm, by the write that follows an adoption
// anyway, and those of Sandboxes that are created for its claims. Warm Pods may be evicted.
func TestAPoolThatProtectsClaimedPods(t *testing.T) {
	const evict, disrupt = sandboxv1.AnnotationSafeToEvict, sandboxv1.AnnotationDoNotDisrupt
	s := newPoolStory(t, 1, onReplenish)
	change(t, s.Namespace, "test-pool", func(pool *extensionsv1.SandboxWarmPool) {
		pool.Annotations = map[string]string{sandboxv1.AnnotationProtectClaimedPods: "true"}
	})
	expect := func(when, name, evictable, kept string) {
		t.Helper()
		got := suite.Get[corev1.Pod](t, s.Namespace, name).Annotations
		if got[evict] != evictable || got[disrupt] != kept {
			t.Errorf("%s: %s=%q, %s=%q", when, evict, got[evict], disrupt, got[disrupt])
		}
	}
	s.step(t)
	warm := s.members(t)[0]
	s.Step(t, warm)
	s.RunPod(t, warm.Name)
	s.Step(t, warm)
	expect("in the pool", warm.Name, "true", "")

	s.AwaitOffer(t, s.pool, true)
	claim := suite.Create(t, s.Namespace, s.Editor, builder.MakeClaim("mine").Pool("test-pool").Obj())
	s.Settle(t)
	before := suite.Writes(t)
	s.Step(t, claim)
	s.Step(t, warm)
	before.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxes": 1, "PATCH sandboxclaims/status": 1, "PATCH pods": 1})
	expect("claimed", warm.Name, "false", "true")
	if got := suite.Get[sandboxv1.Sandbox](t, s.Namespace, warm.Name).Generation; got != 1 {
		t.Errorf("the Sandbox is of generation %d", got)
	}

	cold := suite.Create(t, s.Namespace, s.Editor, builder.MakeClaim("cold").Pool("test-pool").Obj())
	s.Step(t, cold)
	s.Step(t, suite.Get[sandboxv1.Sandbox](t, s.Namespace, "cold"))
	expect("created for a claim", "cold", "false", "true")

	other := suite.Create(t, s.Namespace, s.Editor, builder.MakeClaim("other").Template("python").Obj())
	s.Step(t, other)
	s.Step(t, suite.Get[sandboxv1.Sandbox](t, s.Namespace, "other"))
	expect("created for a claim that names no pool", "other", "", "")
}
