package hostile

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

const (
	sharedPool = "shared"
	sharedSize = 12
	// burst is how many claims come to nothing before the others begin: more than the pool has.
	burst = 2 * sharedSize
	// betweenBad is how long the hostile user waits between two claims.
	betweenBad = 150 * time.Millisecond
)

// Claims that are refused after they picked a Sandbox do not keep it from others: these get warm Sandboxes out of a full pool.
func TestPicksOfRefusedClaims(t *testing.T) {
	w := enter(t)
	w.create(t, builder.MakeTemplate(sharedPool).Namespace(w.namespace).Obj(),
		builder.MakePool(sharedPool).Namespace(w.namespace).Template(sharedPool).Replicas(sharedSize).Obj())
	for name, send := range refusedClaims() {
		t.Run(name, func(t *testing.T) {
			w.awaitShared(t)
			ctx, stop := context.WithCancel(t.Context())
			begun := make(chan struct{})
			var sending sync.WaitGroup
			sending.Go(func() { w.keepSending(ctx, t, send, begun) })
			<-begun
			warm := 0
			good := scaled(8, 4) // Four are there without a refill, however slow the machine is.
			for i := range good {
				if w.getsWarm(t, fmt.Sprintf("good-%d", i)) {
					warm++
				}
			}
			stop()
			sending.Wait()
			t.Logf("%d of %d claims got a warm Sandbox of a pool of %d, during claims that came to nothing", warm, good, sharedSize)
			if warm != good {
				t.Error("others went cold beside a full pool")
			}
			w.clear(t)
		})
	}
}

// refusedClaims are claims of the shared pool that are refused after the mutating webhook, or never sent to the API server.
func refusedClaims() map[string]func(ctx context.Context, w *world) answer {
	plain := object{"warmPoolRef": object{"name": sharedPool}}
	named := made("SandboxClaim", claims.group, plain)
	named["metadata"] = object{"name": "not_a_name"}
	labelled := made("SandboxClaim", claims.group, plain)
	labelled["metadata"] = object{"generateName": "bad-", "labels": object{"a": "not a value"}}
	return map[string]func(ctx context.Context, w *world) answer{
		"by the schema": func(ctx context.Context, w *world) answer {
			return w.hostile.post(ctx, claims, "", claim(merged(plain, object{"lifecycle": object{"ttlSecondsAfterFinished": -1}})))
		},
		"by its name":   func(ctx context.Context, w *world) answer { return w.hostile.post(ctx, claims, "", body(named)) },
		"by its labels": func(ctx context.Context, w *world) answer { return w.hostile.post(ctx, claims, "", body(labelled)) },
		"sent to the webhook's port": func(ctx context.Context, w *world) answer {
			object := made("SandboxClaim", claims.group, plain)
			object["metadata"] = map[string]any{"generateName": "bad-", "namespace": w.namespace}
			a := w.call(ctx, "/mutate-sandboxclaim", reviewOf("SandboxClaim", w.namespace, body(object)))
			if a.ok() {
				a.code = http.StatusUnprocessableEntity // Nothing is stored, whatever the webhook says.
			}
			return a
		},
	}
}

// keepSending sends claims that come to nothing until ctx ends. It closes begun when the first are sent.
func (w *world) keepSending(ctx context.Context, t *testing.T, send func(context.Context, *world) answer, begun chan struct{}) {
	t.Helper()
	ticker := time.NewTicker(betweenBad)
	defer ticker.Stop()
	for sent := 0; ctx.Err() == nil; sent++ {
		if sent == burst {
			close(begun)
		}
		if a := send(ctx, w); ctx.Err() == nil && (a.ok() || a.code == 0) {
			t.Errorf("the claim that should come to nothing: %d %s", a.code, excerpt(a.message))
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// awaitShared waits until the shared pool is full.
func (w *world) awaitShared(t *testing.T) {
	t.Helper()
	awaited(t, "the shared pool to be full", func(ctx context.Context) (bool, error) {
		pool := &extensionsv1.SandboxWarmPool{}
		err := w.Editor.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: sharedPool}, pool)
		return pool.Status.ReadyReplicas == sharedSize, err
	})
}

// getsWarm creates a claim, waits until it is Ready, and reports whether it got a warm Sandbox.
func (w *world) getsWarm(t *testing.T, name string) bool {
	t.Helper()
	claim := builder.MakeClaim(name).Namespace(w.namespace).Pool(sharedPool).Obj()
	w.create(t, claim)
	awaited(t, "the claim to be Ready", func(ctx context.Context) (bool, error) {
		err := w.Editor.Get(ctx, client.ObjectKeyFromObject(claim), claim)
		return apimeta.IsStatusConditionTrue(claim.Status.Conditions, extensionsv1.ConditionReady), err
	})
	sandbox := &sandboxv1.Sandbox{}
	if err := w.Editor.Get(t.Context(), client.ObjectKey{Namespace: w.namespace, Name: claim.Status.Sandbox.Name}, sandbox); err != nil {
		t.Fatal(err)
	}
	return sandbox.Labels[sandboxv1.LabelLaunchType] == sandboxv1.LaunchTypeWarm
}
