package reconcile

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// The template of a pool of four changes. Its Sandboxes are replaced one by one.
func TestRecreate(t *testing.T) {
	s := newPoolStory(t, 4, recreate)
	s.step(t)
	old := s.members(t)
	s.ready(t, old...)
	s.step(t)
	s.expect(t, 4, 4, 1,
		condition("Progressing", metav1.ConditionTrue, "PoolComplete", "All 4 Sandboxes are Ready", s.at(0)),
		condition("Ready", metav1.ConditionTrue, "PoolReady", "4 of 4 Sandboxes are Ready", s.at(0)))

	s.now = s.now.Add(time.Minute)
	s.edit(t, func(template *extensionsv1.SandboxTemplate) {
		template.Spec.PodTemplate.Spec.Containers[0].Image = "python:3.14-slim"
	})
	s.step(t)
	s.expect(t, 4, 4, 1,
		condition("Progressing", metav1.ConditionTrue, "PoolReplacing", "4 of 4 Sandboxes are of an earlier template and are being replaced", s.at(0)),
		condition("Ready", metav1.ConditionFalse, "PoolNotReady", "4 of 4 Sandboxes are Ready; 4 are of an earlier template", s.at(time.Minute)))

	for round := range 4 {
		if got := s.members(t); len(got) != 3 {
			t.Fatalf("round %d: the pool has %d members, want 3", round, len(got))
		}
		s.step(t) // This creates the successor,
		s.step(t) // and this waits for it.
		members := s.members(t)
		if len(members) != 4 {
			t.Fatalf("round %d: the pool has %d members, want 4", round, len(members))
		}
		s.ready(t, members...)
		s.step(t)
	}
	s.expect(t, 4, 4, 1,
		condition("Progressing", metav1.ConditionTrue, "PoolComplete", "All 4 Sandboxes are Ready", s.at(0)),
		condition("Ready", metav1.ConditionTrue, "PoolReady", "4 of 4 Sandboxes are Ready", s.at(time.Minute)))
	for _, member := range s.members(t) {
		if image := member.Spec.PodTemplate.Spec.Containers[0].Image; image != "python:3.14-slim" {
			t.Errorf("%s has image %s", member.Name, image)
		}
	}
	expectEvents(t, s.Namespace)
}

// A template has a mistake. The first Sandbox of it does not become Ready, and no more are replaced. When the mistake is taken
// back, claims can get the remaining Sandboxes again, and the index offers them.
func TestRecreateWithAMistake(t *testing.T) {
	s := newPoolStory(t, 4, recreate)
	s.step(t)
	s.ready(t, s.members(t)...)
	s.step(t)
	s.AwaitOffer(t, s.pool, true)
	s.edit(t, func(template *extensionsv1.SandboxTemplate) {
		template.Spec.PodTemplate.Spec.Containers[0].Image = "pyhton:3.14"
	})
	s.AwaitOffer(t, s.pool, false)
	left := s.members(t)
	for range 3 {
		s.step(t)
	}
	for range 3 { // Each time the stuck one is replaced, and the Ready ones are not.
		s.now = s.now.Add(time.Hour)
		for range 4 {
			s.step(t)
		}
		members := s.members(t)
		ready := 0
		for _, member := range members {
			if rules.IsReady(member) {
				ready++
			}
		}
		if len(members) != 4 || ready != 3 {
			t.Fatalf("of %d members %d are Ready, want 3 of 4", len(members), ready)
		}
	}
	expectEvents(t, s.Namespace, "Warning WarmPoolNotProgressing "+
		"1 of 4 Sandboxes have not been Ready for longer than the grace period of 5m0s: 1 are replaced, 0 wait for a node")

	s.edit(t, func(template *extensionsv1.SandboxTemplate) {
		template.Spec.PodTemplate.Spec.Containers[0].Image = builder.DefaultImage
	})
	s.AwaitOffer(t, s.pool, true)
	s.step(t)
	s.step(t)
	kept := 0
	for _, member := range s.members(t) {
		for _, before := range left {
			if member.UID == before.UID {
				kept++
			}
		}
	}
	if kept != 3 {
		t.Errorf("%d of the first Sandboxes are left, want 3", kept)
	}
}

// Where an admission policy of the cluster changes new Sandboxes, the pool does not replace what it has just made, and claims
// get it.
func TestRecreateUnderAPolicyThatChangesSandboxes(t *testing.T) {
	if !suite.Has(t, "MutatingAdmissionPolicy", 36) {
		t.Skip("this Kubernetes has no MutatingAdmissionPolicy")
	}
	s := newPoolStory(t, 1, recreate)
	mountTokens(t, s.Namespace)
	s.step(t)
	first := s.members(t)
	if !*first[0].Spec.PodTemplate.Spec.AutomountServiceAccountToken {
		t.Fatal("the policy has not changed it")
	}
	s.ready(t, first...)
	s.AwaitOffer(t, s.pool, true)
	s.step(t)
	s.step(t)
	if diff := cmp.Diff(names(first), names(s.members(t))); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	s.edit(t, func(template *extensionsv1.SandboxTemplate) {
		template.Spec.PodTemplate.Spec.Containers[0].Image = "python:3.14-slim"
	})
	s.AwaitOffer(t, s.pool, false)
	s.step(t)
	s.step(t)
	if got := names(s.members(t)); len(got) != 1 || got[0] == first[0].Name {
		t.Errorf("members after the template changed: %v, want another one than %s", got, first[0].Name)
	}
}
