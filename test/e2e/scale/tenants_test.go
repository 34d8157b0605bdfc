package scale

import (
	"context"
	"slices"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
)

// pool is the name of each tenant's pool and of its template.
const pool = "python"

// tenant makes a namespace with a pool of that many Sandboxes, and returns its name.
func tenant(t *testing.T, bed *testbed.Bed, replicas int) string {
	t.Helper()
	namespace := bed.Namespace(t)
	template := scene.Template(t)
	template.Namespace, template.Name = namespace, pool
	warm := builder.MakePool(pool).Namespace(namespace).Template(pool).Replicas(int32(replicas)).Obj()
	for _, obj := range []client.Object{template, warm} {
		if err := bed.Editor.Create(t.Context(), obj); err != nil {
			t.Fatal(err)
		}
	}
	return namespace
}

// awaitFull waits until all pools of the cluster together have that many Sandboxes, and all are Ready.
func awaitFull(t *testing.T, bed *testbed.Bed, sandboxes int) {
	t.Helper()
	var there, ready int
	full := func(ctx context.Context) (bool, error) {
		var pools extensionsv1.SandboxWarmPoolList
		if err := bed.Admin.List(ctx, &pools); err != nil {
			return false, err
		}
		there, ready = 0, 0
		for i := range pools.Items {
			there += int(pools.Items[i].Status.Replicas)
			ready += int(pools.Items[i].Status.ReadyReplicas)
		}
		return there == sandboxes && ready == sandboxes, nil
	}
	if err := wait.PollUntilContextTimeout(t.Context(), time.Second, *patience, true, full); err != nil {
		t.Fatalf("of %d Sandboxes %d are there, and %d Ready: %v", sandboxes, there, ready, err)
	}
}

// serve creates a claim, and returns how long it took until it was Ready. A claim that no manager answers for is sent again.
func serve(t *testing.T, bed *testbed.Bed, namespace, name string) time.Duration {
	t.Helper()
	watcher, err := bed.Admin.Watch(t.Context(), &extensionsv1.SandboxClaimList{}, client.InNamespace(namespace),
		client.MatchingFieldsSelector{Selector: fields.OneTermEqualSelector("metadata.name", name)})
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Stop()
	began := time.Now()
	create := func(ctx context.Context) (bool, error) {
		err := bed.Editor.Create(ctx, builder.MakeClaim(name).Namespace(namespace).Pool(pool).Obj())
		if apierrors.IsInternalError(err) {
			return false, nil
		}
		return err == nil, err
	}
	if err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, scene.Long, true, create); err != nil {
		t.Fatalf("creating claim %s/%s: %v", namespace, name, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), scene.Soon)
	defer cancel()
	for {
		select {
		case event := <-watcher.ResultChan():
			claim, ok := event.Object.(*extensionsv1.SandboxClaim)
			if !ok {
				t.Fatalf("claim %s/%s: the watch ended with %v", namespace, name, event.Object)
			}
			if meta.IsStatusConditionTrue(claim.Status.Conditions, extensionsv1.ConditionReady) {
				return time.Since(began)
			}
		case <-ctx.Done():
			t.Fatalf("claim %s/%s is not Ready after %s", namespace, name, scene.Soon)
		}
	}
}

// median returns the middle one of durations, which it sorts.
func median(durations []time.Duration) time.Duration {
	slices.Sort(durations)
	return durations[len(durations)/2]
}
