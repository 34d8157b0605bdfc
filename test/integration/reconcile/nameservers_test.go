package reconcile

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// The Pods of a pool and of a cold claim ask the operator's nameservers, and their NetworkPolicy lets them.
func TestNameserversOfTheOperator(t *testing.T) {
	own := rules.Nameservers{"fd00::53", "10.96.0.53", "9.9.9.9"}
	s := newPoolStory(t, 1, recreate)
	s.r.Settings.Nameservers = own
	templates := s.Templates(s.Cached)
	templates.Network.Nameservers = own
	s.Settle(t)
	if _, err := templates.Reconcile(t.Context(), suite.Get[extensionsv1.SandboxTemplate](t, s.Namespace, "python")); err != nil {
		t.Fatal(err)
	}
	s.step(t)
	claims := s.Claims(s.Cached)
	claims.Nameservers = own
	claim := suite.Create(t, s.Namespace, s.Editor, builder.MakeClaim("cold").Template("python").Obj())
	for range 2 { // It is bound, and then served.
		s.Settle(t)
		if _, err := claims.Reconcile(t.Context(), suite.Get[extensionsv1.SandboxClaim](t, s.Namespace, claim.Name)); err != nil {
			t.Fatal(err)
		}
	}

	sandboxes := s.Sandboxes(s.Cached)
	sandboxes.Network.Nameservers = own
	for _, name := range []string{s.members(t)[0].Name, "cold"} {
		s.Settle(t)
		if _, err := sandboxes.Reconcile(t.Context(), suite.Get[sandboxv1.Sandbox](t, s.Namespace, name)); err != nil {
			t.Fatal(err)
		}
		want := secured{policy: corev1.DNSNone, config: &corev1.PodDNSConfig{Nameservers: own}}
		if diff := cmp.Diff(want, securityOf(suite.Get[corev1.Pod](t, s.Namespace, name)), cmp.AllowUnexported(secured{})); diff != "" {
			t.Errorf("Pod %s (-want +got):\n%s", name, diff)
		}
	}
	policy := &networkingv1.NetworkPolicy{}
	if err := s.Admin.Get(t.Context(), client.ObjectKey{Namespace: s.Name, Name: rules.NetworkPolicyName(s.template)}, policy); err != nil {
		t.Fatal(err)
	}
	want := rules.NetworkPolicy(s.template, nil, &corev1.Namespace{}, templates.Network).Spec.Egress
	if diff := cmp.Diff(want, policy.Spec.Egress); diff != "" || len(want) != 2 || len(want[1].To) != 2 {
		t.Errorf("egress %v (-want +got):\n%s", want, diff)
	}
}

// Two managers with different nameservers that take turns replace nothing, though the pool's strategy is Recreate. What the
// template changes is replaced once.
func TestManagersWithDifferentNameservers(t *testing.T) {
	s := newPoolStory(t, 4, recreate)
	managers := []rules.Nameservers{rules.DefaultNameservers(), {"10.96.0.53"}}
	take := func(turn int) {
		s.r.Settings.Nameservers = managers[turn%len(managers)]
		s.step(t)
		s.ready(t, s.members(t)...)
	}
	take(0)
	born := uids(s.members(t))
	if len(born) != 4 {
		t.Fatalf("the pool has %d members", len(born))
	}
	for turn := range 6 {
		take(turn + 1)
	}
	if diff := cmp.Diff(born, uids(s.members(t))); diff != "" {
		t.Fatalf("members were replaced (-before +after):\n%s", diff)
	}
	s.edit(t, func(template *extensionsv1.SandboxTemplate) {
		template.Spec.PodTemplate.Spec.Containers[0].Image = "another"
	})
	for turn := range 12 {
		take(turn)
	}
	renewed := uids(s.members(t))
	for uid := range born {
		if renewed[uid] {
			t.Errorf("%s is not replaced", uid)
		}
	}
	for turn := range 6 {
		take(turn)
	}
	if diff := cmp.Diff(renewed, uids(s.members(t))); diff != "" {
		t.Errorf("members were replaced again (-before +after):\n%s", diff)
	}
}

// uids returns the UIDs of sandboxes.
func uids(sandboxes []*sandboxv1.Sandbox) map[string]bool {
	set := map[string]bool{}
	for _, sandbox := range sandboxes {
		set[string(sandbox.UID)] = true
	}
	return set
}
