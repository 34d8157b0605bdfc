// Package sandboxclaim gives each claim its Sandbox, and ends the claim when its time is up. The Sandbox is one that is warm
// and Ready, or else a new one.
//
// A claim is bound before a Sandbox is touched, and it is bound once. The write itself always decides. So nothing here
// depends on a current cache, on a lock, or on a single leader.
package sandboxclaim

import (
	"context"
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/recorder"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/candidates"
	"github.com/namesake-sandbox/namesake/internal/going"
	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/tracing"
	"github.com/namesake-sandbox/namesake/internal/yield"
)

// +kubebuilder:rbac:groups=extensions.agents.x-k8s.io,resources=sandboxclaims,verbs=get;list;watch;patch;delete
// +kubebuilder:rbac:groups=extensions.agents.x-k8s.io,resources=sandboxclaims/status,verbs=patch
// +kubebuilder:rbac:groups=extensions.agents.x-k8s.io,resources=sandboxclaims/finalizers,verbs=update
// +kubebuilder:rbac:groups=extensions.agents.x-k8s.io,resources=sandboxwarmpools;sandboxtemplates,verbs=get;list;watch
// +kubebuilder:rbac:groups=agents.x-k8s.io,resources=sandboxes,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch;update

// Reconciler binds claims, adopts or creates their Sandboxes, and ends claims.
type Reconciler struct {
	Client client.Client
	// Live reads past the cache.
	Live       client.Reader
	Candidates *candidates.Index
	// LabelDomains are the domains of labels that claims may add to their Pods.
	LabelDomains rules.LabelDomains
	// Nameservers are those of Pods whose template leaves them to the operator.
	Nameservers rules.Nameservers
	Recorder    recorder.EventRecorder
	Metrics     *metrics.Claims
	Now         func() time.Time
	// DisableAnnotations turns off what is written on claims only for measuring.
	DisableAnnotations bool
	// QuietStart is for how long the status of a new claim says nothing of its way to Ready, if all goes well.
	QuietStart time.Duration
	// Tracer traces the reconciles. It is nil if nothing is traced.
	Tracer *tracing.Tracer
	// Traffic knows which claims this replica has bound. If it is nil, no claim is left to a serving controller.
	Traffic *yield.Traffic
	// Going knows the namespaces that are being deleted, in which nothing is done. If it is nil, it knows none.
	Going *going.Namespaces
}

// Reconcile reconciles claim, unless it is left to a serving controller.
func (r *Reconciler) Reconcile(ctx context.Context, claim *extensionsv1.SandboxClaim) (reconcile.Result, error) {
	if r.Traffic != nil { // Otherwise there is no serving controller.
		if lead := r.lead(claim, rules.ClaimServer{Leads: true}); lead > 0 {
			return reconcile.Result{RequeueAfter: lead}, nil
		}
	}
	return r.reconcile(ctx, claim)
}

// reconcile reconciles claim once. It goes from step to step until the claim has its Sandbox, or has to wait for something
// that will wake it. It uses a timer only for the claim's end, for a stale write, and for a status that may soon say more.
func (r *Reconciler) reconcile(ctx context.Context, claim *extensionsv1.SandboxClaim) (reconcile.Result, error) {
	if wait := r.Going.Wait(claim); wait > 0 {
		return reconcile.Result{RequeueAfter: wait}, nil
	}
	ctx, end := r.Tracer.Start(ctx, "ReconcileSandboxClaim", claim)
	defer end()
	if claim.DeletionTimestamp != nil {
		return reconcile.Result{}, nil // The garbage collector deletes the Sandbox.
	}
	claim = claim.DeepCopy()
	pass, expired := r.serve, rules.IsClaimExpired(claim, r.Now())
	if expired {
		pass = r.expire
	}
	wait, problem, err := pass(ctx, claim)
	if !expired {
		wait = retry.Earliest(wait, rules.ClaimExpiresIn(claim, r.Now()))
	}
	if retry.IsStale(err) {
		return retry.Stale(wait), nil
	}
	return reconcile.Result{RequeueAfter: wait}, errors.Join(err, causeOf(problem))
}

// serve gives claim its Sandbox, and writes the outcome to the status. It brings claim up to date. It returns what the claim
// waits for, and when to write the status that it left out; 0 means that it left out none.
func (r *Reconciler) serve(ctx context.Context, claim *extensionsv1.SandboxClaim) (time.Duration, *rules.ConditionError, error) {
	sandbox, err := r.ensureSandbox(ctx, claim)
	if err == nil {
		sandbox, err = r.ensureMetadata(ctx, claim, sandbox)
	}
	problem, failed := asConditionError(err)
	if failed != nil && (sandbox == nil || retry.IsStale(failed)) {
		return 0, nil, failed
	}
	if delay := rules.ClaimStatusDelay(claim, sandbox, problem, r.QuietStart, r.Now()); delay > 0 {
		return delay, nil, failed
	}
	before := claim.DeepCopy()
	moved, err := r.writeStatus(ctx, claim, rules.ClaimStatus(claim, sandbox, problem, r.Now()))
	if moved && rules.TurnedReady(before, claim) {
		r.Metrics.ObserveStartup(rules.ClaimStartup(claim, sandbox, r.Now()))
	}
	if moved && problem != nil {
		r.Recorder.Eventf(claim, nil, corev1.EventTypeWarning, problem.Reason, "Wait", "%s", problem.Message)
	}
	return 0, problem, errors.Join(err, failed)
}

// writeStatus writes the status, if it changed, on the version that it was computed from. It reports whether it wrote.
func (r *Reconciler) writeStatus(
	ctx context.Context, claim *extensionsv1.SandboxClaim, status extensionsv1.SandboxClaimStatus,
) (bool, error) {
	if !rules.ClaimStatusChanged(claim, status) {
		return false, nil
	}
	if err := r.keepFirstReady(ctx, claim, status); err != nil {
		return false, err
	}
	base := claim.DeepCopy()
	claim.Status = status
	if err := write.Status(ctx, r.Client, claim, base); err != nil {
		return false, err
	}
	return true, nil
}
