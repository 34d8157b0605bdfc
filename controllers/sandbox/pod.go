package sandbox

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/tracing"
)

// ensurePod returns the Pod of sandbox. It creates the Pod if sandbox has none and may is true. A Pod that ended by itself
// or is terminating is still the Pod. A Pod with a name conflict is taken over or reported.
func (r *Reconciler) ensurePod(
	ctx context.Context, sandbox *sandboxv1.Sandbox, pods []*corev1.Pod, inTheWay *corev1.Pod, may bool,
) ([]*corev1.Pod, error) {
	ctx, end := tracing.Start(ctx, "reconcilePod")
	defer end()
	if len(pods) == 0 && rules.PodName(sandbox) != sandbox.Name {
		pod, live, err := r.podLive(ctx, sandbox)
		if err != nil {
			return nil, err
		}
		pods, inTheWay = list(pod), live
	}
	switch {
	case len(pods) > 0:
		return r.keepPod(ctx, sandbox, pods[0])
	case !may, rules.IsDone(sandbox):
		return nil, nil
	case inTheWay != nil:
		return r.takeOverPod(ctx, sandbox, inTheWay)
	}
	if err := errors.Join(r.checkPolicy(ctx, sandbox), r.checkWanted(ctx, sandbox)); err != nil {
		return nil, err
	}
	return r.createPod(ctx, sandbox)
}

// checkWanted returns the error of a stale view if sandbox is gone, has expired, or is a task that has finished, which the cache does not
// show yet.
// It looks live only where another Pod may be wrong (rules.LooksBeforePod).
func (r *Reconciler) checkWanted(ctx context.Context, sandbox *sandboxv1.Sandbox) error {
	if !rules.LooksBeforePod(sandbox, r.Now()) {
		return nil
	}
	var live sandboxv1.Sandbox
	if err := r.Live.Get(ctx, client.ObjectKeyFromObject(sandbox), &live); err != nil {
		return fmt.Errorf("reading Sandbox %q: %w", sandbox.Name, err)
	}
	if live.UID != sandbox.UID || live.DeletionTimestamp != nil || rules.IsDone(&live) || rules.Expired(&live, r.Now()) {
		return stale(sandboxv1.ResourceSandboxes, sandbox.Name, "it gets no other Pod")
	}
	return nil
}

// keepPod keeps up to date what the Sandbox says of its Pod, and what the Pod says of its Sandbox.
func (r *Reconciler) keepPod(ctx context.Context, sandbox *sandboxv1.Sandbox, pod *corev1.Pod) ([]*corev1.Pod, error) {
	tracing.Event(ctx, "ExistingPodStatusObserved", "pod.Name", pod.Name, "pod.Phase", string(pod.Status.Phase))
	if err := r.writePodName(ctx, sandbox, pod.Name); err != nil {
		return list(pod), err
	}
	patch := rules.PodMetadataPatch(sandbox, pod)
	if patch == nil || pod.DeletionTimestamp != nil {
		return list(pod), nil
	}
	labelled := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name}}
	if err := r.change(sandbox, pod, func() error { return write.JSONPatch(ctx, r.Client, labelled, patch) }); err != nil {
		return list(pod), fmt.Errorf("updating labels of Pod %q: %w", pod.Name, err)
	}
	return list(labelled), nil
}

// createPod creates the Pod. Its name makes that idempotent. A Pod of that name that the cache does not show is the
// Sandbox's own or a name conflict.
func (r *Reconciler) createPod(ctx context.Context, sandbox *sandboxv1.Sandbox) ([]*corev1.Pod, error) {
	pod := rules.NewPod(sandbox)
	err := r.invalid.try(sandbox, "Pod", pod.Name, r.Now(), func() error { return r.tryPod(ctx, sandbox, pod) })
	if err == nil {
		tracing.Event(ctx, "NewPodStatusObserved", "pod.Name", pod.Name, "pod.Phase", string(pod.Status.Phase))
		if event := rules.PodCreated(sandbox); event != nil {
			r.tell(sandbox, *event)
		}
		return list(pod), nil
	}
	if !rules.IsNameTaken(err) {
		return nil, rules.PodCreationError(pod.Name, err)
	}
	ours, inTheWay, err := r.podLive(ctx, sandbox)
	switch {
	case err != nil:
		return nil, err
	case ours != nil:
		return r.keepPod(ctx, sandbox, ours)
	case inTheWay != nil:
		return r.takeOverPod(ctx, sandbox, inTheWay)
	}
	return nil, stale("pods", pod.Name, "it is gone again")
}

// takeOverPod makes a Pod of the Sandbox's name its own, if the rules allow that.
func (r *Reconciler) takeOverPod(ctx context.Context, sandbox *sandboxv1.Sandbox, pod *corev1.Pod) ([]*corev1.Pod, error) {
	if err := rules.CheckPodTakeover(sandbox, pod); err != nil {
		return nil, err
	}
	taken := rules.TakeOverPod(sandbox, pod)
	if err := r.patch(ctx, sandbox, taken, pod); err != nil {
		return nil, fmt.Errorf("taking over Pod %q: %w", pod.Name, err)
	}
	return list(taken), nil
}

// list returns a list of pod, or nil if there is none.
func list(pod *corev1.Pod) []*corev1.Pod {
	if pod == nil {
		return nil
	}
	return []*corev1.Pod{pod}
}
