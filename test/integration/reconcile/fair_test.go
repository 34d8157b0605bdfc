package reconcile

import (
	"context"
	"fmt"
	"testing"

	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// slow installs a webhook that does not answer until the test ends.
func slow(t *testing.T, n *suite.Namespace, group, resource string) *suite.Denial {
	t.Helper()
	answer := make(chan struct{})
	denial := &suite.Denial{
		Operation: registrationv1.Create, Group: group, Resource: resource, Slow: answer,
		Probe: func(ctx context.Context) error {
			probe := client.Object(builder.MakePod("probe").Namespace(n.Name).Obj())
			if group != "" {
				probe = builder.MakeSandbox("probe").Namespace(n.Name).Obj()
			}
			return n.Admin.Create(ctx, probe, client.DryRunAll)
		},
	}
	n.Deny(t, denial)
	t.Cleanup(func() { close(answer) })
	return denial
}

// One namespace's creations hang, in as many pools, claims or Sandboxes as there are workers and more. Another namespace is served
// meanwhile: its pool is filled and refilled, its claim gets a Sandbox, and its Sandbox a Pod.
func TestASlowNamespaceHoldsUpNobody(t *testing.T) {
	for name, tc := range map[string]struct {
		group, resource string
		create          func(t *testing.T, n *suite.Namespace, i int)
	}{
		"by its pools": {sandboxv1.GroupName, "sandboxes", func(t *testing.T, n *suite.Namespace, i int) {
			t.Helper()
			suite.Create(t, n, n.Editor, builder.MakePool(fmt.Sprintf("python-%d", i)).Template("python").Replicas(5).Obj())
		}},
		"by its claims": {sandboxv1.GroupName, "sandboxes", func(t *testing.T, n *suite.Namespace, i int) {
			t.Helper()
			suite.Create(t, n, n.Editor, builder.MakeClaim(fmt.Sprintf("mine-%d", i)).Template("python").Obj())
		}},
		"by its Sandboxes": {"", "pods", func(t *testing.T, n *suite.Namespace, i int) {
			t.Helper()
			suite.Create(t, n, n.Editor, builder.MakeSandbox(fmt.Sprintf("mine-%d", i)).Obj())
		}},
	} {
		t.Run(name, func(t *testing.T) {
			n, other := suite.New(t), suite.New(t)
			suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
			if tc.group == "" {
				slow(t, n, tc.group, tc.resource)
			}
			n.RunBeside(t, []*suite.Namespace{other}, hourly(t))
			var denial *suite.Denial
			for i := range 12 {
				if i > 0 || tc.group == "" {
					tc.create(t, n, i)
					continue
				}
				denial = slow(t, n, tc.group, tc.resource)
				tc.create(t, n, i)
			}
			if denial != nil {
				suite.Await(t, "creations hang", func() bool { return denial.Asked() > 0 })
			}
			pool := other.Pool(t, "python")
			suite.Await(t, "the pool elsewhere is filled", func() bool { return len(poolMembers(t, other, pool)) == 1 })
			first := poolMembers(t, other, pool)[0]
			suite.Create(t, other, other.Editor, builder.MakeClaim("mine").Pool("python").Obj())
			suite.Await(t, "the claim elsewhere has its Sandbox's Pod", func() bool {
				return other.Admin.Get(t.Context(), client.ObjectKey{Namespace: other.Name, Name: "mine"}, &corev1.Pod{}) == nil
			})
			other.Delete(t, other.Editor, &first)
			suite.Await(t, "the pool elsewhere is refilled", func() bool {
				members := poolMembers(t, other, pool)
				return len(members) == 1 && members[0].UID != first.UID
			})
		})
	}
}
