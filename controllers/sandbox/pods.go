package sandbox

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/index"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// pods returns the Pods that sandbox controls, as the cache has them, whatever their names. inTheWay is the Pod that has the
// name of the Sandbox's Pod but is not the Sandbox's own. It is nil if there is no such Pod.
func (r *Reconciler) pods(ctx context.Context, sandbox *sandboxv1.Sandbox) (pods []*corev1.Pod, inTheWay *corev1.Pod, err error) {
	named, err := readPod(ctx, r.Client, sandbox)
	if err != nil {
		return nil, nil, err
	}
	if named != nil && rules.ControlledBy(named, sandbox) {
		pods = append(pods, named)
	} else {
		inTheWay = named
	}
	// Pods of other names are older than this program. So there is no need to wait until the cache has observed every worker's
	// last write.
	var others corev1.PodList
	if err := r.Client.List(ctx, &others, client.InNamespace(sandbox.Namespace),
		client.MatchingFields{index.SandboxUID: string(sandbox.UID)}, client.DisableReadYourWritesConsistency); err != nil {
		return nil, nil, fmt.Errorf("listing Pods: %w", err)
	}
	for i := range others.Items {
		if other := &others.Items[i]; other.Name != rules.PodName(sandbox) {
			pods = append(pods, other)
		}
	}
	return pods, inTheWay, nil
}

// podLive is pods for a Sandbox without a Pod in the cache, which does not hold Pods that have lost their labels. A Pod that
// podLive does not find is gone for certain. So it records on a Sandbox whose Pod came from a pool of Pods that its next Pod
// has the Sandbox's own name.
func (r *Reconciler) podLive(ctx context.Context, sandbox *sandboxv1.Sandbox) (pod, inTheWay *corev1.Pod, err error) {
	pod, err = readPod(ctx, r.Live, sandbox)
	switch {
	case err != nil:
		return nil, nil, err
	case pod != nil && rules.ControlledBy(pod, sandbox):
		return pod, nil, nil
	case rules.PodName(sandbox) == sandbox.Name:
		return nil, pod, nil
	}
	if err := r.writePodName(ctx, sandbox, sandbox.Name); err != nil {
		return nil, nil, err
	}
	return r.podLive(ctx, sandbox)
}

// readPod reads the Pod of the name that sandbox's Pod should have. It returns nil if there is none.
func readPod(ctx context.Context, reader client.Reader, sandbox *sandboxv1.Sandbox) (*corev1.Pod, error) {
	pod, name := &corev1.Pod{}, rules.PodName(sandbox)
	err := reader.Get(ctx, client.ObjectKey{Namespace: sandbox.Namespace, Name: name}, pod)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading Pod %q: %w", name, err)
	}
	return pod, nil
}

// writePodName records on sandbox the name of its Pod.
func (r *Reconciler) writePodName(ctx context.Context, sandbox *sandboxv1.Sandbox, name string) error {
	if rules.HasPodName(sandbox, name) {
		return nil
	}
	base := sandbox.DeepCopy()
	if sandbox.Annotations == nil {
		sandbox.Annotations = map[string]string{}
	}
	sandbox.Annotations[sandboxv1.AnnotationPodName] = name
	return write.Patch(ctx, r.Client, sandbox, base)
}

// migrate writes the owner reference of sandbox, and the label of its template, in their current form.
func (r *Reconciler) migrate(ctx context.Context, sandbox *sandboxv1.Sandbox) error {
	renewed := rules.MigratedSandbox(sandbox)
	if sandbox.DeletionTimestamp != nil || renewed == sandbox {
		return nil
	}
	if err := write.Patch(ctx, r.Client, renewed, sandbox); err != nil {
		return fmt.Errorf("renewing the owner reference and the template's label: %w", err)
	}
	*sandbox = *renewed
	return nil
}
