// Package sandbox gives each Sandbox one Pod, of the Sandbox's name, and its PersistentVolumeClaims and its Service. Package
// rules decides what these should be.
package sandbox

import (
	"context"
	"errors"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/recorder"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/going"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/tracing"
	"github.com/namesake-sandbox/namesake/internal/yield"
)

// Taking over an object changes its owners. Some clusters allow that only to those who may delete the object. Hence the
// permission to delete PersistentVolumeClaims, although nothing here deletes them.
//
// +kubebuilder:rbac:groups=agents.x-k8s.io,resources=sandboxes,verbs=get;list;watch;patch;delete
// +kubebuilder:rbac:groups=agents.x-k8s.io,resources=sandboxes/status,verbs=patch
// +kubebuilder:rbac:groups=agents.x-k8s.io,resources=sandboxes/finalizers,verbs=update
// +kubebuilder:rbac:groups="",resources=pods;services;persistentvolumeclaims,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups="",resources=podtemplates,verbs=create
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch;update

const (
	// fieldManager is the field manager of the objects that are created for a Sandbox.
	fieldManager = client.FieldOwner("sandbox-controller")
	// nameConflictRecheck is the delay until a name conflict is looked at again. The conflicting object is not in the cache, so
	// no event tells when it is gone.
	nameConflictRecheck = 10 * time.Second
)

// Reconciler keeps what a Sandbox owns, and the Sandbox's status, as the rules say.
type Reconciler struct {
	// Client reads its own writes: a reconcile computes the status from what the previous reconcile wrote.
	Client client.Client
	// Live reads past the cache.
	Live     client.Reader
	Recorder recorder.EventRecorder
	Now      func() time.Time
	// ClusterDomain is the suffix of the full names of Services.
	ClusterDomain string
	// Network is what the operator says of the network of Sandboxes.
	Network rules.Network
	// Tracer traces the reconciles. It is nil if nothing is traced.
	Tracer *tracing.Tracer
	// QuietStart is for how long the status of a new Sandbox says nothing of its way to Ready, if all goes well.
	QuietStart time.Duration
	// Traffic knows the claims that are on their way. What nobody waits for yields to them. If it is nil, nothing yields.
	Traffic *yield.Traffic
	// Going knows the namespaces that are being deleted, in which nothing is done. If it is nil, it knows none.
	Going *going.Namespaces

	invalid invalidObjects
	// asSent remembers the Pods that were found invalid although they are not, or may not be, as they are sent.
	asSent invalidObjects
}

// Reconcile reconciles sandbox once. The status says what keeps sandbox from having what it should have, and that is
// retried.
func (r *Reconciler) Reconcile(ctx context.Context, sandbox *sandboxv1.Sandbox) (reconcile.Result, error) {
	if wait := r.Going.Wait(sandbox); wait > 0 {
		return reconcile.Result{RequeueAfter: wait}, nil
	}
	ctx, end := r.Tracer.Start(ctx, "ReconcileSandbox", sandbox)
	defer end()
	sandbox, now := sandbox.DeepCopy(), r.Now()
	r.noteTrace(ctx, sandbox)
	observed, left, err := r.sync(ctx, sandbox, now)
	if !rules.Expired(sandbox, now) {
		left = retry.Earliest(left, rules.ExpiresIn(sandbox, r.Now()))
	}
	if retry.IsStale(err) {
		return retry.Stale(left), nil
	}
	return requeue(sandbox, observed, left, err)
}

