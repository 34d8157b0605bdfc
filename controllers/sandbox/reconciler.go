// Package sandbox gives each Sandbox its Pod: one, of its name.
package sandbox

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/recorder"

	"github.com/namesake-sandbox/namesake/api/rules"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
)

// +kubebuilder:rbac:groups=agents.x-k8s.io,resources=sandboxes,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=agents.x-k8s.io,resources=sandboxes/status,verbs=patch
// +kubebuilder:rbac:groups=agents.x-k8s.io,resources=sandboxes/finalizers,verbs=update
// +kubebuilder:rbac:groups="",resources=pods,verbs=get;list;watch;create;patch

// Reconciler keeps a Sandbox's Pod and status as the rules say.
type Reconciler struct {
	// Client reads its own writes: a pass computes the status from what the pass before wrote.
	Client client.Client
	// Live reads past the cache.
	Live     client.Reader
	Recorder recorder.EventRecorder
	Now      func() time.Time
}

// Reconcile makes one pass over sandbox. What keeps it from having its Pod is in its status, and is tried again.
func (r *Reconciler) Reconcile(ctx context.Context, sandbox *sandboxv1.Sandbox) (reconcile.Result, error) {
	sandbox = sandbox.DeepCopy()
	pod, problem := r.pod(ctx, sandbox)
	if write.IsWeather(problem) {
		return reconcile.Result{RequeueAfter: again}, nil
	}
	if err := r.writeStatus(ctx, sandbox, pod, problem); err != nil {
		if apierrors.IsConflict(err) {
			return reconcile.Result{RequeueAfter: again}, nil
		}
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	return retry(problem)
}

// pod returns the Pod of sandbox, which gets one unless it is being deleted: then the garbage collector deletes the Pod.
func (r *Reconciler) pod(ctx context.Context, sandbox *sandboxv1.Sandbox) (*corev1.Pod, error) {
	if sandbox.DeletionTimestamp == nil {
		return r.ensurePod(ctx, sandbox)
	}
	pod, err := r.findPod(ctx, r.Client, sandbox)
	if apierrors.IsNotFound(err) || isNotOurs(err) {
		return nil, nil
	}
	return pod, err
}

// writeStatus writes the status once, if it moved, on the version that it was computed from.
func (r *Reconciler) writeStatus(ctx context.Context, sandbox *sandboxv1.Sandbox, pod *corev1.Pod, problem error) error {
	status := rules.SandboxStatus(sandbox, pod, problem, r.Now())
	if !rules.SandboxStatusMoved(sandbox, status) {
		return nil
	}
	base := sandbox.DeepCopy()
	sandbox.Status = status
	return write.Status(ctx, r.Client, sandbox, base)
}
