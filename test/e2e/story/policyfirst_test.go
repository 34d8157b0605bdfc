package story

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

// How many templates are created in bulk, and how often. The target test-hostile of the Makefile asks for more.
var (
	templates = flag.Int("templates", 60, "templates that are created in bulk")
	repeats   = flag.Int("repeats", 1, "how often they are")
)

const perPool = 3

// Pools are created in bulk, and before their templates. No Pod is older than its template's NetworkPolicy.
func TestPoolsInBulkRunUnderTheirPolicies(t *testing.T) {
	for range *repeats {
		t.Run(fmt.Sprintf("%d templates", *templates), func(t *testing.T) {
			s := scene.Enter(t)
			created := follow(t, s)
			bulk(t, s)
			created.expectPoliciesFirst(t)
		})
	}
}

// The same while something slows down the template controller: every creation of a policy waits until all Sandboxes are there
// and say that they wait. There are more templates than workers.
func TestPoolsInBulkWaitForSlowPolicies(t *testing.T) {
	for range *repeats {
		t.Run(fmt.Sprintf("%d templates", *templates), func(t *testing.T) {
			s := scene.Enter(t)
			created := follow(t, s)
			release := s.HoldPolicies(t)
			bulk(t, s)
			s.History.Await(t, scene.Long, func(h *history.History) string { return allWait(h, *templates*perPool) })
			s.History.Look(func(h *history.History) {
				if len(h.Pods) > 0 {
					t.Errorf("%d Pods are there, and no policy", len(h.Pods))
				}
			})
			release()
			created.expectPoliciesFirst(t)
		})
	}
}

// allWait returns "" when n Sandboxes say that they wait for their policy.
func allWait(h *history.History, n int) string {
	waiting := 0
	for _, sandbox := range h.Sandboxes {
		if rules.IsWaitingForPolicy(sandbox.Latest) {
			waiting++
		}
	}
	if waiting == n {
		return ""
	}
	return fmt.Sprintf("%d of %d Sandboxes say that they wait for their policy", waiting, n)
}

// bulk creates the pools, and then their templates.
func bulk(t *testing.T, s *scene.Scene) {
	t.Helper()
	for i := range *templates {
		name := fmt.Sprintf("bulk-%03d", i)
		s.Create(t, builder.MakePool(name).Template(name).Replicas(perPool).Obj())
	}
	for i := range *templates {
		s.Create(t, builder.MakeTemplate(fmt.Sprintf("bulk-%03d", i)).Obj())
	}
}

// creations reports the Pods and the NetworkPolicies that are created in a namespace.
type creations struct{ pods, policies watch.Interface }

// follow watches s from now on until the test ends.
func follow(t *testing.T, s *scene.Scene) *creations {
	t.Helper()
	start := func(list client.ObjectList) watch.Interface {
		watcher, err := s.Admin.Watch(t.Context(), list, client.InNamespace(s.Namespace))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(watcher.Stop)
		return watcher
	}
	return &creations{pods: start(&corev1.PodList{}), policies: start(&networkingv1.NetworkPolicyList{})}
}

// expectPoliciesFirst waits until every Pod and every policy was created, and compares the versions at which the API server
// created them. These are in the order of its writes.
func (c *creations) expectPoliciesFirst(t *testing.T) {
	t.Helper()
	policies := map[string]uint64{}
	for _, policy := range added(t, c.policies, *templates) {
		policies[policy.GetLabels()[sandboxv1.LabelTemplateRefHash]] = version(t, policy)
	}
	older := 0
	for _, pod := range added(t, c.pods, *templates*perPool) {
		if first, ok := policies[pod.GetLabels()[sandboxv1.LabelTemplateRefHash]]; !ok || version(t, pod) < first {
			older++
		}
	}
	t.Logf("%d of %d Pods are older than their NetworkPolicy", older, *templates*perPool)
	if older > 0 {
		t.Errorf("%d Pods are older than their NetworkPolicy, want none", older)
	}
}

// added returns the first n objects that watcher reports as created, in the state of their creation.
func added(t *testing.T, watcher watch.Interface, n int) []client.Object {
	t.Helper()
	var objects []client.Object
	ctx, cancel := context.WithTimeout(t.Context(), scene.Long)
	defer cancel()
	for len(objects) < n {
		select {
		case event, open := <-watcher.ResultChan():
			if !open || event.Type == watch.Error {
				t.Fatalf("the watch ended with %d of %d objects: %v", len(objects), n, event.Object)
			}
			if event.Type == watch.Added {
				objects = append(objects, event.Object.(client.Object))
			}
		case <-ctx.Done():
			t.Fatalf("%d of %d objects were created", len(objects), n)
		}
	}
	return objects
}

// version returns the version of obj as a number. Kubernetes defines its order.
func version(t *testing.T, obj client.Object) uint64 {
	t.Helper()
	number, err := strconv.ParseUint(obj.GetResourceVersion(), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return number
}
