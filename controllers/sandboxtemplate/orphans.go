package sandboxtemplate

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// orphanGracePeriod is how long a deleted template's policy must be unused before it is deleted, and when to look again. It
// is longer than a reconcile of a pool or a claim, which may still create a Sandbox from a cache that had the template.
const orphanGracePeriod = 5 * time.Minute

// collectOrphan deletes the NetworkPolicy of the deleted template of that name, when nothing is under it any more.
func (r *Reconciler) collectOrphan(ctx context.Context, name types.NamespacedName) (reconcile.Result, error) {
	policy, err := r.orphanedPolicy(ctx, name)
	if err != nil || policy == nil {
		r.unusedSince.forget(name)
		return reconcile.Result{}, err
	}
	used, err := r.isUsed(ctx, policy)
	if err != nil {
		return reconcile.Result{}, err
	}
	if used {
		r.unusedSince.forget(name)
		return reconcile.Result{RequeueAfter: orphanGracePeriod}, nil
	}
	now := r.Now()
	if left := orphanGracePeriod - now.Sub(r.unusedSince.since(name, now)); left > 0 {
		return reconcile.Result{RequeueAfter: left}, nil
	}
	r.unusedSince.forget(name)
	if err := write.DeleteVersion(ctx, r.Client, policy); retry.IgnoreStale(err) != nil {
		return reconcile.Result{}, fmt.Errorf("deleting NetworkPolicy %q, whose template is gone: %w", policy.Name, err)
	}
	return reconcile.Result{}, nil
}

// orphanedPolicy returns the policy of the template of that name if the template is gone for certain, and nil otherwise. A
// policy is not orphaned while the garbage collector has not removed its reference to the template. That removal wakes the
// reconciler again.
func (r *Reconciler) orphanedPolicy(ctx context.Context, name types.NamespacedName) (*networkingv1.NetworkPolicy, error) {
	policy, key := &networkingv1.NetworkPolicy{}, name
	key.Name += extensionsv1.NetworkPolicySuffix
	if err := r.Client.Get(ctx, key, policy); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	if rules.OrphanedPolicyTemplate(policy) != name.Name {
		return nil, nil
	}
	err := r.Live.Get(ctx, name, &extensionsv1.SandboxTemplate{})
	if apierrors.IsNotFound(err) {
		return policy, nil
	}
	return nil, err // The template is there again, and its own event is on its way.
}

// isUsed reports whether a Sandbox or a Pod of policy's template exists, by a live read.
func (r *Reconciler) isUsed(ctx context.Context, policy *networkingv1.NetworkPolicy) (bool, error) {
	of := client.MatchingLabels{sandboxv1.LabelTemplateRefHash: policy.Labels[sandboxv1.LabelTemplateRefHash]}
	var sandboxes, pods metav1.PartialObjectMetadataList // Metadata is readable whatever the spec says.
	sandboxes.SetGroupVersionKind(sandboxv1.GroupVersion.WithKind(sandboxv1.KindSandboxList))
	pods.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("PodList"))
	for _, list := range []client.ObjectList{&sandboxes, &pods} {
		if err := r.Live.List(ctx, list, client.InNamespace(policy.Namespace), of, client.Limit(1)); err != nil {
			return false, fmt.Errorf("looking for what is under NetworkPolicy %q: %w", policy.Name, err)
		}
	}
	return len(sandboxes.Items)+len(pods.Items) > 0, nil
}

// unusedSince records since when nothing has been under each orphaned policy. The zero value is ready to use.
type unusedSince struct{ moments sync.Map }

// since returns the time since which the policy of the template of that name has been unused. It is now if no time was
// recorded before.
func (u *unusedSince) since(template types.NamespacedName, now time.Time) time.Time {
	moment, _ := u.moments.LoadOrStore(template, now)
	return moment.(time.Time)
}

func (u *unusedSince) forget(template types.NamespacedName) { u.moments.Delete(template) }
