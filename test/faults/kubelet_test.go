package faults

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
)

// kubelet plays the scheduler and the kubelet for all Pods: it binds them to the node, makes them Ready, and ends them when they are
// deleted.
type kubelet struct {
	client client.Client
	mu     sync.Mutex
	// bound, ready and ended are the Pods for which that is done already.
	bound, ready, ended map[types.UID]bool
	work                sync.WaitGroup
	failed              []error
}

// startKubelet returns a kubelet that works until t ends.
func startKubelet(t *testing.T, c client.WithWatch) *kubelet {
	t.Helper()
	k := &kubelet{client: c, bound: map[types.UID]bool{}, ready: map[types.UID]bool{}, ended: map[types.UID]bool{}}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	pods := &corev1.PodList{}
	if err := c.List(ctx, pods, client.Limit(1)); err != nil {
		t.Fatal(err)
	}
	k.work.Go(func() {
		if err := history.Follow(ctx, c, "", pods, func(obj client.Object, gone bool) { k.observe(ctx, obj, gone) }); ctx.Err() == nil {
			k.fail(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		k.work.Wait()
		if len(k.failed) > 0 {
			t.Error("the kubelet: ", errors.Join(k.failed...))
		}
	})
	return k
}

func (k *kubelet) observe(ctx context.Context, obj client.Object, gone bool) {
	pod, ok := obj.(*corev1.Pod)
	if !ok || gone {
		return
	}
	switch {
	case pod.DeletionTimestamp != nil:
		k.once(ctx, k.ended, pod, k.end)
	case pod.Spec.NodeName == "":
		k.once(ctx, k.bound, pod, k.bind)
	case pod.Status.Phase != corev1.PodRunning:
		k.once(ctx, k.ready, pod, k.run)
	}
}

// once calls do for pod, unless that is in done. The Pod may be gone meanwhile, or another.
func (k *kubelet) once(ctx context.Context, done map[types.UID]bool, pod *corev1.Pod, do func(context.Context, *corev1.Pod) error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if done[pod.UID] {
		return
	}
	done[pod.UID] = true
	k.work.Go(func() {
		if err := do(ctx, pod); client.IgnoreNotFound(err) != nil && !apierrors.IsConflict(err) && ctx.Err() == nil {
			k.fail(err)
		}
	})
}

func (k *kubelet) fail(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failed = append(k.failed, err)
}

func (k *kubelet) bind(ctx context.Context, pod *corev1.Pod) error {
	return k.client.SubResource("binding").Create(ctx, pod, &corev1.Binding{
		ObjectMeta: metav1.ObjectMeta{UID: pod.UID},
		Target:     corev1.ObjectReference{Kind: "Node", Name: builder.DefaultNode},
	})
}

func (k *kubelet) run(ctx context.Context, pod *corev1.Pod) error {
	ready := builder.MakePod(pod.Name).Ready().Obj().Status
	for i := range ready.Conditions {
		ready.Conditions[i].LastTransitionTime = metav1.NewTime(clock.RealClock{}.Now())
	}
	next := pod.DeepCopy()
	next.Status = ready
	next.Status.Conditions = slices.Clone(ready.Conditions)
	return k.client.Status().Patch(ctx, next, client.MergeFrom(pod))
}

func (k *kubelet) end(ctx context.Context, pod *corev1.Pod) error {
	return k.client.Delete(ctx, pod, client.GracePeriodSeconds(0), client.Preconditions{UID: &pod.UID})
}
