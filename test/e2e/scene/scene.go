// Package scene provides a namespace in which a test acts as the users, and records everything that happens there.
package scene

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
)

const (
	// Soon is a deadline for what events cause. Nothing in the product waits for a timer of that length.
	Soon = time.Minute
	// Long is a deadline for work on hundreds of objects. On an idle machine that takes seconds.
	Long = 5 * time.Minute
)

// Scene is a namespace for one test.
type Scene struct {
	*testbed.Bed

	Namespace string
	// History is the record. It begins before the first write.
	History *history.Recorder
}

// Enter creates the namespace. When the test ends, the editor deletes its claims, pools and Sandboxes. After that nothing may
// be left, nothing may have happened that must never happen, and the managers may not have asked for what they have no rights
// for.
func Enter(t *testing.T) *Scene {
	t.Helper()
	bed := testbed.Open(t)
	s := &Scene{Bed: bed, Namespace: bed.Namespace(t)}
	s.History = history.Start(t, bed.Admin, s.Namespace)
	t.Cleanup(func() {
		s.History.Check(t)
		s.CheckRights(t)
	})
	t.Cleanup(func() { s.Clear(t) })
	return s
}

// Clear deletes what users made, and waits until everything that resulted from it is gone.
func (s *Scene) Clear(t *testing.T) {
	t.Helper()
	for _, kind := range []client.Object{&extensionsv1.SandboxClaim{}, &extensionsv1.SandboxWarmPool{}, &extensionsv1.SandboxTemplate{}} {
		s.deleteAll(t, kind)
	}
	var bare []*sandboxv1.Sandbox
	s.History.Look(func(h *history.History) {
		for _, sandbox := range h.Sandboxes {
			if !sandbox.Gone && sandbox.Controllers[0].Kind == "" {
				bare = append(bare, sandbox.Latest)
			}
		}
	})
	for _, sandbox := range bare {
		if err := s.Editor.Delete(context.Background(), sandbox); client.IgnoreNotFound(err) != nil {
			t.Error(err)
		}
	}
	s.History.Await(t, Long, func(h *history.History) string {
		sandboxes, claims, pods := h.Left()
		if sandboxes+claims+pods == 0 {
			return ""
		}
		return fmt.Sprintf("%d Sandboxes, %d claims, %d Pods are left although claims and pools are deleted", sandboxes, claims, pods)
	})
}

// DeleteClaims deletes every claim, and with it the claim's Sandbox.
func (s *Scene) DeleteClaims(t *testing.T) {
	t.Helper()
	s.deleteAll(t, &extensionsv1.SandboxClaim{})
}

// deleteAll deletes every object of that kind. It retries, since a loaded API server aborts a deletion of hundreds.
func (s *Scene) deleteAll(t *testing.T, kind client.Object) {
	t.Helper()
	var last error
	once := func(ctx context.Context) (bool, error) {
		last = s.Editor.DeleteAllOf(ctx, kind, client.InNamespace(s.Namespace))
		return last == nil, nil
	}
	if err := wait.PollUntilContextTimeout(context.Background(), time.Second, Long, true, once); err != nil {
		t.Errorf("deleting every %T: %v: %v", kind, err, last)
	}
}

// Create creates objects in the scene's namespace, as the editor.
func (s *Scene) Create(t *testing.T, objects ...client.Object) {
	t.Helper()
	for _, obj := range objects {
		obj.SetNamespace(s.Namespace)
		if err := s.Editor.Create(t.Context(), obj); err != nil {
			t.Fatalf("creating %T %q: %v", obj, obj.GetName(), err)
		}
	}
}

// Delete deletes the object of that kind and name, as the editor.
func (s *Scene) Delete(t *testing.T, kind client.Object, name string) {
	t.Helper()
	kind.SetNamespace(s.Namespace)
	kind.SetName(name)
	if err := s.Editor.Delete(t.Context(), kind); err != nil {
		t.Fatalf("deleting %T %q: %v", kind, name, err)
	}
}

// Pool creates the sample template and a pool of it, and waits until the pool is full.
func (s *Scene) Pool(t *testing.T, name string, replicas int) {
	t.Helper()
	template := Template(t)
	template.Name = name
	s.Create(t, template, builder.MakePool(name).Template(name).Replicas(int32(replicas)).Obj())
	s.AwaitFull(t, name, replicas)
}

// AwaitFull waits until the pool controls exactly that many Sandboxes, and all are Ready, with Pods that were seen.
func (s *Scene) AwaitFull(t *testing.T, pool string, replicas int) {
	t.Helper()
	s.History.Await(t, Long, func(h *history.History) string {
		members, ready := h.Members(pool), 0
		for _, member := range members {
			if member.Ready() && member.Latest.DeletionTimestamp == nil && h.Pods[member.Latest.Status.PodUID] != nil {
				ready++
			}
		}
		if len(members) == replicas && ready == replicas {
			return ""
		}
		return fmt.Sprintf("pool %q has %d Sandboxes, %d of them Ready, and should have %d; it created %d so far",
			pool, len(members), ready, replicas, h.Created(pool))
	})
}

// Template returns the template of config/samples: a real workload, with resources, probes and volumes.
func Template(t *testing.T) *extensionsv1.SandboxTemplate {
	t.Helper()
	content, err := os.ReadFile("../../../config/samples/template.yaml") // Tests run in the folder of their package.
	if err != nil {
		t.Fatal(err)
	}
	template := &extensionsv1.SandboxTemplate{}
	if err := yaml.UnmarshalStrict(content, template); err != nil {
		t.Fatal(err)
	}
	return template
}