// sync brings sandbox to what it should be now. A failure keeps nothing else from being done, least of all the end of a
// Sandbox. But once the view turns out to be stale, sync decides nothing more on it. It returns when the status is to be
// written that it left out; 0 means that it left out none.
func (r *Reconciler) sync(ctx context.Context, sandbox *sandboxv1.Sandbox, now time.Time) (rules.Observed, time.Duration, error) {
	renewed := r.migrate(ctx, sandbox)
	if retry.IsStale(renewed) {
		return rules.Observed{}, 0, renewed
	}
	observed, err := r.syncChildren(ctx, sandbox, now)
	if err != nil {
		return observed, 0, err
	}
	delay, written := r.writeStatus(ctx, sandbox, observed, now)
	switch {
	case retry.IsStale(written), sandbox.DeletionTimestamp != nil:
		return observed, delay, errors.Join(written, renewed)
	case rules.Expired(sandbox, now):
		ended := r.end(ctx, sandbox, observed)
		if written == nil {
			ended = r.sayRefused(ctx, sandbox, observed, now, ended)
		}
		return observed, delay, errors.Join(ended, written, renewed)
	case written == nil:
		wait, err := r.replacePod(ctx, sandbox, observed.Pod(), now)
		return observed, retry.Earliest(delay, wait), errors.Join(r.sayRefused(ctx, sandbox, observed, now, err), renewed)
	}
	return observed, delay, errors.Join(written, renewed)
}

// syncChildren brings about what sandbox should have, and returns what exists then. Its error means only that the view was
// stale and that another look is needed. What is wrong with the Sandbox is in the result.
func (r *Reconciler) syncChildren(ctx context.Context, sandbox *sandboxv1.Sandbox, now time.Time) (rules.Observed, error) {
	observed := rules.Observed{ClusterDomain: r.ClusterDomain}
	pods, inTheWay, podErr := r.pods(ctx, sandbox)
	service, serviceErr := r.service(ctx, sandbox, now)
	observed.Pods, observed.Service = pods, owned(service, sandbox)

	var volumeErrs []error
	switch unclear := podErr != nil || len(pods) > 1; {
	case sandbox.DeletionTimestamp != nil:
		// The garbage collector does all that is left.
	case unclear, rules.Expired(sandbox, now):
		volumeErrs = r.keepVolumes(ctx, sandbox)
		observed.VolumesErr = errors.Join(volumeErrs...)
		if !unclear {
			observed.Pods, inTheWay, podErr = r.last(ctx, sandbox, pods)
			observed.PodNameTaken = inTheWay != nil && rules.Suspended(sandbox)
		}
	default:
		volumeErrs = r.ensureVolumes(ctx, sandbox)
		if rules.Suspended(sandbox) {
			observed.Pods, observed.PodNameTaken, podErr = r.stop(ctx, sandbox, pods, inTheWay)
		} else {
			observed.Pods, podErr = r.ensurePod(ctx, sandbox, pods, inTheWay, len(volumeErrs) == 0)
		}
		if serviceErr == nil {
			observed.Service, serviceErr = r.ensureService(ctx, sandbox, service, observed.Pod())
		}
	}
	observed.PodUnknown = podErr != nil && len(observed.Pods) == 0
	var weather error
	observed.Err, weather = splitStale(append(volumeErrs, podErr, serviceErr)...)
	return observed, weather
}

// writeStatus writes the status once, if it changed, on the version that it was computed from. A status that says too little
// is left out for the time that writeStatus returns.
func (r *Reconciler) writeStatus(
	ctx context.Context, sandbox *sandboxv1.Sandbox, observed rules.Observed, now time.Time,
) (time.Duration, error) {
	status := rules.SandboxStatus(sandbox, observed, now)
	if !rules.SandboxStatusChanged(sandbox, status) {
		return 0, nil
	}
	if delay := rules.SandboxStatusDelay(sandbox, status, r.QuietStart, now); delay > 0 {
		return delay, nil
	}
	base := sandbox.DeepCopy()
	sandbox.Status = status
	if err := write.Status(ctx, r.Client, sandbox, base); err != nil {
		return 0, err
	}
	for _, event := range rules.SandboxEvents(base, status, observed) {
		r.tell(sandbox, event)
	}
	return 0, nil
}

func (r *Reconciler) tell(sandbox *sandboxv1.Sandbox, event rules.SandboxEvent) {
	r.Recorder.Eventf(sandbox, nil, event.Type, event.Reason, event.Action, "%s", event.Note)
}
