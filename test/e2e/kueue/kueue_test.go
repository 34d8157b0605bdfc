package kueue

import (
	"context"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

// A queue has room for four Pods of the samples' template, and a pool of it asks for five. Four become warm, and the pool keeps the
// fifth, which waits. Claims get the four. What a claim leaves, and what a suspended Sandbox leaves, the next in the queue gets; a
// resumed Sandbox waits for its turn.
func TestAQueue(t *testing.T) {
	const room, asked = 4, 5
	s := scene.Enter(t)
	start(t, s)
	t.Cleanup(func() { s.Clear(t) }) // While Kueue still runs: its Pods have a finalizer.
	queue := sample(t, "cluster-queue.yaml")
	groups, _, _ := unstructured.NestedSlice(queue.Object, "spec", "resourceGroups")
	flavor := groups[0].(map[string]any)["flavors"].([]any)[0].(map[string]any)                    //nolint:forcetypeassert // the sample's
	flavor["resources"].([]any)[0].(map[string]any)["nominalQuota"] = fmt.Sprintf("%dm", room*250) //nolint:forcetypeassert // the sample's
	if err := unstructured.SetNestedSlice(queue.Object, groups, "spec", "resourceGroups"); err != nil {
		t.Fatal(err)
	}
	local := sample(t, "local-queue.yaml")
	local.SetNamespace(s.Namespace)
	apply(t, s, sample(t, "flavor.yaml"), queue, local)
	template := &extensionsv1.SandboxTemplate{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(sample(t, "template.yaml").Object, template); err != nil {
		t.Fatal(err)
	}
	s.Create(t, template, builder.MakePool("queued").Template(template.Name).Replicas(asked).Obj())

	awaitPods(t, s, room, asked-room)
	await(t, func(ctx context.Context) (string, error) {
		pool := &extensionsv1.SandboxWarmPool{}
		err := s.Admin.Get(ctx, client.ObjectKey{Namespace: s.Namespace, Name: "queued"}, pool)
		progressing := meta.FindStatusCondition(pool.Status.Conditions, extensionsv1.ConditionProgressing)
		if progressing != nil && progressing.Reason == extensionsv1.ReasonSandboxesGated && pool.Status.ReadyReplicas == room {
			return "", err
		}
		return fmt.Sprintf("the pool has %d Sandboxes Ready, and says %v", pool.Status.ReadyReplicas, progressing), err
	})

	burst := s.Claim(t, "queued", room, "claim")
	s.AwaitReady(t, burst)
	if warm, cold, _ := s.Count(burst); warm != room {
		t.Errorf("%d claims are warm, %d cold, want %d warm", warm, cold, room)
	}
	awaitPods(t, s, room, asked) // The pool asks for five others, and there is no room.

	claims := claimed(t, s)
	if err := s.Editor.Delete(t.Context(), claims[0]); err != nil {
		t.Fatal(err)
	}
	awaitPods(t, s, room, asked-1)
	suspended := claims[1].Status.Sandbox.Name
	setMode(t, s, suspended, sandboxv1.OperatingModeSuspended)
	awaitPods(t, s, room, asked-2)
	setMode(t, s, suspended, sandboxv1.OperatingModeRunning)
	awaitPods(t, s, room, asked-1)
	s.DeleteClaims(t)
	awaitPods(t, s, room, asked-room)
	s.History.Look(func(h *history.History) {
		if created := h.Created("queued"); created != asked+room {
			t.Errorf("the pool created %d Sandboxes, want %d and one for each of the %d that were claimed", created, asked, room)
		}
	})
}

// samples is where the samples for Kueue are.
const samples = "../../../config/samples/kueue"

// sample reads one of samples.
func sample(t *testing.T, file string) *unstructured.Unstructured {
	t.Helper()
	return read(t, filepath.Join(samples, file))[0]
}

// awaitPods waits until that many Pods run, and that many are held.
func awaitPods(t *testing.T, s *scene.Scene, running, held int) {
	t.Helper()
	await(t, func(ctx context.Context) (string, error) {
		pods := &corev1.PodList{}
		err := s.Admin.List(ctx, pods, client.InNamespace(s.Namespace))
		runs, waits := 0, 0
		for _, pod := range pods.Items {
			switch {
			case pod.DeletionTimestamp != nil:
			case len(pod.Spec.SchedulingGates) > 0:
				waits++
			case pod.Status.Phase == corev1.PodRunning:
				runs++
			}
		}
		if runs == running && waits == held {
			return "", err
		}
		return fmt.Sprintf("%d Pods run, and %d are held, want %d and %d", runs, waits, running, held), err
	})
}

// await waits until nothing is missing.
func await(t *testing.T, missing func(context.Context) (string, error)) {
	t.Helper()
	var last string
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, scene.Soon, true, func(ctx context.Context) (bool, error) {
		var err error
		last, err = missing(ctx)
		return last == "", err
	})
	if err != nil {
		t.Fatalf("%v: %s", err, last)
	}
}

// claimed returns the claims.
func claimed(t *testing.T, s *scene.Scene) []*extensionsv1.SandboxClaim {
	t.Helper()
	list := &extensionsv1.SandboxClaimList{}
	if err := s.Admin.List(t.Context(), list, client.InNamespace(s.Namespace)); err != nil {
		t.Fatal(err)
	}
	var claims []*extensionsv1.SandboxClaim
	for i := range list.Items {
		claims = append(claims, &list.Items[i])
	}
	return claims
}

// setMode suspends or resumes a Sandbox, as its user.
func setMode(t *testing.T, s *scene.Scene, name string, mode sandboxv1.OperatingMode) {
	t.Helper()
	sandbox := &sandboxv1.Sandbox{}
	sandbox.Namespace, sandbox.Name = s.Namespace, name
	patch := client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"spec":{"operatingMode":%q}}`, mode))
	if err := s.Editor.Patch(t.Context(), sandbox, patch); err != nil {
		t.Fatal(err)
	}
}

// toBase64 is how JSON has bytes.
func toBase64(content []byte) string { return base64.StdEncoding.EncodeToString(content) }
