// Package sandboxtemplate keeps the NetworkPolicy of each template, which applies to the Pods of the template's Sandboxes.
// Package rules decides what the policy says.
package sandboxtemplate

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
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
	"github.com/namesake-sandbox/namesake/internal/tracing"
	"github.com/namesake-sandbox/namesake/internal/yield"
)

// +kubebuilder:rbac:groups=extensions.agents.x-k8s.io,resources=sandboxtemplates,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=extensions.agents.x-k8s.io,resources=sandboxtemplates/finalizers,verbs=update
// +kubebuilder:rbac:groups=networking.k8s.io,resources=networkpolicies,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get
// +kubebuilder:rbac:groups="",resources=pods,verbs=list
// +kubebuilder:rbac:groups=agents.x-k8s.io,resources=sandboxes,verbs=list
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch;update

// Reconciler keeps a template's NetworkPolicy for as long as something is under it. It also keeps the label by which clients
// find the template of a Pod.
type Reconciler struct {
	Client client.Client
	// Live reads past the cache. The cache has only policies with our label, and another policy may have the name of one of
	// ours.
	Live     client.Reader
	Recorder recorder.EventRecorder
	// Network is what the operator says of the network of Sandboxes.
	Network rules.Network
	// Tracer traces the reconciles. It is nil if nothing is traced.
	Tracer *tracing.Tracer
	// Traffic knows the claims that are on their way, which come first. If it is nil, nothing yields to them.
	Traffic *yield.Traffic
	// Pace is that of each namespace's new templates. If it is nil, all are served at once.
	Pace *retry.Pace
	Now  func() time.Time
	// Going knows the namespaces that are being deleted, in which nothing is done. If it is nil, it knows none.
	Going *going.Namespaces

	unusedSince   unusedSince
	withoutPolicy withoutPolicy
	served        served
}

// ReconcileRequest reconciles the template of that name once, or the policy that it left behind.
func (r *Reconciler) ReconcileRequest(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	template := &extensionsv1.SandboxTemplate{}
	err := r.Client.Get(ctx, request.NamespacedName, template)
	if apierrors.IsNotFound(err) {
		r.withoutPolicy.forget(request.NamespacedName)
		r.served.forget(request.NamespacedName)
		r.Pace.Forget(request)
		return r.collectOrphan(ctx, request.NamespacedName)
	}
	if err != nil {
		return reconcile.Result{}, fmt.Errorf("reading the template: %w", err)
	}
	r.unusedSince.forget(request.NamespacedName)
	return r.Reconcile(ctx, template)
}

// Reconcile reconciles template once. A template has no status, so an event says what keeps it from having its policy. The
// label and the policy do not wait for each other.
func (r *Reconciler) Reconcile(ctx context.Context, template *extensionsv1.SandboxTemplate) (reconcile.Result, error) {
	ctx, end := r.Tracer.Start(ctx, "ReconcileSandboxTemplate", template)
	defer end()
	if template.DeletionTimestamp != nil {
		return reconcile.Result{}, nil
	}
	if wait := r.Going.Wait(template); wait > 0 {
		return reconcile.Result{RequeueAfter: wait}, nil
	}
	if wait, err := r.turn(ctx, template); wait > 0 || err != nil {
		return reconcile.Result{RequeueAfter: wait}, err
	}
	policy := r.ensurePolicy(ctx, template)
	label := r.label(ctx, template)
	var result reconcile.Result
	if isStale(policy) || isStale(label) {
		result = retry.Stale(0)
	}
	var errs []error
	if isBlocked(policy) && result.IsZero() {
		result.RequeueAfter = blockedRecheck
	}
	for _, err := range []error{policy, label} {
		if err != nil && !isStale(err) && !isBlocked(err) {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return reconcile.Result{}, errors.Join(errs...)
	}
	return result, nil
}

// isStale reports whether err means only that the view was stale. A policy of that name that was created in the meantime
// counts as stale, too: the next reconcile observes whose it is.
func isStale(err error) bool { return retry.IsStale(err) || rules.IsNameTaken(err) }

// isLabelled reports whether template has its own hash as a label, which it gets with its policy.
func isLabelled(template *extensionsv1.SandboxTemplate) bool {
	return template.Labels[sandboxv1.LabelTemplateRefHash] == rules.Hash(template.Name)
}

// label writes the hash of the template's name on the template, over any other value.
func (r *Reconciler) label(ctx context.Context, template *extensionsv1.SandboxTemplate) error {
	if isLabelled(template) {
		return nil
	}
	labelled := template.DeepCopy()
	if labelled.Labels == nil {
		labelled.Labels = map[string]string{}
	}
	labelled.Labels[sandboxv1.LabelTemplateRefHash] = rules.Hash(template.Name)
	if err := write.Patch(ctx, r.Client, labelled, template); err != nil {
		return fmt.Errorf("labelling the template: %w", err)
	}
	return nil
}

// earlierCollision returns the template that existed before this one and whose name has the same hash, or nil.
func (r *Reconciler) earlierCollision(ctx context.Context, template *extensionsv1.SandboxTemplate) (*extensionsv1.SandboxTemplate, error) {
	var list extensionsv1.SandboxTemplateList
	if err := r.Client.List(ctx, &list, client.InNamespace(template.Namespace),
		client.MatchingFields{index.NameHash: rules.Hash(template.Name)}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing templates: %w", err)
	}
	return rules.EarlierCollision(template, list.Items), nil
}

// warn emits an event about something in template that a person should know, and should act on.
func (r *Reconciler) warn(template *extensionsv1.SandboxTemplate, reason, message string) {
	r.Recorder.Eventf(template, nil, corev1.EventTypeWarning, reason, "Reconcile", "%s", message)
}
