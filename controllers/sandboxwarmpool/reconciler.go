// Package sandboxwarmpool keeps each pool at the number of warm Sandboxes that it asks for. It creates Sandboxes, never
// Pods.
package sandboxwarmpool

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/recorder"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/index"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/going"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/unreadable"
	"github.com/namesake-sandbox/namesake/internal/yield"
)

// +kubebuilder:rbac:groups=extensions.agents.x-k8s.io,resources=sandboxwarmpools,verbs=get;list;watch
// +kubebuilder:rbac:groups=extensions.agents.x-k8s.io,resources=sandboxwarmpools/status,verbs=patch
// +kubebuilder:rbac:groups=extensions.agents.x-k8s.io,resources=sandboxwarmpools/finalizers,verbs=update
// +kubebuilder:rbac:groups=extensions.agents.x-k8s.io,resources=sandboxtemplates,verbs=get;list;watch
// +kubebuilder:rbac:groups=agents.x-k8s.io,resources=sandboxes,verbs=get;list;watch;create;delete
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch;update

// Reconciler creates and deletes the Sandboxes of a pool.
type Reconciler struct {
	// Client reads from the cache, which may be behind. What it does not show of the reconciler's own writes is in writes.
	Client client.Client
	// Live reads past the cache.
	Live client.Reader
	// Unreadable knows which Sandboxes the cache leaves out. It may be nil.
	Unreadable *unreadable.Register
	Recorder   recorder.EventRecorder
	Settings   rules.PoolSettings
	Now        func() time.Time

	// Traffic knows the claims that are on their way, which come first. If it is nil, nothing yields to them.
	Traffic *yield.Traffic
	// Going knows the namespaces that are being deleted, in which nothing is done. If it is nil, it knows none.
	Going *going.Namespaces

	states   poolStates
	writes   ownWrites
	refusals refusals
}

// Reconcile reconciles pool and its members once.
func (r *Reconciler) Reconcile(ctx context.Context, pool *extensionsv1.SandboxWarmPool) (reconcile.Result, error) {
	if pool.DeletionTimestamp != nil {
		return reconcile.Result{}, nil // The garbage collector deletes the members.
	}
	began := r.Now()
	if wait := max(r.Going.Wait(pool), r.rest(pool, began), r.states.lost(pool.UID, began)); wait > 0 {
		return reconcile.Result{RequeueAfter: wait}, nil
	}
	template, err := r.template(ctx, pool)
	if err != nil {
		return reconcile.Result{}, err
	}
	members, own, err := r.members(ctx, pool)
	if err != nil {
		return reconcile.Result{}, err
	}
	snapshot := rules.NewTemplateSnapshot(template, r.Settings.Nameservers...)
	memory := r.states.of(pool.UID).WithUnseen(own.Unseen)
	plan := rules.PlanPool(pool, snapshot, members, memory, r.Settings, r.Now())
	plan = plan.WithAccepted(r.accepted(ctx, plan.Unreported))
	r.states.looked(pool.UID, look{began: began, ended: r.Now()})
	if left := r.states.lastLeft(pool.UID); left.After(plan.LastReady) {
		plan.LastReady = left
	}
	plan.Crowded = r.Settings.Refill.IsCrowded(&plan)
	n, wait, memory := rules.PlanRefill(memory, pool, plan, r.Settings.Refill, r.Now())
	n, again, err := r.confirmMissing(ctx, pool, n, own)
	if err != nil {
		return reconcile.Result{}, err
	}
	wait = retry.Earliest(wait, again)
	problem, held, err := r.create(ctx, pool, snapshot, n)
	if rules.IsNamespaceGoing(err) {
		return retry.Stale(0), nil
	}
	if held > 0 { // However soon the pool would have gone on.
		wait = held
	}
	var deleted error
	if problem == nil && err == nil { // A member that cannot be replaced stays.
		plan.Created = n
		deleted = r.delete(ctx, plan.Delete)
		problem = rules.PoolDeletionRefusedError(plan.Delete, deleted)
		memory = memory.WithWritten(&plan)
	}
	r.states.keep(pool.UID, memory)
	if snapshot == nil {
		problem = rules.TemplateNotFoundError(pool.Spec.SandboxTemplateRef.Name)
	}
	delay, stale := r.writeStatus(ctx, pool, plan, problem)
	err = errors.Join(err, causeOf(problem), retry.IgnoreStale(deleted), retry.IgnoreStale(stale))
	switch {
	case err != nil: // The error is retried with backoff, however soon the pool would have gone on.
		return reconcile.Result{}, err
	case deleted != nil || stale != nil:
		return retry.Stale(0), nil
	}
	return reconcile.Result{RequeueAfter: retry.Earliest(retry.Earliest(plan.RequeueAfter, wait), delay)}, nil
}

