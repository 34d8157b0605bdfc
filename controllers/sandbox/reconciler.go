// Package sandbox gives each Sandbox its Pod: one, of its name; and its PersistentVolumeClaims and its Service.
package sandbox

import (
	"context"
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/recorder"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/tracing"
)

// Taking over an object changes its owners, and some clusters allow that only to those who may delete it: hence the right
// to delete PersistentVolumeClaims, which nothing here does.
//
// +kubebuilder:rbac:groups=agents.x-k8s.io,resources=sandboxes,verbs=get;list;watch;patch;delete
// +kubebuilder:rbac:groups=agents.x-k8s.io,resources=sandboxes/status,verbs=patch
// +kubebuilder:rbac:groups=agents.x-k8s.io,resources=sandboxes/finalizers,verbs=update
// +kubebuilder:rbac:groups="",resources=pods;services;persistentvolumeclaims,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch;update

const (
	// fieldManager is who creates what a Sandbox owns.
	fieldManager = client.FieldOwner("sandbox-controller")
	// nameConflictRecheck is when to look again at what is in the way: it is not in the cache, so no event tells when it is gone.
	nameConflictRecheck = 10 * time.Second
)

// Reconciler keeps what a Sandbox owns, and its status, as the rules say.
type Reconciler struct {
	// Client reads its own writes: a pass computes the status from what the pass before wrote.
	Client client.Client
	// Live reads past the cache.
	Live     client.Reader
	Recorder recorder.EventRecorder
	Now      func() time.Time
	// ClusterDomain is what the full names of Services end with.
	ClusterDomain string
	// Tracer traces the passes; nil where nothing is traced.
	Tracer *tracing.Tracer
}

// Reconcile makes one pass over sandbox. What keeps it from having what it should is in its status, and is tried again.
func (r *Reconciler) Reconcile(ctx context.Context, sandbox *sandboxv1.Sandbox) (reconcile.Result, error) {
	ctx, end := r.Tracer.Start(ctx, "ReconcileSandbox", sandbox)
	defer end()
	sandbox, now := sandbox.DeepCopy(), r.Now()
	r.noteTrace(ctx, sandbox)
	seen, err := r.sync(ctx, sandbox, now)
	if retry.IsStale(err) {
		return reconcile.Result{RequeueAfter: retry.StaleDelay}, nil
	}
	var left time.Duration
	if !rules.Expired(sandbox, now) {
		left = rules.ExpiresIn(sandbox, r.Now())
	}
	return requeue(sandbox, seen, left, err)
}

// pass brings sandbox to what it should be now. What fails in it keeps nothing else from being done, the end of a Sandbox least of
// all; only where the view was old, nothing more is decided on it.
func (r *Reconciler) sync(ctx context.Context, sandbox *sandboxv1.Sandbox, now time.Time) (rules.Observed, error) {
	renewed := r.migrate(ctx, sandbox)
	if retry.IsStale(renewed) {
		return rules.Observed{}, renewed
	}
	seen, err := r.syncChildren(ctx, sandbox, now)
	if err != nil {
		return seen, err
	}
	written := r.writeStatus(ctx, sandbox, seen, now)
	if retry.IsStale(written) || sandbox.DeletionTimestamp != nil || !rules.Expired(sandbox, now) {
		return seen, errors.Join(written, renewed)
	}
	return seen, errors.Join(r.end(ctx, sandbox, seen), written, renewed)
}

// provide brings about what sandbox should have, and returns what there is then. Its error is only that the view was old,
// and that another look is needed; what is wrong with the Sandbox is in what it returns.
func (r *Reconciler) syncChildren(ctx context.Context, sandbox *sandboxv1.Sandbox, now time.Time) (rules.Observed, error) {
	seen := rules.Observed{ClusterDomain: r.ClusterDomain}
	pods, inTheWay, podErr := r.pods(ctx, sandbox)
	service, serviceErr := r.service(ctx, sandbox, now)
	seen.Pods, seen.Service = pods, owned(service, sandbox)

	var volumesErr error
	switch {
	case podErr != nil, len(pods) > 1, sandbox.DeletionTimestamp != nil:
		// Nothing is written: there is no telling what, or the garbage collector will do all that is left.
	case rules.Expired(sandbox, now):
		seen.Pods, inTheWay, podErr = r.last(ctx, sandbox, pods)
		seen.PodNameTaken = inTheWay != nil && rules.Suspended(sandbox)
	default:
		volumesErr = r.ensureVolumes(ctx, sandbox)
		if rules.Suspended(sandbox) {
			seen.Pods, seen.PodNameTaken, podErr = r.stop(ctx, sandbox, pods, inTheWay)
		} else {
			seen.Pods, podErr = r.ensurePod(ctx, sandbox, pods, inTheWay, volumesErr == nil)
		}
		if serviceErr == nil {
			seen.Service, serviceErr = r.ensureService(ctx, sandbox, service, seen.Pod())
		}
	}
	seen.PodUnknown = podErr != nil && len(seen.Pods) == 0
	var weather error
	seen.Err, weather = splitStale(volumesErr, podErr, serviceErr)
	return seen, weather
}

// writeStatus writes the status once, if it moved, on the version that it was computed from.
func (r *Reconciler) writeStatus(ctx context.Context, sandbox *sandboxv1.Sandbox, seen rules.Observed, now time.Time) error {
	status := rules.SandboxStatus(sandbox, seen, now)
	if !rules.SandboxStatusChanged(sandbox, status) {
		return nil
	}
	base := sandbox.DeepCopy()
	sandbox.Status = status
	if err := write.Status(ctx, r.Client, sandbox, base); err != nil {
		return err
	}
	if rules.IsReportedMultiplePods(status.Conditions) && !rules.IsReportedMultiplePods(base.Status.Conditions) {
		r.Recorder.Eventf(sandbox, nil, corev1.EventTypeWarning, sandboxv1.ReasonMultiplePods, "Reconciling", "%s",
			rules.MultiplePodsMessage(len(seen.Pods)))
	}
	return nil
}
