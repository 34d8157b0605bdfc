package sandbox

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// stop is for a suspended Sandbox: it deletes the Pod, and returns it until it is gone. That there is none is looked up
// live once; then the status says so. The Pod of somebody else is left alone.
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

// last returns the Pods that an expired Sandbox still has, or the one that is in the way of its own: it takes more than the
// cache to know that there is none.
func (r *Reconciler) last(
	ctx context.Context, sandbox *sandboxv1.Sandbox, pods []*corev1.Pod,
) (left []*corev1.Pod, inTheWay *corev1.Pod, err error) {
	if len(pods) > 0 {
		return pods, nil, nil
	}
	pod, inTheWay, err := r.podLive(ctx, sandbox)
	return list(pod), inTheWay, err
}

// end is for a Sandbox that has expired, and says so in its status: it deletes the Sandbox, or its Pods and its Service.
func (r *Reconciler) end(ctx context.Context, sandbox *sandboxv1.Sandbox, seen rules.Observed) error {
	if sandbox.Spec.ShutdownPolicy == sandboxv1.ShutdownPolicyDelete {
		return client.IgnoreNotFound(write.DeleteVersion(ctx, r.Client, sandbox))
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

// drop deletes what sandbox is to be without, if that is still so: obj was read before the Sandbox is read here, live, and
// the deletion goes to what was read. So nothing is deleted that was made after the Sandbox was told otherwise. What is on
// its way out already is left alone.
func (r *Reconciler) drop(ctx context.Context, sandbox *sandboxv1.Sandbox, obj client.Object) error {
	if obj.GetDeletionTimestamp() != nil {
		return nil
	}
	var live sandboxv1.Sandbox
	if err := r.Live.Get(ctx, client.ObjectKeyFromObject(sandbox), &live); err != nil {
		return fmt.Errorf("reading Sandbox %q: %w", sandbox.Name, err)
	}
	if live.UID != sandbox.UID || live.Generation != sandbox.Generation {
		return stale(sandboxv1.ResourceSandboxes, sandbox.Name, "it has changed")
	}
	var options []client.DeleteOption
	if obj.GetLabels()[sandboxv1.LabelSandboxNameHash] == "" { // The cache does not have it, and would never see it go.
		options = append(options, client.DisableReadYourWritesConsistency)
	}
	if err := write.DeleteVersion(ctx, r.Client, obj, options...); err != nil {
		return fmt.Errorf("deleting %T %q: %w", obj, obj.GetName(), err)
	}
	return nil
}

// stale is the error of a view that is too old to act on: as good as the API server's own word.
func stale(resource, name, why string) error {
	return apierrors.NewConflict(schema.GroupResource{Resource: resource}, name, errors.New(why))
}
