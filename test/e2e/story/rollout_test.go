package story

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

// The template of a full pool changes. The pool is replaced step by step, and three quarters of it are Ready at any time.
func TestRollout(t *testing.T) {
	const replicas, fewest, image = 12, 9, "python:3.14-slim"
	s := scene.Enter(t)
	template := scene.Template(t)
	template.Name = "pool"
	s.Create(t, template, builder.MakePool("pool").Template("pool").Replicas(replicas).UpdateStrategy(extensionsv1.UpdateStrategyRecreate).Obj())
	s.AwaitFull(t, "pool", replicas)

	base := template.DeepCopy()
	template.Spec.PodTemplate.Spec.Containers[0].Image = image
	if err := s.Editor.Patch(t.Context(), template, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	least := replicas
	s.History.Await(t, scene.Soon, func(h *history.History) string {
		ready, current := 0, 0
		for _, member := range h.Members("pool") {
			if !member.Ready() {
				continue
			}
			ready++
			if member.Latest.Spec.PodTemplate.Spec.Containers[0].Image == image {
				current++
			}
		}
		least = min(least, ready)
		if current == replicas {
			return ""
		}
		return fmt.Sprintf("%d of %d Sandboxes are Ready and of the new image", current, replicas)
	})
	if least < fewest {
		t.Errorf("there were %d Sandboxes Ready at the least, want %d", least, fewest)
	}
	s.History.Look(func(h *history.History) {
		if created := h.Created("pool"); created != 2*replicas {
			t.Errorf("the pool created %d Sandboxes, want %d", created, 2*replicas)
		}
	})
}

// Sandboxes on a node that is cordoned, or that an autoscaler drains, are not offered to claims. Afterwards they are offered
// again.
func TestANodeThatIsDrained(t *testing.T) {
	s := scene.Enter(t)
	s.Pool(t, "pool", 1)
	var name string
	s.History.Look(func(h *history.History) { name = h.Members("pool")[0].Latest.Status.NodeName })
	node := &corev1.Node{}
	if err := s.Admin.Get(t.Context(), client.ObjectKey{Name: name}, node); err != nil {
		t.Fatal(err)
	}
	const open = `{"spec":{"unschedulable":false,"taints":null}}`
	t.Cleanup(func() { patchNode(t, s, node, open) })
	for _, drained := range []string{
		`{"spec":{"unschedulable":true}}`,
		`{"spec":{"taints":[{"key":"ToBeDeletedByClusterAutoscaler","value":"1760000000","effect":"NoSchedule"}]}}`,
	} {
		patchNode(t, s, node, drained)
		awaitOffer(t, s, "pool", false)
		patchNode(t, s, node, open)
		awaitOffer(t, s, "pool", true)
	}
}

func patchNode(t *testing.T, s *scene.Scene, node *corev1.Node, patch string) {
	t.Helper()
	if err := s.Admin.Patch(context.Background(), node.DeepCopy(), client.RawPatch("application/merge-patch+json", []byte(patch))); err != nil {
		t.Error(err)
	}
}

// awaitOffer waits until a dry run shows that a claim on pool would be bound to a Sandbox or, if want is false, would not.
func awaitOffer(t *testing.T, s *scene.Scene, pool string, want bool) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, scene.Soon, true, func(ctx context.Context) (bool, error) {
		claim := builder.MakeClaim("try").Namespace(s.Namespace).Pool(pool).Obj()
		err := s.Editor.Create(ctx, claim, client.DryRunAll)
		return (rules.Binding(claim) != "") == want, err
	})
	if err != nil {
		t.Fatalf("waiting for pool %q to offer a Sandbox (%t): %v", pool, want, err)
	}
}