// rest returns for how long pool is left alone from now on, after the last look at all its members.
func (r *Reconciler) rest(pool *extensionsv1.SandboxWarmPool, now time.Time) time.Duration {
	last := r.states.lastLook(pool.UID)
	rest := rules.PoolRest(pool, last.ended.Sub(last.began))
	return min(rest, rest-now.Sub(last.ended))
}

// MemberLeft records that a member has left the pool of that UID, and since when it was Ready. A reconcile may not have
// observed it as Ready: readiness changes are collected for a while, and claims take what they need at once.
func (r *Reconciler) MemberLeft(pool types.UID, ready time.Time) {
	r.states.leave(pool, ready)
}

// template returns the pool's SandboxTemplate, or nil if it does not exist.
func (r *Reconciler) template(ctx context.Context, pool *extensionsv1.SandboxWarmPool) (*extensionsv1.SandboxTemplate, error) {
	template := &extensionsv1.SandboxTemplate{}
	err := r.Client.Get(ctx, client.ObjectKey{Namespace: pool.Namespace, Name: pool.Spec.SandboxTemplateRef.Name}, template)
	if client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	if err != nil {
		return nil, nil
	}
	return template, nil
}

// members returns the Sandboxes that pool controls, from the cache, and what this process had created when they were read. The Sandboxes
// must not be changed.
func (r *Reconciler) members(ctx context.Context, pool *extensionsv1.SandboxWarmPool) ([]*sandboxv1.Sandbox, rules.OwnCreations, error) {
	pending, caughtUp := r.writes.pending(pool.UID) // Before the list: an event that comes while it is read does not make it newer.
	own := rules.OwnCreations{CaughtUp: caughtUp}
	var list sandboxv1.SandboxList
	if err := r.Client.List(ctx, &list, client.InNamespace(pool.Namespace),
		client.MatchingFields{index.PoolUID: string(pool.UID)}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, own, fmt.Errorf("listing the members: %w", err)
	}
	members := make([]*sandboxv1.Sandbox, len(list.Items))
	for i := range list.Items {
		members[i] = &list.Items[i]
		if !pending[members[i].Name].IsZero() {
			delete(pending, members[i].Name)
			own.CaughtUp = true
		}
	}
	own.Unseen = len(pending)
	return r.writes.apply(pool.UID, members, r.Now()), own, nil
}

// accepted returns how many of members, which have reported nothing, have a Pod, and how many of these wait for a node.
func (r *Reconciler) accepted(ctx context.Context, members []*sandboxv1.Sandbox) (n, waiting int) {
	for _, member := range members {
		pod := &corev1.Pod{}
		if err := r.Client.Get(ctx, client.ObjectKeyFromObject(member), pod); err == nil && rules.ControlledBy(pod, member) {
			n++
			if rules.IsWaitingForNode(pod) {
				waiting++
			}
		}
	}
	return n, waiting
}

// writeStatus writes the status if it changed, on the version that it was computed from. Then it emits the event about the
// change, if there is one. It writes no more often than every Settings.StatusInterval, and returns when to write what it left out.
func (r *Reconciler) writeStatus(
	ctx context.Context, pool *extensionsv1.SandboxWarmPool, plan rules.PoolPlan, problem *rules.ConditionError,
) (time.Duration, error) {
	status := rules.PoolStatus(pool, plan, problem, r.Now())
	if !rules.PoolStatusChanged(pool, status) {
		return 0, nil
	}
	if wait := rules.PoolStatusDelay(pool, status, r.states.written(pool.UID), r.Settings, r.Now()); wait > 0 {
		return wait, nil
	}
	r.states.write(pool.UID, r.Now())
	event := rules.NextPoolEvent(pool.Status, status)
	base := pool.DeepCopy()
	pool = pool.DeepCopy()
	pool.Status = status
	if err := write.Status(ctx, r.Client, pool, base); err != nil {
		if apierrors.IsNotFound(err) { // Whatever it gets from now on, the garbage collector deletes.
			r.states.lose(pool.UID, r.Now())
		}
		return 0, err
	}
	if event != nil {
		r.Recorder.Eventf(pool, nil, event.Type, event.Reason, "Reconciling", "%s", event.Note)
	}
	return 0, nil
}

// causeOf returns the error behind problem, which is retried with backoff.
func causeOf(problem *rules.ConditionError) error {
	if problem == nil {
		return nil
	}
	return problem.Cause
}
