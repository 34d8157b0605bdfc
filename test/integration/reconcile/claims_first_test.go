package reconcile

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"
	testclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/internal/yield"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A member of a pool gets its Pod when no claim is on its way any more. A Sandbox that a user created has its own at once. Time
// stands still, so no bound ends.
func TestMembersYieldToClaims(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	traffic := yield.NewTraffic(testclock.NewFakeClock(n.Clock.Now()))
	busy := types.NamespacedName{Namespace: n.Name, Name: "busy"}
	traffic.Begin(busy)
	n.Run(t, func(o *controllers.Options) { o.Traffic = traffic })
	member := n.Member(t, pool, "aaaaa")
	suite.Create(t, n, n.Editor, builder.MakeSandbox("own").Obj())
	hasPod := func(name string) bool {
		return n.Admin.Get(t.Context(), client.ObjectKey{Namespace: n.Name, Name: name}, &corev1.Pod{}) == nil
	}
	suite.Await(t, "the user's Sandbox has its Pod", func() bool { return hasPod("own") })
	if hasPod(member.Name) {
		t.Error("the member did not wait")
	}
	traffic.End(busy)
	suite.Await(t, "the member has its Pod", func() bool { return hasPod(member.Name) })
}

// So does a template's NetworkPolicy.
func TestPoliciesYieldToClaims(t *testing.T) {
	n := suite.New(t)
	traffic := yield.NewTraffic(testclock.NewFakeClock(n.Clock.Now()))
	busy := types.NamespacedName{Namespace: n.Name, Name: "busy"}
	traffic.Begin(busy)
	n.Run(t, func(o *controllers.Options) { o.Traffic = traffic })
	suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("own").Obj())
	suite.Await(t, "the user's Sandbox, which came later, has its Pod", func() bool {
		return n.Admin.Get(t.Context(), client.ObjectKeyFromObject(sandbox), &corev1.Pod{}) == nil
	})
	key := client.ObjectKey{Namespace: n.Name, Name: "python" + extensionsv1.NetworkPolicySuffix}
	hasPolicy := func() bool { return n.Admin.Get(t.Context(), key, &networkingv1.NetworkPolicy{}) == nil }
	if hasPolicy() {
		t.Error("the policy did not wait")
	}
	traffic.End(busy)
	suite.Await(t, "the template has its policy", hasPolicy)
}
