package sandbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// stop handles a suspended Sandbox: it deletes the Pod, and returns the Pod until it is gone. If the cache has no Pod, stop
// looks it up live once; then the status says that there is none. stop leaves somebody else's Pod alone.
func (r *Reconciler) stop(
	ctx context.Context, sandbox *sandboxv1.Sandbox, pods []*corev1.Pod, inTheWay *corev1.Pod,
) (left []*corev1.Pod, blocked bool, err error) {
	if len(pods) == 0 && !rules.IsSuspended(sandbox) {
		pod, live, err := r.podLive(ctx, sandbox)
		if err != nil {
			return nil, false, err
		}
		pods, inTheWay = list(pod), live
	}
	if len(pods) == 0 {
		return nil, inTheWay != nil, nil
	}
	return pods, false, r.drop(ctx, sandbox, pods[0])
}

// last returns the Pods that an expired Sandbox still has, or the Pod with a name conflict. The cache alone does not prove
// that there is no Pod.
func (r *Reconciler) last(
	ctx context.Context, sandbox *sandboxv1.Sandbox, pods []*corev1.Pod,
) (left []*corev1.Pod, inTheWay *corev1.Pod, err error) {
	if len(pods) > 0 {
		return pods, nil, nil
	}
	pod, inTheWay, err := r.podLive(ctx, sandbox)
	return list(pod), inTheWay, err
}

// end ends a Sandbox that has expired. It deletes the Sandbox, or its Pods and its Service. It runs after the status is
// written, even if that write is refused. A Sandbox whose volumes are to outlive it, and would not yet, is not deleted: they would be lost.
func (r *Reconciler) end(ctx context.Context, sandbox *sandboxv1.Sandbox, seen rules.Observed) error {
	if sandbox.Spec.ShutdownPolicy == sandboxv1.ShutdownPolicyDelete && seen.VolumesErr == nil {
		err := write.DeleteVersion(ctx, r.Client, sandbox)
		if err == nil || apierrors.IsNotFound(err) && !rules.IsRefusal(err) {
			return nil
		}
		return fmt.Errorf("deleting Sandbox %q: %w", sandbox.Name, err)
	}
	var errs []error
	for _, pod := range seen.Pods {
		errs = append(errs, r.drop(ctx, sandbox, pod))
	}
	if seen.Service != nil {
		errs = append(errs, r.drop(ctx, sandbox, seen.Service))
	}
	return errors.Join(errs...)
}

// sayRefused writes to the status that err, of a deletion, is a refusal, if it is one. It returns err, and what kept it from being said.
func (r *Reconciler) sayRefused(
	ctx context.Context, sandbox *sandboxv1.Sandbox, observed rules.Observed, now time.Time, err error,
) error {
	if !rules.IsRefusal(err) {
		return err
	}
	observed.Refused = err
	_, unsaid := r.writeStatus(ctx, sandbox, observed, now)
	return errors.Join(err, retry.IgnoreStale(unsaid))
}

// replacePod deletes the Pod of sandbox if it has ended and another is to take its place. That one is created as soon as this one is
// gone. The status, which counts the Pod and gives its reason, is written before. replacePod returns how long to wait with the
// deletion, or 0.
func (r *Reconciler) replacePod(
	ctx context.Context, sandbox *sandboxv1.Sandbox, pod *corev1.Pod, now time.Time,
) (time.Duration, error) {
	if pod == nil {
		return 0, nil
	}
	wait, replace := rules.ReplacePodIn(sandbox, pod, now)
	if !replace || wait > 0 {
		return wait, nil
	}
	return 0, r.drop(ctx, sandbox, pod)
}

// drop deletes obj, which sandbox should no longer have, if that is still so. obj was read before drop reads the Sandbox
// live, and only the version of obj that was read is deleted. So drop deletes nothing that was made after the Sandbox's spec
// changed again. It leaves a terminating object alone.
func (r *Reconciler) drop(ctx context.Context, sandbox *sandboxv1.Sandbox, obj client.Object) error {
	if obj.GetDeletionTimestamp() != nil {
		return nil
	}
	var live sandboxv1.Sandbox
	if err := r.Live.Get(ctx, client.ObjectKeyFromObject(sandbox), &live); err != nil {
		return fmt.Errorf("reading Sandbox %q: %w", sandbox.Name, err)
	}
	if live.UID != sandbox.UID || live.Generation != sandbox.Generation || rules.KeepsEndedPod(&live) != rules.KeepsEndedPod(sandbox) {
		return stale(sandboxv1.ResourceSandboxes, sandbox.Name, "it has changed")
	}
	var options []client.DeleteOption
	if obj.GetLabels()[sandboxv1.LabelSandboxNameHash] == "" { // The cache does not hold it, and would never observe its deletion.
		options = append(options, client.DisableReadYourWritesConsistency)
	}
	if err := write.DeleteVersion(ctx, r.Client, obj, options...); err != nil {
		return fmt.Errorf("deleting %T %q: %w", obj, obj.GetName(), err)
	}
	return nil
}

// stale returns the error of a view that is too old to act on. It equals the API server's own conflict.
func stale(resource, name, why string) error {
	return apierrors.NewConflict(schema.GroupResource{Resource: resource}, name, errors.New(why))
}
