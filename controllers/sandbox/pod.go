package sandbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/namesake-sandbox/namesake/api/rules"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
)

const (
	// again is when to look again after a write that was decided on an old view.
	again = 20 * time.Millisecond
	// blockedRecheck is when to look again at a Pod that is in the way: it is not in the cache, so no event tells when it
	// is gone.
	blockedRecheck = 10 * time.Second
)

// notOurs is the problem of a Sandbox whose Pod's name is taken.
type notOurs struct{ pod, owner, sandbox string }

func (e *notOurs) Error() string {
	return fmt.Sprintf("pod %q is owned by %s, not by sandbox %q: delete that Pod, and the Sandbox gets its own", e.pod, e.owner, e.sandbox)
}

// ensurePod returns the Pod of sandbox, which it creates if there is none. A Pod that ended by itself, or is being
// deleted, is still the Pod; a Pod of this name that is not the Sandbox's is reported and left alone.
func (r *Reconciler) ensurePod(ctx context.Context, sandbox *sandboxv1.Sandbox) (*corev1.Pod, error) {
	pod, err := r.findPod(ctx, r.Client, sandbox)
	if (apierrors.IsNotFound(err) || isNotOurs(err)) && rules.PodName(sandbox) != sandbox.Name {
		pod, err = r.leaveOldPod(ctx, sandbox)
	}
	if apierrors.IsNotFound(err) {
		pod, err = r.createPod(ctx, sandbox)
	}
	if err != nil {
		return nil, err
	}
	if patch := rules.PodMetadataPatch(sandbox, pod); patch != nil && pod.DeletionTimestamp == nil {
		labelled := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name}}
		if err := write.Operations(ctx, r.Client, labelled, patch); err != nil {
			return nil, fmt.Errorf("updating labels of Pod %q: %w", pod.Name, err)
		}
		pod = labelled
	}
	return pod, nil
}

// findPod reads the Pod that sandbox should have.
func (r *Reconciler) findPod(ctx context.Context, reader client.Reader, sandbox *sandboxv1.Sandbox) (*corev1.Pod, error) {
	pod := &corev1.Pod{}
	if err := reader.Get(ctx, client.ObjectKey{Namespace: sandbox.Namespace, Name: rules.PodName(sandbox)}, pod); err != nil {
		return nil, err
	}
	if !rules.ControlledBy(pod, sandbox) {
		return nil, &notOurs{pod: pod.Name, owner: ownerOf(pod), sandbox: sandbox.Name}
	}
	return pod, nil
}

// leaveOldPod is for a Sandbox that has a Pod out of a pool of Pods, of another name. Once that is gone for certain, the
// Sandbox goes on with a Pod of its own name, and says so.
func (r *Reconciler) leaveOldPod(ctx context.Context, sandbox *sandboxv1.Sandbox) (*corev1.Pod, error) {
	pod, err := r.findPod(ctx, r.Live, sandbox)
	if err == nil || (!apierrors.IsNotFound(err) && !isNotOurs(err)) {
		return pod, err
	}
	base := sandbox.DeepCopy()
	sandbox.Annotations[sandboxv1.AnnotationPodName] = sandbox.Name
	if err := write.Changed(ctx, r.Client, sandbox, base); err != nil {
		return nil, err
	}
	return r.findPod(ctx, r.Client, sandbox)
}

// createPod creates the Pod; its name makes that idempotent. A Pod of that name that the cache does not show is the
// Sandbox's own or in the way.
func (r *Reconciler) createPod(ctx context.Context, sandbox *sandboxv1.Sandbox) (*corev1.Pod, error) {
	pod := rules.NewPod(sandbox)
	err := r.Client.Create(ctx, pod)
	if apierrors.IsAlreadyExists(err) {
		return r.findPod(ctx, r.Live, sandbox)
	}
	if err != nil {
		return nil, fmt.Errorf("creating Pod %q: %w", pod.Name, err)
	}
	return pod, nil
}

func ownerOf(pod *corev1.Pod) string {
	if owner := rules.ControllerOf(pod); owner != nil {
		return fmt.Sprintf("%s/%s (UID: %s)", owner.Kind, owner.Name, owner.UID)
	}
	return "nobody"
}

func isNotOurs(err error) bool {
	var e *notOurs
	return errors.As(err, &e)
}

// retry says when to try again after problem. Even what the API server calls invalid may be taken later: a policy can be
// why, and that can change without an event.
func retry(problem error) (reconcile.Result, error) {
	switch {
	case problem == nil:
		return reconcile.Result{}, nil
	case isNotOurs(problem):
		return reconcile.Result{RequeueAfter: blockedRecheck}, nil
	default:
		return reconcile.Result{}, problem
	}
}
