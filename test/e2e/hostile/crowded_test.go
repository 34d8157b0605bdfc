package hostile

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// A pool of which no node takes a Pod does not soon fill the scheduler's queue, in which all tenants' Pods stand one behind the other. When
// nodes take them after all, the pool goes on until it is full.
func TestAPoolThatNoNodeTakes(t *testing.T) {
	const members = 2 * mostWaiting
	t.Parallel()
	w := enter(t)
	namespace := w.Namespace(t)
	w.pool(t, namespace, members, nodeOf(namespace))
	awaited(t, "the pool to say that no node takes its Sandboxes", func(ctx context.Context) (bool, error) { return w.crowded(ctx, namespace) })
	list := &sandboxv1.SandboxList{}
	if err := w.Editor.List(t.Context(), list, client.InNamespace(namespace)); err != nil {
		t.Fatal(err)
	}
	// One that failed for a moment when it was counted counts as refused, and comes on top.
	if n := len(list.Items); n < mostWaiting || n > mostWaiting+mostWaiting/8 {
		t.Errorf("there are %d Sandboxes that no node takes, want %d", n, mostWaiting)
	}
	w.labelNodes(t, namespace)
	w.awaitReady(t, namespace, members)
}

// labelNodes says of all nodes that they are in a zone, until the test ends.
func (w *world) labelNodes(t *testing.T, zone string) {
	t.Helper()
	nodes := &corev1.NodeList{}
	if err := w.Admin.List(t.Context(), nodes); err != nil {
		t.Fatal(err)
	}
	for i := range nodes.Items {
		node := &nodes.Items[i]
		before := node.DeepCopy()
		node.Labels[corev1.LabelTopologyZone] = zone
		if err := w.Admin.Patch(t.Context(), node, client.MergeFrom(before)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			labelled := node.DeepCopy()
			delete(node.Labels, corev1.LabelTopologyZone)
			if err := w.Admin.Patch(context.Background(), node, client.MergeFrom(labelled)); err != nil {
				t.Error(err)
			}
		})
	}
}
