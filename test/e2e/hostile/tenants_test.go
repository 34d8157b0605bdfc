package hostile

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// hands is how many requests a tenant makes at once.
const hands = 8

// inParallel does n things, with that many hands.
func inParallel(n int, do func(i int)) {
	var group sync.WaitGroup
	for hand := range hands {
		group.Go(func() {
			for i := hand; i < n; i += hands {
				do(i)
			}
		})
	}
	group.Wait()
}

// overQuota makes claims whose Sandboxes a quota refuses.
func overQuota(t *testing.T, w *world, namespace string) {
	t.Helper()
	w.quota(t, namespace, "count/sandboxes.agents.x-k8s.io", 2)
	w.create(t, builder.MakeTemplate(poolName).Namespace(namespace).Obj(),
		builder.MakePool(poolName).Namespace(namespace).Template(poolName).Replicas(2).Obj())
	inParallel(scaled(300, 100), func(i int) {
		claim := builder.MakeClaim(fmt.Sprintf("claim-%d", i)).Namespace(namespace).Pool(poolName).Obj()
		if err := w.Editor.Create(t.Context(), claim); err != nil {
			t.Errorf("creating a claim: %v", err)
		}
	})
	awaitRefusals(t, w, namespace)
}

// awaitRefusals waits until a claim's status has the quota's words.
func awaitRefusals(t *testing.T, w *world, namespace string) {
	t.Helper()
	awaited(t, "a claim to be refused", func(ctx context.Context) (bool, error) {
		list := &extensionsv1.SandboxClaimList{}
		if err := w.Editor.List(ctx, list, client.InNamespace(namespace), client.Limit(20)); err != nil {
			return false, err
		}
		refused := 0
		for i := range list.Items {
			if len(list.Items[i].Status.Conditions) > 0 && list.Items[i].Status.Conditions[0].Status == metav1.ConditionFalse {
				refused++
			}
		}
		return refused > len(list.Items)/2, nil
	})
}

// hanging fills a pool in a namespace where a webhook for Sandboxes never answers.
func hanging(t *testing.T, w *world, namespace string) {
	t.Helper()
	called := hang(t, w, namespace)
	w.create(t, builder.MakeTemplate(poolName).Namespace(namespace).Obj(),
		builder.MakePool(poolName).Namespace(namespace).Template(poolName).Replicas(100).Obj())
	awaited(t, "the webhook to be called", func(context.Context) (bool, error) {
		select {
		case <-called:
			return true, nil
		default:
			return false, nil
		}
	})
}

// busyTemplates makes templates, and changes them all the time.
func busyTemplates(t *testing.T, w *world, namespace string) {
	t.Helper()
	n := scaled(1500, 150)
	name := func(i int) string { return fmt.Sprintf("busy-%d", i%n) }
	inParallel(n, func(i int) {
		// Its own policy from the start: with the first one a Pod's nameservers change, too.
		template := builder.MakeTemplate(name(i)).Namespace(namespace).NetworkPolicy(openPort(1)).Obj()
		if err := w.Editor.Create(t.Context(), template); err != nil {
			t.Errorf("creating a template: %v", err)
		}
	})
	// A change of the policy's rules is work for the controller, and none for the API server's check of the Pod.
	goOn(t, func(ctx context.Context, i int) error {
		template := builder.MakeTemplate(name(i)).Namespace(namespace).Obj()
		patch := fmt.Sprintf(`{"spec":{"networkPolicy":{"ingress":[{"ports":[{"port":%d}]}]}}}`, 2+i%60000)
		return w.Editor.Patch(ctx, template, client.RawPatch("application/merge-patch+json", []byte(patch)))
	})
}

// openPort is a policy that lets in everybody at one port.
func openPort(port int32) extensionsv1.NetworkPolicySpec {
	at := intstr.FromInt32(port)
	return extensionsv1.NetworkPolicySpec{Ingress: []networkingv1.NetworkPolicyIngressRule{{Ports: []networkingv1.NetworkPolicyPort{{Port: &at}}}}}
}

// beat is how often the busy tenant does something: 20 times a second, a script that goes over all 1,500 templates in a bit more than a
// minute. Each change costs a dry run and the write of a policy besides its own, and with 80 a second the API server has no more of two
// cores to give.
const beat = 50 * time.Millisecond

// goOn does something at each beat, with all hands, until the test ends.
func goOn(t *testing.T, do func(ctx context.Context, i int) error) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	beats := make(chan int)
	var group sync.WaitGroup
	group.Go(func() {
		defer close(beats)
		ticker := time.NewTicker(beat)
		defer ticker.Stop()
		for i := 0; ctx.Err() == nil; i++ {
			select {
			case <-ctx.Done():
				return
			case beats <- i:
			}
			select {
			case <-ctx.Done():
			case <-ticker.C:
			}
		}
	})
	for range hands {
		group.Go(func() {
			for i := range beats {
				if err := do(ctx, i); err != nil && ctx.Err() == nil {
					t.Errorf("a busy tenant: %v", err)
				}
			}
		})
	}
	t.Cleanup(func() {
		stop()
		group.Wait()
	})
}

// changingRefusals makes Sandboxes whose Pods are refused in other words each time.
func changingRefusals(t *testing.T, w *world, namespace string) {
	t.Helper()
	inParallel(scaled(50, 20), func(i int) {
		if err := w.Editor.Create(t.Context(), mislabelled(namespace, fmt.Sprintf("refused-%d", i))); err != nil {
			t.Errorf("creating a Sandbox: %v", err)
		}
	})
}
