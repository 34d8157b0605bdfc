// Package hostile sends what a user of one namespace can send to do harm, to a control plane with two managers that have the
// chart's limits, and looks at what a user of another namespace notices. It runs with --managers 2 --manager-memory 512Mi
// --manager-cpus 1: see the target test-hostile of the Makefile.
package hostile

import (
	"context"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
)

// overridesPool is a pool in the hostile namespace whose template lets claims set env.
const overridesPool = "overrides"

// volumePool is one whose template has a volume. Both pools are empty, so that claims get cold Sandboxes.
const volumePool = "volumes"

// world is a control plane with a hostile user, the editor, in one namespace, and a neighbour in another.
type world struct {
	*testbed.Bed

	namespace string
	hostile   *sender
	neighbour *neighbour
	managers  []*testbed.Manager
}

func enter(t *testing.T) *world {
	t.Helper()
	w := &world{Bed: testbed.Open(t)}
	w.managers = w.Managers(t)
	if len(w.managers) != 2 || w.managers[0].MemoryLimit == 0 {
		t.Fatalf("%d managers run, with a limit of %d bytes: this test is about 2 with one, see the target test-hostile of the Makefile",
			len(w.managers), w.managers[0].MemoryLimit)
	}
	w.namespace = w.Namespace(t)
	w.hostile = newSender(t, w.EditorConfig(t), w.namespace)
	w.neighbour = newNeighbour(t, w.Bed)
	template := builder.MakeTemplate(overridesPool).Namespace(w.namespace).EnvVarsInjectionPolicy(extensionsv1.EnvVarsInjectionOverrides).Obj()
	withVolume := builder.MakeTemplate(volumePool).Namespace(w.namespace).VolumeClaimTemplate("data").Obj()
	w.create(t, withVolume, builder.MakePool(volumePool).Namespace(w.namespace).Template(volumePool).Replicas(0).Obj())
	w.create(t, template, builder.MakePool(overridesPool).Namespace(w.namespace).Template(overridesPool).Replicas(0).Obj())
	return w
}

// create creates objects as the editor.
func (w *world) create(t *testing.T, objects ...client.Object) {
	t.Helper()
	for _, o := range objects {
		if err := w.Editor.Create(t.Context(), o); err != nil {
			t.Fatalf("creating %T %q: %v", o, o.GetName(), err)
		}
	}
}

// clear deletes what the hostile user managed to store.
func (w *world) clear(t *testing.T) {
	t.Helper()
	for _, kind := range []client.Object{&extensionsv1.SandboxClaim{}, &sandboxv1.Sandbox{}} {
		if err := w.Editor.DeleteAllOf(t.Context(), kind, client.InNamespace(w.namespace)); err != nil {
			t.Errorf("deleting every %T: %v", kind, err)
		}
	}
}

// hangs is after how long what has not happened yet will not happen any more, however slow the machine is.
const hangs = 5 * time.Minute

// awaited polls until done says so, and fails the test if that hangs.
func awaited(t *testing.T, what string, done func(ctx context.Context) (bool, error)) {
	t.Helper()
	if err := await(t.Context(), done); err != nil {
		t.Fatalf("waiting for %s: %v", what, err)
	}
}

func await(ctx context.Context, done func(ctx context.Context) (bool, error)) error {
	return wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, hangs, true, done)
}
